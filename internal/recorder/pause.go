package recorder

import "time"

// MaxPauses of one recording; of further ones no more is known than that they are in the last.
const MaxPauses = 1000

// pause stops or goes on taking what comes. What is said meanwhile is never written anywhere, whoever sends it; its time is
// kept as silence, and as a pause in the index. It may be called again with what is.
func (t *timeline) pause(on bool, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if on == t.paused {
		return
	}
	t.paused = on
	if t.start.IsZero() {
		return // nothing has been said yet: the recording begins after the pause
	}
	if on {
		t.begunPause()
		return
	}
	for i := range t.ch {
		t.ch[i].resumed = true
	}
}

// begunPause notes where it begins: after the last that was said.
func (t *timeline) begunPause() {
	at := max(t.high, t.base)
	switch n := len(t.pauses); {
	case n > 0 && t.pauses[n-1].To < 0: // nothing was said since the pause before
	case n == MaxPauses:
		t.pauses[n-1].To = -1
	default:
		t.pauses = append(t.pauses, Span{at, -1})
	}
}

// goneOn notes where a channel is heard again: a pause ends with the first of them.
func (t *timeline) goneOn(place int64) {
	n := len(t.pauses)
	if n == 0 {
		return
	}
	p := &t.pauses[n-1]
	if p.To < 0 || place < p.To {
		p.To = max(place, p.From)
	}
}

// marks are what an index tells of a recording beside its sound.
type marks struct {
	gaps   int // places where a channel's packets were missing, and packets that came too late
	pauses []Span
}

// marks are those of what has been said so far.
func (t *timeline) marks() marks {
	t.mu.Lock()
	defer t.mu.Unlock()
	m := marks{gaps: t.ch[0].gaps + t.ch[1].gaps + t.late, pauses: t.pauses}
	return m.until(max(t.high, t.base))
}

// until cuts the pauses at the end of a recording; one that nobody ended ends there.
func (m marks) until(frames int64) marks {
	var kept []Span
	for _, p := range m.pauses {
		if p.To < 0 || p.To > frames {
			p.To = frames
		}
		if p.From < p.To {
			kept = append(kept, p)
		}
	}
	m.pauses = kept
	return m
}
