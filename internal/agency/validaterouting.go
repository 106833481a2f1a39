package agency

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// routing checks what holds for all queues.
func (v *validation) routing() error {
	r := &v.city.Routing
	if !slices.Contains(Choices(), r.Choice) {
		return bad("city.routing.choice", "must be one of %s", strings.Join(Choices(), ", "))
	}
	if err := within("city.routing.ageing", r.Ageing, time.Second, MaxAgeing); err != nil {
		return err
	}
	if r.Overtaken < 1 || r.Overtaken > MaxOvertaken {
		return bad("city.routing.overtaken", "must be between 1 and %d", MaxOvertaken)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Channels)) {
		at, c := "city.routing.channels."+name, r.Channels[name]
		switch {
		case !slices.Contains(Channels(), name):
			return bad(at, "is none of %s", strings.Join(Channels(), ", "))
		case c.Class < 0 || c.Class > MaxClass:
			return bad(at+".class", "must be between 0 and %d", MaxClass)
		case !weighs(c.Weight):
			return bad(at+".weight", "must be between %v and %v", MinWeight, MaxWeight)
		}
	}
	return v.breakReasons()
}

func (v *validation) breakReasons() error {
	if len(v.city.BreakReasons) > MaxBreakReasons {
		return bad("city.break_reasons", "are over %d", MaxBreakReasons)
	}
	for i, r := range v.city.BreakReasons {
		at := fmt.Sprintf("city.break_reasons[%d]", i)
		if err := v.slug(at+".id", "break reason", r.ID); err != nil {
			return err
		}
		if err := texts(at+".name", r.Name); err != nil {
			return err
		}
	}
	return nil
}

// queueRouting checks how each queue's work is distributed; the names of all queues are known by now.
func (v *validation) queueRouting() error {
	skills := map[string]bool{}
	for i := range v.city.Queues {
		at, q := fmt.Sprintf("city.queues[%d]", i), &v.city.Queues[i]
		for _, check := range []func(string, *Queue) error{v.queueHours, queueChoice, queueNeeds, queueRings, queueWaits, v.queueTargets, v.queueAlso} {
			if err := check(at, q); err != nil {
				return err
			}
		}
		for _, n := range q.AllNeeds() {
			skills[n.Skill] = true
		}
	}
	if len(skills) > MaxSkills {
		return bad("city.queues", "ask for %d different skills: at most %d", len(skills), MaxSkills)
	}
	return v.circles()
}

func (v *validation) queueHours(at string, q *Queue) error {
	if _, ok := v.city.Hours[q.Hours]; q.Hours != "" && !ok {
		return bad(at+".hours", "is none of city.hours%s", likelyOf(q.Hours, slices.Sorted(maps.Keys(v.city.Hours))))
	}
	return nil
}

func queueChoice(at string, q *Queue) error {
	switch {
	case !slices.Contains(Strategies(), q.Strategy):
		return bad(at+".strategy", "must be one of %s", strings.Join(Strategies(), ", "))
	case q.LanguageLevel < 1 || q.LanguageLevel > MaxLevel:
		return bad(at+".language_level", "must be between 1 and %d", MaxLevel)
	case !weighs(q.Weight):
		return bad(at+".weight", "must be between %v and %v", MinWeight, MaxWeight)
	case q.Cap < 0 || q.Cap > MaxCap:
		return bad(at+".cap", "must be between 0, which is none, and %d", MaxCap)
	}
	return nil
}

func queueNeeds(at string, q *Queue) error {
	if n := len(q.Skills) + len(q.Needs); n > MaxNeeds {
		return bad(at+".needs", "are %d with the skills: at most %d", n, MaxNeeds)
	}
	for i, s := range q.Skills {
		if s == CallerLanguage || slices.Contains(q.Skills[:i], s) {
			return bad(fmt.Sprintf("%s.skills[%d]", at, i), "is there twice, or is the word language, which stands for the customer's")
		}
	}
	for i, n := range q.Needs {
		field := fmt.Sprintf("%s.needs[%d]", at, i)
		switch {
		case !skill(n.Skill):
			return bad(field+".skill", `must be 1–%d of a–z, 0–9 and -, or a language like "language:sv"`, maxSlug)
		case n.Level < 1 || n.Level > MaxLevel:
			return bad(field+".level", "must be between 1 and %d", MaxLevel)
		case !n.Preferred && slices.Contains(q.Skills, n.Skill):
			return bad(field+".skill", "is in skills too, of level %d: give it once", DefaultLevel)
		case slices.ContainsFunc(q.Needs[:i], func(o Need) bool { return o.Skill == n.Skill && o.Preferred == n.Preferred }):
			return bad(field+".skill", "is there twice")
		}
	}
	return nil
}

