package siptest

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Shapes of what is sent.
const (
	packetTime  = 20 * time.Millisecond
	eventFrames = 5 // of a digit: 100 ms
	gapFrames   = 5 // of silence after it
	maxPacket   = 1500
	digitKeys   = "0123456789*#ABCD"
)

// Stats counts the media of a call.
type Stats struct {
	Sent, Received uint64        // RTP packets
	Lost           uint64        // by sequence numbers
	Gap            time.Duration // longest time between two packets received
	Energy         float64       // mean square of the last second, of 1
}

// media is the RTP of one call, with its own socket.
type media struct {
	conn   net.PacketConn
	fast   *net.UDPConn
	local  netip.AddrPort
	digits chan rune
	keys   chan key
	wg     sync.WaitGroup
	ctx    context.Context
	stop   context.CancelFunc

	mu      sync.Mutex
	law     law
	dtmf    int // payload type, -1 without
	remote  netip.AddrPort
	sending bool
	loop    []byte // the second that is sent over and over
	hz      float64
	stats   Stats
	ring    [rate]byte // the last second received, coded
	fill    int        // bytes ever put in
	ringLaw law
	lastSeq uint16
	lastAt  time.Time
	event   uint32 // timestamp of the digit that is being received
	events  bool
}

// key is one digit to send; done is closed when it is out.
type key struct {
	code uint8
	done chan struct{}
}

func newMedia(conn net.PacketConn, local netip.AddrPort, hz float64) *media {
	m := &media{conn: conn, local: local, digits: make(chan rune, 64), keys: make(chan key, 64), dtmf: -1, hz: hz, law: lawOf("PCMA")}
	m.fast, _ = conn.(*net.UDPConn)
	m.ctx, m.stop = context.WithCancel(context.Background())
	return m
}

// start begins to send and to read.
func (m *media) start() {
	m.wg.Go(m.read)
	m.wg.Go(m.send)
}

// set takes what an offer or answer has settled.
func (m *media) set(codec string, dtmf int, remote netip.AddrPort, sending bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.law.name != codec || m.loop == nil {
		m.law = lawOf(codec)
		m.loop = m.law.second(m.hz)
	}
	m.dtmf, m.remote, m.sending = dtmf, remote, sending && remote.IsValid()
}

func (m *media) setTone(hz float64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.hz = hz
	m.loop = m.law.second(hz)
}

func (m *media) close() {
	m.stop()
	_ = m.conn.Close()
	m.wg.Wait()
}

// sender is the state of the outgoing stream.
type sender struct {
	seq   uint16
	ts    uint32
	ssrc  uint32
	at    int // in loop
	key   *key
	frame int // of the digit and its gap
	start uint32
	mark  bool
	buf   [12 + frame]byte
}

// send paces by the clock, not by its own wakes: being late once does not make it late for ever.
func (m *media) send() {
	s := sender{seq: uint16(rand.Uint32()), ts: rand.Uint32(), ssrc: rand.Uint32(), mark: true}
	next := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
		case <-m.ctx.Done():
			return
		}
		m.tick(&s)
		next = next.Add(packetTime)
		if time.Since(next) > time.Second { // stopped for long: don't make up for it
			next = time.Now()
		}
		timer.Reset(time.Until(next))
	}
}

// tick sends what 20 ms have to say.
func (m *media) tick(s *sender) {
	m.mu.Lock()
	l, remote, sending, loop, dtmf := m.law, m.remote, m.sending, m.loop, m.dtmf
	m.mu.Unlock()
	defer func() { s.ts += frame }()
	if s.key == nil && dtmf >= 0 {
		select {
		case k := <-m.keys:
			s.key, s.frame, s.start, s.mark = &k, 0, s.ts, true
		default:
		}
	}
	switch {
	case s.key != nil:
		m.digit(s, uint8(dtmf), remote, sending)
	case sending && loop != nil:
		b := s.head(l.pt, s.ts)
		b = append(b, loop[s.at:s.at+frame]...)
		s.at = (s.at + frame) % rate
		m.write(b, remote)
	}
}

// head writes an RTP header (RFC 3550 5.1).
func (s *sender) head(pt uint8, ts uint32) []byte {
	b := s.buf[:12]
	b[0], b[1] = 0x80, pt
	if s.mark {
		b[1] |= 0x80
		s.mark = false
	}
	s.seq++
	binary.BigEndian.PutUint16(b[2:], s.seq)
	binary.BigEndian.PutUint32(b[4:], ts)
	binary.BigEndian.PutUint32(b[8:], s.ssrc)
	return b
}

