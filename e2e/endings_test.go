//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"santra/internal/protocol/mail"
	"santra/internal/protocol/sip/siptest"
)

// endsWithin is design's promise: the demo ends within 5 s of a signal.
const endsWithin = 5 * time.Second

// running tells whether a process is there; a dead one that nobody has reaped is not.
func running(pid int) bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, rest, _ := bytes.Cut(text, []byte(") "))
	return err == nil && !bytes.HasPrefix(rest, []byte("Z"))
}

func anyRunning(pids []int) bool { return slices.ContainsFunc(pids, running) }

// TestNothingIsLeftRunning: after SIGINT, and SIGTERM in the middle of a recorded call, within 5 s; and after kill -9 of the
// demo itself its servers end as well, and the folder can be used again.
func TestNothingIsLeftRunning(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGKILL} {
		t.Run(sig.String(), func(t *testing.T) {
			c := startIn(t, dir, "--seats", "1")
			ended := c.callUntil(t, sig)
			servers := childrenOf(c.cmd.Process.Pid)
			if len(servers) != 2 {
				t.Errorf("the demo runs %d processes", len(servers))
			}
			sent := time.Now()
			if err := c.cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			<-c.done
			eventually(t, soon, "the servers have ended", func() bool { return !anyRunning(servers) })
			d := time.Since(sent)
			if t.Logf("it took %s", d); d > endsWithin {
				t.Errorf("it took %s", d)
			}
			select {
			case <-ended:
			case <-time.After(time.Second):
				t.Error("the customer was not told that the call is over")
			}
		})
	}
}

// callUntil lets the city be in the middle of a recorded call when SIGTERM comes; the other signals find it at rest.
func (c *city) callUntil(t *testing.T, sig syscall.Signal) (ended <-chan struct{}) {
	if sig != syscall.SIGTERM {
		over := make(chan struct{})
		close(over)
		return over
	}
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	call, _, _ := c.talk(ctx, t, a, customer(t, c, "udp"))
	req, _ := http.NewRequestWithContext(t.Context(), "GET", c.PublicURL+"/api/events", nil)
	req.Header.Set("Authorization", "Bearer "+a.token)
	stream, err := http.DefaultClient.Do(req) // a browser is looking
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatal("no event stream:", err)
	}
	t.Cleanup(func() { _ = stream.Body.Close() })
	return call.Ended()
}

// TestARestartKeepsEverything: mails, cases with their drafts, people and recordings are there after a stop and a start on the
// same folder, at other ports.
func TestARestartKeepsEverything(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := startIn(t, dir, "--seats", "2")
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	call, _, _ := c.talk(ctx, t, a, customer(t, c, "tcp"))
	during(t, 2*time.Second)
	if err := call.HangUp(ctx); err != nil {
		t.Fatal(err)
	}
	q := c.queue(t, "pysakointi")
	raw := letter(q.Mailbox, "Ennen katkosta", "sisältö")
	if err := c.submit(t, raw, q.Mailbox); err != nil {
		t.Fatal(err)
	}
	a.wrapUpDone(t)
	k := a.offered(t, "Ennen katkosta")
	a.must("POST", "/api/cases/"+k.ID+"/accept", nil, nil)
	a.must("PUT", "/api/cases/"+k.ID+"/draft", map[string]any{"subject": "Re: Ennen katkosta", "text": "kesken jäänyt", "version": 0}, nil)
	c.logIn(t, "administrator", "").must("POST", "/api/people", map[string]any{
		"name": "uusi", "display": "Uusi Ihminen", "password": "pitkä salasana tässä", "languages": []string{"fi"}, "skills": []any{},
		"roles": []map[string]string{{"role": "agent", "agency": ""}},
	}, nil)
	c.recorded(t, "kaupunkiymparisto", 1)
	c.stop(t)

	again := startIn(t, dir, "--seats", "2")
	if again.HTTP == c.HTTP && again.SIP == c.SIP {
		t.Log("the ports stayed the same by chance")
	}
	for i, u := range again.Users {
		if u.Password != c.Users[i].Password {
			t.Errorf("%s has another password", u.Name)
		}
	}
	b := again.logInAs(t, c.Users[0])
	var kept struct{ Draft *struct{ Text string } }
	b.must("GET", "/api/cases/"+k.ID, nil, &kept)
	if kept.Draft == nil || kept.Draft.Text != "kesken jäänyt" {
		t.Errorf("the draft is %+v", kept.Draft)
	}
	sum := sha256.Sum256(raw)
	if out, code := santra(t, "verify", "--ready-file", again.ready, "--sha256", hex.EncodeToString(sum[:])); code != 0 {
		t.Errorf("verify: %d %s", code, out)
	}
	var people struct{ People []struct{ Name string } }
	again.logIn(t, "administrator", "").must("GET", "/api/people", nil, &people)
	if len(people.People) != len(again.Users)+1 {
		t.Errorf("%d people", len(people.People))
	}
	rec := again.recorded(t, "kaupunkiymparisto", 1)
	if audio := play(t, again.logIn(t, "manager", "kaupunkiymparisto"), rec[0].ID); len(audio) < 8000 {
		t.Errorf("only %d bytes of audio", len(audio))
	}
}

