package office

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"santra/internal/app/config/configtest"
	"santra/internal/app/simulate"
	"santra/internal/errs"
)

func asked(out *bytes.Buffer) simulate.Options {
	return simulate.Options{Rate: []string{"60/h"}, AHT: []string{"240s"}, Patience: []string{"180s"}, Agents: 8, Day: "2026-11-24", Days: 2, Seed: 1, Out: out}
}

// TestSimulateTheExample runs the example of the documentation.
func TestSimulateTheExample(t *testing.T) {
	example := configtest.Centre(t)
	var out bytes.Buffer
	if err := Simulate(t.Context(), example, "", asked(&out)); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "service level") || strings.Contains(out.String(), "lost") {
		t.Errorf("%s", &out)
	}
	out.Reset()
	if err := Simulate(t.Context(), example, example, asked(&out)); err != nil || !strings.Contains(out.String(), "santra.yaml") || !strings.Contains(out.String(), "+0.0 points") {
		t.Errorf("%v\n%s", err, &out)
	}
}

// TestSimulateNeedsNoServer: what is only planned has none, and may want what the telephone can't do yet.
func TestSimulateNeedsNoServer(t *testing.T) {
	text := `city:
  name: {en: Planned}
  controller: {name: {en: P}, address: {en: P}, responsible_person: {en: P}, contact: {en: P}, data_protection_officer: {en: P}}
  agencies: [{id: streets, name: {en: Streets}, address: streets@example.org}]
  queues:
    - {id: parking, agency: streets, name: {en: Parking}, number: "+358912340001", overflow: [{when: waited, after: 10s, to: {callback: true}}]}
`
	path := filepath.Join(t.TempDir(), "planned.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	o := asked(&out)
	o.Agents = 3
	if err := Simulate(t.Context(), path, "", o); err != nil || !strings.Contains(out.String(), "promised a callback") {
		t.Fatalf("%v\n%s", err, &out)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(text, "agency: streets", "agency: street", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []string{path, path + ".none"} {
		if err := Simulate(t.Context(), wrong, "", o); err == nil || !strings.Contains(err.Error(), "planned.yaml") {
			t.Error(err)
		}
	}
	if err := Simulate(t.Context(), path, "", o); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
