package bench

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"santra/internal/protocol/media"
)

// Shapes of the sound.
const (
	frameTime    = 20 * time.Millisecond
	frameSamples = 160
	headBytes    = 12
	payloadPCMA  = 8
	alawSilence  = 0xd5
	mark         = 0x53616e747261424e // begins each payload; the time of sending and a running number follow
	markBytes    = 24
	maxDelays    = 1 << 20 // delays kept in a window
	timerSlack   = 1000    // ns: the kernel's own 50 µs are as much as what is measured
	mostSlots    = 100     // of 20 ms: 0.2 ms each
	mostLate     = 5 * frameTime
	urgent       = -10 // niceness: telephones speak on time, however busy the machine is that we measure
)

// stream is one party's sound, both ways, over a gateway or a browser's connection. Only the driver touches what is not atomic,
// except that a browser's goroutine counts what it hears.
type stream struct {
	side   *gateway
	say    func(packet []byte) error // of a browser, which has no side
	remote atomic.Pointer[unix.RawSockaddrInet4]
	gone   atomic.Bool
	heard  atomic.Uint64
	packet []byte
	plain  bool // no mark: it is coded sound
	ticks  uint32
	seq    uint16
	ts     uint32
	spoken uint64 // packets sent
	last   uint64 // number of the last packet heard; 0: none
	mute   bool   // it only listens
}

func newStream(side *gateway) *stream {
	b := make([]byte, headBytes+frameSamples)
	for i := range b {
		b[i] = alawSilence
	}
	b[0], b[1] = 0x80, payloadPCMA
	binary.BigEndian.PutUint32(b[8:], rand.Uint32())
	binary.BigEndian.PutUint64(b[headBytes:], mark)
	return &stream{side: side, packet: b, ticks: frameSamples, seq: uint16(rand.Uint32()), ts: rand.Uint32()}
}

// newVoice is a browser's sound: silence in its codec, with a mark only where that passes unchanged. nil: it can't be coded.
func newVoice(codec media.Codec) *stream {
	s := newStream(nil)
	if codec == media.PCMA {
		return s
	}
	coder, err := media.NewEncoder(codec, media.SampleRate)
	if err != nil {
		return nil
	}
	coded, err := coder.Encode(nil, make([]int16, media.FrameSamples))
	if err != nil {
		return nil
	}
	s.plain, s.ticks = true, uint32(codec.ClockRate())*uint32(frameTime/time.Millisecond)/1000
	s.packet = append(s.packet[:headBytes], coded...)
	s.packet[1] = codec.PayloadType()
	return s
}

// aim lets it speak to an address, and hear what comes from there.
func (s *stream) aim(to netip.AddrPort) {
	s.remote.Store(rawAddr(to))
	s.side.listen(s, to)
}

// next makes its next packet.
func (s *stream) next() {
	s.seq++
	s.spoken++
	s.ts += s.ticks
	b := s.packet
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], s.ts)
	if s.plain {
		return
	}
	binary.BigEndian.PutUint64(b[headBytes+8:], uint64(time.Now().UnixNano()))
	binary.BigEndian.PutUint64(b[headBytes+16:], s.spoken)
}

// Window is what the streams counted between Begin and End.
type Window struct {
	Sent, Received uint64
	Lost           uint64        // left out of the running numbers of what was heard
	Played         uint64        // received that no party has sent: announcements and music
	P50, P99       time.Duration // from before sending to the arrival in the other party's socket
	For            time.Duration // between Begin and End, which on a busy machine is longer than the processes are watched

	dropped uint64 // by the kernel, at the parties' own sockets
}

// driver lets many streams speak every 20 ms, spread evenly, and reads what they hear, in one thread: cheaply, so that the
// parties take little from what is measured.
type driver struct {
	customers, phones *gateway

	mu      sync.Mutex
	streams []*stream

	measuring atomic.Bool
	sent      atomic.Uint64
	received  atomic.Uint64
	lost      atomic.Uint64
	played    atomic.Uint64
	delayMu   sync.Mutex
	delays    []time.Duration
	began     time.Time
}

func newDriver() (*driver, error) {
	customers, err := newGateway()
	if err != nil {
		return nil, err
	}
	phones, err := newGateway()
	if err != nil {
		return nil, err
	}
	d := &driver{customers: customers, phones: phones}
	go d.run()
	return d, nil
}

func (d *driver) add(s *stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = append(d.streams, s)
}

// snapshot gives the streams that live and forgets the others.
func (d *driver) snapshot() []*stream {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = slices.DeleteFunc(d.streams, func(s *stream) bool {
		if s.gone.Load() && s.side != nil {
			s.side.forget(s)
		}
		return s.gone.Load()
	})
	return slices.Clone(d.streams)
}

// run goes round the streams for ever. Being late once does not make it late for ever.
func (d *driver) run() {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0)
	_ = unix.Setpriority(unix.PRIO_PROCESS, unix.Gettid(), urgent) // refused to most users
	start := time.Now()
	for {
		streams := d.snapshot()
		slots := slotsFor(len(streams))
		for i := range slots {
			sleepUntil(start.Add(time.Duration(i) * frameTime / time.Duration(slots)))
			d.hear()
			d.speak(streams, i, slots)
		}
		start = start.Add(frameTime)
		if time.Since(start) > mostLate { // no telephone makes up for more
			start = time.Now()
		}
		sleepUntil(start)
	}
}

