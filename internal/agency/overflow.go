package agency

import (
	"fmt"
	"slices"
	"strings"
)

// queueTargets checks where else the queue's work goes.
func (v *validation) queueTargets(at string, q *Queue) error {
	if q.Full != nil {
		if q.Cap == 0 {
			return bad(at+".full", "never happens: give cap too")
		}
		if err := v.target(at+".full", q, q.Full); err != nil {
			return err
		}
	}
	if len(q.Overflow) > MaxOverflows {
		return bad(at+".overflow", "are over %d", MaxOverflows)
	}
	for i := range q.Overflow {
		o, field := &q.Overflow[i], fmt.Sprintf("%s.overflow[%d]", at, i)
		if err := o.validate(field); err != nil {
			return err
		}
		if err := v.target(field+".to", q, &o.To); err != nil {
			return err
		}
	}
	return nil
}

// validate checks that a rule says what its condition needs and nothing else.
func (o *Overflow) validate(at string) error {
	switch {
	case !slices.Contains(Conditions(), o.When):
		return bad(at+".when", "must be one of %s", strings.Join(Conditions(), ", "))
	case o.After < 0 || o.After > MaxAfter:
		return bad(at+".after", "must be between 0s and %v", MaxAfter)
	case o.When == WhenClosed && o.After != 0:
		return bad(at+".after", "does not go with when: %s, which is looked at on arrival and at closing", WhenClosed)
	case o.When == WhenWaited && o.After == 0:
		return bad(at+".after", "is missing: say how long it has waited")
	case o.When == WhenLong && (o.Length < 1 || o.Length > MaxCap):
		return bad(at+".length", "must be between 1 and %d: it holds when more wait before", MaxCap)
	case o.When != WhenLong && o.Length != 0:
		return bad(at+".length", "belongs to when: %s", WhenLong)
	case o.When == WhenEstimate && (o.Estimate <= 0 || o.Estimate > MaxAfter):
		return bad(at+".estimate", "must be over 0s and at most %v", MaxAfter)
	case o.When != WhenEstimate && o.Estimate != 0:
		return bad(at+".estimate", "belongs to when: %s", WhenEstimate)
	}
	return nil
}

// ways tells which fields of a target are set.
func (t *Target) ways() (names []string) {
	for _, w := range []struct {
		name string
		set  bool
	}{{"queue", t.Queue != ""}, {"announcement", t.Announcement != ""}, {"number", t.Number != ""}, {"callback", t.Callback}} {
		if w.set {
			names = append(names, w.name)
		}
	}
	return names
}

func (v *validation) target(at string, q *Queue, t *Target) error {
	if ways := t.ways(); len(ways) != 1 {
		return bad(at, "must be one of queue, announcement, number and callback: true; it is %s", orNone(ways))
	}
	if t.Queue == "" && q.Number == "" && !v.reached[q.ID] {
		return bad(at, "must be a queue: this one takes e-mail only, to which nothing can be said")
	}
	switch {
	case t.Queue != "":
		return v.known(at+".queue", t.Queue)
	case t.Announcement != "" && !slices.Contains(Announcements(), t.Announcement):
		return bad(at+".announcement", "must be one of %s", strings.Join(Announcements(), ", "))
	case t.Number != "" && !e164(t.Number):
		return bad(at+".number", "must be in international form (E.164); for example +358912345678")
	}
	return nil
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, " and ")
}

// known refuses an id of no queue.
func (v *validation) known(at, id string) error {
	if _, ok := v.taken["queue "+id]; ok {
		return nil
	}
	ids := make([]string, 0, len(v.city.Queues))
	for _, q := range v.city.Queues {
		ids = append(ids, q.ID)
	}
	return bad(at, "is none of city.queues%s", likelyOf(id, ids))
}

// queueAlso checks in which further queues work waits. They may name each other: nothing moves.
func (v *validation) queueAlso(at string, q *Queue) error {
	if len(q.Also) > MaxAlso {
		return bad(at+".also", "are over %d", MaxAlso)
	}
	for i, a := range q.Also {
		field := fmt.Sprintf("%s.also[%d]", at, i)
		switch {
		case a.Queue == q.ID:
			return bad(field+".queue", "is this queue itself")
		case slices.ContainsFunc(q.Also[:i], func(o Also) bool { return o.Queue == a.Queue }):
			return bad(field+".queue", "is there twice")
		case a.After < 0 || a.After > MaxAfter:
			return bad(field+".after", "must be between 0s and %v", MaxAfter)
		}
		if err := v.known(field+".queue", a.Queue); err != nil {
			return err
		}
	}
	return nil
}

// arrow is one way in which work moves from queue to queue.
type arrow struct{ field, to string }

func arrows(i int, q *Queue) (all []arrow) {
	if q.Full != nil && q.Full.Queue != "" {
		all = append(all, arrow{fmt.Sprintf("city.queues[%d].full", i), q.Full.Queue})
	}
	for j := range q.Overflow {
		if to := q.Overflow[j].To.Queue; to != "" {
			all = append(all, arrow{fmt.Sprintf("city.queues[%d].overflow[%d].to", i, j), to})
		}
	}
	return all
}

// circles refuses queues that overflow, or pass on what finds no place, in a circle: work would go round instead of waiting.
func (v *validation) circles() error {
	s := search{ways: map[string][]arrow{}, done: map[string]bool{}, circle: "overflows in a circle"}
	for i := range v.city.Queues {
		s.ways[v.city.Queues[i].ID] = arrows(i, &v.city.Queues[i])
	}
	for i := range v.city.Queues {
		if err := s.from(v.city.Queues[i].ID); err != nil {
			return err
		}
	}
	return nil
}

// search looks for a circle depth first, without recursion: a chain may be as long as there are queues.
type search struct {
	ways   map[string][]arrow
	done   map[string]bool
	circle string   // what is wrong with one
	path   []string // queues from the first to where the search is
	next   []int    // for each of them, the arrow to follow next
}

func (s *search) from(id string) error {
	s.path, s.next = append(s.path[:0], id), append(s.next[:0], 0)
	for len(s.path) > 0 {
		last := len(s.path) - 1
		ways := s.ways[s.path[last]]
		if s.done[s.path[last]] || s.next[last] == len(ways) {
			s.done[s.path[last]] = true
			s.path, s.next = s.path[:last], s.next[:last]
			continue
		}
		w := ways[s.next[last]]
		s.next[last]++
		if i := slices.Index(s.path, w.to); i >= 0 {
			circle := append([]string{s.path[last]}, s.path[i:]...) // from the queue whose rule is named
			return bad(w.field, "%s: %s", s.circle, strings.Join(circle, " → "))
		}
		s.path, s.next = append(s.path, w.to), append(s.next, 0)
	}
	return nil
}