// digit sends 20 ms of a digit or of the gap behind it (RFC 4733 2.5.1): the end three times.
func (m *media) digit(s *sender, pt uint8, remote netip.AddrPort, sending bool) {
	s.frame++
	times, end := 1, byte(0)
	if s.frame == eventFrames {
		times, end = 3, 0x80
	}
	if s.frame <= eventFrames && sending {
		for range times {
			b := append(s.head(pt, s.start), s.key.code, end|10, 0, 0)
			binary.BigEndian.PutUint16(b[14:], uint16(s.frame*frame))
			m.write(b, remote)
		}
	}
	if s.frame >= eventFrames+gapFrames {
		close(s.key.done)
		s.key, s.mark = nil, true
	}
}

func (m *media) write(b []byte, to netip.AddrPort) {
	var err error
	if m.fast != nil {
		_, err = m.fast.WriteToUDPAddrPort(b, to)
	} else {
		_, err = m.conn.WriteTo(b, net.UDPAddrFromAddrPort(to))
	}
	if err == nil {
		m.mu.Lock()
		m.stats.Sent++
		m.mu.Unlock()
	}
}

func (m *media) read() {
	buf := make([]byte, maxPacket)
	for {
		n, err := m.readPacket(buf)
		if m.ctx.Err() != nil {
			return
		}
		if err == nil && n >= 12 && buf[0]>>6 == 2 {
			m.received(buf[:n])
		}
	}
}

func (m *media) readPacket(buf []byte) (int, error) {
	if m.fast != nil {
		n, _, err := m.fast.ReadFromUDPAddrPort(buf)
		return n, err
	}
	n, _, err := m.conn.ReadFrom(buf)
	return n, err
}

// received takes a packet.
func (m *media) received(b []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now, seq, pt := time.Now(), binary.BigEndian.Uint16(b[2:]), b[1]&0x7f
	if m.stats.Received > 0 {
		if skipped := seq - m.lastSeq - 1; skipped < 1<<15 {
			m.stats.Lost += uint64(skipped)
		}
		m.stats.Gap = max(m.stats.Gap, now.Sub(m.lastAt))
	}
	m.stats.Received++
	m.lastSeq, m.lastAt = seq, now
	from := 12 + 4*int(b[0]&15)
	if len(b) < from {
		return
	}
	switch {
	case int(pt) == m.dtmf:
		m.digitIn(binary.BigEndian.Uint32(b[4:]), b[from:])
	case pt == 0 || pt == 8:
		m.keep(pt, b[from:])
	}
}

// digitIn takes an event packet; one digit has one timestamp.
func (m *media) digitIn(ts uint32, p []byte) {
	if len(p) < 4 || int(p[0]) >= len(digitKeys) || m.events && ts == m.event {
		return
	}
	m.event, m.events = ts, true
	select {
	case m.digits <- rune(digitKeys[p[0]]):
	default:
	}
}

// keep puts sound into the ring.
func (m *media) keep(pt uint8, p []byte) {
	if m.ringLaw.name == "" || m.ringLaw.pt != pt {
		m.ringLaw = lawOf(map[uint8]string{0: "PCMU", 8: "PCMA"}[pt])
	}
	for _, b := range p {
		m.ring[m.fill%rate] = b
		m.fill++
	}
}

// heard gives the last second received, in order; whole tells whether it is one.
func (m *media) heard() (x []float64, whole bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, decode := min(m.fill, rate), m.ringLaw.decode
	x = make([]float64, n)
	for i := range x {
		x[i] = float64(decode(m.ring[(m.fill-n+i)%rate])) / 32768
	}
	return x, n == rate
}

func (m *media) counts() Stats {
	x, _ := m.heard()
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.Energy = energy(x)
	return s
}

// dial queues digits and waits until they are out.
func (m *media) dial(ctx context.Context, digits string) error {
	for _, d := range digits {
		i := strings.IndexRune(digitKeys, d)
		if i < 0 {
			continue
		}
		k := key{uint8(i), make(chan struct{})}
		select {
		case m.keys <- k:
		case <-ctx.Done():
			return ctx.Err()
		}
		select {
		case <-k.done:
		case <-ctx.Done():
			return ctx.Err()
		case <-m.ctx.Done():
			return net.ErrClosed
		}
	}
	return nil
}
