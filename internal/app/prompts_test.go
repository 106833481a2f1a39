package app

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"santra/internal/agency/prompts"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/store/centre"
)

func (h house) prompt(f func(PromptOffice) error) (string, error) {
	var out bytes.Buffer
	err := WithPrompts(h.t.Context(), h.config, "tester", &out, quietLog(), f)
	return out.String(), err
}

// upload keeps a tone of some seconds as a version and gives its id.
func (h house) upload(lang, name, text string, seconds int) string {
	h.t.Helper()
	path := filepath.Join(h.t.TempDir(), "tone.wav")
	var b bytes.Buffer
	clip := media.Tone(440, time.Duration(seconds)*time.Second, 8000)
	spec := media.WAVSpec{Format: media.ALawWAV, Rate: media.SampleRate, Channels: 1}
	if err := media.WriteWAV(&b, media.WAV{WAVSpec: spec, Data: clip.ALaw()}); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		h.t.Fatal(err)
	}
	out, err := h.prompt(func(p PromptOffice) error { return p.Upload(h.t.Context(), lang, name, text, path) })
	if err != nil {
		h.t.Fatal(err)
	}
	id, _, _ := strings.Cut(out, ":")
	return id
}

func (h house) hear(id string) {
	h.t.Helper()
	if out, err := h.prompt(func(p PromptOffice) error { return p.Hear(h.t.Context(), id) }); err != nil || !strings.Contains(out, "within 5s") {
		h.t.Fatal(out, err)
	}
}

// TestAPromptIsHeardWhenSomebodySaysSo: from the file on the operator's desk to what is played.
func TestAPromptIsHeardWhenSomebodySaysSo(t *testing.T) {
	h := newHouse(t)
	id := h.upload("fi", "welcome", "Päivää.", 2)
	store, err := centre.Open(t.Context(), "sqlite:"+filepath.Join(h.dir, "data", "santra.db"), centre.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	base, err := media.NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newShelf(t.Context(), base, store.Prompts())
	if err != nil {
		t.Fatal(err)
	}
	built, _ := base.Prompt("fi", "welcome")
	plays := func() string { c, _ := s.Prompt("fi", "welcome"); return c.Version() }
	if plays() != built.Version() {
		t.Error("heard before anybody said so")
	}
	h.hear(id)
	if plays() != built.Version() {
		t.Error("another process changed what is played in this one")
	}
	if err := s.reload(t.Context()); err != nil || plays() == built.Version() {
		t.Error("not taken over", err)
	}
	if out, err := runHouse(h, "0912340100"); err != nil || !strings.Contains(out, "says fi welcome                     Päivää.") {
		t.Error(out, err)
	}
	out, err := h.prompt(func(p PromptOffice) error { return p.List(t.Context()) })
	if !regexp.MustCompile(`^\* fi/welcome +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  `+id+` +2\.0s  upload  operator/tester +Päivää\.\n$`).MatchString(out) || err != nil {
		t.Errorf("%q %v", out, err)
	}
	if _, err := h.prompt(func(p PromptOffice) error { return p.Unhear(t.Context(), "fi", "welcome") }); err != nil {
		t.Error(err)
	}
	if err := s.reload(t.Context()); err != nil || plays() != built.Version() {
		t.Error("the built-in one is not back", err)
	}
	if rows := h.did(prompts.Heard); len(rows) != 1 || rows[0].Actor != "operator/tester" {
		t.Error(rows)
	}
}

func runHouse(h house, number string) (string, error) {
	var out bytes.Buffer
	err := RunFlow(h.config, FlowOptions{Number: number, At: "2026-10-05T10:00", Lang: "fi"}, &out)
	return out.String(), err
}

// TestAFlowMayNameWhatWasHandedIn: refused before there is the sound in every language, taken after.
func TestAFlowMayNameWhatWasHandedIn(t *testing.T) {
	h := newHouse(t)
	h.alter("say: {prompt: welcome}", "say: {prompt: tervehdys}")
	for _, lang := range media.Languages() {
		if _, err := h.apply(false); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "put "+lang+"/tervehdys.wav") {
			t.Fatal(err)
		}
		if err := CheckConfig(h.config); !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		h.hear(h.upload(lang, "tervehdys", "", 1))
	}
	if _, err := h.apply(false); err != nil {
		t.Fatal(err)
	}
	if err := CheckConfig(h.config); err != nil {
		t.Error(err)
	}
	if out, err := runHouse(h, "0912340100"); err != nil || !strings.Contains(out, "says fi tervehdys                   [tervehdys]") {
		t.Error(out, err)
	}
	if _, err := h.prompt(func(p PromptOffice) error { return p.Unhear(t.Context(), "sv", "tervehdys") }); !errs.Is(err, errs.Conflict) {
		t.Error("the flow would be silent:", err)
	}
}

func TestPromptsAtTheCommandLine(t *testing.T) {
	h := newHouse(t)
	first, second := h.upload("en", "closed", "", 1), h.upload("en", "closed", "", 2)
	path := filepath.Join(h.dir, "listen.wav")
	play := func(id string) error {
		_, err := h.prompt(func(p PromptOffice) error { return p.Play(t.Context(), id, path) })
		return err
	}
	if err := play(second); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if wav, err := media.ReadWAV(f); err != nil || len(wav.Data) < 15000 || f.Close() != nil {
		t.Error(len(wav.Data), err)
	}
	if err := play(second); !os.IsExist(err) {
		t.Error("a file was written over:", err)
	}
	h.hear(second)
	remove := func(id string) error {
		_, err := h.prompt(func(p PromptOffice) error { return p.Remove(t.Context(), id) })
		return err
	}
	if err := remove(second); !errs.Is(err, errs.Conflict) {
		t.Error(err)
	}
	if err := remove(first); err != nil {
		t.Error(err)
	}
	if err := remove(""); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := h.prompt(func(p PromptOffice) error {
		return p.Upload(t.Context(), "fi", "welcome", "", filepath.Join(h.dir, "none.wav"))
	}); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// TestSpeechIsConfigured: by the words of the configuration.
func TestSpeechIsConfigured(t *testing.T) {
	h := newHouse(t)
	const line = `speech: [espeak-ng, -v, "{lang}", -w, "{out}", "{text}"]`
	h.alter(line, `speech: [sh, -c, "echo $0 >&2; exit 1", "{lang}: {text}"]`)
	speak := func() (string, error) {
		return h.prompt(func(p PromptOffice) error { return p.Speak(t.Context(), "sv", "welcome", "Hej hej") })
	}
	if out, err := speak(); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "sv: Hej hej") {
		t.Error(out, err)
	}
	if _, err := ReadConfig(altered(t, line, `speech: ["{text}"]`)); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "server.speech: must begin with a program") {
		t.Error(err)
	}
}
