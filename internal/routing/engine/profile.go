package engine

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	"santra/internal/routing"
)

// profile is what agents with the same abilities share.
type profile struct {
	key      string
	index    int
	of       routing.Agent // the first such agent
	levels   []uint8       // by number of skill
	edges    []lineEdge    // lines that these agents are able for
	pools    [pools]pool   // who of them is free
	orders   [pools]uint8
	agents   int
	staff    int  // of them ready, offered, busy or in wrap-up
	emptied  bool // staff has gone to 0 in this step
	agencies map[string]bool
}

// lineEdge is a line as an agent sees it. It is small because an agent who comes free looks at all of them.
type lineEdge struct {
	packed uint32  // number of the line, kind, priority
	weight float32 // of queue, channel and the agent's for the agency
}

const (
	lineBits     = 24
	kindBits     = 2
	kindShift    = lineBits
	prioShift    = lineBits + kindBits
	maxLineIndex = 1<<lineBits - 1
)

func (e lineEdge) line() int32        { return int32(e.packed & maxLineIndex) }
func (e lineEdge) kind() routing.Kind { return routing.Kind(e.packed >> kindShift & (1<<kindBits - 1)) }
func (e lineEdge) priority() uint8    { return uint8(e.packed >> prioShift) }

// The pools: for what an agent is free.
const (
	voicePool   = iota // a call or callback
	disturbPool        // the same, at the cost of the offer of an e-mail
	mailPool
	pools
)

// The orders in which a pool is kept, as far as a line asks for it.
const (
	byIdle = iota
	byTurn
	byHandled
	byOccupied
	orders
)

// pool is who of a profile is free for something, in each order that is asked for. byIdle always is.
type pool [orders]heap

func orderOf(s routing.Strategy) int {
	switch s {
	case routing.RoundRobin:
		return byTurn
	case routing.FewestHandled:
		return byHandled
	case routing.LeastOccupied:
		return byOccupied
	}
	return byIdle
}

// profileOf finds or makes the profile of an agent.
func (e *Engine) profileOf(a *routing.Agent) *profile {
	e.key = abilities(e.key[:0], a)
	if p := e.profiles[string(e.key)]; p != nil {
		return p
	}
	key := string(e.key)
	e.tidy()
	p := &profile{key: key, index: len(e.ranked), of: *a}
	if len(a.Agencies) > 0 {
		p.agencies = map[string]bool{}
		for _, id := range a.Agencies {
			p.agencies[id] = true
		}
	}
	p.levels = make([]uint8, len(e.skills))
	for skill, n := range e.skills {
		e.master(p, skill, n)
	}
	e.profiles[key] = p
	e.ranked = append(e.ranked, p)
	e.generation++
	for _, l := range e.lines {
		if !l.dead && p.able(l) {
			edge := e.join(p, l)
			i, _ := slices.BinarySearchFunc(l.edges, edge, compareEdges)
			l.edges = slices.Insert(l.edges, i, edge)
		}
	}
	return p
}

// abilities writes what makes two agents alike.
func abilities(b []byte, a *routing.Agent) []byte {
	b = levels(b, a.Skills)
	b = list(b, a.Languages)
	b = list(b, a.Agencies)
	b = levels(b, a.Tiers)
	for _, id := range sorted(a.Weights) {
		b = strconv.AppendFloat(append(append(b, id...), '='), a.Weights[id], 'g', -1, 64)
		b = append(b, 0)
	}
	return b
}

func levels(b []byte, of map[string]int) []byte {
	for _, id := range sorted(of) {
		b = strconv.AppendInt(append(append(b, id...), '='), int64(of[id]), 10)
		b = append(b, 0)
	}
	return append(b, 1)
}

func list(b []byte, of []string) []byte {
	for _, s := range slices.Sorted(slices.Values(of)) {
		b = append(append(b, s...), 0)
	}
	return append(b, 1)
}

