package app

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"santra/internal/agency/prompts"
	"santra/internal/app/config/configtest"
	"santra/internal/app/office"
	"santra/internal/audit"
	"santra/internal/protocol/media"
	"santra/internal/store/centre"
)

// TestAPromptIsHeardWhenSomebodySaysSo: from the file on the operator's desk to what is played.
func TestAPromptIsHeardWhenSomebodySaysSo(t *testing.T) {
	h := configtest.NewHouse(t)
	prompt := func(f func(office.PromptOffice) error) (string, error) {
		var out bytes.Buffer
		err := office.WithPrompts(t.Context(), h.Config, "tester", &out, slog.New(slog.DiscardHandler), f)
		return out.String(), err
	}
	id := upload(t, prompt)
	store, err := centre.Open(t.Context(), "sqlite:"+h.Database(), centre.Options{})
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
	if _, err := prompt(func(p office.PromptOffice) error { return p.Hear(t.Context(), id) }); err != nil {
		t.Fatal(err)
	}
	if plays() != built.Version() {
		t.Error("another process changed what is played in this one")
	}
	if err := s.reload(t.Context()); err != nil || plays() == built.Version() {
		t.Error("not taken over", err)
	}
	if out, err := runHouse(h); err != nil || !strings.Contains(out, "says fi welcome                     Päivää.") {
		t.Error(out, err)
	}
	out, err := prompt(func(p office.PromptOffice) error { return p.List(t.Context()) })
	if !regexp.MustCompile(`^\* fi/welcome +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  `+id+` +2\.0s  upload  operator/tester +Päivää\.\n$`).MatchString(out) || err != nil {
		t.Errorf("%q %v", out, err)
	}
	if _, err := prompt(func(p office.PromptOffice) error { return p.Unhear(t.Context(), "fi", "welcome") }); err != nil {
		t.Error(err)
	}
	if err := s.reload(t.Context()); err != nil || plays() != built.Version() {
		t.Error("the built-in one is not back", err)
	}
	rows, err := store.Audit().Search(t.Context(), audit.Filter{Action: prompts.Heard, Limit: audit.MaxPage})
	if err != nil || len(rows) != 1 || rows[0].Actor != "operator/tester" {
		t.Error(rows, err)
	}
}

func TestAnnouncementsAreCutInADemonstrationAlone(t *testing.T) {
	whole, err := media.NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := contactCentre{demo: DemoServe{Announcement: 200 * time.Millisecond}}
	if _, err := c.prompts(); err == nil {
		t.Fatal("a city cuts its announcements")
	}
	c.server.Demo = true
	cut, err := c.prompts()
	if err != nil {
		t.Fatal(err)
	}
	short, _ := cut.Prompt("fi", media.Announcement)
	long, _ := whole.Prompt("fi", media.Announcement)
	if short.Duration() != 200*time.Millisecond || short.Version() == long.Version() {
		t.Errorf("cut to %s, version %s", short.Duration(), short.Version())
	}
	music, _ := cut.Prompt("fi", media.Music)
	same, _ := whole.Prompt("fi", media.Music)
	if music.Len() != same.Len() {
		t.Error("the music is cut")
	}
	c.demo.Announcement = 0
	if p, err := c.prompts(); err != nil || p.(*media.Library) == nil {
		t.Error("whole announcements are wrapped:", err)
	}
}

// upload keeps a tone of two seconds as fi/welcome and gives its version's id.
func upload(t *testing.T, prompt func(func(office.PromptOffice) error) (string, error)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tone.wav")
	var b bytes.Buffer
	clip := media.Tone(440, 2*time.Second, 8000)
	spec := media.WAVSpec{Format: media.ALawWAV, Rate: media.SampleRate, Channels: 1}
	if err := media.WriteWAV(&b, media.WAV{WAVSpec: spec, Data: clip.ALaw()}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := prompt(func(p office.PromptOffice) error { return p.Upload(t.Context(), "fi", "welcome", "Päivää.", path) })
	if err != nil {
		t.Fatal(err)
	}
	id, _, _ := strings.Cut(out, ":")
	return id
}

func runHouse(h configtest.House) (string, error) {
	var out bytes.Buffer
	err := office.RunFlow(h.Config, office.FlowOptions{Number: "0912340100", At: "2026-10-05T10:00", Lang: "fi"}, &out)
	return out.String(), err
}
