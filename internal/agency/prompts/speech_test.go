package prompts

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/media/studio"
)

func sh(script string, words ...string) Command {
	return append(Command{"sh", "-c", script, "sh"}, words...)
}

func TestSpeech(t *testing.T) {
	for name, c := range map[string]struct {
		command    Command
		text, want string
	}{
		"a file":          {sh(`printf %s "$1:$2" > "$3"`, "{lang}", "{text}", "{out}"), "Hei", "sv:Hei"},
		"standard in/out": {Command{"cat"}, "Hei vaan", "Hei vaan"},
		"no shell":        {sh(`printf %s "$1"`, "{text}"), "a'; touch /tmp/x; `id` $(id) \"b", "a'; touch /tmp/x; `id` $(id) \"b"},
		"no environment":  {sh(`printf %s "$1$SANTRA_SECRET"`, "{text}"), "x", "x"},
		"in the middle":   {sh(`printf %s "$1"`, "--text={text}"), "ä", "--text=ä"},
		"a word alone":    {sh(`printf %s "$1"`, "{text}"), "a {lang} {out}", "a {lang} {out}"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("SANTRA_SECRET", "secret")
			got, err := c.command.Speak(t.Context(), agency.Swedish, c.text)
			if err != nil || string(got) != c.want {
				t.Errorf("%q %v", got, err)
			}
		})
	}
}

func TestSpeechThatFails(t *testing.T) {
	for says, c := range map[string]Command{
		"no speech command":        nil,
		"can't be started":         {"/no/such/program"},
		"no voice for fi":          sh(`echo "no voice for $1" >&2; exit 3`, "{lang}"),
		"made no file":             sh(`true`, "{out}"),
		"made no file {out}":       sh(`ln -s /etc/passwd "$1"`, "{out}"),
		"the speech command faile": sh(`kill -9 $$`),
	} {
		if _, err := c.Speak(t.Context(), agency.Finnish, "Hei"); !errs.Is(err, errs.Unavailable) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := (Command{"echo"}).Speak(t.Context(), agency.Finnish, "-w /etc/passwd"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

// TestSpeechIsBounded: neither time nor bytes without end, and nothing is left behind.
func TestSpeechIsBounded(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	got, err := sh(`head -c 40000000 /dev/zero`).Speak(t.Context(), agency.Finnish, "Hei")
	if err != nil || len(got) != studio.MaxBytes {
		t.Error(len(got), err)
	}
	_, err = sh(`sleep 0.2; truncate -s 300M "$1"`, "{out}").Speak(t.Context(), agency.Finnish, "Hei")
	if !errs.Is(err, errs.Unavailable) { // SIGXFSZ
		t.Error(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := sh(`sleep 60 & sleep 60`).Speak(ctx, agency.Finnish, "Hei"); !errs.Is(err, errs.Unavailable) || time.Since(began) > 10*time.Second {
		t.Error(time.Since(began), err)
	}
	left, err := filepath.Glob(filepath.Join(os.TempDir(), "*"))
	if err != nil || len(left) > 0 {
		t.Error(left, err)
	}
}

func TestCommandsAreChecked(t *testing.T) {
	for says, c := range map[string]Command{
		"over 50 words": make(Command, MaxWords+1), "must begin with a program": {"{text}"}, "must begin": {""}, "no program takes": {"a", "\x00"},
	} {
		err := c.Check("server.speech")
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Field != "server.speech" || !strings.Contains(e.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	for _, c := range []Command{nil, {"espeak-ng", "-v", "{lang}", "-w", "{out}", "{text}"}} {
		if err := c.Check("server.speech"); err != nil {
			t.Error(err)
		}
	}
}

// TestEspeak: with the program that makes the built-in prompts.
func TestEspeak(t *testing.T) {
	if _, err := exec.LookPath("espeak-ng"); err != nil {
		t.Skip("espeak-ng is not installed")
	}
	wav, err := Command{"espeak-ng", "-v", "{lang}", "-w", "{out}", "{text}"}.Speak(t.Context(), agency.Finnish, "Tervetuloa.")
	if err != nil {
		t.Fatal(err)
	}
	s, err := studio.Prepare(wav)
	if err != nil || s.Length() < 500*time.Millisecond || s.Wide == nil || media.Level(s.Narrow.ALaw(), media.PCMA) < 200 {
		t.Errorf("%+v %v", s.Report, err)
	}
	if bytes.Equal(s.Narrow.ALaw(), nil) {
		t.Error("no sound")
	}
}
