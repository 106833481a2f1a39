package recorder

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
)

var zero = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const frame = media.FrameSamples

// pkt is a packet of 20 ms whose bytes are all b.
func pkt(ts uint32, ssrc uint32, b byte) rtp.Packet {
	return rtp.Packet{Header: rtp.Header{Timestamp: ts, SSRC: ssrc, Sequence: uint16(ts / frame)}, Payload: bytes.Repeat([]byte{b}, frame)}
}

func at(frames int) time.Time { return zero.Add(time.Duration(frames) * time.Second / Rate) }

// channelOf takes one channel out of a recording.
func channelOf(b []byte, ch int) []byte {
	var out []byte
	for i := ch; i < len(b); i += 2 {
		out = append(out, b[i])
	}
	return out
}

// all gives the whole recording.
func all(t *timeline, now time.Time) []byte {
	return bytes.Join(append(t.closed(now), t.rest()...), nil)
}

// TestChannelsAlignOnTheTimeline: batches arrive late and unevenly; the places are those of the timestamps.
func TestChannelsAlignOnTheTimeline(t *testing.T) {
	tl := &timeline{own: true}
	for batch := range 20 { // of 10 packets, 200 ms; the agent's arrive 150 ms after the customer's
		for i := range 10 {
			n := batch*10 + i
			tl.write(0, pkt(uint32(n*frame), 1, byte(n)), media.PCMA, at((batch+1)*10*frame))
			tl.write(1, pkt(uint32(n*frame), 2, byte(n+100)), media.PCMA, at((batch+1)*10*frame+1200))
		}
	}
	got := all(tl, at(200*frame))
	if len(got) != 200*frame*frameBytes {
		t.Fatal(len(got))
	}
	for n := range 200 {
		if a, b := channelOf(got, 0)[n*frame], channelOf(got, 1)[n*frame]; a != byte(n) || b != byte(n+100) {
			t.Fatalf("packet %d: %d, %d", n, a, b)
		}
	}
	if tl.marks().gaps != 0 {
		t.Error("gaps:", tl.marks().gaps)
	}
}

func TestLateStartAndSilenceMoveNothing(t *testing.T) {
	tl := &timeline{own: true}
	for n := range 100 {
		tl.write(0, pkt(uint32(n*frame), 1, 1), media.PCMA, at(n*frame))
		if n >= 30 && (n < 50 || n >= 70) {
			tl.write(1, pkt(uint32(n*frame), uint32(n/50), 2), media.PCMA, at(n*frame)) // another SSRC after the transfer
		}
	}
	agent := channelOf(all(tl, at(100*frame)), 1)
	for n := range 100 {
		want := byte(2)
		if n < 30 || (n >= 50 && n < 70) {
			want = media.PCMA.Silence()
		}
		if agent[n*frame] != want {
			t.Fatalf("packet %d: %d", n, agent[n*frame])
		}
	}
	if tl.marks().gaps != 1 {
		t.Error("gaps:", tl.marks().gaps)
	}
}

// TestOtherClients anchor by arrival: any first timestamp, wrapping, a new SSRC.
func TestOtherClients(t *testing.T) {
	tl := &timeline{}
	for n := range 100 {
		tl.write(0, pkt(uint32(n*frame)-800, 7, 1), media.PCMA, at(n*frame)) // wraps
		if n >= 50 {
			tl.write(1, pkt(uint32(n*frame)+12345678, 8, 2), media.PCMA, at(n*frame))
		}
	}
	got := all(tl, at(100*frame))
	if len(got) != 100*frame*frameBytes {
		t.Fatal(len(got))
	}
	customer, agent := channelOf(got, 0), channelOf(got, 1)
	for n := range 100 {
		if customer[n*frame] != 1 || (agent[n*frame] == 2) != (n >= 50) {
			t.Fatal(n, customer[n*frame], agent[n*frame])
		}
	}
}

func TestULawBecomesALaw(t *testing.T) {
	tl := &timeline{own: true}
	tl.write(0, pkt(0, 1, media.EncodeULaw(5000)), media.PCMU, zero)
	if got := all(tl, zero)[0]; got != media.EncodeALaw(media.DecodeULaw(media.EncodeULaw(5000))) {
		t.Fatal(got)
	}
}

// TestPiecesClose: as soon as both channels have passed; by time where one is quiet; later where one lags.
func TestPiecesClose(t *testing.T) {
	tl := &timeline{own: true}
	for n := range 51 {
		tl.write(0, pkt(uint32(n*frame), 1, 1), media.PCMA, at(n*frame))
	}
	if n := len(tl.closed(at(8100))); n != 0 {
		t.Error("closed before the other channel was heard of")
	}
	if n := len(tl.closed(at(8000 + 3300))); n != 1 {
		t.Error("a quiet channel holds a piece open:", n)
	}
	next := pkt(16000, 1, 1)
	next.Sequence = 51 // nothing was sent meanwhile
	tl.write(0, next, media.PCMA, at(16000))
	tl.write(1, pkt(15000, 1, 1), media.PCMA, at(16000))
	if n := len(tl.closed(at(16100))); n != 0 {
		t.Error("closed though a channel lags")
	}
	next.Sequence = 94
	tl.write(1, next, media.PCMA, at(16100))
	if n := len(tl.closed(at(16101))); n != 1 {
		t.Error("not closed though both have passed")
	}
	if n := len(tl.closed(at(16000 + 3*8000))); n != 2 {
		t.Error("silence is not closed by time:", n)
	}
}

