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
)

// stream is one party's sound, both ways, over a socket of its own. Only the driver touches what is not atomic.
type stream struct {
	fd     int
	local  netip.AddrPort
	remote atomic.Pointer[unix.SockaddrInet4]
	gone   atomic.Bool
	heard  atomic.Uint64
	packet [headBytes + frameSamples]byte
	seq    uint16
	ts     uint32
	spoken uint64 // packets sent
	last   uint64 // number of the last packet heard; 0: none
	mute   bool   // it only listens
}

func newStream() (*stream, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	s := &stream{fd: fd, seq: uint16(rand.Uint32()), ts: rand.Uint32()}
	if err := s.bind(); err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	b := s.packet[:]
	for i := range b {
		b[i] = alawSilence
	}
	b[0], b[1] = 0x80, payloadPCMA
	binary.BigEndian.PutUint32(b[8:], rand.Uint32())
	binary.BigEndian.PutUint64(b[headBytes:], mark)
	return s, nil
}

// bind takes a free port. The kernel stamps what arrives, so that it does not matter when the driver looks.
func (s *stream) bind() error {
	if err := unix.Bind(s.fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return err
	}
	name, err := unix.Getsockname(s.fd)
	if err != nil {
		return err
	}
	s.local = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), uint16(name.(*unix.SockaddrInet4).Port))
	return unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
}

// aim lets it speak to an address.
func (s *stream) aim(to netip.AddrPort) {
	s.remote.Store(&unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().Unmap().As4()})
}

// Window is what the streams counted between Begin and End.
type Window struct {
	Sent, Received uint64
	Lost           uint64        // left out of the running numbers of what was heard
	Played         uint64        // received that no party has sent: announcements and music
	P50, P99       time.Duration // from before sending to the arrival in the other party's socket

	dropped uint64 // by the kernel, at the parties' own sockets
}

// driver lets many streams speak every 20 ms, spread evenly, and reads what they hear, in one thread: cheaply, so that the
// telephones take little from what is measured.
type driver struct {
	mu      sync.Mutex
	streams []*stream

	measuring atomic.Bool
	sent      atomic.Uint64
	received  atomic.Uint64
	lost      atomic.Uint64
	played    atomic.Uint64
	delayMu   sync.Mutex
	delays    []time.Duration

	buf [2048]byte
	oob [64]byte
}

func newDriver() *driver {
	d := &driver{}
	go d.run()
	return d
}

func (d *driver) add(s *stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = append(d.streams, s)
}

// snapshot gives the streams that live and closes the others.
func (d *driver) snapshot() []*stream {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = slices.DeleteFunc(d.streams, func(s *stream) bool {
		if s.gone.Load() {
			_ = unix.Close(s.fd)
		}
		return s.gone.Load()
	})
	return slices.Clone(d.streams)
}

// run goes round the streams for ever. Being late once does not make it late for ever.
func (d *driver) run() {
	runtime.LockOSThread()
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0)
	start := time.Now()
	for {
		streams := d.snapshot()
		for i, s := range streams {
			sleepUntil(start.Add(time.Duration(i) * frameTime / time.Duration(len(streams))))
			d.step(s)
		}
		start = start.Add(frameTime)
		if time.Since(start) > time.Second { // stopped for long: don't make up for it
			start = time.Now()
		}
		sleepUntil(start)
	}
}

// sleepUntil sleeps in the kernel: the runtime's own timers are good to a millisecond only.
func sleepUntil(t time.Time) {
	if d := time.Until(t); d > 0 {
		left := unix.NsecToTimespec(int64(d))
		_ = unix.Nanosleep(&left, nil)
	}
}

// step reads what came and speaks 20 ms.
func (d *driver) step(s *stream) {
	if s.gone.Load() {
		return
	}
	for d.read(s) {
	}
	to := s.remote.Load()
	if to == nil || s.mute {
		return
	}
	s.seq++
	s.spoken++
	s.ts += frameSamples
	b := s.packet[:]
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], s.ts)
	binary.BigEndian.PutUint64(b[headBytes+8:], uint64(time.Now().UnixNano()))
	binary.BigEndian.PutUint64(b[headBytes+16:], s.spoken)
	if err := unix.Sendto(s.fd, b, unix.MSG_DONTWAIT, to); err == nil && d.measuring.Load() {
		d.sent.Add(1)
	}
}

// read takes one packet; false when there is none.
func (d *driver) read(s *stream) bool {
	n, oobn, _, _, err := unix.Recvmsg(s.fd, d.buf[:], d.oob[:], unix.MSG_DONTWAIT)
	if err != nil {
		return false
	}
	measuring := d.measuring.Load()
	sentAt, number, ok := marked(d.buf[:n])
	switch {
	case !ok && measuring:
		d.played.Add(1)
	case ok:
		s.heard.Add(1)
		missed := s.missed(number)
		if measuring {
			d.received.Add(1)
			d.lost.Add(missed)
			d.delayed(arrivedAt(d.oob[:oobn]) - sentAt)
		}
	}
	return true
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
	d.delays = d.delays[:0]
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
	slices.Sort(d.delays)
	return Window{
		Sent: d.sent.Load(), Received: d.received.Load(), Lost: d.lost.Load(), Played: d.played.Load(),
		P50: percentile(d.delays, 0.5), P99: percentile(d.delays, 0.99),
	}
}
