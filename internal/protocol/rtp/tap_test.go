package rtp

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"santra/internal/protocol/media"

	"pgregory.net/rapid"

	"santra/internal/protocol/rtp/rtcp"
)

// recording is what a recorder does: it writes payloads at their timestamps.
type recording struct {
	r     *Receiver
	sound []byte
	seqs  []uint16
}

func newRecording(t *testing.T, pool *Pool, source netip.AddrPort) *recording {
	t.Helper()
	r, err := Listen(pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	r.Expect(source)
	return &recording{r: r}
}

// take reads until so many packets have come in all.
func (r *recording) take(n int) {
	if len(r.seqs) >= n {
		return
	}
	for p := range r.r.Packets() {
		if end := int(p.Timestamp) + len(p.Payload); end > len(r.sound) {
			r.sound = append(r.sound, make([]byte, end-len(r.sound))...)
		}
		copy(r.sound[p.Timestamp:], p.Payload)
		if r.seqs = append(r.seqs, p.Sequence); len(r.seqs) == n {
			return
		}
	}
}

// tapped is a tap with its two recordings.
func newTapped(t *testing.T) (*Tap, [2]*recording) {
	t.Helper()
	pool := benchPool(t)
	tap, err := NewTap(TapConfig{Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tap.Close() })
	return tap, [2]*recording{newRecording(t, pool, tap.Local(Customer)), newRecording(t, pool, tap.Local(Agent))}
}

func fly(at time.Time, ssrc uint32, seq int, c media.Codec, payload []byte) *flying {
	return &flying{
		Header: Header{PayloadType: c.PayloadType(), Sequence: uint16(seq), Timestamp: uint32(seq) * 160, SSRC: ssrc},
		now:    at, bytes: payload, end: len(payload), codec: c,
	}
}

func (s *stream) say(from *Leg, f *flying) {
	if s.take(from, f) {
		s.tap.flush()
	}
}

func TestTapToRecorder(t *testing.T) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprint("plain ", plain), func(t *testing.T) {
			tap, ends := newTapped(t)
			tap.Start(ends[0].r.Local(), ends[1].r.Local())
			for ch := range tap.streams {
				tap.streams[ch].burst.plain = plain
			}
			customer, agent, start := new(Leg), new(Leg), time.Now()
			for i := range 50 {
				at := start.Add(time.Duration(i) * frameTime)
				tap.streams[Customer].say(customer, fly(at, 1, 7000+i, media.PCMA, frameOf(byte(i+1))))
				if i >= 20 { // the agent comes 400 ms later, in the other law
					tap.streams[Agent].say(agent, fly(at, 2, i, media.PCMU, frameOf(media.EncodeULaw(8000))))
				}
			}
			ends[0].take(50)
			ends[1].take(30)
			for i := range 50 {
				if ends[0].sound[i*160] != byte(i+1) {
					t.Fatal("frame", i, ends[0].sound[i*160])
				}
			}
			if a := ends[1].sound; len(a) != 8000 || a[20*160-1] != 0 || a[20*160] != media.EncodeALaw(media.DecodeULaw(media.EncodeULaw(8000))) {
				t.Error("a late channel lies at its time, in A-law", len(a))
			}
			s := tap.Stats()
			if s.Packets != 80 || s.Sent != 80 || s.Dropped != 0 || s.Batches > 0 == plain {
				t.Errorf("%+v", s)
			}
			if r := ends[0].r.Stats(); r.Packets != 50 || r.Bytes != 8000 || r.Foreign != 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestTapKeepsWhatWasSaidBeforeItStarted(t *testing.T) {
	tap, ends := newTapped(t)
	leg, start := new(Leg), time.Now()
	s := tap.streams[Customer]
	for i := range 15 {
		s.say(leg, fly(start.Add(time.Duration(i)*frameTime), 1, i, media.PCMA, frameOf(byte(i+1))))
	}
	tap.Start(ends[0].r.Local(), ends[1].r.Local())
	if err := tap.Close(); err != nil {
		t.Fatal(err)
	}
	ends[0].take(5)
	if ends[0].sound[10*160] != 11 || ends[0].sound[14*160] != 15 || tap.Stats().Dropped != 10 {
		t.Errorf("%+v", tap.Stats())
	}
	s.say(leg, fly(start, 1, 99, media.PCMA, frameOf(1)))
	if tap.Stats().Packets != 15 {
		t.Error("a closed tap hears nothing")
	}
}

func TestTapSendsWhatIsLeftWhenAVoiceFallsSilent(t *testing.T) {
	tap, ends := newTapped(t)
	tap.Start(ends[0].r.Local(), ends[1].r.Local())
	tap.streams[Agent].say(new(Leg), fly(time.Now(), 1, 1, media.PCMA, frameOf(5)))
	ends[1].take(1) // comes by the timer
	if ends[1].sound[0] != 5 {
		t.Error(ends[1].sound[0])
	}
}

func TestTapTakesOtherLengths(t *testing.T) {
	tap, ends := newTapped(t)
	tap.Start(ends[0].r.Local(), ends[1].r.Local())
	s, leg, now := tap.streams[Customer], new(Leg), time.Now()
	s.say(leg, fly(now, 1, 0, media.PCMA, frameOf(1)))
	f := fly(now, 1, 1, media.PCMA, append(frameOf(2), frameOf(3)...))
	s.say(leg, f)
	s.say(leg, fly(now, 1, 3, media.PCMA, make([]byte, tapPayload+1)))
	s.flush()
	ends[0].take(2)
	if len(ends[0].sound) != 480 || ends[0].sound[320] != 3 || tap.Stats().Dropped != 1 {
		t.Errorf("%d %+v", len(ends[0].sound), tap.Stats())
	}
}

func TestReceiverTakesOnlyItsSource(t *testing.T) {
	r := newRecording(t, benchPool(t), netip.MustParseAddrPort("127.0.0.1:1"))
	friend, stranger := newPhone(t), newPhone(t)
	stranger.say(r.r.Local(), Header{}, []byte{9})
	r.r.Expect(netip.AddrPortFrom(friend.addr().Addr(), 0)) // too late to matter if it has been dropped, harmless if not read yet
	if _, err := friend.WriteToUDPAddrPort([]byte("garbage"), r.r.Local()); err != nil {
		t.Fatal(err)
	}
	r.r.Expect(friend.addr())
	friend.say(r.r.Local(), Header{}, []byte{1})
	r.take(1)
	if s := r.r.Stats(); s.Foreign != 1 || s.Malformed != 1 || r.sound[0] != 1 {
		t.Errorf("%+v", s)
	}
	r.r.Close()
	for range r.r.Packets() {
		t.Error("closed")
	}
}

func TestReceiverPushes(t *testing.T) {
	tap, ends := newTapped(t)
	tap.Start(ends[0].r.Local(), ends[1].r.Local())
	got, over := make(chan Packet, 20), make(chan error, 1)
	go func() { over <- ends[1].r.Push(func(p Packet) { got <- p }) }()
	leg, start := new(Leg), time.Now()
	for i := range 10 { // the customer's tenth packet takes the agent's first along
		at := start.Add(time.Duration(i) * frameTime)
		if i == 8 {
			tap.streams[Agent].say(leg, fly(at, 2, 1, media.PCMA, frameOf(4)))
		}
		tap.streams[Customer].say(leg, fly(at, 1, i, media.PCMA, frameOf(3)))
	}
	if p := <-got; p.Timestamp != 8*160 || !p.Marker || p.At.IsZero() {
		t.Errorf("%+v", p)
	}
	ends[1].r.Close()
	if err := <-over; !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
}

func TestLegsAreTapped(t *testing.T) {
	tap, ends := newTapped(t)
	tap.Start(ends[0].r.Local(), ends[1].r.Local())
	a, b := udpPair(t)
	pa := newPhone(t)
	a.l.Start(pa.addr(), media.PCMU, 0)
	b.l.Start(newPhone(t).addr(), media.PCMA, 0)
	Bridge(a.l, b.l)
	a.l.Tap(tap, Customer)
	for i := range 10 {
		pa.say(a.u.Local(), Header{PayloadType: 0, Sequence: uint16(i), Timestamp: uint32(160 * i), SSRC: 1}, frameOf(0x80))
	}
	ends[0].take(10)
	if want := media.EncodeALaw(media.DecodeULaw(0x80)); len(ends[0].sound) != 1600 || ends[0].sound[1599] != want {
		t.Error(len(ends[0].sound))
	}
	a.l.Tap(nil, Customer)
	if a.l.tapped.Load() != nil {
		t.Error("a nil tap ends it")
	}
}

func TestTapSendsReports(t *testing.T) {
	tap, _ := newTapped(t)
	media1, control1 := controlPair(t)
	tap.Start(media1, netip.MustParseAddrPort("127.0.0.1:9"))
	tap.streams[Customer].say(new(Leg), fly(time.Now(), 1, 1, 0, frameOf(1)))
	tap.Close()
	b := make([]byte, MaxPacket)
	_ = control1.SetReadDeadline(time.Now().Add(10 * time.Second))
	n, err := control1.Read(b)
	c, failed := rtcp.Parse(b[:n], 0)
	if err != nil || failed != nil || !c.Sender || c.Packets != 1 || c.Octets != 160 {
		t.Errorf("%+v %v %v", c, err, failed)
	}
}

// controlPair gives an address whose next port is read by the socket.
func controlPair(t *testing.T) (netip.AddrPort, phone) {
	p := newPhone(t)
	return netip.AddrPortFrom(p.addr().Addr(), p.addr().Port()-1), p
}

func TestTimeline(t *testing.T) {
	const leg, other = "leg", "other"
	type step struct {
		source       string
		ssrc         uint32
		seq          uint16
		stamp, comes uint32 // the source's timestamp; the arrival in samples
		want         int    // where it must lie, -1: left out
	}
	for name, steps := range map[string][]step{
		"jitter moves nothing":        {{leg, 1, 1, 0, 0, 0}, {leg, 1, 2, 160, 900, 160}, {leg, 1, 3, 320, 901, 320}, {leg, 1, 4, 480, 902, 480}},
		"a lost packet leaves a gap":  {{leg, 1, 1, 0, 0, 0}, {leg, 1, 3, 320, 320, 320}},
		"an overtaken one finds home": {{leg, 1, 1, 0, 0, 0}, {leg, 1, 3, 320, 320, 320}, {leg, 1, 2, 160, 330, 160}},
		"a late start":                {{leg, 1, 1, 5000, 4000, 4000}},
		"silence suppressed":          {{leg, 1, 1, 0, 0, 0}, {leg, 1, 2, 80000, 80010, 80000}},
		"another SSRC":                {{leg, 1, 1, 0, 0, 0}, {leg, 2, 9, 999, 1600, 1600}, {leg, 2, 10, 1159, 1760, 1760}},
		"another leg":                 {{leg, 1, 1, 0, 0, 0}, {other, 1, 2, 160, 8000, 8000}},
		"another leg a little early":  {{leg, 1, 1, 0, 0, 0}, {other, 1, 2, 160, 100, 160}},
		"time jumps ahead":            {{leg, 1, 1, 0, 0, 0}, {leg, 1, 2, 900000, 160, 160}, {leg, 1, 3, 900160, 320, 320}},
		"time jumps back":             {{leg, 1, 1, 90000, 0, 0}, {leg, 1, 2, 10, 160, 160}, {leg, 1, 3, 170, 320, 320}},
		"time wraps":                  {{leg, 1, 65535, 0xFFFFFF60, 0, 0}, {leg, 1, 0, 0, 160, 160}},
	} {
		t.Run(name, func(t *testing.T) {
			var line timeline
			for i, s := range steps {
				at, ok := line.place(s.source, Header{Sequence: s.seq, Timestamp: s.stamp, SSRC: s.ssrc}, 160, s.comes)
				if got := int(at); ok && got != s.want || !ok && s.want != -1 {
					t.Errorf("step %d lies at %d (%v), want %d", i, got, ok, s.want)
				}
			}
		})
	}
}

// However the clocks of phones drift, a channel stays within a quarter of a second of real time.
func TestTimelineFollowsDriftingClocks(t *testing.T) {
	for _, ppm := range []int{-400, -50, 50, 400} {
		var line timeline
		left := 0
		for i := range 3600 * 50 {
			real := uint32(i * (160*1_000_000 - 160*ppm) / 1_000_000)
			at, ok := line.place("leg", Header{Sequence: uint16(i), Timestamp: uint32(i) * 160}, 160, real)
			if !ok {
				left++
				continue
			}
			if off := int32(at - real); off < -maxSkew-160 || off > maxSkew+160 {
				t.Fatalf("%d ppm: after %d s it is off by %d samples", ppm, i/50, off)
			}
		}
		if most := 3600 * 50 * 400 / 1_000_000; left > most {
			t.Errorf("%d ppm: %d packets left out", ppm, left)
		}
	}
}

// Nothing that was placed is overwritten by a newer packet.
func TestTimelineProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var line timeline
		var seq uint16
		var end, stamp, now uint32
		for range rapid.IntRange(1, 80).Draw(t, "packets") {
			seq++
			now += rapid.Uint32Range(0, 3000).Draw(t, "passed")
			stamp += rapid.OneOf(rapid.Just(uint32(160)), rapid.Uint32()).Draw(t, "ahead")
			at, ok := line.place(rapid.IntRange(0, 1).Draw(t, "leg"), Header{Sequence: seq, Timestamp: stamp}, 160, now)
			if !ok {
				continue
			}
			if int32(at-end) < -160 {
				t.Fatalf("at %d, but up to %d is written", at, end)
			}
			end = max(end, at+160)
		}
	})
}

