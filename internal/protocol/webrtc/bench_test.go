package webrtc

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	pion "github.com/pion/webrtc/v4"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/webrtc/track"
)

const callersEnv = "SANTRA_BENCH_CALLERS"

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(callersEnv)); err == nil {
		if err := beCallers(n, media.Codec(len(os.Getenv(codecEnv)))); err != nil {
			panic(err)
		}
		return
	}
	os.Exit(m.Run())
}

// codecEnv holds as many letters as the number of the browsers' codec.
const codecEnv = "SANTRA_BENCH_CODEC"

// party is one call's two ends, in the other process: a browser and a telephone. What comes back names where to send.
type party struct {
	Offer string // the browser's
	Phone netip.AddrPort
}

type place struct {
	Answer string
	Leg    netip.AddrPort
}

// callers are the other process, so that what browsers and telephones cost is not counted.
type callers struct {
	orders  io.Writer
	answers *json.Decoder
	parties []party
}

func newCallers(b *testing.B, n int, codec media.Codec) *callers {
	b.Helper()
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	child := exec.Command(self)
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%d", callersEnv, n), fmt.Sprintf("%s=%s", codecEnv, "xxxx"[:codec]))
	child.Stderr = os.Stderr
	orders, _ := child.StdinPipe()
	answers, _ := child.StdoutPipe()
	if err := child.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { orders.Close(); _ = child.Wait() })
	c := &callers{orders: orders, answers: json.NewDecoder(bufio.NewReader(answers)), parties: make([]party, n)}
	if err := c.answers.Decode(&c.parties); err != nil {
		b.Fatal(err)
	}
	return c
}

func (c *callers) order(b *testing.B, v any) {
	b.Helper()
	if err := json.NewEncoder(c.orders).Encode(v); err != nil {
		b.Fatal(err)
	}
	var done bool
	if err := c.answers.Decode(&done); err != nil {
		b.Fatal(err)
	}
}

// warm lets them speak until every leg has heard something: handshakes take their time on a busy machine.
func (c *callers) warm(b *testing.B, legs []*rtp.Leg) {
	b.Helper()
	for range 50 {
		c.order(b, 20)
		if !slices.ContainsFunc(legs, func(l *rtp.Leg) bool { return l.Stats().Packets == 0 }) {
			return
		}
	}
	for i, l := range legs {
		if l.Stats().Packets == 0 {
			b.Errorf("leg %d never heard anything", i)
		}
	}
	b.FailNow()
}

// beCallers is the other process: it offers, connects, and speaks every 20 ms, evenly spread, so many rounds at a time.
func beCallers(n int, codec media.Codec) error {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	var browsers []*talkative
	var phones []*net.UDPConn
	var parties []party
	for range n {
		b, err := newTalkative(codec)
		if err != nil {
			return err
		}
		phone, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return err
		}
		browsers, phones = append(browsers, b), append(phones, phone)
		parties = append(parties, party{b.conn.LocalDescription().SDP, phone.LocalAddr().(*net.UDPAddr).AddrPort()})
	}
	places := make([]place, n)
	if err := firstOf(out.Encode(parties), in.Decode(&places)); err != nil {
		return err
	}
	for i, b := range browsers {
		if err := b.connect(places[i].Answer); err != nil {
			return err
		}
	}
	for {
		if err := out.Encode(true); err != nil {
			return err
		}
		var rounds int
		if in.Decode(&rounds) != nil {
			return nil
		}
		converse(browsers, phones, places, rounds)
	}
}

