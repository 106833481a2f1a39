package office

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/app/config"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/keys"
	"santra/internal/recorder"
	"santra/internal/store/centre"
)

const goodPassword = "a long first password"

func newAgent() NewUser {
	return NewUser{
		Name: "aino", Display: "Aino Aalto", Password: goodPassword, Roles: []string{"agent:ymparisto"},
		Skills: map[string]int{"pysakointi": 5}, Languages: []string{"fi", "sv"}, TrainedUntil: time.Now().AddDate(1, 0, 0),
	}
}

func TestAnOperatorMakesPeople(t *testing.T) {
	h := newHouse(t)
	until := newAgent().TrainedUntil.Format(time.DateOnly)
	if out, err := h.add(newAgent()); err != nil || !strings.Contains(out, "aino was made, trained until "+until) {
		t.Fatal(out, err)
	}
	store, err := centre.Open(t.Context(), "sqlite:"+h.Database(), centre.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	people := identity.New(identity.Config{Store: store.Identity(), Log: slog.New(slog.DiscardHandler)})
	_, p, err := people.Login(t.Context(), "aino", goodPassword, "192.0.2.1:1")
	if err != nil || !p.Training || p.May(identity.CallHandle, "ymparisto") != nil || p.May(identity.CallHandle, "hyvinvointi") == nil {
		t.Fatal(p, err)
	}
	if rows := h.did(identity.PersonCreated); len(rows) != 1 || rows[0].Actor != "operator/tester" {
		t.Error(rows)
	}
	var out bytes.Buffer
	if err := SetUserPassword(t.Context(), h.Config, "tester", "AINO", "quite another password", &out, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := people.Login(t.Context(), "aino", "quite another password", "192.0.2.1:1"); err != nil {
		t.Error(err)
	}
	if rows := h.did(identity.PasswordChanged); len(rows) != 1 || rows[0].Actor != "operator/tester" {
		t.Error(rows)
	}
	out.Reset()
	if err := ListUsers(t.Context(), h.Config, "tester", &out, slog.New(slog.DiscardHandler)); err != nil || !strings.Contains(out.String(), "agent:ymparisto") ||
		!strings.Contains(out.String(), "pysakointi=5") || !strings.Contains(out.String(), until) {
		t.Error(out.String(), err)
	}
}

func TestWithoutTrainingRolesSleep(t *testing.T) {
	h := newHouse(t)
	n := newAgent()
	n.TrainedUntil = time.Time{}
	if out, err := h.add(n); err != nil || !strings.Contains(out, "santra user train aino") {
		t.Fatal(out, err)
	}
	var out bytes.Buffer
	if err := TrainUser(t.Context(), h.Config, "tester", "aino", cityDay(t), &out, slog.New(slog.DiscardHandler)); err != nil { // today is a day of it
		t.Fatal(err)
	}
	if rows := h.did(identity.TrainingRecorded); len(rows) != 1 {
		t.Error(rows)
	}
}

// cityDay is today where the city is: near midnight UTC has another.
func cityDay(t *testing.T) time.Time {
	t.Helper()
	zone, err := time.LoadLocation(agency.DefaultTimeZone)
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().In(zone)
}

// TestAMistakeMakesNobody: a refused account leaves nothing behind, and the text says what would be right.
func TestAMistakeMakesNobody(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		change func(*NewUser)
		want   string
	}{
		"no such role":      {func(n *NewUser) { n.Roles = []string{"agnet"} }, `no role "agnet"; want one of agent, `},
		"no such agency":    {func(n *NewUser) { n.Roles = []string{"agent:x"} }, `no agency "x"; want one of ymparisto, hyvinvointi`},
		"no such skill":     {func(n *NewUser) { n.Skills = map[string]int{"pysakonti": 5} }, `"pysakonti"; want one of liikenne, neuvonta, pysakointi, vaihde`},
		"no such language":  {func(n *NewUser) { n.Languages = []string{"de"} }, "languages"},
		"a short password":  {func(n *NewUser) { n.Password = "short" }, "password"},
		"an ended training": {func(n *NewUser) { n.TrainedUntil = time.Now().AddDate(0, 0, -2) }, "must be today or later"},
		"a long training":   {func(n *NewUser) { n.TrainedUntil = time.Now().AddDate(5, 0, 0) }, "within four years"},
		"no name":           {func(n *NewUser) { n.Name = "" }, "name"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newAgent()
			c.change(&n)
			if _, err := h.add(n); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	if rows := h.did(identity.PersonCreated); len(rows) > 0 {
		t.Error(rows)
	}
	if err := SetUserPassword(t.Context(), h.Config, "tester", "nobody", goodPassword, &bytes.Buffer{}, slog.New(slog.DiscardHandler)); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := ListUsers(t.Context(), h.Config, " ", &bytes.Buffer{}, slog.New(slog.DiscardHandler)); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestNoFolderIsMadeBeforeTheServers(t *testing.T) {
	h := newHouse(t)
	if err := os.Remove(filepath.Join(h.Dir, "data")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.add(newAgent()); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(h.Dir, "data")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func (h house) apply(dry bool) (string, error) {
	var out bytes.Buffer
	err := ApplyConfig(h.T.Context(), h.Config, "tester", dry, &out, slog.New(slog.DiscardHandler))
	return out.String(), err
}

func TestApply(t *testing.T) {
	h := newHouse(t)
	if out, err := h.apply(false); err != nil || !strings.Contains(out, "version 1") {
		t.Fatal(out, err)
	}
	if out, err := h.apply(false); err != nil || !strings.Contains(out, "nothing to change") {
		t.Fatal(out, err)
	}
	h.Alter("wrap_up: 30s", "wrap_up: 40s")
	if out, err := h.apply(true); err != nil || out != "would change: queues\n~ city.queues[pysakointi].wrap_up: 30s → 40s\n" {
		t.Fatal(out, err)
	}
	if out, err := h.apply(false); err != nil || !strings.Contains(out, "changed: queues\nversion 2") {
		t.Fatal(out, err)
	}
	if rows := h.did(agency.Changed); len(rows) != 2 || rows[0].Actor != "operator/tester" {
		t.Error(rows)
	}
	h.Alter("recording_months: 6", "recording_months: 7")
	for _, dry := range []bool{true, false} {
		if out, err := h.apply(dry); !errs.Is(err, errs.Invalid) {
			t.Error("laxer than what is promised:", out, err)
		}
	}
}

// TestKeysArePrintedBeforeTheOthersKeyIsKnown: each server needs the other's key, so neither configuration is whole yet.
func TestKeysArePrintedBeforeTheOthersKeyIsKnown(t *testing.T) {
	h := newHouse(t)
	h.Alter("public_key: 0NxGzeVTlKJ5C5JtH6nGUsQMOG5bGIyt8DEXqMRz9Ss=", `public_key: ""`)
	rec := filepath.Join(h.Dir, "recorder.yaml")
	if err := os.WriteFile(rec, []byte("data: "+h.Dir+"/rec\nkeys: "+h.Dir+"/reckeys\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		print     func(*bytes.Buffer) error
		keys, key string
	}{
		"centre":   {func(b *bytes.Buffer) error { return PrintKey(h.Config, b) }, "keys", config.GrantKeyName},
		"recorder": {func(b *bytes.Buffer) error { return PrintRecorderKey(rec, b) }, "reckeys", recorder.SignKeyName},
	} {
		var first, again bytes.Buffer
		if err := errors.Join(c.print(&first), c.print(&again)); err != nil || first.String() != again.String() {
			t.Fatal(name, first.String(), again.String(), err)
		}
		ring, err := keys.Open(filepath.Join(h.Dir, c.keys))
		if err != nil {
			t.Fatal(err)
		}
		seed, err := ring.Get(c.key)
		if err != nil {
			t.Fatal(err)
		}
		want := base64.StdEncoding.EncodeToString(ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
		if strings.TrimSpace(first.String()) != want {
			t.Error(name, first.String(), want)
		}
	}
	if _, err := config.Read(h.Config); err == nil || !strings.Contains(err.Error(), "santra recorder key --config") {
		t.Error(err)
	}
}
