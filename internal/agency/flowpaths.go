package agency

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// way is one way out of a step.
type way struct {
	field    string // within the step
	to       string // step; "" where nothing is said
	key      bool   // taken by a caller's key; else it may be taken without one
	optional bool
}

// goesOn tells whether a step leads to Next.
func (s *Step) goesOn() bool {
	return s.Language != nil || s.Hours != nil || s.Say != nil || s.Announce != nil
}

// ways lists the ways out of a step.
func (s *Step) ways() (all []way) {
	if s.goesOn() {
		all = append(all, way{field: "next", to: s.Next})
	}
	switch {
	case s.Hours != nil:
		all = append(all, way{field: "hours.closed", to: s.Hours.Closed})
	case s.Menu != nil:
		for _, k := range slices.Sorted(maps.Keys(s.Menu.Keys)) {
			all = append(all, way{field: "menu.keys." + k, to: s.Menu.Keys[k], key: true})
		}
		all = append(all, way{field: "menu.otherwise", to: s.Menu.Otherwise})
	case s.Queue != nil:
		all = append(all, way{field: "queue.otherwise", to: s.Queue.Otherwise, optional: true})
	case s.Callback != nil:
		all = append(all, way{field: "callback.otherwise", to: s.Callback.Otherwise})
	case s.Transfer != nil:
		all = append(all, way{field: "transfer.otherwise", to: s.Transfer.Otherwise})
	}
	return slices.DeleteFunc(all, func(w way) bool { return w.optional && w.to == "" })
}

// paths checks what only shows on the ways through a flow, whose steps are known to be there: circles, recordings
// without an announcement, steps that no call reaches.
func (v *validation) paths(at string, f *Flow) error {
	if err := flowCircles(at, f); err != nil {
		return err
	}
	w := newWalker(f)
	w.walk()
	if err := v.announced(at, w); err != nil {
		return err
	}
	for i, s := range f.Steps {
		if !w.reached(i) {
			return bad(fmt.Sprintf("%s.steps[%d]", at, i), "is reached by no call: no step leads to %s", s.ID)
		}
	}
	return nil
}

// flowCircles refuses steps that lead back to themselves without a key of the caller: a silent line would go round for ever.
func flowCircles(at string, f *Flow) error {
	s := search{ways: map[string][]arrow{}, done: map[string]bool{}, circle: "leads back to itself without a key of the caller, so that a call could go round for ever"}
	for i := range f.Steps {
		for _, w := range f.Steps[i].ways() {
			if !w.key {
				s.ways[f.Steps[i].ID] = append(s.ways[f.Steps[i].ID], arrow{fmt.Sprintf("%s.steps[%d].%s", at, i, w.field), w.to})
			}
		}
	}
	for i := range f.Steps {
		if err := s.from(f.Steps[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// place is a step as a call reaches it.
type place struct {
	step  int
	heard bool // the recording announcement
}

// walker finds every place of a flow by the shortest way.
type walker struct {
	flow  *Flow
	index map[string]int
	from  map[place]place // each place found → the one before it; the first → itself
	order []place
}

func newWalker(f *Flow) *walker {
	w := &walker{flow: f, index: map[string]int{}, from: map[place]place{}}
	for i, s := range f.Steps {
		w.index[s.ID] = i
	}
	return w
}

func (w *walker) walk() {
	first := place{}
	w.from[first] = first
	w.order = []place{first}
	for i := 0; i < len(w.order); i++ {
		p := w.order[i]
		s := &w.flow.Steps[p.step]
		for _, way := range s.ways() {
			w.find(place{w.index[way.to], p.heard || s.Announce != nil}, p)
		}
	}
}

func (w *walker) find(p, from place) {
	if _, known := w.from[p]; !known {
		w.from[p] = from
		w.order = append(w.order, p)
	}
}

func (w *walker) reached(step int) bool {
	return slices.ContainsFunc(w.order, func(p place) bool { return p.step == step })
}

// path says the shortest way to a place: "languages → menu → queue".
func (w *walker) path(p place) string {
	names := []string{w.flow.Steps[p.step].ID}
	for w.from[p] != p {
		p = w.from[p]
		names = append(names, w.flow.Steps[p.step].ID)
	}
	slices.Reverse(names)
	return strings.Join(names, " → ")
}

// announced refuses a way to a recorded queue on which the recording announcement is not heard (M4), and one on which it is
// heard before the language is chosen.
func (v *validation) announced(at string, w *walker) error {
	for _, p := range w.order {
		s := &w.flow.Steps[p.step]
		field := fmt.Sprintf("%s.steps[%d]", at, p.step)
		if s.Queue != nil && !p.heard {
			if q, _ := v.queue(s.Queue.Queue); q.Record {
				return bad(field+".queue.queue", "records its calls, and %s has no recording announcement before it: put an announce step on that way", w.path(p))
			}
		}
		if s.Language != nil && p.heard {
			return bad(field+".language", "comes after the recording announcement on the way %s: choose the language first, so that it is heard in one language", w.path(p))
		}
	}
	return nil
}

// Way is one way out of a step.
type Way struct {
	By string // a key, or the word of the configuration: next, closed, otherwise
	To string // step
}

// Leads tells where a step leads.
func (s *Step) Leads() (all []Way) {
	for _, w := range s.ways() {
		field := strings.TrimPrefix(w.field, s.Kind()+".")
		all = append(all, Way{strings.TrimPrefix(field, "keys."), w.to})
	}
	return all
}

// Ways tells for people where a step leads: "next → menu", "1 → parking".
func (s *Step) Ways() (all []string) {
	for _, w := range s.Leads() {
		all = append(all, w.By+" → "+w.To)
	}
	return all
}