func sorted[V any](m map[string]V) []string {
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// skillOf is the agent's level in a skill; speaking a language is level 1 of it where Skills does not say.
func skillOf(a *routing.Agent, skill string) uint8 {
	level := a.Skills[skill]
	if code, ok := strings.CutPrefix(skill, languagePrefix); ok && level <= 0 && slices.Contains(a.Languages, code) {
		level = 1
	}
	return uint8(min(max(level, 0), routing.MaxLevel))
}

// skill numbers a skill that is asked for; false when there are too many.
func (e *Engine) skill(name string) (int, bool) {
	n, ok := e.skills[name]
	if ok {
		return n, true
	}
	if n = len(e.skills); n >= routing.MaxSkills {
		return 0, false
	}
	e.skills[name] = n
	e.holders = append(e.holders, nil)
	for _, p := range e.ranked {
		p.levels = append(p.levels, 0)
		e.master(p, name, n)
	}
	return n, true
}

// master notes which level a profile has in a skill.
func (e *Engine) master(p *profile, skill string, n int) {
	if p.levels[n] = skillOf(&p.of, skill); p.levels[n] > 0 {
		e.holders[n] = append(e.holders[n], p)
	}
}

// holding gives the profiles among which those are that meet all needs: the holders of the skill that the fewest have.
func (e *Engine) holding(needs []need) []*profile {
	few := e.ranked
	for _, n := range needs {
		if h := e.holders[n.skill]; len(h) < len(few) {
			few = h
		}
	}
	return few
}

// works for an agency?
func (p *profile) serves(agency string) bool { return p.agencies == nil || p.agencies[agency] }

func (p *profile) able(l *line) bool { return p.serves(l.agency) && p.meets(l.needs) }

func (p *profile) meets(needs []need) bool {
	for _, n := range needs {
		if p.levels[n.skill] < n.level {
			return false
		}
	}
	return true
}

// join links a profile to a line that it is able for, and gives the line's side of it.
func (e *Engine) join(p *profile, l *line) profileEdge {
	p.edges = append(p.edges, e.edge(p, l))
	order := orderOf(l.queue.Strategy)
	for _, pool := range l.pools() {
		e.sortBy(p, pool, order)
	}
	return profileEdge{profile: p, rank: l.rank(p)}
}

// edge is how an agent of a profile sees a line.
func (e *Engine) edge(p *profile, l *line) lineEdge {
	weight := l.queue.weight() * e.channel(l.kind) * p.weight(l.agency)
	return lineEdge{packed: uint32(l.index) | uint32(l.kind)<<kindShift | uint32(l.priority)<<prioShift, weight: float32(weight)}
}

// channel is the weight of a medium.
func (e *Engine) channel(k routing.Kind) float64 { return positive(e.channels[k].Weight) }

func (p *profile) weight(agency string) float64 {
	if w, ok := p.of.Weights[agency]; ok {
		return positive(w)
	}
	return 1
}

// positive makes a usable weight of anything.
func positive(w float64) float64 {
	if !(w > 0) {
		return 1
	}
	return math.Min(w, maxWeight)
}

const maxWeight = 1e6

// sortBy begins to keep an order of a pool.
func (e *Engine) sortBy(p *profile, pool, order int) {
	if order == byIdle || p.orders[pool]&(1<<order) != 0 {
		return
	}
	p.orders[pool] |= 1 << order
	for _, n := range p.pools[pool][byIdle] {
		p.pools[pool][order].push(n.at.agent.node(pool, order))
	}
}

// leave takes an agent out of all pools, before anything changes of which their order depends.
func (e *Engine) leave(a *agent) {
	for i := range pools {
		if !a.in[i] {
			continue
		}
		a.in[i] = false
		e.pooled[i]--
		for order := range orders {
			a.profile.pools[i][order].remove(&a.places[i][order])
		}
	}
}

// pool puts an agent into the pools of what they are free for.
func (e *Engine) pool(a *agent) {
	e.leave(a)
	e.into(a, voicePool, a.offer == nil && e.freeForVoice(a))
	e.into(a, disturbPool, a.offer != nil && e.freeForVoice(a))
	e.into(a, mailPool, e.freeForMail(a))
}

func (e *Engine) into(a *agent, pool int, free bool) {
	if !free {
		return
	}
	a.in[pool] = true
	e.pooled[pool]++
	p := a.profile
	for order := range orders {
		if order == byIdle || p.orders[pool]&(1<<order) != 0 {
			p.pools[pool][order].push(a.node(pool, order))
		}
	}
}

// node is an agent's place in an order: its number, then the longest idle, then the id.
func (a *agent) node(pool, order int) node {
	n := node{second: uint64(a.idle), at: &a.places[pool][order]}
	switch order {
	case byIdle:
		n.first = a.idle
	case byTurn:
		n.first = int64(a.turn)
	case byHandled:
		n.first = int64(a.handled)
	case byOccupied:
		n.first = ordered(a.occupancy())
	}
	return n
}

// occupancy is ln o + t/τ: of two agents who are not busy the one with the lower share has it lower at any time.
func (a *agent) occupancy() float64 {
	if a.occupied <= 0 {
		return math.Inf(-1)
	}
	return math.Log(a.occupied) + float64(a.measured)/float64(routing.OccupancyTime)
}

// occupy brings an agent's share of busy time up to now; busy says what the time since the last was.
func (a *agent) occupy(now int64, busy bool) {
	left := math.Exp(-float64(now-a.measured) / float64(routing.OccupancyTime))
	a.measured = now
	if busy {
		a.occupied = 1 - (1-a.occupied)*left
	} else {
		a.occupied *= left
	}
}

func compareEdges(a, b profileEdge) int {
	return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.profile.index, b.profile.index))
}
