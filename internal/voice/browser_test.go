package voice

import (
	"sync"
	"testing"
	"time"

	pion "github.com/pion/webrtc/v4"
	sample "github.com/pion/webrtc/v4/pkg/media"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/state"
)

// browser is another maker's WebRTC client with a tone for a voice.
type browser struct {
	h     *house
	conn  *pion.PeerConnection
	mu    sync.Mutex
	heard []byte
}

func newBrowser(h *house) *browser {
	h.Helper()
	engine := &pion.MediaEngine{}
	h.must(engine.RegisterCodec(pion.RTPCodecParameters{
		RTPCodecCapability: pion.RTPCodecCapability{MimeType: pion.MimeTypePCMA, ClockRate: media.SampleRate}, PayloadType: 8,
	}, pion.RTPCodecTypeAudio))
	set := pion.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	conn, err := pion.NewAPI(pion.WithMediaEngine(engine), pion.WithSettingEngine(set)).NewPeerConnection(pion.Configuration{})
	h.must(err)
	h.Cleanup(func() { _ = conn.Close() })
	b := &browser{h: h, conn: conn}
	conn.OnTrack(func(t *pion.TrackRemote, _ *pion.RTPReceiver) { b.listen(t) })
	return b
}

// offer makes the browser's description with all its candidates.
func (b *browser) offer() string { return b.offerTone(toneAgent) }

// offerTone is offer with a voice of another pitch.
func (b *browser) offerTone(hz float64) string {
	b.h.Helper()
	track, err := pion.NewTrackLocalStaticSample(pion.RTPCodecCapability{MimeType: pion.MimeTypePCMA, ClockRate: media.SampleRate}, "a", "b")
	b.h.must(err)
	_, err = b.conn.AddTrack(track)
	b.h.must(err)
	offer, err := b.conn.CreateOffer(nil)
	b.h.must(err)
	gathered := pion.GatheringCompletePromise(b.conn)
	b.h.must(b.conn.SetLocalDescription(offer))
	<-gathered
	go b.talk(track, hz)
	return b.conn.LocalDescription().SDP
}

func (b *browser) talk(track *pion.TrackLocalStaticSample, hz float64) {
	clip := media.Tone(hz, time.Second, 9000)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for i := 0; ; i++ {
		select {
		case <-b.h.Context().Done():
			return
		case <-tick.C:
			_ = track.WriteSample(sample.Sample{Data: clip.Frame(i % clip.Frames()), Duration: 20 * time.Millisecond})
		}
	}
}

func (b *browser) listen(t *pion.TrackRemote) {
	for {
		p, _, err := t.ReadRTP()
		if err != nil {
			return
		}
		b.mu.Lock()
		b.heard = append(b.heard, p.Payload...)
		b.mu.Unlock()
	}
}

func (b *browser) answered(sdp string) {
	b.h.Helper()
	b.h.must(b.conn.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: sdp}))
}

func (b *browser) hears(hz float64) {
	b.h.Helper()
	for ctx := b.h.ctx(); ctx.Err() == nil; b.h.breathe() {
		b.mu.Lock()
		last := b.heard[max(0, len(b.heard)-media.SampleRate/2):]
		ok := len(last) == media.SampleRate/2 && media.ToneLevel(last, media.PCMA, hz) > 0.5*media.Level(last, media.PCMA)
		b.mu.Unlock()
		if ok {
			return
		}
	}
	b.h.Fatalf("the browser does not hear %v Hz", hz)
}

// The browser answers: the telephone stops ringing, sound passes both ways, and it ends with a hang-up.
func TestBrowserAnswers(t *testing.T) {
	deck := newTapeDeck(t)
	h := newHouse(t, plan{browsers: true, recorder: deck})
	phone := h.agent("anna", 1, siptest.Config{Answer: -1})
	caller := h.call(waterNumber, siptest.Config{})
	rings := <-phone.Rings()
	v := h.state(state.Offered)
	b := newBrowser(h)
	offer := b.offer()
	if _, err := h.svc.AnswerBrowser(h.ctx(), v.ID, "bo", offer); !errs.Is(err, errs.NotFound) {
		t.Errorf("another answers: %v", err)
	}
	if _, err := h.svc.AnswerBrowser(h.ctx(), v.ID, "anna", "garbage"); !errs.Is(err, errs.Invalid) {
		t.Errorf("garbage: %v", err)
	}
	answer, err := h.svc.AnswerBrowser(h.ctx(), v.ID, "anna", offer)
	h.must(err)
	<-rings.Done()
	if _, err := h.svc.AnswerBrowser(h.ctx(), v.ID, "anna", offer); !errs.Is(err, errs.Conflict) {
		t.Errorf("answered twice: %v", err)
	}
	b.answered(answer)
	h.state(state.Talking)
	h.hears(caller, toneAgent)
	b.hears(toneCaller)
	deck.next(h)
	h.must(h.svc.HangUp(v.ID, "anna"))
	h.ended(caller)
	h.empty()
}

// A browser that closes its connection is an agent who hangs up.
func TestBrowserLeaves(t *testing.T) {
	h := newHouse(t, plan{browsers: true})
	h.signIn("anna", 1)
	caller := h.call(waterNumber, siptest.Config{})
	v := h.state(state.Offered)
	b := newBrowser(h)
	answer, err := h.svc.AnswerBrowser(h.ctx(), v.ID, "anna", b.offer())
	h.must(err)
	b.answered(answer)
	h.state(state.Talking)
	h.must(b.conn.Close())
	h.ended(caller)
}

func TestNoBrowsersHere(t *testing.T) {
	h := newHouse(t, plan{})
	if _, err := h.svc.AnswerBrowser(h.ctx(), "x", "anna", ""); !errs.Is(err, errs.Unavailable) {
		t.Errorf("%v", err)
	}
}
