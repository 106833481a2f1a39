//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"testing"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/sip/siptest"
)

const (
	customerTone = 440.0 // Hz
	agentTone    = 1000.0
)

// newCaller gives a number that no other test uses.
func newCaller() (string, pii.Number) {
	n := fmt.Sprintf("+35840%07d", rand.IntN(9_000_000)+1_000_000)
	return n, pii.NewNumber(n)
}

func customer(t *testing.T, c *city, transport string) *siptest.Phone {
	return newPhone(t, siptest.Config{Server: addr(t, c.SIP), Transport: transport, Tone: customerTone})
}

// recording is what a search shows of one.
type recording struct {
	ID             string `json:"id"`
	Identification string `json:"name"`
	Seat           string `json:"seat"`
	Queue          string `json:"queue"`
	State          string `json:"state"`
	Part           int    `json:"part"`
	Session        string `json:"session"`
	Destroys       string `json:"destroys"`
	Seconds        float64
}

func (p *person) recordings(agency string) []recording {
	p.t.Helper()
	var found struct {
		Rows []recording `json:"rows"`
	}
	p.must("POST", "/api/recordings/search", map[string]any{"agency": agency, "purpose": "quality"}, &found)
	return found.Rows
}

// TestACallGoesAllTheWay is issue's "A call": announcement, queue, phone, both voices, recording, listening, forgetting.
func TestACallGoesAllTheWay(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "2")
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) { callAllTheWay(t, c, transport) })
	}
}

func callAllTheWay(t *testing.T, c *city, transport string) {
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	number, caller := newCaller()
	q := c.queue(t, "pysakointi")
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	call, err := customer(t, c, transport).Call(ctx, q.Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	answered := time.Now()
	var desk *siptest.Call
	select {
	case desk = <-a.phone.Calls():
	case <-ctx.Done():
		t.Fatal("the agent's phone did not ring")
	}
	if d := time.Since(answered); d < 4*time.Second {
		t.Errorf("the announcement lasted only %s", d)
	}
	if err := desk.WaitHears(ctx, customerTone); err != nil {
		t.Fatal("the agent does not hear the customer:", err)
	}
	if err := call.WaitHears(ctx, agentTone); err != nil {
		t.Fatal("the customer does not hear the agent:", err)
	}
	var calls struct {
		Calls []struct{ ID, State, Recording string }
	}
	eventually(t, soon, "recording is on", func() bool {
		a.must("GET", "/api/calls", nil, &calls)
		return len(calls.Calls) == 1 && calls.Calls[0].Recording == "on"
	})
	var shown struct{ Number string }
	a.must("GET", "/api/calls/"+calls.Calls[0].ID+"/caller", nil, &shown)
	if shown.Number != number {
		t.Error("the agent is not shown the caller's number")
	}
	talk := time.NewTimer(3 * time.Second)
	<-talk.C
	if err := call.HangUp(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "the caller is forgotten", func() bool {
		return a.try("GET", "/api/calls/"+calls.Calls[0].ID+"/caller", nil, nil) == http.StatusGone
	})
	rec := listen(t, c, a.seat.Code, number)
	_ = rec
	a.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil) // ends the wrap-up
	nothingKeeps(t, c, number)
}

// listen finds the recording as the agency's manager and hears it; the other agency's manager can't.
func listen(t *testing.T, c *city, seat, number string) recording {
	manager := c.logIn(t, "manager", "kaupunkiymparisto")
	var rec recording
	eventually(t, soon, "the recording is in the catalogue", func() bool {
		for _, r := range manager.recordings("kaupunkiymparisto") {
			if r.State == "complete" && r.Seat == seat && bytes.HasSuffix([]byte(r.Identification), []byte(number[len(number)-4:])) {
				rec = r
			}
		}
		return rec.ID != ""
	})
	other := c.logIn(t, "manager", "hyvinvointi")
	if s := other.try("POST", "/api/recordings/search", map[string]any{"agency": "kaupunkiymparisto", "purpose": "quality"}, nil); s != http.StatusForbidden {
		t.Errorf("another agency's manager searches: %d", s)
	}
	for _, agency := range []string{"kaupunkiymparisto", "hyvinvointi"} {
		body := map[string]any{"agency": agency, "purpose": "quality", "reason": "arviointi"}
		if s := other.try("POST", "/api/recordings/"+rec.ID+"/listen", body, nil); s != http.StatusForbidden && s != http.StatusNotFound {
			t.Errorf("another agency's manager listens: %d", s)
		}
	}
	if s := manager.try("POST", "/api/recordings/"+rec.ID+"/listen", map[string]any{"agency": "kaupunkiymparisto"}, nil); s < 400 {
		t.Errorf("listening without a purpose: %d", s)
	}
	audio := play(t, manager, rec.ID)
	if len(audio) < 2*8000*3 {
		t.Errorf("only %d bytes of audio", len(audio))
	}
	return rec
}