// recorded waits until so many finished recordings are in the catalogue.
func (c *city) recorded(t *testing.T, agency string, n int) (rows []recording) {
	t.Helper()
	manager := c.logIn(t, "manager", agency)
	eventually(t, soon, "the recordings are in the catalogue", func() bool {
		rows = rows[:0]
		for _, r := range manager.recordings(agency) {
			if r.State != "recording" {
				rows = append(rows, r)
			}
		}
		return len(rows) >= n
	})
	return rows
}

// disk puts a small disk of its own under a folder; only root can.
func disk(t *testing.T, dir string, megabytes int) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0700", megabytes)); err != nil {
		t.Skipf("skipped: a small disk can't be mounted here (%v): be root", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
}

// fill takes all room of a disk and gives a function that frees it again.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; size /= 2 {
		for err = nil; err == nil; {
			_, err = f.Write(make([]byte, size))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
	}
	return func() { _ = os.Remove(path) }
}

// TestAFullDisk: with no room left mail is put off (4xx) and never acknowledged, calls go on in both directions, the agent
// sees that recording is off; with room again all of it works again, and nothing that was acknowledged is missing.
func TestAFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	disk(t, filepath.Join(dir, "centre"), 64)
	disk(t, filepath.Join(dir, "recorder"), 96)
	c := startIn(t, dir, "--seats", "1")
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	q := c.queue(t, "kotihoito")
	before := letter(q.Mailbox, "Ennen", "teksti")
	if err := c.submit(t, before, q.Mailbox); err != nil {
		t.Fatal(err)
	}
	free := fill(t, filepath.Join(dir, "centre"))
	for range 3 {
		err := c.submit(t, letter(q.Mailbox, "Levy on täynnä", "teksti"), q.Mailbox)
		var refused *mail.SubmitError
		if !errors.As(err, &refused) || refused.Code/100 != 4 {
			t.Fatalf("on a full disk a mail is answered by %v", err)
		}
	}
	call, desk, _ := c.talk(ctx, t, a, customer(t, c, "udp"))
	freeRecorder := fill(t, filepath.Join(dir, "recorder"))
	eventually(t, soon, "the agent sees that recording is off", func() bool { return a.recordingState() == "off" })
	hear(ctx, t, call, desk)
	freeRecorder()
	eventually(t, time.Minute, "recording is on again", func() bool { return a.recordingState() == "on" })
	if err := call.HangUp(ctx); err != nil {
		t.Fatal(err)
	}
	free()
	after := letter(q.Mailbox, "Jälkeen", "teksti")
	eventually(t, soon, "mail is taken again", func() bool { return c.submit(t, after, q.Mailbox) == nil })
	for _, raw := range [][]byte{before, after} {
		sum := sha256.Sum256(raw)
		if out, code := santra(t, "verify", "--ready-file", c.ready, "--sha256", hex.EncodeToString(sum[:])); code != 0 {
			t.Errorf("verify: %d %s", code, out)
		}
	}
	if out, code := santra(t, "verify", "--ready-file", c.ready); code != 0 {
		t.Errorf("verify: %d %s", code, out)
	}
}

// TestTwoServersOnOneFolder: a second contact centre on the same data would write over acknowledged mail; it does not start,
// and the first goes on. So with the recorder.
func TestTwoServersOnOneFolder(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	for _, addr := range []string{c.HTTP, c.SIP, c.PhonesSIP, c.SMTP, c.LMTP, c.setting(t, "santra.yaml", `webrtc:\n\s+listen: (\S+)`)} {
		edit(t, c.dir, "santra.yaml", addr, "127.0.0.1:0")
	}
	for _, addr := range []string{c.RecorderHTTP, c.setting(t, "recorder.yaml", `(?m)^sip: (\S+)$`)} {
		edit(t, c.dir, "recorder.yaml", addr, "127.0.0.1:0")
	}
	for _, command := range [][]string{{"serve", "--config", filepath.Join(c.dir, "santra.yaml")}, {"recorder", "--config", filepath.Join(c.dir, "recorder.yaml")}} {
		if out, code := santraWithin(t, 10*time.Second, command...); code == 0 || !strings.Contains(out, "another") {
			t.Errorf("a second %s: %d %s", command[0], code, out)
		}
	}
	q := c.queue(t, "kotihoito")
	if err := c.submit(t, letter(q.Mailbox, "Yhä täällä", "teksti"), q.Mailbox); err != nil {
		t.Error(err)
	}
	if s := healthStatus(c.RecorderHTTP); s != 200 {
		t.Errorf("the recorder: %d", s)
	}
}
