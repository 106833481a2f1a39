package bench

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTheBarePlayerPlays hears it, speaks back to it, and ends.
func TestTheBarePlayerPlays(t *testing.T) {
	l := openLoad(t)
	var parties, at []string
	if err := l.Streams(StreamsArgs{N: 3, Customers: true}, &parties); err != nil {
		t.Fatal(err)
	}
	var p Play
	if err := p.Open(parties, &at); err != nil || len(at) != 3 {
		t.Fatal(at, err)
	}
	t.Cleanup(func() {
		for _, s := range p.sockets {
			_ = s.Close()
		}
	})
	if err := l.Aim(at, &Nothing{}); err != nil {
		t.Fatal(err)
	}
	_ = l.Begin(Nothing{}, &Nothing{})
	eventually(t, func() bool { return l.driver.played.Load() > 30 && l.driver.sent.Load() > 30 })
	var w Window
	_ = l.End(Nothing{}, &w)
	if w.Played < 30 || w.Received != 0 || w.Lost != 0 {
		t.Errorf("music counts as what a party says: %+v", w)
	}
	if err := new(Play).Open([]string{"nowhere"}, &at); err == nil {
		t.Error("an address that is none is played to")
	}
}

func TestAMuteCallerSendsNothing(t *testing.T) {
	l := openLoad(t)
	var parties, at []string
	if err := l.Streams(StreamsArgs{N: 1}, &parties); err != nil {
		t.Fatal(err)
	}
	l.driver.snapshot()[0].mute = true // nothing has been sent yet: it has no aim
	var p Play
	if err := p.Open(parties, &at); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.sockets[0].Close() })
	if err := l.Aim(at, &Nothing{}); err != nil {
		t.Fatal(err)
	}
	_ = l.Begin(Nothing{}, &Nothing{})
	eventually(t, func() bool { return l.driver.played.Load() > 10 })
	var w Window
	if _ = l.End(Nothing{}, &w); w.Sent != 0 {
		t.Error("it has sent", w.Sent)
	}
}

func TestPlayedFigures(t *testing.T) {
	w := window{cpu: waitingCalls * 2 * time.Millisecond, elapsed: 4 * time.Second}
	if c := playedCost(w); c != 0.5 {
		t.Error(c)
	}
	if s := playedShare(Window{Played: 4 * 50 * waitingCalls / 2, For: 4 * time.Second}); !strings.HasPrefix(s, "50.0 %") {
		t.Error(s)
	}
}

func TestLostByUs(t *testing.T) {
	w := window{cpu: time.Second, elapsed: time.Second}
	for _, c := range []struct {
		heard Window
		byUs  uint64
		share float64
	}{
		{Window{Sent: 100, Received: 90, Lost: 10, dropped: 10}, 0, 0.9}, // by the telephones' own sockets
		{Window{Sent: 100, Received: 90, Lost: 10, dropped: 3}, 7, 0.9},
		{Window{Sent: 100, Received: 100, dropped: 5}, 0, 1}, // music that nobody had to hear
		{Window{}, 0, 1},
	} {
		if r := roundOf(w, c.heard, 10); r.byUs != c.byUs || r.arrived != c.share || r.sent != c.heard.Sent {
			t.Errorf("%+v: %+v", c.heard, r)
		}
	}
}

// TestALoadThatDoesNotKeepUp is not taken for cheapness.
func TestALoadThatDoesNotKeepUp(t *testing.T) {
	w := window{cpu: time.Second, elapsed: time.Second}
	if r := roundOf(w, Window{Sent: 500, Received: 500, For: time.Second}, 10); r.kept != 0.5 || r.cpu != 100 || r.whole() != 200 {
		t.Errorf("%+v %v", r, r.whole())
	}
	if r := roundOf(w, Window{Sent: 2020, Received: 1010, For: 2 * time.Second}, 10); r.whole() != 100 {
		t.Errorf("%+v %v", r, r.whole())
	}
}

func TestGoroutinesOfTheNewestProfile(t *testing.T) {
	dir := t.TempDir()
	for i, text := range []string{"goroutine profile: total 7\n1 @ 0x1\n", "goroutine profile: total 42\n"} {
		path := filepath.Join(dir, []string{"centre-9.goroutine", "centre-10.goroutine"}[i])
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(time.Duration(i) * time.Minute)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := goroutinesOf(dir, "centre"); err != nil || n != 42 {
		t.Error(n, err)
	}
	if _, err := goroutinesOf(dir, "recorder"); err == nil {
		t.Error("goroutines of nobody")
	}
}

func TestRowsOfALeak(t *testing.T) {
	b := &bench{}
	before := held{50, 60, 100 << 20, classes{heapLive: 10 << 20, runtimeAll: 60 << 20, runtimeReturned: 20 << 20}}
	after := held{51, 60, 110 << 20, classes{heapLive: 13 << 20, heapStacks: 1 << 20, runtimeAll: 70 << 20, runtimeReturned: 25 << 20}}
	b.leakRows(20000, before, after, SetUps{Placed: 10, Through: 9})
	if len(b.rows) != 3 || b.rows[0].ours[0] != 51 || b.rows[1].ratio() != 1 || b.rows[2].theirs[0] != 100 || !strings.HasPrefix(b.rows[0].note, "9 of 10") {
		t.Errorf("%+v", b.rows)
	}
	const grown = "on the Go heap +3.0, between its objects +0.0, stacks +1.0, the runtime's own +1.0; not Go's +5.0"
	if r := b.rows[2]; r.work != "memory after 20000 recorded calls" || r.note != grown {
		t.Errorf("%+v", r)
	}
}

func TestClassesOfBothServers(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"centre": heapLive + " 900 100\n" + heapStacks + " 5 5\n", "recorder": heapLive + " 40 30\n"} {
		if err := os.WriteFile(filepath.Join(dir, name+"-1.memory"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := classes{}
	if err := errors.Join(c.read(dir, "centre"), c.read(dir, "recorder")); err != nil || c[heapLive] != 130 || c[heapStacks] != 5 {
		t.Error(c, err)
	}
	if c.read(dir, "nobody") == nil || c.add([]byte("no table\n")) == nil {
		t.Error("memory out of nothing")
	}
}

// TestPartsThatNeedAgentsComeAfterThoseThatMustNotHaveThem: agents log in once and never leave.
func TestPartsThatNeedAgentsComeAfterThoseThatMustNotHaveThem(t *testing.T) {
	crew := false
	for _, p := range parts() {
		if p.alone && crew {
			t.Error(p.name, "would meet agents")
		}
		crew = crew || p.seats > 0 && !p.alone
	}
	for _, n := range growthSteps() {
		if n > growthMost {
			t.Error("not enough agents for", n)
		}
	}
}
