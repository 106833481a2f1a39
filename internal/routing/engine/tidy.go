package engine

import "slices"

// tidyLeast is how many lines and profiles there are before any is dropped.
const tidyLeast = 4096

// tidy drops lines in which nothing waits and profiles that nobody has, once there are twice as many as were of use the last time:
// skills and languages come and go, and what they leave behind must stay bounded. The work is spread over what made them.
func (e *Engine) tidy() {
	if len(e.lines)+len(e.ranked) < max(e.tidyAt, tidyLeast) {
		return
	}
	e.dropLines()
	e.dropProfiles()
	e.relink()
	e.tidyAt = 2 * (len(e.lines) + len(e.ranked))
}

func (e *Engine) dropLines() {
	kept, keys, heads := e.lines[:0], e.keys[:0], e.heads[:0]
	for i, l := range e.lines {
		if l.waiting.size() == 0 {
			e.pass(int32(i), 0)
			l.unlist()
			l.dropped = true
			continue
		}
		l.index = len(kept)
		kept, keys, heads = append(kept, l), append(keys, e.keys[i]), append(heads, e.heads[i])
	}
	clear(e.lines[len(kept):])
	e.lines, e.keys, e.heads = kept, keys, heads
}

// unlist takes a line from its queue.
func (l *line) unlist() {
	if l.dead {
		return
	}
	delete(l.queue.lines, l.key)
	for i := range l.queue.usual {
		if l.queue.usual[i].line == l {
			l.queue.usual[i] = usual{}
		}
	}
}

func (e *Engine) dropProfiles() {
	kept := e.ranked[:0]
	for _, p := range e.ranked {
		if p.agents == 0 {
			delete(e.profiles, p.key)
			continue
		}
		p.index = len(kept)
		kept = append(kept, p)
	}
	clear(e.ranked[len(kept):])
	e.ranked = kept
	e.generation++
	for n := range e.holders {
		e.holders[n] = slices.DeleteFunc(e.holders[n], func(p *profile) bool { return p.agents == 0 })
	}
}

// relink makes the links between profiles and lines anew.
func (e *Engine) relink() {
	for _, p := range e.ranked {
		p.edges = nil
	}
	for _, l := range e.lines {
		l.edges = nil
		for _, p := range e.holding(l.needs) {
			if p.able(l) {
				l.edges = append(l.edges, e.join(p, l))
			}
		}
		slices.SortFunc(l.edges, compareEdges)
	}
}
