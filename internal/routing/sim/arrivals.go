package sim

import (
	"cmp"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// stream is what a sequence of random numbers is for. Each has its own, so that a change of one thing leaves the others as they
// were (common random numbers).
type stream uint64

const (
	arrivals stream = iota + 1
	talks
	patiences
	languages
	pickups
	misses
)

// random gives a stream of a day. Of the same seed, day and name it is always the same.
func (p *plan) random(day int, name string, what stream) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(name))
	return rand.New(rand.NewPCG(mix(p.Seed^mix(uint64(day))), mix(h.Sum64()^mix(uint64(what)))))
}

// mix spreads the bits of close numbers (SplitMix64; Steele, Lea, Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// call is a Call or one of a Traffic with what is drawn for it.
type call struct {
	at             time.Duration
	queue          int
	language       string
	priority       int
	skills         []string
	talk, patience time.Duration
	wrapUp         time.Duration // 0: the queue's
}

// callsOf gives all calls of a day, in order of time.
func (p *plan) callsOf(day int) []call {
	out := p.given(day)
	seen := map[string]int{}
	for i, t := range p.Traffic {
		name := t.Queue + "\x00" + strconv.Itoa(seen[t.Queue])
		seen[t.Queue]++
		out = p.made(out, day, i, name)
	}
	slices.SortStableFunc(out, func(a, b call) int { return cmp.Compare(a.at, b.at) })
	return out
}

// given draws for the calls whose time is given.
func (p *plan) given(day int) []call {
	if len(p.Calls) == 0 {
		return nil
	}
	talk, patience := p.random(day, "", talks), p.random(day, "", patiences)
	out := make([]call, 0, len(p.Calls))
	for _, c := range p.Calls {
		out = append(out, call{
			at: c.At, queue: p.queues[c.Queue], language: c.Language, priority: c.Priority, skills: c.Skills,
			talk: c.Talk.draw(talk), wrapUp: c.WrapUp, patience: c.Patience.patience(patience),
		})
	}
	return out
}

// made appends a Traffic's Poisson process: a process of rate 1 in a time that runs as fast as the rate is high. So a higher rate
// brings the same calls closer together.
func (p *plan) made(out []call, day, traffic int, name string) []call {
	t := p.Traffic[traffic]
	come, talk := p.random(day, name, arrivals), p.random(day, name, talks)
	patience, language := p.random(day, name, patiences), p.random(day, name, languages)
	one := call{queue: p.queues[t.Queue], priority: t.Priority, skills: t.Skills, wrapUp: t.WrapUp}
	left := come.ExpFloat64()
	for _, s := range p.segments[traffic] {
		at := float64(s.from)
		for at+left/s.rate < float64(s.to) {
			at += left / s.rate
			left = come.ExpFloat64()
			one.at, one.language = time.Duration(at), pick(t.Languages, language)
			one.talk, one.patience = t.Talk.draw(talk), t.Patience.patience(patience)
			out = append(out, one)
		}
		left -= (float64(s.to) - at) * s.rate
	}
	return out
}

// patience draws one; none is for ever.
func (d Distribution) patience(r *rand.Rand) time.Duration {
	if d.IsZero() {
		return forever
	}
	return d.draw(r)
}

func pick(shares []Share, r *rand.Rand) string {
	if len(shares) == 0 {
		return ""
	}
	all := 0.0
	for _, s := range shares {
		all += s.Part
	}
	x := r.Float64() * all
	for _, s := range shares {
		if x -= s.Part; x < 0 {
			return s.Language
		}
	}
	return shares[len(shares)-1].Language
}
