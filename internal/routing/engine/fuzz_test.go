package engine_test

import (
	"strings"
	"testing"

	"santra/internal/routing/engine"
)

// FuzzEvents turns bytes into events, good and bad ones: the engine never panics, decides as the plain scan does and keeps what
// the model outside asks. The bytes are the choices that the generator makes, so that a fuzzer that flips one changes one thing.
func FuzzEvents(f *testing.F) {
	for seed := range uint64(8) {
		pick, tape := dice(seed), make([]byte, 600)
		for i := range tape {
			tape[i] = byte(pick(256))
		}
		f.Add(tape)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		steps := min(len(b)/12, 100)
		g := newGenerator(tape(b))
		if evs, what := compete(g, g.policy(), steps); what != "" {
			t.Fatalf("%s\n%s", told(evs), what)
		}
		g = newGenerator(tape(b))
		p := g.policy()
		if evs, wrong := play(engine.New(p), g, newModel(p), steps); len(wrong) > 0 {
			t.Fatalf("%s\n%s", told(evs), strings.Join(wrong, "\n"))
		}
	})
}
