package company

import (
	"slices"
	"testing"

	"santra/internal/protocol/rtp"
)

// crowd gives names to legs.
type crowd struct{ customer, agent, third, boss *rtp.Leg }

func newCrowd() crowd { return crowd{new(rtp.Leg), new(rtp.Leg), new(rtp.Leg), new(rtp.Leg)} }

func (c crowd) name(m *rtp.Leg) string {
	return map[*rtp.Leg]string{c.customer: "customer", c.agent: "agent", c.third: "third", c.boss: "boss"}[m]
}

// Who listens is heard by nobody, who whispers by the agent alone, who barges in by all; everybody of the company hears the others.
func TestWhoHearsWhom(t *testing.T) {
	c := newCrowd()
	for mode, want := range map[Mode]map[string][]string{
		"":         {"customer": {"agent", "third"}, "agent": {"customer", "third"}, "third": {"customer", "agent"}},
		Listening:  {"customer": {"agent", "third"}, "agent": {"customer", "third"}, "third": {"customer", "agent"}, "boss": {"customer", "agent", "third"}},
		Whispering: {"customer": {"agent", "third"}, "agent": {"customer", "third", "boss"}, "third": {"customer", "agent"}, "boss": {"customer", "agent", "third"}},
		Barging: {
			"customer": {"agent", "third", "boss"}, "agent": {"customer", "third", "boss"}, "third": {"customer", "agent", "boss"},
			"boss": {"customer", "agent", "third"},
		},
	} {
		var audience []Watcher
		if mode != "" {
			audience = []Watcher{{mode, c.boss}}
		}
		got := hears([]*rtp.Leg{c.customer, c.agent, c.third}, c.agent, audience)
		if len(got) != len(want) {
			t.Errorf("%s: %d hear", mode, len(got))
		}
		for m, whom := range got {
			var names []string
			for _, o := range whom {
				names = append(names, c.name(o))
			}
			if !slices.Equal(names, want[c.name(m)]) {
				t.Errorf("%s: the %s hears %v, want %v", mode, c.name(m), names, want[c.name(m)])
			}
		}
	}
}

// A whisper to an agent who is not in the company is heard by nobody.
func TestWhisperToNobody(t *testing.T) {
	c := newCrowd()
	got := hears([]*rtp.Leg{c.customer, c.third}, c.agent, []Watcher{{Whispering, c.boss}})
	if len(got) != 3 || len(got[c.customer]) != 1 || len(got[c.third]) != 1 || len(got[c.boss]) != 2 {
		t.Errorf("%d hear", len(got))
	}
}

func TestOfLeavesOutNobody(t *testing.T) {
	c := newCrowd()
	if got := Of(nil, c.agent, nil, c.third); !slices.Equal(got, []*rtp.Leg{c.agent, c.third}) {
		t.Errorf("%d", len(got))
	}
}

func TestModes(t *testing.T) {
	for m, known := range map[Mode]bool{Listening: true, Whispering: true, Barging: true, "": false, "record": false} {
		if m.Known() != known {
			t.Errorf("%q: %v", m, m.Known())
		}
	}
}