// skill tells whether s names a skill or a language as one.
func skill(s string) bool {
	if code, ok := strings.CutPrefix(s, LanguagePrefix); ok {
		return slices.Contains(Langs(), Lang(code))
	}
	return slug(s) && s != CallerLanguage
}

// queueRings checks that each ring asks less than what was asked before it.
func queueRings(at string, q *Queue) error {
	if len(q.Rings) > MaxRings {
		return bad(at+".rings", "are over %d", MaxRings)
	}
	asked := map[string]int{CallerLanguage: q.LanguageLevel}
	for _, n := range q.AllNeeds() {
		if !n.Preferred {
			asked[n.Skill] = n.Level
		}
	}
	before := time.Duration(0)
	for i, r := range q.Rings {
		field := fmt.Sprintf("%s.rings[%d]", at, i)
		if r.After <= before || r.After > MaxAfter {
			return bad(field+".after", "must be over %v, when the one before it opens, and at most %v", before, MaxAfter)
		}
		before = r.After
		if err := ringLevels(field+".levels", r, asked); err != nil {
			return err
		}
	}
	return nil
}

func ringLevels(at string, r Ring, asked map[string]int) error {
	if len(r.Levels) == 0 {
		return bad(at, "are missing: a ring lowers the levels of skills, or of language; 0 asks no more")
	}
	for _, s := range slices.Sorted(maps.Keys(r.Levels)) {
		level, now := r.Levels[s], asked[s]
		if _, ok := asked[s]; !ok {
			return bad(at+"."+s, "is nothing that the queue asks%s", likelyOf(s, slices.Sorted(maps.Keys(asked))))
		}
		if level < 0 || level > now {
			return bad(at+"."+s, "must be between 0 and %d, which is asked until then: a ring never asks more", now)
		}
		asked[s] = level
	}
	return nil
}

// queueWaits checks the queue's durations.
func queueWaits(at string, q *Queue) error {
	if q.WrapUpUntilReady && q.WrapUp != 0 {
		return bad(at+".wrap_up", "and wrap_up_until_ready exclude each other")
	}
	if q.MaxWrapUp != 0 && q.MaxWrapUp < q.WrapUp {
		return bad(at+".max_wrap_up", "must be no less than wrap_up, %v", q.WrapUp)
	}
	for _, d := range []struct {
		field         string
		have, lo, top time.Duration
	}{
		{"service_within", q.ServiceWithin, time.Second, MaxServiceWithin},
		{"max_wrap_up", q.MaxWrapUp, 0, MaxWrapUp},
		{"preferred_for", q.PreferredFor, 0, MaxPreferredFor},
		{"callback_spread", q.CallbackSpread, 0, MaxCallbackSpread},
		{"callback_expires", q.CallbackExpires, time.Minute, MaxCallbackExpires},
		{"short_abandon", q.ShortAbandon, time.Millisecond, MaxShortAbandon},
	} {
		if err := within(at+"."+d.field, d.have, d.lo, d.top); err != nil {
			return err
		}
	}
	return nil
}

func within(at string, d, lo, top time.Duration) error {
	if d < lo || d > top {
		return bad(at, "must be between %v and %v", lo, top)
	}
	return nil
}

// weighs tells whether w is a weight; a NaN is none.
func weighs(w float64) bool { return w >= MinWeight && w <= MaxWeight }

// likelyOf names the known word that a mistyped one begins like.
func likelyOf(word string, known []string) string {
	for _, k := range known {
		if len(word) > 1 && strings.HasPrefix(k, word[:2]) {
			return "; did you mean " + k + "?"
		}
	}
	return ""
}
