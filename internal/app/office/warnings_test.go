package office

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"santra/internal/app/config"
	"santra/internal/app/config/configtest"
	"santra/internal/store"
)

func (h house) warnings() string {
	h.T.Helper()
	var out bytes.Buffer
	if err := config.Warn(h.T.Context(), h.Config, &out); err != nil {
		h.T.Fatal(err)
	}
	return out.String()
}

func TestWarningsBeforeTheFirstStart(t *testing.T) {
	h := newHouse(t)
	db := filepath.Join(h.Dir, "data", "santra.db")
	if got, want := h.warnings(), h.Config+": not checked who can serve the queues: there is no database "+db+" yet\n"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, err := os.Stat(db); err == nil {
		t.Error("the check has made a database")
	}
	h.Alter("hours: neuvonta\n", "\n")
	if got := h.warnings(); !strings.HasPrefix(got, h.Config+configtest.Placed(t, h.Config, "neuvonta:\n      week")+" warning: city.hours.neuvonta: no queue has these hours\n") {
		t.Error(got)
	}
}

// TestWarningsNameTheMissingSkill: of a city with one agent.
func TestWarningsNameTheMissingSkill(t *testing.T) {
	h := newHouse(t)
	agent := newAgent()
	agent.Skills = map[string]int{"neuvonta": 1, "vaihde": 1, "language:fi": 2}
	agent.Roles, agent.Languages = []string{"agent"}, []string{"fi", "sv"}
	if _, err := h.add(agent); err != nil {
		t.Fatal(err)
	}
	place := h.Config + configtest.Placed(t, h.Config, "id: pysakointi")
	want := []string{
		place + " warning: city.queues[0]: queue pysakointi needs skill pysakointi of level 1 that nobody has",
		h.Config + configtest.Placed(t, h.Config, "id: neuvonta") + " warning: city.queues[1]: queue neuvonta offers callers en, and nobody speaks it at level 1", "",
	}
	if got := h.warnings(); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	h.Alter("        - {after: 90s, levels: {pysakointi: 1}}\n", "")
	if got := h.warnings(); !strings.Contains(got, "queue pysakointi needs skill pysakointi of level 2 that nobody has") {
		t.Error(got)
	}
}

// TestTheCheckLeavesTheSchemaAlone: who checks with a newer program must not change what the running one uses.
func TestTheCheckLeavesTheSchemaAlone(t *testing.T) {
	h := newHouse(t)
	db, err := store.Open(t.Context(), store.Config{DSN: "sqlite:" + filepath.Join(h.Dir, "data", "santra.db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if got := h.warnings(); !strings.Contains(got, "not checked who can serve the queues: ") {
			t.Error(got)
		}
	}
}
