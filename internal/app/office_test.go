package app

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/keys"
	"santra/internal/recorder"
	"santra/internal/registry"
	"santra/internal/store/centre"
)

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

// house is the example's configuration over folders of the test's own.
type house struct {
	t      *testing.T
	dir    string
	config string
}

func newHouse(t *testing.T) house {
	t.Helper()
	h := house{t, t.TempDir(), ""}
	h.config = filepath.Join(h.dir, "santra.yaml")
	if err := os.Mkdir(filepath.Join(h.dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := read(t, centreExample)
	text = strings.ReplaceAll(text, "/var/lib/santra-keys", filepath.Join(h.dir, "keys"))
	h.write(strings.ReplaceAll(text, "/var/lib/santra", filepath.Join(h.dir, "data")))
	return h
}

func (h house) write(text string) {
	h.t.Helper()
	if err := os.WriteFile(h.config, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h house) alter(old, now string) {
	h.t.Helper()
	text := read(h.t, h.config)
	if strings.Count(text, old) != 1 {
		h.t.Fatalf("the file has %q %d times", old, strings.Count(text, old))
	}
	h.write(strings.Replace(text, old, now, 1))
}

func (h house) add(n NewUser) (string, error) {
	var out bytes.Buffer
	err := AddUser(h.t.Context(), h.config, "tester", n, &out, quietLog())
	return out.String(), err
}

// did gives the entries of the log of one action.
func (h house) did(action string) []audit.Row {
	h.t.Helper()
	store, err := centre.Open(h.t.Context(), "sqlite:"+filepath.Join(h.dir, "data", "santra.db"), centre.Options{})
	if err != nil {
		h.t.Fatal(err)
	}
	defer store.Close()
	rows, err := store.Audit().Search(h.t.Context(), audit.Filter{Action: action, Limit: audit.MaxPage})
	if err != nil {
		h.t.Fatal(err)
	}
	return rows
}

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
	store, err := centre.Open(t.Context(), "sqlite:"+filepath.Join(h.dir, "data", "santra.db"), centre.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	people := identity.New(identity.Config{Store: store.Identity(), Log: quietLog()})
	_, p, err := people.Login(t.Context(), "aino", goodPassword, "192.0.2.1:1")
	if err != nil || !p.Training || p.May(identity.CallHandle, "ymparisto") != nil || p.May(identity.CallHandle, "hyvinvointi") == nil {
		t.Fatal(p, err)
	}
	if rows := h.did(identity.PersonCreated); len(rows) != 1 || rows[0].Actor != "operator/tester" {
		t.Error(rows)
	}
	var out bytes.Buffer
	if err := SetUserPassword(t.Context(), h.config, "tester", "AINO", "quite another password", &out, quietLog()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := people.Login(t.Context(), "aino", "quite another password", "192.0.2.1:1"); err != nil {
		t.Error(err)
	}
	if rows := h.did(identity.PasswordChanged); len(rows) != 1 || rows[0].Actor != "operator/tester" {
		t.Error(rows)
	}
	out.Reset()
	if err := ListUsers(t.Context(), h.config, "tester", &out, quietLog()); err != nil || !strings.Contains(out.String(), "agent:ymparisto") ||
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
	if err := TrainUser(t.Context(), h.config, "tester", "aino", cityDay(t), &out, quietLog()); err != nil { // today is a day of it
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
	if err := SetUserPassword(t.Context(), h.config, "tester", "nobody", goodPassword, &bytes.Buffer{}, quietLog()); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if err := ListUsers(t.Context(), h.config, " ", &bytes.Buffer{}, quietLog()); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}

func TestNoFolderIsMadeBeforeTheServers(t *testing.T) {
	h := newHouse(t)
	if err := os.Remove(filepath.Join(h.dir, "data")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.add(newAgent()); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "data")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func (h house) apply(dry bool) (string, error) {
	var out bytes.Buffer
	err := ApplyConfig(h.t.Context(), h.config, "tester", dry, &out, quietLog())
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
	h.alter("wrap_up: 30s", "wrap_up: 40s")
	if out, err := h.apply(true); err != nil || out != "would change: queues\n~ city.queues[pysakointi].wrap_up: 30s → 40s\n" {
		t.Fatal(out, err)
	}
	if out, err := h.apply(false); err != nil || !strings.Contains(out, "changed: queues\nversion 2") {
		t.Fatal(out, err)
	}
	if rows := h.did(agency.Changed); len(rows) != 2 || rows[0].Actor != "operator/tester" {
		t.Error(rows)
	}
	h.alter("recording_months: 6", "recording_months: 7")
	for _, dry := range []bool{true, false} {
		if out, err := h.apply(dry); !errs.Is(err, errs.Invalid) {
			t.Error("laxer than what is promised:", out, err)
		}
	}
}

// TestTheRunningServerTakesOver: what another process applied is there after cityPoll.
func TestTheRunningServerTakesOver(t *testing.T) {
	h := newHouse(t)
	if _, err := h.apply(false); err != nil {
		t.Fatal(err)
	}
	o, err := openOffice(t.Context(), h.config, "server", quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	h.alter("wrap_up: 30s", "wrap_up: 40s")
	if _, err := h.apply(false); err != nil {
		t.Fatal(err)
	}
	c := contactCentre{book: o.book, log: quietLog(), dispatch: dispatch.New(dispatch.Config{})}
	if err := c.reloadCity(t.Context()); err != nil || c.book.Current().Version != 2 {
		t.Error(c.book.Current().Version, err)
	}
}

func TestTheReloaderAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		r := &reloader{log: quietLog(), reload: func(context.Context) error {
			asked++
			return errs.New(errs.Unavailable, "away")
		}}
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3*cityPoll + time.Millisecond)
		if err := r.Stop(t.Context()); err != nil || asked != 3 {
			t.Error(asked, err)
		}
	})
}

// TestKeysArePrintedBeforeTheOthersKeyIsKnown: each server needs the other's key, so neither configuration is whole yet.
func TestKeysArePrintedBeforeTheOthersKeyIsKnown(t *testing.T) {
	h := newHouse(t)
	h.alter("public_key: 0NxGzeVTlKJ5C5JtH6nGUsQMOG5bGIyt8DEXqMRz9Ss=", `public_key: ""`)
	rec := filepath.Join(h.dir, "recorder.yaml")
	if err := os.WriteFile(rec, []byte("data: "+h.dir+"/rec\nkeys: "+h.dir+"/reckeys\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		print     func(*bytes.Buffer) error
		keys, key string
	}{
		"centre":   {func(b *bytes.Buffer) error { return PrintKey(h.config, b) }, "keys", grantKeyName},
		"recorder": {func(b *bytes.Buffer) error { return PrintRecorderKey(rec, b) }, "reckeys", recorder.SignKeyName},
	} {
		var first, again bytes.Buffer
		if err := errors.Join(c.print(&first), c.print(&again)); err != nil || first.String() != again.String() {
			t.Fatal(name, first.String(), again.String(), err)
		}
		ring, err := keys.Open(filepath.Join(h.dir, c.keys))
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
	if _, err := ReadConfig(h.config); err == nil || !strings.Contains(err.Error(), "santra recorder key --config") {
		t.Error(err)
	}
}

// TestTheLogsNameCanNotChange: a start under another name is refused with the one that is right.
func TestTheLogsNameCanNotChange(t *testing.T) {
	h := newHouse(t)
	if _, err := h.add(newAgent()); err != nil {
		t.Fatal(err)
	}
	store, err := centre.Open(t.Context(), "sqlite:"+filepath.Join(h.dir, "data", "santra.db"), centre.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := sameLog(t.Context(), store.Audit(), "any.example"); err != nil {
		t.Error("nothing is signed yet:", err)
	}
	ring, err := keys.Open(filepath.Join(h.dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.New(audit.Config{Store: store.Audit(), Keys: ring, Origin: "old.example" + auditOrigin})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := sameLog(t.Context(), store.Audit(), "old.example"); err != nil {
		t.Error(err)
	}
	err = sameLog(t.Context(), store.Audit(), "new.example")
	if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), `server.mail.hostname: is "new.example", but the log was signed so far as "old.example"`) {
		t.Error(err)
	}
}

// TestAProxyIsBelieved: the log names the browser that a known proxy speaks for, and the stranger who says to be one.
func TestAProxyIsBelieved(t *testing.T) {
	h := newHouse(t)
	o, err := openOffice(t.Context(), h.config, "tester", quietLog())
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	c := &contactCentre{server: o.config.Server, people: o.people, book: o.book, registry: registry.New(registry.Config{Store: o.store.Registry(), Book: o.book}), outcomes: &ledger{}, log: quietLog()}
	c.server.HTTP.Proxies, c.server.WebRTC.TURN = []string{"10.0.0.1/32"}, TURN{} // its secret is not on this host
	face, err := c.face()
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"10.0.0.1:1", "10.0.0.2:1"} {
		r := httptest.NewRequest(http.MethodPost, "/api/login", strings.NewReader(`{"name":"nobody","password":"wrong"}`))
		r.RemoteAddr = from
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		w := httptest.NewRecorder()
		if face.ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
			t.Fatal(w.Code, w.Body)
		}
	}
	var said []string
	for _, row := range h.did(identity.SessionRefused) {
		said = append(said, fmt.Sprint(row.Entry().Detail))
	}
	slices.Sort(said)
	if len(said) != 2 || !strings.Contains(said[0], "10.0.0.2") || !strings.Contains(said[1], "192.0.2.7") {
		t.Error(said)
	}
}