// play streams a recording from the recorder's own origin as the player does.
func play(t *testing.T, p *person, id string) []byte {
	t.Helper()
	var grant struct{ Grant, Origin, URL string }
	p.must("POST", "/api/recordings/"+id+"/listen", map[string]any{"agency": "kaupunkiymparisto", "purpose": "quality", "reason": "arviointi"}, &grant)
	jar, _ := cookiejar.New(nil)
	browser := &http.Client{Jar: jar, Timeout: soon}
	req, _ := http.NewRequestWithContext(t.Context(), "POST", grant.URL, bytes.NewReader([]byte(`{"grant":"`+grant.Grant+`"}`)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", p.base)
	res, err := browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(res.Body)
	_ = res.Body.Close()
	var opened struct{ URL string }
	if err := jsonInto(text, &opened); err != nil || res.StatusCode >= 300 {
		t.Fatalf("opening the play: %d %s", res.StatusCode, text)
	}
	url := opened.URL
	if url[0] == '/' {
		url = grant.Origin + url
	}
	req, _ = http.NewRequestWithContext(t.Context(), "GET", url, nil)
	req.Header.Set("Range", "bytes=0-")
	res, err = browser.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	audio, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusPartialContent {
		t.Fatalf("streaming: %d %v", res.StatusCode, err)
	}
	if !bytes.HasPrefix(audio, []byte("RIFF")) {
		t.Errorf("not a WAV: %q", audio[:min(16, len(audio))])
	}
	if res, err := http.Get(url); err != nil || res.StatusCode < 400 {
		t.Errorf("without the cookie the audio streams: %v", err)
	}
	return audio
}

// nothingKeeps looks for a number in every common form in all that both servers have on disk (M3, M7).
func nothingKeeps(t *testing.T, c *city, number string) {
	t.Helper()
	digits := number[1:]
	forms := map[string][]byte{"digits": []byte(digits), "national": []byte("0" + digits[3:]), "tail": []byte(digits[4:]), "packed": packed(digits), "utf-16": utf16(digits)}
	_ = filepath.WalkDir(c.dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return nil
		}
		text, _ := os.ReadFile(path)
		for name, form := range forms {
			if bytes.Contains(text, form) {
				t.Errorf("%s keeps the caller's number (%s)", path, name)
			}
		}
		return nil
	})
}

func packed(digits string) []byte {
	b, _ := hex.DecodeString(digits[:len(digits)/2*2])
	return b
}

func utf16(s string) []byte {
	var b []byte
	for _, c := range []byte(s) {
		b = append(b, c, 0)
	}
	return b
}

// TestHangingUpInTheAnnouncementLeavesNoRecording is M4.
func TestHangingUpInTheAnnouncementLeavesNoRecording(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	c.agent(t, 0, siptest.Config{Tone: agentTone})
	_, caller := newCaller()
	call, err := customer(t, c, "udp").Call(t.Context(), c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	listen := time.NewTimer(2 * time.Second)
	<-listen.C
	if err := call.HangUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	manager := c.logIn(t, "manager", "kaupunkiymparisto")
	settle := time.NewTimer(2 * time.Second)
	<-settle.C
	if found := manager.recordings("kaupunkiymparisto"); len(found) != 0 {
		t.Fatalf("%d recordings", len(found))
	}
}
