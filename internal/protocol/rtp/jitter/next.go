package jitter

// Next gives the next packet of the voice, or says that there is none. The caller asks again whenever it has given out what
// it got, that is for each of its frames where packets are as long as frames. The packet is a view that is valid until the
// next call of any method.
func (b *Buffer) Next() (*Packet, State) {
	if !b.playing && !b.begin() {
		return nil, Idle
	}
	if b.stretch {
		b.stretch = false
		return nil, Late
	}
	if len(b.queue) == 0 {
		return b.empty()
	}
	gap := int32(b.first().Stamp - b.at)
	if gap > 0 {
		if b.missing(uint32(gap)) {
			b.at += b.frame
			b.counted.Lost++
			return nil, Lost
		}
	} else if b.owed > 0 { // it was late, not lost
		b.raise()
	}
	return b.give()
}

// begin starts to play once so much waits that the floor is left after the first frame.
func (b *Buffer) begin() bool {
	if len(b.queue) == 0 || b.Waiting() < b.floor+b.frame {
		return false
	}
	b.at, b.begun, b.playing, b.owed = b.first().Stamp, true, true, 0
	b.pulls, b.least, b.cutSince = 0, ^uint32(0), false
	return true
}

// empty is a packet that is not there yet; after a while, a pause.
func (b *Buffer) empty() (*Packet, State) {
	if b.owed >= maxGap*b.frame {
		b.playing = false
		return nil, Idle
	}
	b.owed += b.frame
	b.least = 0
	return nil, Late
}

// missing tells whether the gap before the first packet is to be hidden. What was hidden while the buffer was empty counts,
// and a long gap is a pause.
func (b *Buffer) missing(gap uint32) bool {
	hidden := min(gap, b.owed)
	b.owed -= hidden
	b.at += hidden
	gap -= hidden
	if gap > maxGap*b.frame {
		b.at = b.first().Stamp
		return false
	}
	return gap > 0
}

func (b *Buffer) give() (*Packet, State) {
	p := b.pop()
	b.at, b.owed = p.Stamp+p.Length, 0
	b.counted.Played++
	if b.cutSince {
		b.cutSince = false
		return p, Cut
	}
	return p, Voice
}

// Trim leaves packets out when more waits than is needed. The caller calls it before each of its frames that is on time: one
// that makes up for a stall of its own is about to need all that waits.
func (b *Buffer) Trim() {
	if !b.playing {
		return
	}
	left := b.Waiting()
	left -= min(left, b.frame) // after this frame
	b.least = min(b.least, left)
	b.pulls++
	switch {
	case left > b.floor+extra*b.frame:
		b.cut(left - b.floor)
	case b.pulls >= window && b.least > b.floor:
		b.cut(b.least - b.floor)
	case b.pulls < window:
		return
	}
	b.settle()
}

// cut leaves out the oldest packets, at most so much.
func (b *Buffer) cut(much uint32) {
	for len(b.queue) > 1 && b.slots[b.queue[1]].Stamp-b.at <= much {
		next := b.slots[b.queue[1]].Stamp
		much -= next - b.at
		b.drop()
		b.at = next
	}
}

// settle begins a new window.
func (b *Buffer) settle() {
	b.calm++
	if b.wasLate {
		b.calm = 0
	}
	if b.calm >= decay {
		b.calm = 0
		b.floor = max(b.floor-b.frame, leastWait*b.frame)
	}
	b.pulls, b.least, b.wasLate = 0, ^uint32(0), false
}

// Holds tells whether a packet waits.
func (b *Buffer) Holds() bool { return len(b.queue) > 0 }
