package engine

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"santra/internal/routing"
)

const languagePrefix = "language:"

// line is the waiting work of one queue that asks the same.
type line struct {
	index     int
	queue     *queue
	kind      routing.Kind
	priority  uint8
	ring      uint8 // rings that are open
	agency    string
	language  string
	key       string
	needs     []need
	preferred []need
	shown     []routing.Need // the same two, for explanations
	waiting   fifo
	edges     []profileEdge // profiles that are able, by rank
	dead      bool          // of no queue any more
	dropped   bool          // by tidy: it has no index any more
}

type need struct {
	skill int // number
	level uint8
}

// profileEdge is a profile as a line sees it.
type profileEdge struct {
	profile *profile
	rank    uint32 // lower first: tier, preferred needs, levels
}

// head is what who comes free rarely needs to know of the first of a line. What they always look at is in Engine.keys: Arrived −
// priority × Ageing, never where the line is empty. Those are kept apart so that all keys together stay in the processor's cache.
type head struct {
	seq    uint64
	within int64
	passed int32
}

// earlier is the order Arrived, seq.
func earlier(arrived int64, seq uint64, other int64, otherSeq uint64) bool {
	return arrived < other || arrived == other && seq < otherSeq
}

// lineFor finds or makes the line of a queue in which the work waits with so many rings open. nil for impossible needs.
func (e *Engine) lineFor(q *queue, w *work, ring int) *line {
	plain := len(w.skills) == 0 && q.Agency != ""
	if plain {
		for i := range q.usual {
			if u := &q.usual[i]; u.line != nil && u.kind == w.kind && u.priority == w.priority && int(u.ring) == ring && u.language == w.language {
				return u.line
			}
		}
	}
	e.key = w.lineKey(e.key[:0], q, ring)
	l := q.lines[string(e.key)]
	if l == nil {
		l = e.newLine(q, w, ring)
	}
	if plain && l != nil {
		q.usual[q.next%usualLines] = usual{w.language, w.kind, w.priority, uint8(ring), l}
		q.next++
	}
	return l
}

func (w *work) lineKey(b []byte, q *queue, ring int) []byte {
	b = append(b, byte(w.kind), w.priority, byte(ring))
	b = append(append(b, w.language...), 0)
	if q.Agency == "" {
		b = append(b, w.agency...)
	}
	for _, s := range w.skills {
		b = append(append(b, 0), s...)
	}
	return b
}

func (e *Engine) newLine(q *queue, w *work, ring int) *line {
	key := string(e.key)
	e.tidy()
	l := &line{
		index: len(e.lines), queue: q, kind: w.kind, priority: w.priority, ring: uint8(ring), agency: cmp.Or(q.Agency, w.agency), language: w.language,
		key: key,
	}
	l.shown = needsOf(&q.Queue, w, ring)
	for _, n := range l.shown {
		number, ok := e.skill(n.Skill)
		if !ok {
			return nil
		}
		compiled := need{number, uint8(min(max(n.Level, 1), math.MaxUint8))}
		if n.Preferred {
			l.preferred = append(l.preferred, compiled)
		} else {
			l.needs = append(l.needs, compiled)
		}
	}
	q.lines[l.key] = l
	e.lines = append(e.lines, l)
	e.keys, e.heads = append(e.keys, never), append(e.heads, head{within: int64(cmp.Or(q.Within, routing.DefaultWithin))})
	for _, p := range e.holding(l.needs) {
		if p.able(l) {
			l.edges = append(l.edges, e.join(p, l))
		}
	}
	slices.SortFunc(l.edges, compareEdges)
	return l
}

// bonus is what a priority is worth.
func (e *Engine) bonus(priority uint8) int64 { return int64(priority) * int64(e.policy.Ageing) }

// pass sets how often a line's first was overtaken.
func (e *Engine) pass(line int32, passed int32) {
	h := &e.heads[line]
	most := int32(e.policy.Overtaken)
	if h.passed < most && passed >= most {
		e.overdue++
	} else if h.passed >= most && passed < most {
		e.overdue--
	}
	h.passed = passed
}

func (e *Engine) isOverdue(line int32) bool {
	return e.overdue > 0 && int(e.heads[line].passed) >= e.policy.Overtaken
}

