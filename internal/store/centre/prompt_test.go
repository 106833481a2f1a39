package centre_test

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/diff"
	"santra/internal/agency/prompts"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/store/centre"
)

// tone is a WAV file of a tone, 16 bits at 16 kHz.
func tone(t *testing.T, hertz float64, d time.Duration) []byte {
	t.Helper()
	f := media.WAV{WAVSpec: media.WAVSpec{Format: media.PCM16, Rate: 16000, Channels: 1}}
	for i := range int(d * 16000 / time.Second) {
		v := int16(8000 * math.Sin(2*math.Pi*hertz*float64(i)/16000))
		f.Data = append(f.Data, byte(v), byte(uint16(v)>>8))
	}
	var b bytes.Buffer
	ok(t, media.WriteWAV(&b, f))
	return b.Bytes()
}

func TestPromptsAreKeptAndLogged(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx, a := t.Context(), &trail{t: t, s: s}
		svc := prompts.New(prompts.Config{Store: s.Prompts()})
		first, report, err := svc.Upload(ctx, "p1", agency.Finnish, "main-menu", " Valitkaa. ", tone(t, 400, time.Second))
		ok(t, err)
		if report.Rate != 16000 || first.Text != "Valitkaa." || first.Length < 900*time.Millisecond || first.By != "p1" || first.Heard {
			t.Errorf("%+v %+v", first, report)
		}
		second, _, err := svc.Upload(ctx, "p2", agency.Finnish, "main-menu", "", tone(t, 600, time.Second))
		ok(t, err)
		a.left(prompts.Added, prompts.Added)
		if clips, err := svc.Clips(ctx); err != nil || len(clips) != 0 {
			t.Error("heard before anybody said so", clips, err)
		}
		ok(t, svc.Hear(ctx, "p1", first.ID))
		ok(t, svc.Hear(ctx, "p3", second.ID))
		a.left(prompts.Heard, prompts.Heard)
		all, err := svc.List(ctx)
		ok(t, err)
		want := second
		want.Heard = true
		if len(all) != 2 || all[0] != want || all[1] != first {
			t.Errorf("%+v\n%+v\n%+v", all, want, first)
		}
		clips, err := svc.Clips(ctx)
		if c := clips["fi/main-menu.wav"]; err != nil || c.Version() != second.Hash || media.ToneLevel(c.ALaw(), media.PCMA, 600) < 1000 {
			t.Error(len(clips), err)
		}
		rows, err := s.Audit().Search(ctx, audit.Filter{Object: "fi/main-menu", Limit: 1})
		ok(t, err)
		if e := rows[0].Entry(); e.Actor != "p3" || e.Detail["version"] != second.ID || e.Detail["hash"] != second.Hash {
			t.Errorf("%+v", e)
		}
		kind(t, svc.Remove(ctx, "p1", second.ID), errs.Conflict)
		ok(t, svc.Remove(ctx, "p1", first.ID))
		kind(t, svc.Remove(ctx, "p1", first.ID), errs.NotFound)
		kind(t, svc.Hear(ctx, "p1", first.ID), errs.NotFound)
		ok(t, svc.Unhear(ctx, "p1", agency.Finnish, "main-menu"))
		kind(t, svc.Unhear(ctx, "p1", agency.Finnish, "main-menu"), errs.NotFound)
		a.left(prompts.Removed, prompts.Unheard)
	})
}

// TestPromptsCanBeListenedTo: wide where the file was, and both sounds are what was kept.
func TestPromptsCanBeListenedTo(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		svc := prompts.New(prompts.Config{Store: s.Prompts()})
		v, _, err := svc.Upload(t.Context(), "p", agency.English, "welcome", "", tone(t, 3000, time.Second))
		ok(t, err)
		wav, err := svc.Play(t.Context(), v.ID)
		ok(t, err)
		f, err := media.ReadWAV(bytes.NewReader(wav))
		if err != nil || f.Rate != 16000 || f.Format != media.PCM16 || len(f.Data) < 30000 {
			t.Errorf("%+v %v", f.WAVSpec, err)
		}
		_, err = svc.Play(t.Context(), "none")
		kind(t, err, errs.NotFound)
	})
}

func TestWrongPromptsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		a, good := &trail{t: t, s: s}, tone(t, 400, time.Second)
		svc := prompts.New(prompts.Config{Store: s.Prompts()})
		for says, c := range map[string]struct {
			by, name, text string
			lang           agency.Lang
			wav            []byte
		}{
			"by":                 {"", "welcome", "", "fi", good},
			"lang":               {"p", "welcome", "", "de", good},
			"name":               {"p", "../welcome", "", "fi", good},
			"must be 1–40":       {"p", "", "", "fi", good},
			"one line":           {"p", "welcome", "a\nb", "fi", good},
			"over 1000":          {"p", "welcome", strings.Repeat("ä", 1001), "fi", good},
			"not a WAV":          {"p", "welcome", "", "fi", []byte("MP3 is no good")},
			"at least 4s":        {"p", "announcement", "", "fi", good},
			"recording announce": {"p", "announcement-parking", "", "sv", good},
			"lasts at least":     {"p", "callback-notice", "", "sv", good},
		} {
			if _, _, err := svc.Upload(t.Context(), c.by, c.lang, c.name, c.text, c.wav); err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v", says, err)
			}
		}
		_, _, err := svc.Speak(t.Context(), "p", "fi", "welcome", "Tervetuloa")
		kind(t, err, errs.Unavailable)
		_, _, err = svc.Speak(t.Context(), "p", "fi", "welcome", " ")
		kind(t, err, errs.Invalid)
		a.left()
	})
}

