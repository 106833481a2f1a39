package rtp

import (
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp/rtcp"
)

// Channel is a side of a recording.
type Channel uint8

// The channels: what the customer says and what the agent says, labels 1 and 2 of the SIPREC offer.
const (
	Customer Channel = iota
	Agent
	channels
)

// Limits of a tap.
const (
	tapPackets    = 10                     // gathered: 200 ms
	tapPayload    = 4 * media.FrameSamples // the longest payload: 80 ms
	tapPatience   = 400 * time.Millisecond // what is gathered goes out after this even if nobody speaks on
	tapReports    = 25                     // batches (5 s) between sender reports
	tapBufferSize = tapPackets * (HeaderLen + media.FrameSamples)
)

// TapConfig configures a tap.
type TapConfig struct {
	Pool *Pool
	Log  *slog.Logger // nil: discarded
}

// Tap sends two streams of ordinary RTP, A-law whatever the legs talk, to a recorder. It gathers ten packets (200 ms) and
// sends them in one system call (UDP_SEGMENT), or one by one where the kernel refuses.
//
// Both streams have one timeline: timestamp 0 is the moment when the first packet of either channel began, and a sample's
// timestamp is its place after that moment, at 8,000 a second. A silence, a late start, another leg or another SSRC on a
// channel leaves a gap and moves nothing. So a recorder writes the payload of a packet at byte `timestamp` of its channel.
// (RFC 3550 5.1 wants a random start against known-plaintext attacks on weak ciphers; G.711 in the clear has none to fear.)
// Sequence numbers go up by one with each packet sent, so a gap in them was lost between the tap and the recorder.
type Tap struct {
	log     *slog.Logger
	name    string // canonical, of both streams: they have one clock (RFC 3550 6.5.1)
	origin  atomic.Pointer[time.Time]
	streams [channels]*stream
}

// NewTap opens the tap's two pairs of sockets; errs.Unavailable.
func NewTap(cfg TapConfig) (*Tap, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	t := &Tap{log: cfg.Log, name: canonicalName()}
	for ch := range t.streams {
		socket, err := cfg.Pool.Open()
		if err != nil {
			t.Close()
			return nil, err
		}
		t.streams[ch] = newStream(t, socket)
	}
	return t, nil
}

// Local is the address of a channel's stream, for the SIPREC offer.
func (t *Tap) Local(ch Channel) netip.AddrPort { return t.streams[ch].socket.Local() }

// Start sets where the recorder awaits the two streams (its SDP answer). What was said before is kept up to 200 ms.
func (t *Tap) Start(customer, agent netip.AddrPort) {
	t.streams[Customer].start(customer)
	t.streams[Agent].start(agent)
}

// Tap sends a copy of what the leg says to a channel of t; a nil t ends it.
func (l *Leg) Tap(t *Tap, ch Channel) {
	if t == nil {
		l.tapped.Store(nil)
		return
	}
	l.tapped.Store(t.streams[ch])
}

// Pause stops taking what the legs say (on), or takes it again. What was gathered before goes out first, so that after Pause
// returns no sample of the pause is or will be sent, and none from before it is held back. The timeline goes on: what is said
// after a pause stands at its own time. It may be called again with what is.
func (t *Tap) Pause(on bool) {
	for _, s := range t.streams {
		s.pause(on)
	}
}

func (s *stream) pause(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if on && !s.closed {
		s.send()
	}
	s.paused = on
}

// TapStats count packets.
type TapStats struct {
	Packets uint64 // taken from legs
	Paused  uint64 // not taken, for recording was paused
	Sent    uint64
	Dropped uint64 // since the kernel refused them, they were too long, or the tap had not started
	Skipped uint64 // since the leg's clock is fast
	Batches uint64 // system calls that sent several packets at once
}

// Stats are the tap's counters, of both channels together.
func (t *Tap) Stats() TapStats {
	var sum TapStats
	for _, s := range t.streams {
		s.count(&sum)
	}
	return sum
}

// Close sends what is gathered and closes the sockets. Legs that are still tapped are heard no more.
func (t *Tap) Close() error {
	var failed error
	for _, s := range t.streams {
		if s == nil {
			continue
		}
		if err := s.close(); err != nil {
			failed = err
		}
	}
	return failed
}

// since gives the place of a moment on the tap's timeline, of which the first packet, of so many samples, makes the start.
func (t *Tap) since(now time.Time, length uint32) uint32 {
	origin := t.origin.Load()
	if origin == nil {
		start := now.Add(-time.Duration(length) * time.Second / media.SampleRate)
		t.origin.CompareAndSwap(nil, &start)
		origin = t.origin.Load()
	}
	// A long first packet of the other channel may have begun before the start.
	return uint32(max(int64(samples(max(now.Sub(*origin), 0)))-int64(length), 0))
}