// needsOf gives what work asks in a queue: required ones first, by skill, then preferred.
func needsOf(q *routing.Queue, w *work, ring int) []routing.Need {
	all := make([]routing.Need, 0, len(q.Needs)+len(w.skills)+1)
	for _, n := range q.Needs {
		all = ask(all, n)
	}
	for _, s := range w.skills {
		all = ask(all, routing.Need{Skill: s, Level: 1})
	}
	if w.language != "" {
		all = ask(all, routing.Need{Skill: routing.Language(w.language), Level: max(q.LanguageLevel, 1)})
	}
	for _, r := range q.Rings[:ring] {
		all = relax(all, r, w.language)
	}
	slices.SortStableFunc(all, func(a, b routing.Need) int {
		if a.Preferred != b.Preferred {
			if b.Preferred {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Skill, b.Skill)
	})
	return all
}

// ask adds a need; of the same skill the higher level counts.
func ask(all []routing.Need, n routing.Need) []routing.Need {
	n.Level = max(n.Level, 1)
	for i := range all {
		if all[i].Skill == n.Skill && all[i].Preferred == n.Preferred {
			all[i].Level = max(all[i].Level, n.Level)
			return all
		}
	}
	return append(all, n)
}

// relax lowers the required levels that a ring names, and drops those that it sets to nothing.
func relax(all []routing.Need, r routing.Ring, language string) []routing.Need {
	kept := all[:0]
	for _, n := range all {
		if level, named := levelOf(&r, n.Skill, language); named && !n.Preferred {
			n.Level = min(n.Level, level)
		}
		if n.Level > 0 {
			kept = append(kept, n)
		}
	}
	return kept
}

// levelOf gives the level that a ring sets for a skill.
func levelOf(r *routing.Ring, skill, language string) (level int, named bool) {
	if level, named = r.Levels[skill]; !named && language != "" && skill == routing.Language(language) {
		level, named = r.Levels[routing.CallerLanguage]
	}
	return level, named
}

// usual is a line with what it is found by.
type usual struct {
	language       string
	kind           routing.Kind
	priority, ring uint8
	line           *line
}

// rank puts a profile among those that are able for the line: tier, preferred needs, levels; lower first.
func (l *line) rank(p *profile) uint32 {
	const most = 1<<12 - 1
	tier, preferred, levels := 0, 0, 0
	if l.queue.Strategy == routing.Tiers {
		tier = min(tierOf(&p.of, l.queue.ID), math.MaxUint8)
	}
	for _, n := range l.preferred {
		if p.levels[n.skill] >= n.level {
			preferred += int(p.levels[n.skill])
		}
	}
	if l.queue.Strategy == routing.SkillLevel {
		levels = preferred
		for _, n := range l.needs {
			levels += int(p.levels[n.skill])
		}
	}
	return uint32(tier)<<24 | uint32(most-preferred)<<12 | uint32(most-levels)
}

// tierOf an agent in a queue, from 1.
func tierOf(a *routing.Agent, queue string) int {
	return max(a.Tiers[queue], 1)
}

// pools gives those whose agents may be offered the line's work, in the order in which they are asked.
func (l *line) pools() []int {
	if l.kind == routing.Mail {
		return []int{mailPool}
	}
	return []int{voicePool, disturbPool}
}

// put lets work wait in the line.
func (e *Engine) put(w *work, l *line) {
	l.waiting.push(entry{arrived: w.arrived, seq: w.seq, work: w})
	e.lead(l)
}

// lift takes work out of a line; nil is none.
func (e *Engine) lift(w *work, l *line) {
	if l != nil {
		l.waiting.remove(w.arrived, w.seq)
		e.lead(l)
	}
}

// lead keeps the line's head as its first is.
func (e *Engine) lead(l *line) {
	if l.waiting.size() == 0 {
		e.keys[l.index] = never
		if e.heads[l.index].passed > 0 {
			e.vacant = append(e.vacant, l)
		}
		return
	}
	first := l.waiting.first()
	e.keys[l.index], e.heads[l.index].seq = first.arrived-e.bonus(l.priority), first.seq
}

// best gives the agent of a pool who comes first for the line, and how many of the pool are able.
func (e *Engine) best(l *line, pool int, w *work) (first *agent, able int) {
	if e.pooled[pool] == 0 {
		return nil, 0
	}
	order, rank := orderOf(l.queue.Strategy), uint32(math.MaxUint32)
	var top *node
	for _, edge := range l.edges {
		ready := edge.profile.pools[pool][byIdle]
		if len(ready) == 0 {
			continue
		}
		able += len(ready)
		if edge.rank > rank {
			continue
		}
		n := &edge.profile.pools[pool][order][0]
		if l.queue.Strategy == routing.Random {
			n = e.drawn(ready, w)
		}
		if top == nil || e.sooner(l, w, n, top) {
			top, rank = n, edge.rank
		}
	}
	if top == nil {
		return nil, 0
	}
	return top.at.agent, able
}

func (e *Engine) sooner(l *line, w *work, n, top *node) bool {
	if l.queue.Strategy != routing.Random {
		return n.before(top)
	}
	a, b := e.draw(w, n.at.agent), e.draw(w, top.at.agent)
	return a < b || a == b && n.before(top)
}

// drawn gives who of the pool draws the lowest number.
func (e *Engine) drawn(ready heap, w *work) *node {
	first, least := &ready[0], e.draw(w, ready[0].at.agent)
	for i := range ready[1:] {
		n := &ready[i+1]
		if d := e.draw(w, n.at.agent); d < least || d == least && n.before(first) {
			first, least = n, d
		}
	}
	return first
}

// draw is a number by chance that is the same for the same seed, work and agent: FNV-1a, then the finaliser of SplitMix64.
func (e *Engine) draw(w *work, a *agent) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211
	h := uint64(offset) ^ e.policy.Seed
	for _, s := range [...]string{w.id, "\x00", a.ID} {
		for i := range len(s) {
			h = (h ^ uint64(s[i])) * prime
		}
	}
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}
