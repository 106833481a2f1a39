package media

import (
	"bytes"
	"errors"
	"io"
	"os/exec"
	"testing"

	"github.com/thesyncim/gopus/container/ogg"
)

// What we code in Opus, libopus (by ffmpeg) hears, and the other way round: speech comes back near to what it was.
func TestOpusIsUnderstoodByAnother(t *testing.T) {
	ffmpeg, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("ffmpeg is missing: Opus is not compared with another implementation")
	}
	for _, rate := range []int{8000, 16000} {
		said := append(hum(rate, 120, rate), sine(rate, 1000, 8000, rate)...)
		heard := convert(t, ffmpeg, inOgg(t, rate, said), []string{"-c:a", "libopus", "-f", "ogg"}, []string{"-ac", "1", "-ar", "48000", "-f", "s16le"})
		theirs := samplesOf(heard)
		if len(theirs) < 47*2*1000 {
			t.Fatalf("%d: they hear %d samples", rate, len(theirs))
		}
		checkSound(t, "they hear", theirs)

		packets := convert(t, ffmpeg, littleEndian(said), []string{"-f", "s16le", "-ac", "1", "-ar", map[int]string{8000: "8000", 16000: "16000"}[rate]},
			[]string{"-c:a", "libopus", "-application", "voip", "-b:a", "32k", "-f", "ogg"})
		checkSound(t, "we hear", fromOgg(t, packets))
	}
}

// checkSound looks for the two halves: a voice of 120 Hz, a tone of 1,000.
func checkSound(t *testing.T, who string, pcm []int16) {
	t.Helper()
	if level := toneLevel(pcm[12000:36000], 48000, 120); level < 5000 || level > 7000 {
		t.Errorf("%s 120 Hz of 6000 with %.0f", who, level)
	}
	if level := toneLevel(pcm[60000:84000], 48000, 1000); level < 7000 || level > 9000 {
		t.Errorf("%s 1000 Hz of 8000 with %.0f", who, level)
	}
}

func inOgg(t *testing.T, rate int, pcm []int16) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := ogg.NewWriter(&file, uint32(rate), 1)
	if err != nil {
		t.Fatal(err)
	}
	e, err := NewEncoder(Opus, rate)
	if err != nil {
		t.Fatal(err)
	}
	for frame := rate / 50; len(pcm) > 0; pcm = pcm[frame:] {
		p, err := e.Encode(nil, pcm[:frame])
		if err != nil {
			t.Fatal(err)
		}
		if err := w.WritePacket(p, 960); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func fromOgg(t *testing.T, file []byte) (pcm []int16) {
	t.Helper()
	r, err := ogg.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(Opus, 48000)
	if err != nil {
		t.Fatal(err)
	}
	for {
		p, _, err := r.ReadPacket()
		if errors.Is(err, io.EOF) {
			return pcm
		}
		if err == nil {
			pcm, err = d.Decode(pcm, p)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func samplesOf(b []byte) (pcm []int16) {
	for ; len(b) >= 2; b = b[2:] {
		pcm = append(pcm, int16(uint16(b[0])|uint16(b[1])<<8))
	}
	return pcm
}

// The lengths of RFC 6716 3.1 and table 2, and packets that can't be.
func TestOpusLengths(t *testing.T) {
	for _, c := range []struct {
		packet []byte
		ticks  int
	}{
		{[]byte{0x00}, 480},
		{[]byte{0x18}, 2880},
		{[]byte{0x60}, 480},
		{[]byte{0x68, 1}, 960},
		{[]byte{0x80}, 120},
		{[]byte{0xF8, 1}, 960},
		{[]byte{0xF9, 1, 1}, 1920},
		{[]byte{0xFA, 1, 2, 3}, 1920},
		{[]byte{0xFB, 3, 1, 1, 1}, 2880},
		{[]byte{0xFB, 0x86, 1}, 5760},
		{[]byte{0xFB, 7}, 0},
		{[]byte{0xFB}, 0},
		{[]byte{0xFB, 0}, 0},
		{nil, 0},
		{[]byte{0x83, 48}, 5760},
		{[]byte{0x83, 49}, 0},
	} {
		if got := Opus.Ticks(c.packet); got != c.ticks {
			t.Errorf("%x lasts %d ticks, not %d", c.packet, got, c.ticks)
		}
	}
}
