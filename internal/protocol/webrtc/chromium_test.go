package webrtc

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
)

// page is a browser's whole telephone: a microphone (Chromium's fake one beeps), an offer, an answer, an ICE restart as after
// a change of network, a key press, and a report of what it hears.
const page = `<script>
(async () => {
  const pc = new RTCPeerConnection();
  const speaker = new Audio();
  pc.ontrack = e => { speaker.srcObject = e.streams[0]; speaker.play(); };
  const mic = await navigator.mediaDevices.getUserMedia({audio: true});
  const sender = pc.addTrack(mic.getAudioTracks()[0], mic);
  const ask = async path => {
    const gathered = new Promise(done => { pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && done(); });
    await pc.setLocalDescription(await pc.createOffer());
    await gathered;
    const answer = await (await fetch(path, {method: 'POST', body: pc.localDescription.sdp})).text();
    await pc.setRemoteDescription({type: 'answer', sdp: answer});
  };
  await ask('/offer');
  for (let i = 0; i < 100; i++) {
    await new Promise(done => setTimeout(done, 100));
    if (i === 12) { pc.restartIce(); await ask('/again'); }
    if (i === 20) sender.dtmf.insertDTMF('7');
    for (const s of (await pc.getStats()).values())
      if (i > 25 && s.type === 'inbound-rtp' && s.packetsReceived > 50) {
        const loud = Math.sqrt(s.totalAudioEnergy / s.totalSamplesDuration);
        await fetch('/heard', {method: 'POST', body: s.packetsLost + ' lost, ' + (loud > 0.1 ? 'loud' : 'silent: ' + loud)});
        return;
      }
  }
})().catch(e => fetch('/failed', {method: 'POST', body: String(e)}));
</script>`

// A real browser talks, hears and presses a key, in every codec: it understands what we code, and we what it codes. Set-up and
// page are its own; the demo's front end has its own test.
func TestChromium(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil || testing.Short() {
		t.Skip("chromium is missing: a real browser is not tried")
	}
	for _, codec := range []media.Codec{media.PCMA, media.G722, media.Opus} {
		t.Run(codec.Name(), func(t *testing.T) { talkToChromium(t, chromium, codec) })
	}
}

func talkToChromium(t *testing.T, chromium string, codec media.Codec) {
	s := newServer(t, Config{})
	said, lost := make(chan []byte, 100000), make(chan string, 1)
	var leg *rtp.Leg
	var peer *Peer
	answered := make(chan struct{})
	post := func(f func(body string) string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			fmt.Fprint(w, f(string(body)))
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, page) })
	mux.Handle("/offer", post(func(offer string) string {
		p, answer, err := s.Answer(t.Context(), offer, codec)
		if err != nil {
			t.Error(err)
			return ""
		}
		peer = p
		leg = rtp.NewLeg(p, rtp.LegConfig{Heard: func(_ media.Codec, _ uint32, b []byte) { said <- bytes.Clone(b) }})
		if p.Codec() == media.Opus && p.Terms().EventClock != 48000 {
			t.Error("beside Opus a browser has events of its clock:", p.Terms())
		}
		leg.Agree(netip.AddrPort{}, p.Terms())
		leg.Play(t.Context(), []media.Clip{media.Tone(440, time.Second, 8000)}, true)
		close(answered)
		return answer
	}))
	mux.Handle("/again", post(func(offer string) string {
		answer, err := peer.Restart(t.Context(), offer)
		if err != nil {
			t.Error("restart:", err)
		}
		return answer
	}))
	mux.Handle("/heard", post(func(body string) string { lost <- body; return "" }))
	mux.Handle("/failed", post(func(body string) string { t.Error("the page failed:", body); lost <- body; return "" }))
	web := httptest.NewServer(mux)
	defer web.Close()
	startChromium(t, chromium, web.URL)
	await(t, answered, "the offer")
	defer leg.Close()
	if loudest := microphone(t, codec, said); loudest < 1000 {
		t.Error("the loudest that its microphone said is", loudest)
	}
	if d := await(t, leg.DTMF(), "the key"); d != '7' {
		t.Error("the key was", string(d))
	}
	// While the addresses are checked anew nothing can be sent: some 100 ms of sound, more on a busy machine.
	if heard, n := await(t, lost, "what it heard"), 0; !strings.HasSuffix(heard, " lost, loud") {
		t.Error("it heard:", heard)
	} else if _, err := fmt.Sscan(heard, &n); err != nil || n > 50 {
		t.Error("it heard:", heard, err)
	}
}

// microphone decodes two seconds (the fake one beeps each) and gives the greatest sample.
func microphone(t *testing.T, codec media.Codec, said <-chan []byte) (loudest int16) {
	t.Helper()
	d, err := media.NewDecoder(codec, media.SampleRate)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		pcm, err := d.Decode(nil, await(t, said, "the microphone"))
		if err != nil {
			t.Error(err)
		}
		for _, v := range pcm {
			loudest = max(loudest, v)
		}
	}
	return loudest
}

func startChromium(t *testing.T, chromium, url string) {
	t.Helper()
	browser := exec.Command(chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--user-data-dir="+t.TempDir(),
		"--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--autoplay-policy=no-user-gesture-required", url)
	browser.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // it has children
	if err := browser.Start(); err != nil {
		t.Skip("chromium does not start:", err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-browser.Process.Pid, syscall.SIGKILL)
		_ = browser.Wait()
	})
}