// More packets than a receiver's share of its reactor are all received, in both ways of receiving.
func TestReceiverTakesMoreThanItsShare(t *testing.T) {
	for _, push := range []bool{false, true} {
		r := newRecording(t, benchPool(t), noAddr)
		p := newPhone(t)
		r.r.Expect(p.addr())
		const packets = 3 * fairShare
		for i := range packets {
			p.say(r.r.Local(), Header{Sequence: uint16(i), Timestamp: uint32(i)}, []byte{1})
		}
		if !push {
			r.take(packets)
			continue
		}
		got, over := make(chan Packet, packets), make(chan error, 1)
		go func() { over <- r.r.Push(func(p Packet) { got <- p }) }()
		for range packets {
			<-got
		}
		r.r.Close()
		<-over
	}
}

// Flush hands out all that has come, however much that is: a pause of the recording must not take in what was said before it.
func TestFlushTakesAllThatHasCome(t *testing.T) {
	pool, err := NewPool(PoolConfig{Ephemeral: true, Readers: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := Listen(pool)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := newPhone(t)
	r.Expect(p.addr())
	held, goOn := make(chan bool), make(chan bool)
	gate := func() *Receiver { // holds the reactor up, so that Flush alone reads
		g, err := Listen(pool)
		if err != nil {
			t.Fatal(err)
		}
		g.Expect(p.addr())
		if err := g.Handle(func(Packet) { held <- true; <-goOn }); err != nil {
			t.Fatal(err)
		}
		return g
	}()
	defer gate.Close()
	p.say(gate.Local(), Header{}, []byte{1})
	<-held
	got := 0
	if err := r.Handle(func(Packet) { got++ }); err != nil {
		t.Fatal(err)
	}
	const packets = 5 * fairShare
	for i := range packets {
		p.say(r.Local(), Header{Sequence: uint16(i)}, []byte{1})
	}
	r.Flush()
	if got != packets {
		t.Error("handed out", got, "of", packets)
	}
	close(goOn)
}
