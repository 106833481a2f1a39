package play_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"santra/internal/id"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/recorder"
	"santra/internal/token"
	"santra/internal/web/play"
)

// pause pauses recording or lets it go on, as the centre does; it gives the direction of the answer's streams.
func (c *call) pause(on bool) sdp.Direction {
	t := c.r.t
	t.Helper()
	var err error
	c.offer, err = siprec.Pause(c.offer, on)
	must(t, err)
	answer, err := c.dialog.Reinvite(t.Context(), siprec.SDPType, c.offer)
	must(t, err)
	s, err := sdp.Parse(answer)
	must(t, err)
	if len(s.Media) != 2 || s.Media[0].Direction != s.Media[1].Direction {
		t.Fatalf("%+v", s.Media)
	}
	return s.Media[0].Direction
}

const secret = 99 // what a sensitive sample is; nobody else says it in these tests

// TestPause: what is said while recording is paused is nowhere, though it is sent; the rest stands at its own time; the
// recording is complete, without gaps, and tells where it was paused.
func TestPause(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", []string{"PCMA"}, own(e))
	must(t, err)
	talk := func(from, to int, b byte) {
		for n := from; n < to; n++ {
			c.say(0, n, b)
			c.say(1, n, b)
		}
	}
	talk(0, 40, 1)
	if d := c.pause(true); d != sdp.Inactive {
		t.Error(d)
	}
	talk(40, 80, secret)
	if d := c.pause(false); d != sdp.RecvOnly {
		t.Error(d)
	}
	talk(80, 120, 2)
	c.hangUp()
	row := r.finished("water", e.Session)
	if row.State != recorder.Complete || row.Gaps != 0 || row.Pauses != 1 || row.Length != 2400*time.Millisecond {
		t.Errorf("%+v", row)
	}
	data := r.heard(row)
	if bytes.Contains(data, []byte{secret}) || len(data) != 120*frame*2 {
		t.Fatal("what was said in the pause was recorded, or the time was not kept:", len(data))
	}
	for n := range 120 {
		want := byte(1)
		switch {
		case n >= 80:
			want = 2
		case n >= 40:
			want = media.PCMA.Silence()
		}
		if got := data[n*frame*2]; got != want {
			t.Fatalf("packet %d: %d, want %d", n, got, want)
		}
	}
	pausesOf(t, r, row)
}

// pausesOf looks at what the player is told: one pause, and flat peaks in it.
func pausesOf(t *testing.T, r *rig, row recorder.Row) {
	t.Helper()
	b := r.browser()
	o, _ := r.openPlay(b, r.grant(row))
	_, body, err := r.fetch(b, o.Peaks, "")
	must(t, err)
	var p play.Peaks
	must(t, json.Unmarshal(body, &p))
	if !slices.Equal(p.Pauses, []play.Pause{{From: 0.8, To: 1.6}}) {
		t.Errorf("%+v", p.Pauses)
	}
	for i := 8; i < 16; i++ {
		if p.Customer[i] > 1 || p.Agent[i] > 1 {
			t.Error("peaks in the pause:", p.Customer[i], p.Agent[i])
		}
	}
}

// TestKilledInAPause: what a killed process leaves holds nothing of the pause either.
func TestKilledInAPause(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", []string{"PCMA"}, own(e))
	must(t, err)
	defer c.hangUp()
	for n := range 120 {
		if n == 60 {
			c.pause(true)
		}
		b := byte(1)
		if n >= 60 {
			b = secret
		}
		c.say(0, n, b)
	}
	await(t, "two pieces", func() bool { return growing(t, r) > 2*16016 })
	after := r.killed()
	must(t, after.s.Start(t.Context()))
	defer after.stop()
	row := after.finished("water", e.Session)
	if data := after.heard(row); row.State != recorder.Recovered || bytes.Contains(data, []byte{secret}) || !bytes.Contains(data, []byte{1}) {
		t.Errorf("%+v, %d bytes", row, len(data))
	}
}

// killed is another process on a copy of the folders as they are: what a killed one leaves. It is not started yet.
func (r *rig) killed() *rig {
	after := r.copied()
	after.open()
	return after
}

// copied is a rig that is not opened, on a copy of the folders.
func (r *rig) copied() *rig {
	t := r.t
	t.Helper()
	after := &rig{t: t, dir: t.TempDir(), key: r.key, cfg: r.cfg}
	after.cfg.Data, after.cfg.Keys = filepath.Join(after.dir, "data"), filepath.Join(after.dir, "keys")
	after.cfg.Database = "sqlite:" + filepath.Join(after.cfg.Data, "catalogue.db")
	must(t, os.CopyFS(after.cfg.Data, os.DirFS(r.cfg.Data)), os.CopyFS(after.cfg.Keys, os.DirFS(r.cfg.Keys)))
	return after
}