func TestVersionsAreBounded(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		svc, good := prompts.New(prompts.Config{Store: s.Prompts()}), tone(t, 400, 300*time.Millisecond)
		var last prompts.Version
		for range prompts.MaxKept {
			v, _, err := svc.Upload(t.Context(), "p", "fi", "welcome", "", good)
			ok(t, err)
			last = v
		}
		_, _, err := svc.Upload(t.Context(), "p", "fi", "welcome", "", good)
		kind(t, err, errs.TooLarge)
		_, _, err = svc.Upload(t.Context(), "p", "sv", "welcome", "", good)
		ok(t, err)
		ok(t, svc.Remove(t.Context(), "p", last.ID))
		_, _, err = svc.Upload(t.Context(), "p", "fi", "welcome", "", good)
		ok(t, err)
	})
}

// TestSpokenPrompts: a command that gives a file of its own.
func TestSpokenPrompts(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		path := t.TempDir() + "/voice.wav"
		ok(t, os.WriteFile(path, tone(t, 500, time.Second), 0o600))
		svc := prompts.New(prompts.Config{Store: s.Prompts(), Speech: prompts.Command{"cat", path}})
		v, _, err := svc.Speak(t.Context(), "p", agency.Swedish, "welcome", "Välkommen.")
		if err != nil || v.Source != prompts.Spoken || v.Text != "Välkommen." {
			t.Fatalf("%+v %v", v, err)
		}
		all, err := svc.List(t.Context())
		if err != nil || len(all) != 1 || all[0] != v {
			t.Errorf("%+v %v", all, err)
		}
	})
}

// TestAPromptThatAFlowNamesStays: without a built-in one the caller would hear nothing.
func TestAPromptThatAFlowNamesStays(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		c := agency.City{Flows: []agency.Flow{{ID: "f", Languages: []agency.Lang{"fi"}, Steps: []agency.Step{{ID: "a", Say: &agency.SayStep{Prompt: "own"}}, {ID: "b", Say: &agency.SayStep{Prompt: "welcome"}}}}}}
		svc := prompts.New(prompts.Config{Store: s.Prompts(), City: func() *agency.City { return &c }})
		for _, name := range []string{"own", "welcome"} {
			v, _, err := svc.Upload(t.Context(), "p", "fi", name, "", tone(t, 400, time.Second))
			ok(t, err)
			ok(t, svc.Hear(t.Context(), "p", v.ID))
		}
		ok(t, svc.Unhear(t.Context(), "p", "fi", "welcome"))
		err := svc.Unhear(t.Context(), "p", "fi", "own")
		kind(t, err, errs.Conflict)
		if !strings.Contains(err.Error(), "city.flows[0].steps[0].say.prompt") {
			t.Error(err)
		}
		kind(t, svc.Unhear(t.Context(), "p", "sv", "own"), errs.NotFound)
		c.Flows = nil
		ok(t, svc.Unhear(t.Context(), "p", "fi", "own"))
	})
}

// TestARevertKeepsPasswords: an earlier city with today's passwords; a seat that is gone gets the one that it had.
func TestARevertKeepsPasswords(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx, a := t.Context(), &trail{t: t, s: s}
		b := open(t, s, agency.Config{})
		c := city()
		c.Seats = append(c.Seats, agency.Seat{Code: "B1", SIPUser: "b1", SIPPassword: "second"})
		_, err := b.Import(ctx, c)
		ok(t, err)
		old, _ := b.HA1("seat12", "SHA-256")
		gone, _ := b.HA1("b1", "SHA-256")
		c = city()
		c.Seats[0].SIPPassword = "leaked, so changed"
		c.Queues[0].Priority = 4
		_, err = b.Apply(ctx, "p1", c)
		ok(t, err)
		fresh, _ := b.HA1("seat12", "SHA-256")
		v, err := b.Revert(ctx, "p2", 1)
		ok(t, err)
		now, _ := b.HA1("seat12", "SHA-256")
		back, _ := b.HA1("b1", "SHA-256")
		if v.Number != 3 || b.Current().Queues[0].Priority != 0 || now != fresh || now == old || back != gone || gone == "" {
			t.Errorf("%+v %v %v", v, now == fresh, back == gone)
		}
		a.left(agency.Imported, agency.Changed, agency.Changed)
		_, err = b.Revert(ctx, "p2", 3)
		kind(t, err, errs.Conflict)
		_, err = b.Revert(ctx, "p2", 9)
		kind(t, err, errs.NotFound)
		strict := open(t, s, agency.Config{Check: func(*agency.City) error { return errs.New(errs.Invalid, "not any more") }})
		_, err = strict.Revert(ctx, "p2", 2)
		kind(t, err, errs.Invalid)
		a.left()
		if got := fmt.Sprint(diff.Changes(b.Current(), b.Current())); got != "[]" {
			t.Error(got)
		}
	})
}
