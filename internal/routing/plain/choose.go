package plain

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"santra/internal/routing"
)

// needs gives what the line asks: skill → level, rings applied.
func (e *Engine) needs(l line) map[string]int {
	q := e.queue(l.queue)
	needs := map[string]int{}
	ask := func(skill string, level int) { needs[skill] = max(needs[skill], level, 1) }
	for _, n := range q.Needs {
		if !n.Preferred {
			ask(n.Skill, n.Level)
		}
	}
	if l.language != "" {
		ask(routing.Language(l.language), q.LanguageLevel)
	}
	for s := range strings.SplitAfterSeq(l.skills, "\x00") {
		if skill, whole := strings.CutSuffix(s, "\x00"); whole {
			ask(skill, 1)
		}
	}
	for _, r := range q.Rings[:l.ring] {
		relax(needs, r, l.language)
	}
	return needs
}

// relax lowers what is asked to the ring's levels.
func relax(needs map[string]int, r routing.Ring, language string) {
	for skill, level := range r.Levels {
		if skill == routing.CallerLanguage {
			skill = routing.Language(language)
		}
		if have, asked := needs[skill]; asked && level < have {
			needs[skill] = level
		}
		if needs[skill] <= 0 {
			delete(needs, skill)
		}
	}
}

// agency is whose work the line is.
func (e *Engine) agency(l line) string { return cmp.Or(e.queue(l.queue).Agency, l.agency) }

// able tells whether the agent may and can take the work of the line.
func (e *Engine) able(a *agent, l line) bool {
	return worksFor(a, e.agency(l)) && meets(a, e.needs(l))
}

func meets(a *agent, needs map[string]int) bool {
	for skill, level := range needs {
		if a.Skills[skill] < level {
			return false
		}
	}
	return true
}

// offerKept offers kept work to its agent, if free.
func (e *Engine) offerKept(w *work) {
	if a := e.keeper(w); e.free(a, w.Kind) {
		e.offer(a, w, false, e.why(a, w, nil, choice{preferred: true, candidates: 1}))
	}
}

// offerToBest offers the work to the best agent of the first of its lines that has any.
func (e *Engine) offerToBest(w *work) {
	for _, l := range w.lines {
		candidates := e.candidates(l)
		if len(candidates) == 0 {
			continue
		}
		best := slices.MinFunc(candidates, func(a, b *agent) int { return e.compare(w, l, a, b) })
		overdue := e.passed[l] >= e.policy.Overtaken
		why := e.why(best, w, &l, choice{candidates: len(candidates), overdue: overdue})
		delete(e.passed, l)
		e.offer(best, w, w.Kind == routing.Mail && overdue, why)
		return
	}
}

// candidates lists who is free and able.
func (e *Engine) candidates(l line) []*agent {
	needs, agency := e.needs(l), e.agency(l)
	var list []*agent
	for _, a := range e.agents {
		if e.free(a, l.kind) && worksFor(a, agency) && meets(a, needs) {
			list = append(list, a)
		}
	}
	return list
}

// compare is negative where a comes before b for work of the line.
func (e *Engine) compare(w *work, l line, a, b *agent) int {
	q := e.queue(l.queue)
	c := cmp.Compare(one(a.offer != nil), one(b.offer != nil))
	if q.Strategy == routing.Tiers {
		c = cmp.Or(c, cmp.Compare(tier(a, q), tier(b, q)))
	}
	c = cmp.Or(c, cmp.Compare(preferredLevels(b, q), preferredLevels(a, q)))
	switch q.Strategy {
	case routing.SkillLevel:
		c = cmp.Or(c, cmp.Compare(e.levels(b, l), e.levels(a, l)))
	case routing.RoundRobin:
		c = cmp.Or(c, cmp.Compare(a.turn, b.turn))
	case routing.FewestHandled:
		c = cmp.Or(c, cmp.Compare(a.handled, b.handled))
	case routing.LeastOccupied:
		c = cmp.Or(c, cmp.Compare(a.occupancy(), b.occupancy()))
	case routing.Random:
		c = cmp.Or(c, cmp.Compare(e.lot(w, a), e.lot(w, b)))
	}
	return cmp.Or(c, a.idle.Compare(b.idle), cmp.Compare(a.ID, b.ID))
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func tier(a *agent, q *queue) int {
	if t, ok := a.Tiers[q.ID]; ok {
		return min(max(t, 1), 255)
	}
	return 1
}

// preferredLevels sums the agent's levels over the preferred needs that they meet.
func preferredLevels(a *agent, q *queue) (sum int) {
	for _, n := range q.preferred() {
		if a.Skills[n.Skill] >= n.Level {
			sum += a.Skills[n.Skill]
		}
	}
	return sum
}

// preferred gives the queue's preferred needs by skill; of the same skill the highest level.
func (q *queue) preferred() []routing.Need {
	levels := map[string]int{}
	for _, n := range q.Needs {
		if n.Preferred {
			levels[n.Skill] = max(levels[n.Skill], n.Level, 1)
		}
	}
	var list []routing.Need
	for skill, level := range levels {
		list = append(list, routing.Need{Skill: skill, Level: level, Preferred: true})
	}
	slices.SortFunc(list, bySkill)
	return list
}

// levels sums the agent's levels over what the line requires, and the preferred needs that they meet.
func (e *Engine) levels(a *agent, l line) int {
	sum := preferredLevels(a, e.queue(l.queue))
	for skill := range e.needs(l) {
		sum += a.Skills[skill]
	}
	return sum
}

// lot is the agent's in the draw for the work: a hash of Policy.Seed and both ids, FNV-1a and then SplitMix64's last step.
func (e *Engine) lot(w *work, a *agent) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset) ^ e.policy.Seed
	for _, b := range []byte(w.ID + "\x00" + a.ID) {
		h = (h ^ uint64(b)) * prime
	}
	return mix(h)
}

