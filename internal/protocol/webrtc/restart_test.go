package webrtc

import (
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
)

// reoffer is what a browser says after restartIce().
func (b *browser) reoffer(t *testing.T) string {
	t.Helper()
	offer, err := b.CreateOffer(&pion.OfferOptions{ICERestart: true})
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

// from is the port that the browser's packets come from.
func (p *Peer) from(t *testing.T) uint16 {
	t.Helper()
	pair, err := p.conn.GetSenders()[0].Transport().ICETransport().GetSelectedCandidatePair()
	if err != nil || pair == nil {
		return 0
	}
	return pair.Remote.Port
}

// hears reads what the browser says until it has this value.
func hears(t *testing.T, p *Peer, value byte) rtp.Packet {
	t.Helper()
	got := make(chan rtp.Packet, 1)
	go func() {
		buf := make([]byte, rtp.MaxPacket)
		for {
			n, err := p.ReadPacket(buf)
			if err != nil {
				return
			}
			if said, err := rtp.Parse(buf[:n]); err == nil && said.Payload[0] == value {
				got <- said
				return
			}
		}
	}()
	return await(t, got, "the browser's voice")
}

// The browser comes from another port with new ICE credentials; the stream goes on, with its numbers and keys.
func TestRestart(t *testing.T) {
	s := newServer(t, Config{})
	b := newBrowser(t, "audio/opus", "audio/PCMA", "audio/telephone-event")
	p, answer, err := s.Answer(t.Context(), b.offer(t), media.Opus)
	if err != nil {
		t.Fatal(err)
	}
	b.accept(t, answer)
	await(t, p.Connected(), "the connection")
	b.keepSaying(t, 0x2A)
	before := hears(t, p, 0x2A)
	port, ssrc := p.from(t), p.SSRC()

	again, err := p.Restart(t.Context(), b.reoffer(t))
	if err != nil {
		t.Fatal(err)
	}
	b.accept(t, again)
	if line := func(s string) string { return s[strings.Index(s, "a=ice-ufrag"):][:30] }; line(again) == line(answer) {
		t.Error("our ICE credentials are the old ones")
	}
	deadline := time.Now().Add(patience)
	for p.from(t) == port || p.from(t) == 0 {
		if hears(t, p, 0x2A); time.Now().After(deadline) {
			t.Fatal("the browser's new address was never taken")
		}
	}
	after := hears(t, p, 0x2A)
	if after.SSRC != before.SSRC || int16(after.Sequence-before.Sequence) <= 0 || p.SSRC() != ssrc {
		t.Errorf("%+v after %+v", after.Header, before.Header)
	}
	h := rtp.Header{PayloadType: b.voice.Payload, Sequence: 5, SSRC: ssrc}
	for len(b.heard) > 0 {
		<-b.heard
	}
	if err := p.WritePacket(packet(h, frame(0x55))); err != nil {
		t.Fatal(err)
	}
	if got := await(t, b.heard, "the server's voice"); got.SSRC != ssrc || got.Payload[0] != 0x55 {
		t.Error(got)
	}
	select {
	case <-p.Closed():
		t.Error("the peer was closed")
	default:
	}
}

// Only who made the first offer may make another.
func TestRestartIsForTheSameBrowserOnly(t *testing.T) {
	s := newServer(t, Config{})
	b := newBrowser(t, "audio/PCMA", "audio/telephone-event")
	p := connect(t, s, b)
	for name, offer := range map[string]string{
		"another's": newBrowser(t, "audio/PCMA", "audio/telephone-event").offer(t), "another codec": newBrowser(t, "audio/PCMU").offer(t),
		"empty": "", "garbage": "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 8\r\n",
	} {
		if _, err := p.Restart(t.Context(), offer); !errs.Is(err, errs.Invalid) {
			t.Error(name, err)
		}
	}
	b.keepSaying(t, 0x2A)
	hears(t, p, 0x2A) // nothing has changed
	offer := b.reoffer(t)
	p.Close()
	if _, err := p.Restart(t.Context(), offer); !errs.Is(err, errs.Gone) {
		t.Error(err)
	}
}

// We send a sender report; the browser's receiver report names it, so the round trip is known (RFC 3550 6.4.1).
func TestReportsOfABrowser(t *testing.T) {
	s := newServer(t, Config{})
	b := newBrowser(t, "audio/PCMA")
	p := connect(t, s, b)
	var _ rtp.Controlled = p
	var _ rtp.Sourced = p
	sr := rtcp.SenderReport{SSRC: p.SSRC(), NTPTime: 0x1234_5678_9ABC_DEF0, RTPTime: 1, PacketCount: 1, OctetCount: 160}
	report, err := sr.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for seq := uint16(0); ; seq++ {
		h := rtp.Header{PayloadType: 8, Sequence: seq, Timestamp: 160 * uint32(seq), SSRC: p.SSRC()}
		if err := p.WritePacket(packet(h, frame(0x55))); err != nil {
			t.Fatal(err)
		}
		if err := p.WriteControl(report); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, rtp.MaxPacket)
		n, arrived, err := p.ReadControl(buf)
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 && names(buf[:n], p.SSRC(), 0x56789ABC) {
			if arrived.IsZero() {
				t.Error("when it came is not known")
			}
			return
		}
		if <-tick.C; seq > 1000 {
			t.Fatal("no report about what the browser hears")
		}
	}
}

func names(packet []byte, ssrc, last uint32) bool {
	all, _ := rtcp.Unmarshal(packet)
	for _, p := range all {
		if r, ok := p.(*rtcp.ReceiverReport); ok {
			for _, b := range r.Reports {
				if b.SSRC == ssrc && b.LastSenderReport == last {
					return true
				}
			}
		}
	}
	return false
}

func TestReportsThatNobodyReadsAreBounded(t *testing.T) {
	p := &Peer{reports: make(chan said, reportsKept)}
	for i := range 3 * reportsKept {
		p.keep(said{packet: []byte{byte(i)}, arrived: time.Now()})
	}
	buf := make([]byte, 10)
	for i := range reportsKept {
		if n, _, _ := p.ReadControl(buf); n != 1 || int(buf[0]) != 2*reportsKept+i {
			t.Error(n, buf[0])
		}
	}
	if n, _, err := p.ReadControl(buf); n != 0 || err != nil {
		t.Error(n, err)
	}
}