// TestABegunPartStaysUsedAfterACrash: a process that dies right after it answered, before the first second, leaves no
// recording; yet the part of the gate is used and stays so.
func TestABegunPartStaysUsedAfterACrash(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", nil, own(e))
	must(t, err)
	defer c.hangUp()
	after := r.killed()
	must(t, after.s.Start(t.Context()))
	defer after.stop()
	after.phone = r.phone
	_, err = after.dial("tcp", nil, own(e))
	if refused, ok := errors.AsType[*sip.Refused](err); !ok || refused.Code != 403 {
		t.Error("a used part is taken again:", err)
	}
	if n := after.entries("recording.discarded"); n != 1 || objects(t, after) != 0 {
		t.Error(n, objects(t, after))
	}
	e.Part = 2
	c2, err := after.dial("tcp", nil, own(e))
	must(t, err)
	c2.hangUp()
}

// TestOffersThatChangeTheSession are refused: the recording goes on as it was.
func TestOffersThatChangeTheSession(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	c, err := r.dial("tcp", []string{"PCMA"}, own(e))
	must(t, err)
	c.talk(60)
	one := sdp.Offer(sdp.Options{}, sdp.Stream{Local: local(c.out[0]), Codecs: []string{"PCMA"}, Direction: sdp.SendOnly, Label: "1"})
	other := bytes.ReplaceAll(c.offer, []byte(" 8\r\n"), []byte(" 0\r\n"))
	for name, offer := range map[string][]byte{"one line": one, "another codec": bytes.ReplaceAll(other, []byte("8 PCMA"), []byte("0 PCMU")), "no SDP": []byte("x")} {
		_, err := c.dialog.Reinvite(t.Context(), siprec.SDPType, offer)
		if refused, ok := errors.AsType[*sip.Refused](err); !ok || refused.Code != 488 {
			t.Errorf("%s: %v", name, err)
		}
	}
	for n := 60; n < 125; n++ {
		c.say(0, n, value(0, n))
		c.say(1, n, value(1, n))
	}
	c.hangUp()
	aligned(t, r.heard(r.finished("water", e.Session)), 125)
}

// TestPartsOfAnotherSeat: a call that goes to another seat goes on under the same gate, as another part.
func TestPartsOfAnotherSeat(t *testing.T) {
	r := newRig(t)
	e := r.extension("water")
	var rows []recorder.Row
	for part, seat := range []string{"A12", "B7"} {
		e.Part, e.Seat = part+1, seat
		c, err := r.dial("tcp", nil, own(e))
		must(t, err)
		c.talk(25)
		c.hangUp()
		await(t, "the session's end", func() bool { return r.s.Active() == 0 })
		found, err := r.store.Recordings(t.Context(), recorder.Filter{Agency: "water", Limit: 10})
		must(t, err)
		rows = found
	}
	if len(rows) != 2 || rows[0].Gate != rows[1].Gate || rows[0].Session != rows[1].Session || rows[0].Seat+rows[1].Seat != "B7A12" {
		t.Errorf("%+v", rows)
	}
}

// TestAddedOutsiders: each outsider of a part needs a gate of its own, which then belongs to this call.
func TestAddedOutsiders(t *testing.T) {
	r := newRig(t)
	further := func() string {
		return r.sign(token.DomainGate, token.Gate{
			ID: id.New(), Announcement: "2026-1", Language: "sv", Agency: "water", Queue: "water-queue", Expires: time.Now().Add(time.Hour),
		})
	}
	e := r.extension("water")
	e.Outsiders = 3
	added := []string{further(), further()}
	refused := func(what string, e siprec.Extension) {
		t.Helper()
		_, err := r.dial("tcp", nil, own(e))
		if refused, ok := errors.AsType[*sip.Refused](err); !ok || refused.Code != 403 {
			t.Errorf("%s: %v", what, err)
		}
	}
	e.Gates = added[:1]
	refused("three outsiders, two gates", e)
	e.Gates = []string{added[0], added[0]}
	refused("one gate twice", e)
	e.Gates = added
	c, err := r.dial("tcp", nil, own(e))
	must(t, err)
	c.talk(25)
	c.hangUp()
	if row := r.finished("water", e.Session); len(row.Gate) != 3*64+2 {
		t.Error(row.Gate)
	}
	other := r.extension("water")
	other.Outsiders, other.Gates = 2, added[1:]
	refused("a gate of another call's outsider", other)
	first := r.extension("water")
	first.Gate = added[0]
	first.Language = "sv"
	refused("an added outsider's gate as another call's own", first)
}
