package office

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"santra/internal/agency"
	"santra/internal/agency/diff"
	"santra/internal/app/config"
	"santra/internal/app/config/configtest"
	"santra/internal/errs"
	"santra/internal/run"
)

// command runs one of the commands on a house and gives what it prints.
func (h house) command(f func(out *bytes.Buffer) error) (string, error) {
	var out bytes.Buffer
	err := f(&out)
	return out.String(), err
}

func (h house) plan() (string, error) {
	return h.command(func(out *bytes.Buffer) error {
		return PlanConfig(h.T.Context(), h.Config, "tester", out, slog.New(slog.DiscardHandler))
	})
}

func (h house) show(n int) (string, error) {
	return h.command(func(out *bytes.Buffer) error {
		return ShowConfig(h.T.Context(), h.Config, "tester", n, out, slog.New(slog.DiscardHandler))
	})
}

func (h house) revert(n int) (string, error) {
	return h.command(func(out *bytes.Buffer) error {
		return RevertConfig(h.T.Context(), h.Config, "tester", n, out, slog.New(slog.DiscardHandler))
	})
}

func (h house) history(limit int) (string, error) {
	return h.command(func(out *bytes.Buffer) error {
		return ConfigHistory(h.T.Context(), h.Config, "tester", limit, out, slog.New(slog.DiscardHandler))
	})
}

func differs(err error) bool {
	exit, ok := errors.AsType[run.Exit](err)
	return ok && exit.Code == 2 && exit.Message == ""
}

func TestPlan(t *testing.T) {
	h := newHouse(t)
	if out, err := h.plan(); !differs(err) || !strings.Contains(out, "+ city.flows[terveys]\n") {
		t.Fatal(out, err) // nothing runs yet
	}
	if _, err := h.apply(false); err != nil {
		t.Fatal(err)
	}
	if out, err := h.plan(); err != nil || !strings.Contains(out, "nothing to change") {
		t.Fatal(out, err)
	}
	h.Alter("            every: 1m", "            every: 2m")
	if out, err := h.plan(); !differs(err) || out != "~ city.flows[terveys].steps[jono].queue.every: 1m0s → 2m0s\n" {
		t.Fatal(out, err)
	}
	h.Alter("sip_password: change-me-a01", "sip_password: another-secret")
	if out, err := h.plan(); !differs(err) || !strings.Contains(out, "~ city.seats[A01].sip_password: a password → another\n") || strings.Contains(out, "secret") {
		t.Fatal(out, err)
	}
	h.Alter("say: {prompt: welcome}", "say: {prompt: tervehdys}")
	if out, err := h.plan(); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "tervehdys") || !strings.Contains(err.Error(), h.Config+":") {
		t.Error(out, err)
	}
	if rows := h.did(agency.Changed); len(rows) != 1 {
		t.Error("a plan changed something:", rows)
	}
}

func TestHistoryAndRevert(t *testing.T) {
	h := newHouse(t)
	if out, err := h.history(20); err != nil || out != "" {
		t.Fatal(out, err)
	}
	if _, err := h.apply(false); err != nil {
		t.Fatal(err)
	}
	h.Alter("wrap_up: 30s", "wrap_up: 40s")
	if _, err := h.apply(false); err != nil {
		t.Fatal(err)
	}
	out, err := h.history(20)
	if lines := strings.Split(out, "\n"); err != nil || len(lines) != 3 || !strings.Contains(lines[0], "   2  ") || !strings.HasSuffix(lines[0], "operator/tester       queues") ||
		!strings.HasSuffix(lines[1], "imported") {
		t.Fatalf("%q %v", out, err)
	}
	if one, err := h.history(1); err != nil || strings.Count(one, "\n") != 1 {
		t.Errorf("%q %v", one, err)
	}
	if out, err := h.revert(2); !errs.Is(err, errs.Conflict) {
		t.Error(out, err)
	}
	if out, err := h.revert(7); !errs.Is(err, errs.NotFound) {
		t.Error(out, err)
	}
	if out, err := h.revert(1); err != nil || !strings.HasPrefix(out, "~ city.queues[pysakointi].wrap_up: 40s → 30s\nversion 3; ") {
		t.Fatal(out, err)
	}
	rows := h.did(agency.Changed)
	if e := rows[0].Entry(); len(rows) != 3 || e.Detail["reverted_to"] != "1" || e.Detail["parts"] != "queues" || e.Object != "city/3" {
		t.Errorf("%+v", e)
	}
}

// TestAShownVersionCanBeAppliedAgain: what is printed is a configuration, without passwords, and the same city.
func TestAShownVersionCanBeAppliedAgain(t *testing.T) {
	h := newHouse(t)
	if _, err := h.apply(false); err != nil {
		t.Fatal(err)
	}
	shown, err := h.show(1)
	if err != nil || !strings.HasPrefix(shown, "# version 1, ") || strings.Contains(shown, "change-me") || strings.Contains(shown, "ha1") {
		t.Fatalf("%s\n%v", shown, err)
	}
	path := h.Dir + "/shown.yaml"
	if err := os.WriteFile(path, []byte(shown), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.ReadCity(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := config.ReadCity(h.Config)
	if err != nil {
		t.Fatal(err)
	}
	for i := range want.Seats {
		want.Seats[i].SIPPassword = ""
	}
	if changes := diff.Changes(want, got); len(changes) > 0 || !reflect.DeepEqual(want.Flows, got.Flows) || !reflect.DeepEqual(want.Queues, got.Queues) {
		t.Errorf("%v", changes)
	}
	if _, err := h.show(2); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
}

// TestWhatIsEmptyOnPurposeIsShown: a step with nothing to say, a level that is not asked any more, a key with a number's name.
func TestWhatIsEmptyOnPurposeIsShown(t *testing.T) {
	c, err := config.Read(configtest.Centre(t))
	if err != nil {
		t.Fatal(err)
	}
	city := c.City
	f := &city.Flows[0]
	f.Steps[len(f.Steps)-1].HangUp = &agency.HangUpStep{}
	city.Queues[1].Rings[0].Levels["language"] = 0
	city.Routing.Channels["mail"] = agency.Channel{Class: 0, Weight: 2}
	want := city.WithDefaults()
	text, err := written(&want)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "shown.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	got, _, err := config.ReadUnchecked(path)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := got.City.Validate(); err != nil {
		t.Fatal(err)
	}
	back := got.City.WithDefaults()
	for i := range want.Seats {
		want.Seats[i].SIPPassword, back.Seats[i].SIPPassword = "", ""
	}
	if !reflect.DeepEqual(back, want) {
		t.Errorf("%v\n%s", diff.Changes(&want, &back), text)
	}
}