// mix is the last step of SplitMix64 (Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// option is what an agent who came free could take: the first of a line, or what is kept for them.
type option struct {
	w *work
	l *line // nil for kept work
}

// serve offers the agent the best that they are free for and able to, again until nothing is.
func (e *Engine) serve(a *agent) {
	for {
		options := e.options(a)
		if len(options) == 0 {
			return
		}
		best, overdue := e.choose(a, options)
		e.pass(a, best)
		inLines := slices.DeleteFunc(slices.Clone(options), func(o option) bool { return o.l == nil })
		couldCall := slices.ContainsFunc(options, func(o option) bool { return o.w.Kind != routing.Mail })
		why := e.why(a, best.w, best.l, choice{freed: true, overdue: overdue, preferred: best.l == nil, lines: len(inLines)})
		e.offer(a, best.w, best.w.Kind == routing.Mail && (couldCall || overdue), why)
	}
}

// options lists what the agent is free for and able to.
func (e *Engine) options(a *agent) []option {
	var list []option
	for l, w := range e.firsts(a) {
		if e.able(a, l) {
			list = append(list, option{w, &l})
		}
	}
	for _, w := range e.work {
		if w.waits() && w.kept && w.Preferred == a.ID && e.free(a, w.Kind) {
			list = append(list, option{w, nil})
		}
	}
	return list
}

// firsts gives the first of each line whose kind the agent is free for.
func (e *Engine) firsts(a *agent) map[line]*work {
	firsts := map[line]*work{}
	var free [routing.Kinds]bool
	for k := range free {
		free[k] = e.free(a, routing.Kind(k))
	}
	for _, w := range e.work {
		if !w.waits() || !free[w.Kind] {
			continue
		}
		for _, l := range w.lines {
			if f := firsts[l]; f == nil || w.before(f) {
				firsts[l] = w
			}
		}
	}
	return firsts
}

// choose picks the best: overdue lines, then kept work, then by class and rank.
func (e *Engine) choose(a *agent, options []option) (best option, overdue bool) {
	var late, kept []option
	for _, o := range options {
		if o.l == nil {
			kept = append(kept, o)
		} else if e.passed[*o.l] >= e.policy.Overtaken {
			late = append(late, o)
		}
	}
	switch {
	case len(late) > 0:
		return slices.MinFunc(late, older), true
	case len(kept) > 0:
		return slices.MinFunc(kept, func(x, y option) int { return cmp.Or(e.byClass(x, y), older(x, y)) }), false
	default:
		return slices.MinFunc(options, func(x, y option) int { return cmp.Or(e.byClass(x, y), e.byRank(a, x, y), older(x, y)) }), false
	}
}

// older is the order Arrived, seq; of the same work its own queue's line comes first.
func older(x, y option) int {
	switch {
	case x.w == y.w:
		return cmp.Compare(slices.Index(x.w.lines, *x.l), slices.Index(y.w.lines, *y.l))
	case x.w.before(y.w):
		return -1
	default:
		return 1
	}
}

func (e *Engine) byClass(x, y option) int {
	return cmp.Compare(e.policy.Channels[y.w.Kind].Class, e.policy.Channels[x.w.Kind].Class)
}

func (e *Engine) byRank(a *agent, x, y option) int {
	if e.policy.Choice == routing.Breach {
		return e.breach(x).Compare(e.breach(y))
	}
	return cmp.Compare(e.weight(a, y), e.weight(a, x))
}

func (e *Engine) credit(w *work) time.Duration { return time.Duration(w.Priority) * e.policy.Ageing }

// breach is when the work will miss its queue's target, with what its priority is worth.
func (e *Engine) breach(o option) time.Time {
	within := cmp.Or(e.queue(o.l.queue).Within, routing.DefaultWithin)
	return o.w.Arrived.Add(within - e.credit(o.w))
}

// weight is how much the work's waiting counts for the agent.
func (e *Engine) weight(a *agent, o option) float64 {
	waited := float64(e.now.Sub(o.w.Arrived) + e.credit(o.w))
	return weight(e.queue(o.l.queue).Weight) * weight(e.policy.Channels[o.w.Kind].Weight) * weight(a.Weights[e.agency(*o.l)]) * waited
}

// weight is 1 where none is given.
func weight(w float64) float64 {
	if w > 0 {
		return w
	}
	return 1
}

// pass counts, before an offer to an agent who came free, which lines it overtakes, and sets the line that it comes from to 0.
func (e *Engine) pass(a *agent, chosen option) {
	for l, first := range e.firsts(a) {
		if (chosen.l == nil || l != *chosen.l) && first.before(chosen.w) && e.able(a, l) {
			e.passed[l]++
		}
	}
	if chosen.l != nil {
		delete(e.passed, *chosen.l)
	}
}

// forgetEmptyLines sets what was counted for lines without work to 0.
func (e *Engine) forgetEmptyLines() {
	if len(e.passed) == 0 {
		return
	}
	live := map[line]bool{}
	for _, w := range e.work {
		if w.waits() {
			for _, l := range w.lines {
				live[l] = true
			}
		}
	}
	for l := range e.passed {
		if !live[l] {
			delete(e.passed, l)
		}
	}
}
