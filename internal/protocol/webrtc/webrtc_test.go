package webrtc

import (
	"bytes"
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/interceptor"
	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/webrtc/track"
)

const patience = 20 * time.Second // for tests alone: a loaded machine

func newServer(t *testing.T, cfg Config) *Server {
	t.Helper()
	if cfg.UDPAddr == "" {
		cfg.UDPAddr = "127.0.0.1:0"
	}
	s, err := NewServer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// browser is a peer as a browser is one: pion with everything that it has.
type browser struct {
	*pion.PeerConnection
	voice *track.Voice
	heard chan *pionrtp.Packet
	lost  chan struct{}
}

const wide = "/48000" // of telephone events

// payloads are the numbers that a browser uses.
func payloads() map[string]pion.PayloadType {
	return map[string]pion.PayloadType{
		"audio/PCMA": 8, "audio/PCMU": 0, "audio/G722": 9, "audio/opus": 109, "audio/telephone-event": 126, "audio/telephone-event/48000": 110,
	}
}

func newBrowser(t *testing.T, mimes ...string) *browser {
	t.Helper()
	var engine pion.MediaEngine
	for i, mime := range mimes {
		c := pion.RTPCodecParameters{
			RTPCodecCapability: pion.RTPCodecCapability{MimeType: strings.TrimSuffix(mime, wide), ClockRate: 8000}, PayloadType: payloads()[mime],
		}
		if strings.HasSuffix(mime, wide) {
			c.ClockRate = 48000
		}
		if mime == "audio/opus" {
			c.ClockRate, c.Channels, c.SDPFmtpLine = 48000, 2, "minptime=10;useinbandfec=1"
		}
		if err := engine.RegisterCodec(c, pion.RTPCodecTypeAudio); err != nil {
			t.Fatal(i, err)
		}
	}
	setting := pion.SettingEngine{LoggerFactory: quiet{}}
	setting.SetIncludeLoopbackCandidate(true)
	var reports interceptor.Registry
	if err := pion.ConfigureRTCPReports(&reports); err != nil {
		t.Fatal(err)
	}
	api := pion.NewAPI(pion.WithMediaEngine(&engine), pion.WithSettingEngine(setting), pion.WithInterceptorRegistry(&reports))
	conn, err := api.NewPeerConnection(pion.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	b := &browser{PeerConnection: conn, voice: &track.Voice{}, heard: make(chan *pionrtp.Packet, 1000), lost: make(chan struct{})}
	b.voice.Payload = uint8(payloads()[mimes[0]])
	if _, err := conn.AddTrack(b.voice); err != nil {
		t.Fatal(err)
	}
	conn.OnTrack(func(track *pion.TrackRemote, receiver *pion.RTPReceiver) {
		go func() { // pion's reports hear of ours only if somebody reads them
			for {
				if _, _, err := receiver.ReadRTCP(); err != nil {
					return
				}
			}
		}()
		for {
			p, _, err := track.ReadRTP()
			if err != nil {
				close(b.lost)
				return
			}
			b.heard <- p
		}
	})
	return b
}

func (b *browser) offer(t *testing.T) string {
	t.Helper()
	offer, err := b.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	gathered := pion.GatheringCompletePromise(b.PeerConnection)
	if err := b.SetLocalDescription(offer); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return b.LocalDescription().SDP
}

func (b *browser) accept(t *testing.T, answer string) {
	t.Helper()
	if err := b.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: answer}); err != nil {
		t.Fatal(err)
	}
}

func connect(t *testing.T, s *Server, b *browser) *Peer {
	t.Helper()
	p, answer, err := s.Answer(t.Context(), b.offer(t))
	if err != nil {
		t.Fatal(err)
	}
	b.accept(t, answer)
	await(t, p.Connected(), "the connection")
	return p
}

func await[T any](t *testing.T, c <-chan T, what string) (v T) {
	t.Helper()
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal("waited in vain for", what)
	}
	return v
}

func frame(b byte) []byte { return bytes.Repeat([]byte{b}, media.FrameSamples) }

func packet(h rtp.Header, payload []byte) []byte {
	b := make([]byte, rtp.HeaderLen)
	h.Put(b)
	return append(b, payload...)
}