func firstOf(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func converse(browsers []*talkative, phones []*net.UDPConn, places []place, rounds int) {
	n, start := len(browsers), time.Now()
	spoken := make([]byte, 0, rtp.MaxPacket)
	for step := range rounds * n {
		i := step % n
		time.Sleep(time.Until(start.Add(time.Duration(step) * 20 * time.Millisecond / time.Duration(n))))
		browsers[i].say()
		h := rtp.Header{PayloadType: 8, Sequence: browsers[i].seq, Timestamp: 160 * uint32(browsers[i].seq), SSRC: uint32(i + 1)}
		spoken = append(spoken[:0], packet(h, frame(byte(i)))...)
		_, _ = phones[i].WriteToUDPAddrPort(spoken, places[i].Leg)
	}
}

// talkative is a browser that says one frame again and again.
type talkative struct {
	conn      *pion.PeerConnection
	voice     *track.Voice
	payload   []byte
	ticks     uint32
	seq       uint16
	connected chan struct{}
}

func newTalkative(codec media.Codec) (*talkative, error) {
	var engine pion.MediaEngine
	if err := engine.RegisterCodec(parameters(codec, codec.PayloadType()), pion.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	setting := pion.SettingEngine{LoggerFactory: quiet{}}
	setting.SetIncludeLoopbackCandidate(true)
	setting.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	conn, err := pion.NewAPI(pion.WithMediaEngine(&engine), pion.WithSettingEngine(setting)).NewPeerConnection(pion.Configuration{})
	if err != nil {
		return nil, err
	}
	t := &talkative{conn: conn, voice: &track.Voice{Payload: codec.PayloadType()}, connected: make(chan struct{}), ticks: uint32(codec.ClockRate() / 50)}
	coder, err := media.NewEncoder(codec, media.SampleRate)
	if err == nil {
		t.payload, err = coder.Encode(nil, make([]int16, media.FrameSamples))
	}
	if err == nil {
		_, err = conn.AddTrack(t.voice)
	}
	if err != nil {
		return nil, err
	}
	conn.OnConnectionStateChange(func(s pion.PeerConnectionState) {
		if s == pion.PeerConnectionStateConnected {
			close(t.connected)
		}
	})
	offer, err := conn.CreateOffer(nil)
	if err != nil {
		return nil, err
	}
	gathered := pion.GatheringCompletePromise(conn)
	if err := conn.SetLocalDescription(offer); err != nil {
		return nil, err
	}
	<-gathered
	return t, nil
}

func (t *talkative) connect(answer string) error {
	if err := t.conn.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: answer}); err != nil {
		return err
	}
	select {
	case <-t.connected:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("no connection in %v", patience)
	}
}

func (t *talkative) say() {
	t.seq++
	_ = t.voice.Write(packet(rtp.Header{PayloadType: t.voice.Payload, Sequence: t.seq, Timestamp: t.ticks * uint32(t.seq)}, t.payload))
}

// cpu is what the process has used: user and system time.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkBrowserCalls is calls between a browser and a telephone that talks A-law: processor time of the relay, for a second
// of a call.
func BenchmarkBrowserCalls(b *testing.B) {
	for _, codec := range []media.Codec{media.PCMA, media.G722, media.Opus} {
		b.Run(codec.Name(), func(b *testing.B) { browserCalls(b, 50, codec) })
	}
}

func browserCalls(b *testing.B, calls int, codec media.Codec) {
	const rounds = 150
	c := newCallers(b, calls, codec)
	s, err := NewServer(Config{UDPAddr: "127.0.0.1:0", Connect: time.Minute})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	if err != nil {
		b.Fatal(err)
	}
	var legs []*rtp.Leg
	places := make([]place, calls)
	for i := range places {
		peer, answer, err := s.Answer(b.Context(), c.parties[i].Offer, codec)
		if err != nil {
			b.Fatal(err)
		}
		u, err := pool.Open()
		if err != nil {
			b.Fatal(err)
		}
		browser, phone := rtp.NewLeg(peer, rtp.LegConfig{}), rtp.NewLeg(u, rtp.LegConfig{})
		b.Cleanup(func() { browser.Close(); phone.Close() })
		browser.Agree(netip.AddrPort{}, peer.Terms())
		phone.Agree(c.parties[i].Phone, rtp.NewTerms(media.PCMA))
		rtp.Bridge(browser, phone)
		legs = append(legs, browser, phone)
		places[i] = place{answer, u.Local()}
	}
	c.order(b, places)
	c.warm(b, legs)
	relayed := func() (sum uint64) {
		for _, l := range legs {
			sum += l.Stats().Sent
		}
		return sum
	}
	var used time.Duration
	before := relayed()
	for b.Loop() {
		start := cpu()
		c.order(b, rounds)
		used += cpu() - start
	}
	seconds := float64(b.N*rounds*calls) / 50
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(used)/float64(time.Millisecond)/seconds, "ms-cpu/call-second")
	b.ReportMetric(100*float64(relayed()-before)/float64(b.N*rounds*2*calls), "%relayed")
}