// TestHostileTimestamps can't make it hold or write more than its window.
func TestHostileTimestamps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tl := &timeline{own: rapid.Bool().Draw(t, "own")}
		now, written := zero, 0
		for range rapid.IntRange(1, 60).Draw(t, "packets") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(3*time.Second)).Draw(t, "pause")))
			p := pkt(rapid.Uint32().Draw(t, "ts"), rapid.Uint32Range(1, 3).Draw(t, "ssrc"), 3)
			p.Payload = p.Payload[:rapid.IntRange(0, frame).Draw(t, "size")]
			tl.write(rapid.IntRange(0, 1).Draw(t, "ch"), p, media.PCMA, now)
			if len(tl.pieces) > ahead+1 {
				t.Fatal("holds", len(tl.pieces))
			}
			for _, piece := range tl.closed(now) {
				written += len(piece)
			}
		}
		for _, piece := range tl.rest() {
			written += len(piece)
		}
		if limit := (now.Sub(zero) + maxSkew + 2*time.Second).Seconds() * Rate * frameBytes; float64(written) > limit {
			t.Fatal("wrote", written, "of at most", limit)
		}
	})
}

// TestFirstPacketsLost: our own tap's timestamps begin late; the recording begins with what came.
func TestFirstPacketsLost(t *testing.T) {
	tl := &timeline{own: true}
	for n := range 100 {
		tl.write(0, pkt(uint32(40000+n*frame), 1, 1), media.PCMA, at(n*frame))
		tl.write(1, pkt(uint32(40000+n*frame), 1, 2), media.PCMA, at(n*frame))
	}
	got := all(tl, at(100*frame))
	if len(got) != (8000+100*frame)*frameBytes || got[len(got)-1] != 2 || got[len(got)-2] != 1 {
		t.Fatal(len(got))
	}
}

// TestSlowClock: a client whose clock is slow is anchored anew, not dropped for ever.
func TestSlowClock(t *testing.T) {
	tl := &timeline{own: true}
	kept := 0
	for n := range 50 * 60 * 5 {
		arrival := n*frame + n*frame/50 // 2 % slow: 6 s after five minutes
		tl.write(0, pkt(uint32(n*frame), 1, 9), media.PCMA, at(arrival))
		for _, p := range tl.closed(at(arrival)) {
			kept += bytes.Count(p, []byte{9})
		}
	}
	if total := 50 * 60 * 5 * frame; kept < total*98/100 {
		t.Fatalf("kept %d of %d", kept, total)
	}
}

// TestAnOpenPieceTakesWhatItHolds: a block for each eighth of a second with sound, and none for what is silent.
func TestAnOpenPieceTakesWhatItHolds(t *testing.T) {
	tl := &timeline{own: true, memory: &pieces{}}
	blocks := func() (n int) {
		for _, p := range tl.pieces {
			for _, b := range p {
				if b != nil {
					n++
				}
			}
		}
		return n
	}
	for i := range 7 { // 140 ms
		tl.write(0, pkt(uint32(i*frame), 1, 7), media.PCMA, at(i*frame))
	}
	if blocks() != 2 {
		t.Error(blocks(), "blocks for 140 ms")
	}
	tl.write(1, pkt(40*frame, 2, 8), media.PCMA, at(40*frame)) // at 800 ms, when the customer had long fallen silent
	if blocks() != 3 {
		t.Error(blocks(), "blocks")
	}
	got := all(tl, at(60*frame))
	customer, agent := channelOf(got, 0), channelOf(got, 1)
	silent := media.PCMA.Silence()
	if len(agent) != 41*frame || bytes.Count(customer, []byte{7}) != 7*frame || customer[20*frame] != silent ||
		bytes.Count(agent, []byte{8}) != frame || agent[40*frame] != 8 || agent[0] != silent {
		t.Error(len(agent), customer[20*frame], agent[0])
	}
}

func TestPeaks(t *testing.T) {
	piece := make([]byte, piecePlain)
	quiet(piece)
	for i := range peakFrames {
		piece[(3*peakFrames+i)*frameBytes] = media.EncodeALaw(32000)
		piece[(5*peakFrames+i)*frameBytes+1] = media.EncodeALaw(-16000)
	}
	p := peaksOf(piece)
	if len(p) != 2*PeaksPerSecond || p[6] < 240 || p[11] < 110 || p[11] > 130 || p[0] > 1 || p[7] > 1 {
		t.Fatal(p)
	}
}