// keepSaying repeats a packet as a microphone does until the test ends: the first ones may come before the track is set up.
func (b *browser) keepSaying(t *testing.T, value byte) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	t.Cleanup(func() { cancel(); <-done })
	go func() {
		defer close(done)
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		h := rtp.Header{PayloadType: b.voice.Payload}
		for {
			_ = b.voice.Write(packet(h, frame(value)))
			h.Sequence++
			h.Timestamp += media.FrameSamples
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
}

func TestBothDirections(t *testing.T) {
	for _, codec := range media.Codecs() {
		t.Run(codec.Name(), func(t *testing.T) {
			s := newServer(t, Config{})
			b := newBrowser(t, "audio/"+codec.Name(), "audio/telephone-event")
			p, answer, err := s.Answer(t.Context(), b.offer(t), codec)
			if err != nil {
				t.Fatal(err)
			}
			b.accept(t, answer)
			await(t, p.Connected(), "the connection")
			want := rtp.Terms{Codec: codec, PayloadType: b.voice.Payload, Receive: b.voice.Payload, Events: 126, EventsReceive: 126, EventClock: 8000}
			if p.Codec() != codec || p.DTMFPayloadType() != 126 || p.Terms() != want || s.Peers() != 1 {
				t.Error(p.Codec(), p.DTMFPayloadType(), p.Terms(), s.Peers())
			}
			b.keepSaying(t, 0x2A)
			buf := make([]byte, rtp.MaxPacket)
			n, err := p.ReadPacket(buf)
			if err != nil {
				t.Fatal(err)
			}
			said, err := rtp.Parse(buf[:n])
			if err != nil || said.PayloadType != b.voice.Payload || !bytes.Equal(said.Payload, frame(0x2A)) {
				t.Error("the server hears", said, err)
			}
			h := rtp.Header{Marker: true, PayloadType: b.voice.Payload, Sequence: 77, Timestamp: 1600, SSRC: p.SSRC()}
			if err := p.WritePacket(packet(h, frame(0x55))); err != nil {
				t.Fatal(err)
			}
			got := await(t, b.heard, "the server's voice")
			if got.SequenceNumber != 77 || got.Timestamp != 1600 || !got.Marker || got.SSRC != p.SSRC() || !bytes.Equal(got.Payload, frame(0x55)) {
				t.Error("the browser hears", got)
			}
		})
	}
}

func TestALegOverABrowser(t *testing.T) {
	s := newServer(t, Config{})
	b := newBrowser(t, "audio/PCMA", "audio/telephone-event")
	p := connect(t, s, b)
	said := make(chan byte, 1000)
	leg := rtp.NewLeg(p, rtp.LegConfig{Heard: func(_ media.Codec, _ uint32, payload []byte) { said <- payload[0] }})
	defer leg.Close()
	leg.Start(netip.AddrPort{}, p.Codec(), p.DTMFPayloadType())
	b.keepSaying(t, 0x31)
	if v := await(t, said, "the browser's voice"); v != 0x31 {
		t.Error(v)
	}
	if err := await(t, leg.Play(t.Context(), []media.Clip{media.Tone(440, 200*time.Millisecond, 8000)}, false), "the prompt"); err != nil {
		t.Error(err)
	}
	last := await(t, b.heard, "the prompt's first packet")
	for range 9 {
		next := await(t, b.heard, "the prompt")
		if next.SequenceNumber != last.SequenceNumber+1 || next.Timestamp != last.Timestamp+160 {
			t.Error(next.Header, "after", last.Header)
		}
		last = next
	}
	if err := leg.SendDTMF(t.Context(), "5"); err != nil {
		t.Error(err)
	}
	if event := await(t, b.heard, "the event"); event.PayloadType != 126 || event.Payload[0] != 5 {
		t.Error("the browser hears", event)
	}
	leg.Close()
	await(t, p.Closed(), "the peer's end")
	await(t, b.lost, "the browser to learn of it")
}

// A browser's insertDTMF is events on the SSRC of the voice.
func TestDigitsFromABrowser(t *testing.T) {
	s := newServer(t, Config{})
	b := newBrowser(t, "audio/PCMA", "audio/telephone-event")
	p := connect(t, s, b)
	leg := rtp.NewLeg(p, rtp.LegConfig{})
	defer leg.Close()
	leg.Start(netip.AddrPort{}, p.Codec(), p.DTMFPayloadType())
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for seq := uint16(1); ; seq++ {
		event := []byte{11, 10, 0, 160}
		_ = b.voice.Write(packet(rtp.Header{PayloadType: 126, Sequence: seq, Timestamp: 8000}, event))
		select {
		case d := <-leg.DTMF():
			if d != '#' {
				t.Error(string(d))
			}
			return
		case <-tick.C:
		}
		if seq == 500 {
			t.Fatal("no digit came")
		}
	}
}

func TestTheBrowserHangsUp(t *testing.T) {
	s := newServer(t, Config{})
	b := newBrowser(t, "audio/PCMU")
	p := connect(t, s, b)
	read := make(chan error, 1)
	go func() {
		_, err := p.ReadPacket(make([]byte, rtp.MaxPacket))
		read <- err
	}()
	b.Close()
	await(t, p.Closed(), "the end")
	if err := await(t, read, "the reader's end"); !errors.Is(err, net.ErrClosed) {
		t.Error(err)
	}
	if err := p.WritePacket(nil); !errors.Is(err, net.ErrClosed) || s.Peers() != 0 {
		t.Error(err, s.Peers())
	}
}

// Somebody in the middle has another certificate than the offer's fingerprint names.
func TestAWrongFingerprintGetsNothing(t *testing.T) {
	s := newServer(t, Config{Connect: 2 * time.Second})
	b := newBrowser(t, "audio/PCMA")
	offer := b.offer(t)
	i := strings.Index(offer, "a=fingerprint:sha-256 ") + len("a=fingerprint:sha-256 ")
	forged := offer[:i] + strings.Repeat("00:", 31) + "00" + offer[i+95:]
	p, answer, err := s.Answer(t.Context(), forged)
	if err != nil {
		t.Fatal(err)
	}
	b.accept(t, answer)
	await(t, p.Closed(), "the refusal")
	select {
	case <-p.Connected():
		t.Fatal("it connected")
	default:
	}
}

func TestAPeerThatNeverComesIsClosed(t *testing.T) {
	s := newServer(t, Config{Connect: 50 * time.Millisecond})
	p, _, err := s.Answer(t.Context(), newBrowser(t, "audio/PCMA").offer(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.WritePacket(make([]byte, rtp.HeaderLen)); err != nil {
		t.Error("before it connects packets are dropped:", err)
	}
	await(t, p.Closed(), "the deadline")
}

func TestAnswerIsLiteAndWhole(t *testing.T) {
	s := newServer(t, Config{Candidates: []netip.Addr{netip.MustParseAddr("192.0.2.7")}})
	for _, c := range []struct {
		prefer   []media.Codec
		has, not []string
	}{
		{nil, []string{" 8 126\r\n"}, []string{"opus", "PCMU", "G722", "/48000"}},
		{[]media.Codec{media.G722, media.PCMA}, []string{" 9 126\r\n"}, []string{"opus", "PCMU", "PCMA", "/48000"}},
		{[]media.Codec{media.Opus, media.PCMA}, []string{" 109 110\r\n", "a=rtpmap:109 opus/48000/2", "useinbandfec=1", "telephone-event/48000"}, []string{"PCMU", "PCMA", "G722", "/8000"}},
	} {
		b := newBrowser(t, "audio/opus", "audio/G722", "audio/PCMU", "audio/PCMA", "audio/telephone-event"+wide, "audio/telephone-event")
		p, answer, err := s.Answer(t.Context(), b.offer(t), c.prefer...)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		for _, want := range append(c.has, "a=ice-lite", "192.0.2.7", "a=end-of-candidates", "a=fingerprint:sha-256", "a=sendrecv") {
			if !strings.Contains(answer, want) {
				t.Errorf("%v: the answer lacks %q:\n%s", c.prefer, want, answer)
			}
		}
		for _, no := range append(c.not, "127.0.0.1 ") {
			if strings.Contains(answer, no) {
				t.Errorf("%v: the answer has %q:\n%s", c.prefer, no, answer)
			}
		}
	}
}

func TestBadOffers(t *testing.T) {
	s := newServer(t, Config{MaxPeers: 1})
	good := newBrowser(t, "audio/PCMA").offer(t)
	for name, offer := range map[string]string{
		"empty": "", "garbage": "hello", "opus only": newBrowser(t, "audio/opus").offer(t),
		"video":       strings.Replace(good, "m=audio", "m=video", 1),
		"no password": strings.Replace(good, "a=ice-pwd", "a=x-pwd", -1),
	} {
		if _, _, err := s.Answer(t.Context(), offer); !errs.Is(err, errs.Invalid) {
			t.Error(name, err)
		}
	}
	if _, _, err := s.Answer(t.Context(), strings.Repeat("a", MaxOffer+1)); !errs.Is(err, errs.TooLarge) {
		t.Error(err)
	}
	if s.Peers() != 0 {
		t.Error("a refused offer leaves nothing behind:", s.Peers())
	}
	if _, _, err := s.Answer(t.Context(), good); err != nil {
		t.Error(err)
	}
	if _, _, err := s.Answer(t.Context(), newBrowser(t, "audio/PCMA").offer(t)); !errs.Is(err, errs.Limited) {
		t.Error(err)
	}
}

func TestServerConfig(t *testing.T) {
	for _, addr := range []string{"", "localhost:1", "0.0.0.0:0"} {
		if _, err := NewServer(Config{UDPAddr: addr}); !errs.Is(err, errs.Invalid) {
			t.Error(addr, err)
		}
	}
	s := newServer(t, Config{})
	if _, err := NewServer(Config{UDPAddr: s.Addr().String()}); !errs.Is(err, errs.Unavailable) {
		t.Error("the port is taken:", err)
	}
	p, _, err := s.Answer(t.Context(), newBrowser(t, "audio/PCMA").offer(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	await(t, p.Closed(), "the server's end")
	if _, _, err := s.Answer(t.Context(), newBrowser(t, "audio/PCMA").offer(t)); !errs.Is(err, errs.Gone) {
		t.Error(err)
	}
}

func FuzzReadOffer(f *testing.F) {
	f.Add("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 8 0 126\r\na=rtpmap:126 telephone-event/8000\r\n")
	f.Add("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8\r\na=rtpmap:999 telephone-event/8000\r\n")
	f.Fuzz(func(t *testing.T, offer string) {
		w, err := readOffer(offer, media.Codecs())
		if err == nil && (w.payload > 127 || w.events > 127 || w.events != 0 && w.eventClock != 8000 && w.eventClock != 48000) {
			t.Fatal(w)
		}
	})
}
