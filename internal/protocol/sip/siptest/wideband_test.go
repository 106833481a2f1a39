package siptest

import (
	"bytes"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"santra/internal/pii"
	sound "santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
)

// A real telephone with a wide codec, bridged to one with A-law: each hears the other's tone. What baresip hears it writes
// to a file.
func TestBaresipWideband(t *testing.T) {
	baresip := partner(t, "baresip")
	for _, codec := range []sound.Codec{sound.G722, sound.Opus} {
		t.Run(codec.Name(), func(t *testing.T) { wideband(t, baresip, codec) })
	}
}

func wideband(t *testing.T, baresip string, codec sound.Codec) {
	changes := make(chan bool, 10)
	reg := registrar.New(registrar.Config{
		Realm:   "santra",
		HA1:     func(u string) (string, bool) { return digest.HA1(digest.MD5, u, "santra", "secret"), u == "1001" },
		Changes: func(_ string, on bool) { changes <- on },
	})
	e, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0"})
	must(t, err)
	e.Serve(server{reg})
	ctx := within(t, 30*time.Second)
	defer e.Close(context.WithoutCancel(ctx)) //nolint:errcheck // the test is over
	dir := widebandFolder(t, e.Addr(), codec)
	out, stop := startBaresip(t, ctx, baresip, dir)
	defer stop() // before the endpoint closes, for it unregisters
	select {
	case <-changes:
	case <-ctx.Done():
		t.Fatal("baresip did not register", tail(out.Bytes()))
	}
	target, ok := reg.Lookup("1001")
	if !ok {
		t.Fatal("it is not registered")
	}
	talkWide(t, ctx, e, target, codec)
	stop()
	heard, err := filepath.Glob(filepath.Join(dir, "dump-*-dec.wav"))
	if err != nil || len(heard) == 0 {
		t.Fatal("baresip wrote nothing of what it heard", err)
	}
	b, err := os.ReadFile(heard[0])
	must(t, err)
	if level := wavTone(b, 440); level < 3000 {
		t.Errorf("baresip heard 440 Hz with %.0f", level)
	}
}

func startBaresip(t *testing.T, ctx context.Context, baresip, dir string) (output *bytes.Buffer, stop func()) {
	t.Helper()
	cmd := exec.CommandContext(ctx, baresip, "-f", dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	out := new(bytes.Buffer)
	cmd.Stdout, cmd.Stderr = out, out
	must(t, cmd.Start())
	return out, sync.OnceFunc(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(tail(out.Bytes()))
		}
	})
}

// talkWide calls it with that codec only, bridges it to an A-law telephone, and waits until each has heard a second of tone.
func talkWide(t *testing.T, ctx context.Context, e *sip.Endpoint, target sip.Target, codec sound.Codec) {
	t.Helper()
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	must(t, err)
	var sockets [3]*rtp.UDP // to baresip, to the telephone, the telephone's own
	for i := range sockets {
		sockets[i], err = pool.Open()
		must(t, err)
	}
	ear := newEar(1000)
	wide, narrow := rtp.NewLeg(sockets[0], rtp.LegConfig{}), rtp.NewLeg(sockets[1], rtp.LegConfig{})
	phone := rtp.NewLeg(sockets[2], rtp.LegConfig{Heard: ear.hear})
	for _, l := range []*rtp.Leg{wide, narrow, phone} {
		defer l.Close()
	}
	narrow.Start(sockets[2].Local(), sound.PCMA, 0)
	phone.Start(sockets[1].Local(), sound.PCMA, 0)
	rtp.Bridge(wide, narrow)
	offer := sdp.Offer(sdp.Options{}, sdp.Stream{Local: sockets[0].Local(), Codecs: []string{codec.Name()}, DTMF: true})
	o, err := e.Invite(ctx, target, sip.InviteOptions{From: pii.NewNumber("+358401234567"), ContentType: "application/sdp", Body: offer})
	must(t, err)
	d, err := o.Wait(ctx)
	must(t, err)
	defer d.Bye(context.WithoutCancel(ctx)) //nolint:errcheck // the test is over
	ours, err := sdp.Parse(offer)
	must(t, err)
	theirs, err := sdp.Parse(d.RemoteBody())
	must(t, err)
	choices, err := sdp.Accepted(ours, theirs)
	must(t, err)
	terms, err := rtp.TermsOf(choices[0])
	must(t, err)
	if terms.Codec != codec {
		t.Fatalf("it talks %v", terms)
	}
	wide.Agree(choices[0].Remote, terms)
	must(t, <-phone.Play(ctx, []sound.Clip{sound.Tone(440, 2*time.Second, 12000)}, false))
	select {
	case <-ear.heard:
	case <-ctx.Done():
		t.Error("the telephone never heard baresip's tone")
	}
	if s := wide.Stats(); s.Malformed+s.Unknown != 0 {
		t.Errorf("%+v", s)
	}
}

