// Package jitter puts the packets of one voice in order and gives them out at a steady pace: a playout buffer for who needs
// samples in time, that is a mixer. It owns the packets that wait and the delay that they wait, which follows the network. It
// knows neither codecs nor clocks: lengths are in units of the stream's RTP timestamp, and the caller's frames are its time.
//
// The delay is as long as the network makes it: it grows by a frame when a packet comes too late, and what is more than
// needed is cut off as soon as half a second has shown that it is.
package jitter

// Limits, in frames (of 20 ms as they are used here) and packets.
const (
	slots     = 64              // packets that wait at most: 1.28 s; the oldest is left out for another one
	maxBytes  = 1500            // of a payload; a longer one is left out
	leastWait = 1               // the floor that a network without jitter needs
	mostWait  = 10              // the highest floor: a packet that comes later than 200 ms is lost
	extra     = 8               // above the floor, what waits is cut to it at once: the process or the network has stalled
	window    = 25              // pulls over which the least that waited is measured
	decay     = 20              // windows without a late packet after which the floor falls by a frame
	maxGap    = 10              // a longer gap is a pause of the speaker, not a loss to hide
	maxAhead  = 50              // a packet that begins further after the last one begins a new stretch of speech
	maxOld    = 500             // and one that is older than this has another clock
	patience  = 5               // late packets in a row after which the clock has been set back
	noSource  = uint64(1) << 32 // above every SSRC
)

// Packet is a packet as it waits.
type Packet struct {
	SSRC     uint32
	Sequence uint16
	Stamp    uint32 // RTP timestamp
	Length   uint32 // in units of the timestamp, at least 1
	Kind     uint8  // the caller's own: which codec
	Payload  []byte
}

// State says what Next gives.
type State uint8

// The states.
const (
	Idle  State = iota // nobody speaks: nothing has come, or a pause
	Voice              // a packet
	Cut                // a packet, but some before it have been left out to come nearer to now
	Lost               // the next packet is missing: hide it; its time has passed
	Late               // the next packet is not there yet: hide it; its time has not passed
)

// Stats count packets, but for Floor.
type Stats struct {
	Played, Lost, Late, Cut, Doubled uint64
	Floor                            uint32 // what waits at least after each frame when nothing is late, in units of the timestamp
}

// Buffer is one voice's buffer. It is not safe for several goroutines. The zero value is not usable: New makes one.
type Buffer struct {
	frame uint32
	floor uint32

	queue  []int // of slots, in the order of their timestamps
	slots  [slots]Packet
	free   []int
	source uint64 // SSRC, or noSource

	begun    bool   // at says something
	playing  bool   // no pause
	at       uint32 // where the next packet should begin
	highest  uint16 // sequence number
	owed     uint32 // hidden since the last packet without letting time pass
	stretch  bool   // hide one frame to wait longer
	lateRow  int
	pulls    int
	least    uint32 // in this window
	calm     int    // windows without a late packet
	wasLate  bool   // in this window
	cutSince bool   // something was cut since the last packet was given

	counted Stats
}

// New makes a buffer for a stream with so many units of the timestamp in a frame of the caller (160 for G.711 and 20 ms).
func New(frame uint32) *Buffer {
	b := &Buffer{frame: frame, floor: leastWait * frame, source: noSource, queue: make([]int, 0, slots), free: make([]int, slots)}
	for i := range b.free {
		b.free[i] = i
	}
	return b
}

// Stats are the buffer's counters.
func (b *Buffer) Stats() Stats {
	s := b.counted
	s.Floor = b.floor
	return s
}

// Waiting is how much lies in the buffer, in units of the timestamp, gaps included.
func (b *Buffer) Waiting() uint32 {
	if len(b.queue) == 0 {
		return 0
	}
	from := b.first().Stamp
	if b.playing {
		from = b.at
	}
	return uint32(max(int32(b.end()-from), 0))
}

// Reset forgets what waits, and begins anew with the next packet. The floor stays: the network is the same.
func (b *Buffer) Reset() {
	b.free = append(b.free, b.queue...)
	b.queue = b.queue[:0]
	b.source, b.begun, b.playing, b.owed, b.lateRow, b.stretch = noSource, false, false, 0, 0, false
}

// Put takes a packet; the payload is copied. Packets that come twice, too late or with too long a payload are left out.
func (b *Buffer) Put(p Packet) {
	if p.Length == 0 || p.Length > maxAhead*b.frame || len(p.Payload) > maxBytes {
		return
	}
	if b.source != uint64(p.SSRC) || b.strange(p) {
		b.Reset()
		b.source, b.highest = uint64(p.SSRC), p.Sequence-1
	}
	newer := int16(p.Sequence-b.highest) > 0
	if newer {
		b.highest = p.Sequence
	}
	if b.begun && int32(p.Stamp-b.at) < 0 {
		b.tooLate(newer)
		return
	}
	b.lateRow = 0
	b.insert(p)
}

// strange tells whether the packet's timestamp has nothing to do with those before.
func (b *Buffer) strange(p Packet) bool {
	end := b.at
	switch {
	case len(b.queue) > 0:
		end = b.end()
	case !b.begun:
		return false
	}
	if b.begun && b.lateRow >= patience && int32(p.Stamp-b.at) < 0 {
		return true
	}
	ahead := int32(p.Stamp - end)
	return ahead > int32(maxAhead*b.frame) || ahead < -int32(maxOld*b.frame)
}

// tooLate counts a packet whose place has been hidden already, and waits longer from now on. Newer ones that are too late, one
// after the other, mean that the speaker's clock has been set back.
func (b *Buffer) tooLate(newer bool) {
	b.counted.Late++
	if newer {
		b.lateRow++
	}
	if !b.wasLate { // once in a window: one late packet is one frame more
		b.raise()
		b.stretch = true
	}
}

// raise lets a frame more wait.
func (b *Buffer) raise() {
	b.floor = min(b.floor+b.frame, mostWait*b.frame)
	b.wasLate = true
}

func (b *Buffer) first() *Packet { return &b.slots[b.queue[0]] }

// end is where the last packet ends.
func (b *Buffer) end() uint32 {
	last := &b.slots[b.queue[len(b.queue)-1]]
	return last.Stamp + last.Length
}

// insert puts the packet at its place, which is nearly always the last.
func (b *Buffer) insert(p Packet) {
	i := len(b.queue)
	for i > 0 && int32(p.Stamp-b.slots[b.queue[i-1]].Stamp) < 0 {
		i--
	}
	if i > 0 && b.slots[b.queue[i-1]].Stamp == p.Stamp {
		b.counted.Doubled++
		return
	}
	if len(b.free) == 0 {
		b.drop()
		i = max(i-1, 0)
	}
	slot := b.free[len(b.free)-1]
	b.free = b.free[:len(b.free)-1]
	p.Payload = append(b.slots[slot].Payload[:0], p.Payload...)
	b.slots[slot] = p
	b.queue = append(b.queue, 0)
	copy(b.queue[i+1:], b.queue[i:])
	b.queue[i] = slot
}

// drop leaves the oldest packet out.
func (b *Buffer) drop() {
	b.counted.Cut++
	b.cutSince = true
	p := b.pop()
	if b.begun {
		b.at = p.Stamp + p.Length
	}
}

func (b *Buffer) pop() *Packet {
	slot := b.queue[0]
	b.queue = b.queue[:copy(b.queue, b.queue[1:])]
	b.free = append(b.free, slot)
	return &b.slots[slot]
}
