//go:build e2e

package e2e

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"santra/internal/app/config"
	"santra/internal/protocol/media"
)

// Tones above the narrow band (3.4 kHz), and near the 7 kHz that EN 301 549 6.1 asks for.
const (
	wideTone           = 6500.0 // a customer's
	wideMicrophoneTone = 6600.0 // the browser's
)

// wideWAV is a minute of a sine wave of 16 bits.
func wideWAV(t *testing.T, hz float64, rate, channels int) string {
	t.Helper()
	f := media.WAV{WAVSpec: media.WAVSpec{Format: media.PCM16, Rate: rate, Channels: channels}}
	for i := range 60 * rate {
		v := int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
		for range channels {
			f.Data = append(f.Data, byte(v), byte(v>>8))
		}
	}
	var wav strings.Builder
	if err := media.WriteWAV(&wav, f); err != nil {
		t.Fatal(err)
	}
	return wav.String()
}

// wideCaller is a baresip that speaks one wide codec.
type wideCaller struct {
	codec, module, name string
	rate, channels      int
}

func wideCallers() []wideCaller {
	return []wideCaller{
		{"G722", "g722", "G722/16000/1", 16000, 1},
		{"opus", "opus", "opus/48000/2", 48000, 2},
	}
}

// TestWideSoundInABrowser: customers with G.722 and with Opus have a tone of 6.5 kHz, which the browser hears, and hear that of its
// microphone.
func TestWideSoundInABrowser(t *testing.T) {
	t.Parallel()
	partner(t, "baresip", "baresip-core")
	c := start(t, "--seats", "1")
	c.reconfigure(t, func(cfg *config.Config) { cfg.Server.SIP.Codecs = []string{"opus", "G722", "PCMA"} })
	dir := t.TempDir()
	wav := filepath.Join(dir, "microphone.wav")
	if err := os.WriteFile(wav, []byte(wideWAV(t, wideMicrophoneTone, 48000, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	ends := walking(t, c, "wide.mjs", "SANTRA_MICROPHONE="+wav, "SANTRA_HEARD="+dir, fmt.Sprint("SANTRA_TONE=", wideTone), "SANTRA_CODECS=G722 opus")
	eventually(t, 3*soon, "the agent is ready", func() bool { _, err := os.Stat(filepath.Join(dir, "ready")); return err == nil })
	for _, w := range wideCallers() {
		c.hearsWide(t, w, dir)
	}
	ends()
}

// hearsWide calls the queue for parking, waits for the microphone's tone, says so by a file, and stays until it is hung up.
func (c *city) hearsWide(t *testing.T, w wideCaller, dir string) {
	number, _ := newCaller()
	s := startScripted(t.Context(), t, baresipConfig{
		account: "<sip:" + number + "@" + c.SIP + ">;regint=0;audio_codecs=" + w.name, modules: []string{w.module},
		wav: wideWAV(t, wideTone, w.rate, w.channels),
	})
	s.do(t, "dial", "sip:"+c.queue(t, "pysakointi").Number+"@"+c.SIP)
	eventually(t, 3*soon, "the customer hears the microphone by "+w.codec, func() bool { return s.hears(wideMicrophoneTone) })
	if err := os.WriteFile(filepath.Join(dir, w.codec), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, 3*soon, "the browser has hung up", func() bool { return s.count("CALL_CLOSED") > 0 })
}