// ear waits for half a second of a tone in A-law.
type ear struct {
	hertz float64
	heard chan struct{}
	once  sync.Once
	pcma  []byte // the reading goroutine's own
}

func newEar(hertz float64) *ear { return &ear{hertz: hertz, heard: make(chan struct{})} }

func (e *ear) hear(c sound.Codec, _ uint32, payload []byte) {
	e.pcma = append(e.pcma, payload...)
	if n := len(e.pcma) - sound.SampleRate/2; n >= 0 {
		e.pcma = append(e.pcma[:0], e.pcma[n:]...)
		if level := sound.ToneLevel(e.pcma, c, e.hertz); level > 0.9*1.2*sound.Level(e.pcma, c) && level > 1000 {
			e.once.Do(func() { close(e.heard) })
		}
	}
}

// wavTone is the level of a tone in the loudest half second of a file that baresip wrote: one or two channels of 16 bits.
func wavTone(b []byte, hertz float64) (best float64) {
	f, err := sound.ReadWAV(bytes.NewReader(b))
	if err != nil {
		return 0
	}
	clip, err := f.Clip()
	if err != nil {
		return 0
	}
	for a := clip.ALaw(); len(a) >= sound.SampleRate/2; a = a[sound.SampleRate/4:] {
		best = max(best, sound.ToneLevel(a[:sound.SampleRate/2], sound.PCMA, hertz))
	}
	return best
}

// widebandFolder is baresip's configuration with one wide codec; it plays a tone of 1,000 Hz and writes what it hears.
func widebandFolder(t *testing.T, at netip.AddrPort, codec sound.Codec) string {
	t.Helper()
	dir := t.TempDir()
	modules := "/usr/lib/baresip/modules"
	if found, _ := filepath.Glob("/usr/lib/*/baresip/modules"); len(found) > 0 {
		modules = found[0]
	}
	name, module, channels := "G722/16000/1", "g722.so", 1
	if codec == sound.Opus {
		name, module, channels = "opus/48000/2", "opus.so", 2
	}
	tone := sound.Tone(1000, 20*time.Second, 9000)
	pcm := make([]int16, tone.Len())
	sound.Decode(pcm, tone.ALaw(), sound.PCMA)
	r, err := sound.NewResampler(sound.SampleRate, codec.SampleRate())
	must(t, err)
	files := map[string]string{
		"accounts": fmt.Sprintf("<sip:1001@%s;transport=udp>;auth_pass=secret;answermode=auto;regint=60;audio_codecs=%s\n", at, name),
		"contacts": "", "current_contact": "",
		"config": "sip_listen 127.0.0.1:0\naudio_source aufile," + dir + "/tone.wav\naudio_player aubridge,none\nsnd_path " + dir + "\nnet_interface 127.0.0.1\nmodule_path " + modules +
			"\nmodule " + module + "\nmodule aufile.so\nmodule aubridge.so\nmodule sndfile.so\nmodule_app account.so\nmodule_app menu.so\n",
		"tone.wav": linearWAV(t, r.Resample(nil, pcm), codec.SampleRate(), channels),
	}
	for name, text := range files {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func linearWAV(t *testing.T, pcm []int16, rate, channels int) string {
	t.Helper()
	var data []byte
	for _, v := range pcm {
		for range channels {
			data = append(data, byte(v), byte(uint16(v)>>8))
		}
	}
	var file bytes.Buffer
	spec := sound.WAVSpec{Format: sound.PCM16, Rate: rate, Channels: channels}
	must(t, sound.WriteWAV(&file, sound.WAV{WAVSpec: spec, Data: data}))
	return file.String()
}