// stream is one channel of a tap.
type stream struct {
	tap    *Tap
	socket *UDP
	burst  burst

	mu      sync.Mutex
	line    timeline
	ssrc    uint32
	seq     uint16
	next    uint32 // where the last packet ended
	started bool
	closed  bool
	paused  bool
	batch   []byte
	crypt   []byte // the same encrypted, nil without SRTP
	segment int    // bytes of each packet in batch
	waiting int    // packets in batch
	timer   *time.Timer
	batches int
	octets  uint64
	counted TapStats
}

func newStream(t *Tap, socket *UDP) *stream {
	return &stream{tap: t, socket: socket, burst: newBurst(socket), ssrc: randomSSRC(), batch: make([]byte, 0, tapBufferSize)}
}

func (s *stream) start(remote netip.AddrPort) {
	s.socket.Connect(remote, false)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.burst.to(remote)
	s.started = true
}

// take copies a packet; full says that flush is due. Nothing in it waits for the network.
func (s *stream) take(from any, f *flying) (full bool) {
	length := uint32(f.end - f.start)
	arrived := s.tap.since(f.now, length)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	if s.paused {
		s.counted.Paused++
		return false
	}
	s.counted.Packets++
	if length > tapPayload {
		s.counted.Dropped++
		return false
	}
	at, ok := s.line.place(from, f.Header, length, arrived)
	if !ok {
		s.counted.Skipped++
		return false
	}
	if s.waiting > 0 && s.segment != HeaderLen+int(length) {
		s.send()
	}
	s.gather(at, f)
	return s.waiting >= tapPackets
}

func (s *stream) gather(at uint32, f *flying) {
	length := f.end - f.start
	h := Header{Marker: at != s.next, PayloadType: media.PCMA.PayloadType(), Sequence: s.seq, Timestamp: at, SSRC: s.ssrc}
	s.seq++
	s.next = at + uint32(length)
	n := len(s.batch)
	s.batch = append(append(s.batch, make([]byte, HeaderLen)...), f.payload()...)
	h.Put(s.batch[n:])
	media.Transcode(s.batch[n+HeaderLen:], s.batch[n+HeaderLen:], f.codec, media.PCMA)
	s.segment = HeaderLen + length
	s.waiting++
	if s.waiting == 1 {
		s.watch()
	}
}

// watch sees to it that a batch does not wait for a voice that has fallen silent.
func (s *stream) watch() {
	if s.timer == nil {
		s.timer = time.AfterFunc(tapPatience, s.tap.flush)
		return
	}
	s.timer.Reset(tapPatience)
}

// flush sends both channels' batches, though only one may be full: they fill at one pace, so from then on they go out
// together, and the recorder wakes once for two.
func (t *Tap) flush() {
	for _, s := range t.streams {
		s.flush()
	}
}

func (s *stream) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.send()
	}
}

// send empties the batch; s.mu is held.
func (s *stream) send() {
	if s.waiting == 0 {
		return
	}
	sent, batches := 0, 0
	if s.started {
		sent, batches = s.burstOut()
	}
	s.counted.Sent += uint64(sent)
	s.counted.Dropped += uint64(s.waiting - sent)
	s.counted.Batches += uint64(batches)
	s.octets += uint64(sent * (s.segment - HeaderLen))
	s.batch, s.waiting = s.batch[:0], 0
	if s.started {
		s.report()
	}
}

// burstOut sends the batch, encrypted where keys are set.
func (s *stream) burstOut() (sent, batches int) {
	packets, segment := s.batch, s.segment
	if sealed := s.socket.sealed.Load(); sealed != nil {
		if packets, segment = s.seal(sealed.session); segment == 0 {
			return 0, 0
		}
	}
	return s.burst.send(packets, segment, s.waiting)
}

// report sends a sender report now and then, for recorders that align by them (RFC 3550 6.4.1): both streams give the same
// relation of timestamp and wall clock.
func (s *stream) report() {
	s.batches++
	if s.batches%tapReports != 1 {
		return
	}
	now := time.Now()
	c := rtcp.Compound{SSRC: s.ssrc, Sender: true, NTP: rtcp.NTP(now), Stamp: s.tap.since(now, 0), Packets: uint32(s.counted.Sent), Octets: uint32(s.octets)}
	_ = s.socket.WriteControl(rtcp.Append(nil, c, s.tap.name))
}

func (s *stream) count(sum *TapStats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum.Packets += s.counted.Packets
	sum.Paused += s.counted.Paused
	sum.Sent += s.counted.Sent
	sum.Dropped += s.counted.Dropped
	sum.Skipped += s.counted.Skipped
	sum.Batches += s.counted.Batches
}

func (s *stream) close() error {
	s.mu.Lock()
	if !s.closed {
		s.send()
		s.closed = true
	}
	if s.timer != nil {
		s.timer.Stop()
	}
	s.mu.Unlock()
	return s.socket.Close()
}
