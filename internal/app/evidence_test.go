package app

import (
	"context"
	"strings"
	"testing"
	"time"

	"santra/internal/app/config"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/recorder"
	"santra/internal/registry"
	"santra/internal/run"
)

// ran is an evidence whose canary is made up.
func ran(k canary) *evidence {
	k.at = time.Now()
	return &evidence{run: func(context.Context) *canary { return &k }}
}

// TestTheMailIsCheckedWithoutTheCalls: a telephone side that can't be tried says nothing about M12.
func TestTheMailIsCheckedWithoutTheCalls(t *testing.T) {
	away := errs.New(errs.Unavailable, "no phone rang")
	for name, c := range map[string]struct {
		k       canary
		checked bool
		holds   bool
	}{
		"calls failed, mail read": {canary{problem: away, mailRead: true}, true, true},
		"calls failed, mail lost": {canary{problem: away}, true, false},
		"mail failed":             {canary{mailProblem: away}, false, false},
	} {
		ev, err := ran(c.k).archivedFirst(t.Context())
		if (err == nil) != c.checked || ev.Holds != c.holds {
			t.Errorf("%s: %+v, %v", name, ev, err)
		}
	}
	if _, err := ran(canary{mailProblem: away, recording: []recorder.Row{{}}}).announcedFirst(t.Context()); err != nil {
		t.Error("a mail that failed kept the calls from being checked:", err)
	}
	if _, err := ran(canary{problem: away, mailRead: true}).announcedFirst(t.Context()); err == nil {
		t.Error("calls that failed were checked")
	}
}

// TestALookThatEndedEarlySaysSo: on a large disk M3 and M7 hold for what was read.
func TestALookThatEndedEarlySaysSo(t *testing.T) {
	if err := run.Undumpable(); err != nil {
		t.Fatal(err)
	}
	const said = "the first GiB only"
	for _, c := range []struct {
		read int64
		says bool
	}{{1000, false}, {pii.MaxScan - 1, false}, {pii.MaxScan, true}, {pii.MaxScan + 4096, true}} {
		k := canary{
			read: c.read, numbers: []string{"+358991234", "+358995678"}, recording: []recorder.Row{{ID: "x", Fragment: "5678"}},
			evidence: recorder.Evidence{Scanned: c.read, Canaries: map[string]int{"0": 0, "1": 0}},
		}
		for id, witness := range map[string]func(context.Context) (registry.Evidence, error){"M3": ran(k).nothingOfCallers, "M7": ran(k).partOfNumber} {
			ev, err := witness(t.Context())
			if err != nil || !ev.Holds || strings.Contains(ev.Text, said) != c.says {
				t.Errorf("%s after %d bytes: %+v, %v", id, c.read, ev, err)
			}
		}
	}
}

// TestADemonstrationSaysSo: the row of the promise that its people log in by a password alone.
func TestADemonstrationSaysSo(t *testing.T) {
	for _, demo := range []bool{true, false} {
		c := contactCentre{server: config.Server{Demo: demo}}
		report := registry.New(registry.Config{Notes: c.notes()}).Attest(t.Context())
		for _, p := range report.Promises {
			says := strings.Contains(p.Evidence, "need no second factor")
			if says != (demo && p.ID == "M19") {
				t.Errorf("demo %v, %s: %s", demo, p.ID, p.Evidence)
			}
			if p.ID == "M19" && p.State != registry.Vouched {
				t.Errorf("M19 %s", p.State)
			}
		}
	}
}
