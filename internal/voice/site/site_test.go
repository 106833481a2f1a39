package site

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/routing"
	"santra/internal/voice/gate"
	"santra/internal/voice/leg"
)

// What is missing is named, and nothing is served without it.
func TestCheckNamesWhatIsMissing(t *testing.T) {
	var cfg Config
	if err := cfg.Check(); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "is needed") {
		t.Errorf("%v", err)
	}
}

func TestFilled(t *testing.T) {
	cfg := Config{}.Filled()
	if cfg.MaxCalls != DefaultMaxCalls || !slices.Equal(cfg.Codecs, leg.DefaultCodecs()) || cfg.Log == nil {
		t.Errorf("%+v", cfg)
	}
	if cfg := (Config{MaxCalls: 7, Codecs: []string{"PCMU"}}).Filled(); cfg.MaxCalls != 7 || cfg.Codecs[0] != "PCMU" {
		t.Errorf("%+v", cfg)
	}
}

// library has Finnish alone.
type library struct{}

func (library) Prompt(lang, _ string) (media.Clip, bool) {
	return media.Tone(700, time.Second, 9000), lang == "fi"
}

// An announcement is whole or not at all.
func TestClips(t *testing.T) {
	cfg := Config{Prompts: library{}}
	if clips, ok := cfg.Clips("closed", []agency.Lang{"fi"}); !ok || len(clips) != 1 {
		t.Errorf("%d clips", len(clips))
	}
	for _, languages := range [][]agency.Lang{nil, {"fi", "sv"}} {
		if clips, ok := cfg.Clips("closed", languages); ok || len(clips) != 0 {
			t.Errorf("%v: %d clips", languages, len(clips))
		}
	}
	if one, more := HeardIn([]agency.Lang{"sv"}), HeardIn([]agency.Lang{"sv", "en"}); one != "sv" || more != gate.Several {
		t.Errorf("%q, %q", one, more)
	}
}

// Who sits at a seat is found however the seat is written, and who has left it is not.
func TestSitsAt(t *testing.T) {
	d := dispatch.New(dispatch.Config{Log: slog.New(slog.DiscardHandler)})
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Stop(t.Context()) })
	cfg := Config{Dispatch: d}
	d.SignIn(routing.Agent{ID: "anna", Seat: "A11"})
	if err := d.SetState("anna", routing.Ready, ""); err != nil {
		t.Fatal(err)
	}
	if agent, ok := cfg.SitsAt("a11"); !ok || agent != "anna" {
		t.Errorf("%q, %v", agent, ok)
	}
	if agent, ok := cfg.SitsAt("A12"); ok {
		t.Errorf("%q sits nowhere", agent)
	}
}

// A call is known by the first queue of its flow before it is in one.
func TestFirstQueue(t *testing.T) {
	f := agency.Flow{Steps: []agency.Step{{ID: "hello"}, {ID: "q", Queue: &agency.QueueStep{Queue: "water"}}, {ID: "r", Queue: &agency.QueueStep{Queue: "parks"}}}}
	if got := firstQueue(&f); got != "water" {
		t.Errorf("%q", got)
	}
	if got := firstQueue(&agency.Flow{}); got != "" {
		t.Errorf("%q", got)
	}
}
