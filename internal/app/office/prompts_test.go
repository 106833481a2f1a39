package office

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/app/config"
	"santra/internal/app/config/configtest"
	"santra/internal/errs"
	"santra/internal/protocol/media"
)

func (h house) prompt(f func(PromptOffice) error) (string, error) {
	var out bytes.Buffer
	err := WithPrompts(h.T.Context(), h.Config, "tester", &out, slog.New(slog.DiscardHandler), f)
	return out.String(), err
}

// upload keeps a tone of some seconds as a version and gives its id.
func (h house) upload(lang, name, text string, seconds int) string {
	h.T.Helper()
	path := filepath.Join(h.T.TempDir(), "tone.wav")
	var b bytes.Buffer
	clip := media.Tone(440, time.Duration(seconds)*time.Second, 8000)
	spec := media.WAVSpec{Format: media.ALawWAV, Rate: media.SampleRate, Channels: 1}
	if err := media.WriteWAV(&b, media.WAV{WAVSpec: spec, Data: clip.ALaw()}); err != nil {
		h.T.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		h.T.Fatal(err)
	}
	out, err := h.prompt(func(p PromptOffice) error { return p.Upload(h.T.Context(), lang, name, text, path) })
	if err != nil {
		h.T.Fatal(err)
	}
	id, _, _ := strings.Cut(out, ":")
	return id
}

func (h house) hear(id string) {
	h.T.Helper()
	if out, err := h.prompt(func(p PromptOffice) error { return p.Hear(h.T.Context(), id) }); err != nil || !strings.Contains(out, "within 5s") {
		h.T.Fatal(out, err)
	}
}

func (h house) run(number string) (string, error) {
	var out bytes.Buffer
	err := RunFlow(h.Config, FlowOptions{Number: number, At: "2026-10-05T10:00", Lang: "fi"}, &out)
	return out.String(), err
}

// TestAFlowMayNameWhatWasHandedIn: refused before there is the sound in every language, taken after.
func TestAFlowMayNameWhatWasHandedIn(t *testing.T) {
	h := newHouse(t)
	h.Alter("say: {prompt: welcome}", "say: {prompt: tervehdys}")
	for _, lang := range media.Languages() {
		if _, err := h.apply(false); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "put "+lang+"/tervehdys.wav") {
			t.Fatal(err)
		}
		if err := config.Check(h.Config); !errs.Is(err, errs.Invalid) {
			t.Fatal(err)
		}
		h.hear(h.upload(lang, "tervehdys", "", 1))
	}
	if _, err := h.apply(false); err != nil {
		t.Fatal(err)
	}
	if err := config.Check(h.Config); err != nil {
		t.Error(err)
	}
	if out, err := h.run("0912340100"); err != nil || !strings.Contains(out, "says fi tervehdys                   [tervehdys]") {
		t.Error(out, err)
	}
	if _, err := h.prompt(func(p PromptOffice) error { return p.Unhear(t.Context(), "sv", "tervehdys") }); !errs.Is(err, errs.Conflict) {
		t.Error("the flow would be silent:", err)
	}
}

func TestPromptsAtTheCommandLine(t *testing.T) {
	h := newHouse(t)
	first, second := h.upload("en", "closed", "", 1), h.upload("en", "closed", "", 2)
	path := filepath.Join(h.Dir, "listen.wav")
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
		return p.Upload(t.Context(), "fi", "welcome", "", filepath.Join(h.Dir, "none.wav"))
	}); !os.IsNotExist(err) {
		t.Error(err)
	}
}

// TestSpeechIsConfigured: by the words of the configuration.
func TestSpeechIsConfigured(t *testing.T) {
	h := newHouse(t)
	const line = `speech: [espeak-ng, -v, "{lang}", -w, "{out}", "{text}"]`
	h.Alter(line, `speech: [sh, -c, "echo $0 >&2; exit 1", "{lang}: {text}"]`)
	speak := func() (string, error) {
		return h.prompt(func(p PromptOffice) error { return p.Speak(t.Context(), "sv", "welcome", "Hej hej") })
	}
	if out, err := speak(); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), "sv: Hej hej") {
		t.Error(out, err)
	}
	if _, err := config.Read(configtest.Altered(t, line, `speech: ["{text}"]`)); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "server.speech: must begin with a program") {
		t.Error(err)
	}
}