// slotsFor is into how many equal parts of 20 ms so many streams are spread: each has one of its own, up to mostSlots, and as
// many as any other beyond that.
func slotsFor(streams int) int {
	each := (streams + mostSlots - 1) / mostSlots
	if each == 0 {
		return 1
	}
	return (streams + each - 1) / each
}

// sleepUntil sleeps in the kernel: the runtime's own timers are good to a millisecond only.
func sleepUntil(t time.Time) {
	if d := time.Until(t); d > 0 {
		left := unix.NsecToTimespec(int64(d))
		_ = unix.Nanosleep(&left, nil)
	}
}

// speak lets every slots-th stream, from the i-th on, speak 20 ms.
func (d *driver) speak(streams []*stream, i, slots int) {
	var customers, phones batch
	for ; i < len(streams); i += slots {
		s := streams[i]
		if s.gone.Load() || s.mute {
			continue
		}
		if s.say != nil {
			s.next()
			d.told(s, s.say(s.packet) == nil)
			continue
		}
		if s.remote.Load() == nil {
			continue
		}
		b := &customers
		if s.side == d.phones {
			b = &phones
		}
		b.streams[b.n] = s
		if b.n++; b.n == sentAtOnce {
			b.send(d)
		}
	}
	customers.send(d)
	phones.send(d)
}

// batch is what one gateway sends at once.
type batch struct {
	streams [sentAtOnce]*stream
	n       int
}

func (b *batch) send(d *driver) {
	if b.n == 0 {
		return
	}
	for _, s := range b.streams[:b.n] {
		s.next()
	}
	b.streams[0].side.send(b.streams[:b.n], d.told)
	b.n = 0
}

// told counts a packet. What did not leave has no number, so that nobody misses it.
func (d *driver) told(s *stream, sent bool) {
	switch {
	case !sent:
		s.spoken--
	case d.measuring.Load():
		d.sent.Add(1)
	}
}

// hear reads what came.
func (d *driver) hear() {
	for _, g := range []*gateway{d.customers, d.phones} {
		for g.receive(d.take) {
		}
	}
}

// take counts a packet.
func (d *driver) take(s *stream, packet, control []byte) {
	measuring := d.measuring.Load()
	sentAt, number, ok := marked(packet)
	switch {
	case !ok && measuring:
		d.played.Add(1)
	case ok && s != nil:
		s.heard.Add(1)
		missed := s.missed(number)
		if measuring {
			d.received.Add(1)
			d.lost.Add(missed)
			d.delayed(arrivedAt(control) - sentAt)
		}
	}
}

// missed is how many packets before this one did not come. One that was overtaken counts as lost: it is of no use in a call.
func (s *stream) missed(number uint64) (n uint64) {
	if s.last != 0 && number > s.last {
		n = number - s.last - 1
	}
	s.last = max(s.last, number)
	return n
}

// marked finds a party's own packet by its mark, and gives the time of sending and its number: announcements and music have
// none.
func marked(b []byte) (ns int64, number uint64, ok bool) {
	if len(b) < headBytes {
		return 0, 0, false
	}
	at := headBytes + 4*int(b[0]&15)
	if len(b) < at+markBytes || binary.BigEndian.Uint64(b[at:]) != mark {
		return 0, 0, false
	}
	return int64(binary.BigEndian.Uint64(b[at+8:])), binary.BigEndian.Uint64(b[at+16:]), true
}

// arrivedAt reads the kernel's time of arrival (SCM_TIMESTAMPNS): a header of 16 bytes, seconds, nanoseconds.
func arrivedAt(oob []byte) int64 {
	const head = 16
	if len(oob) < head+16 {
		return time.Now().UnixNano()
	}
	return int64(binary.NativeEndian.Uint64(oob[head:]))*int64(time.Second) + int64(binary.NativeEndian.Uint64(oob[head+8:]))
}

func (d *driver) delayed(ns int64) {
	d.delayMu.Lock()
	defer d.delayMu.Unlock()
	if len(d.delays) < maxDelays {
		d.delays = append(d.delays, time.Duration(ns))
	}
}

func (d *driver) begin() {
	d.delayMu.Lock()
	d.delays, d.began = d.delays[:0], time.Now()
	d.delayMu.Unlock()
	for _, n := range []*atomic.Uint64{&d.sent, &d.received, &d.lost, &d.played} {
		n.Store(0)
	}
	d.measuring.Store(true)
}

func (d *driver) end() Window {
	d.measuring.Store(false)
	d.delayMu.Lock()
	defer d.delayMu.Unlock()
	lasted := time.Since(d.began)
	slices.Sort(d.delays)
	return Window{
		For:  lasted,
		Sent: d.sent.Load(), Received: d.received.Load(), Lost: d.lost.Load(), Played: d.played.Load(),
		P50: percentile(d.delays, 0.5), P99: percentile(d.delays, 0.99),
	}
}
