package recorder

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
)

// plain is a recording as it should be: every frame at its place, without pieces and blocks.
type plain struct {
	tl    *timeline
	want  []byte
	got   []byte
	kinds [2]media.Codec
}

// write gives the timeline a packet and, where that kept it, notes what it says.
func (p *plain) write(ch int, pk rtp.Packet, now time.Time) {
	late, codec := p.tl.late, p.kinds[ch]
	p.tl.write(ch, pk, codec, now)
	if p.tl.late != late || p.tl.paused {
		return
	}
	for i, b := range pk.Payload {
		if codec != media.PCMA {
			b = media.EncodeALaw(codec.Decode(b))
		}
		p.at(p.tl.ch[ch].place + int64(i))[ch] = b
	}
}

// at is the frame of a place.
func (p *plain) at(place int64) []byte {
	for int64(len(p.want)) < (place+1)*frameBytes {
		p.want = append(p.want, media.PCMA.Silence())
	}
	return p.want[place*frameBytes:]
}

// take keeps pieces as the writer does: their memory is given back and holds anything afterwards.
func (p *plain) take(pieces [][]byte) {
	for _, b := range pieces {
		p.got = append(p.got, b...)
		for i := range b {
			b[i] = 0xaa
		}
		p.tl.reuse(b)
	}
}

// TestBlocksHoldWhatWasSaid: of recordings that share their memory each has its own frames, at their places, whatever lengths packets have,
// and whether they are late, early, doubled, lost, in pauses or across the borders of blocks and pieces.
func TestBlocksHoldWhatWasSaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		memory := &pieces{}
		var all []*plain
		for range 3 {
			all = append(all, &plain{
				tl:    &timeline{own: rapid.Bool().Draw(t, "own"), memory: memory},
				kinds: [2]media.Codec{media.PCMA, rapid.SampledFrom([]media.Codec{media.PCMA, media.PCMU}).Draw(t, "codec")},
			})
		}
		now := 0
		for n := range rapid.IntRange(1, 250).Draw(t, "packets") {
			now += rapid.SampledFrom([]int{0, 1, frame, frame, frame, blockFrames - 1, blockFrames, pieceFrames + 1}).Draw(t, "later")
			p, ch := rapid.SampledFrom(all).Draw(t, "recording"), n%2
			if rapid.IntRange(0, 30).Draw(t, "pause") == 0 {
				p.tl.pause(!p.tl.paused, at(now))
			}
			off := rapid.SampledFrom([]int{0, 0, 0, -frame, frame, -blockFrames, blockFrames + 1, -pieceFrames, 3 * pieceFrames}).Draw(t, "off")
			length := rapid.SampledFrom([]int{0, 1, frame, frame, frame, blockFrames, blockFrames + 3, 2*pieceFrames + 1}).Draw(t, "length")
			said := rtp.Packet{
				Header:  rtp.Header{Timestamp: uint32(max(0, now+off)), SSRC: uint32(ch), Sequence: uint16(n)},
				Payload: bytes.Repeat([]byte{byte(1 + n%90)}, length),
			}
			p.write(ch, said, at(now))
			p.take(p.tl.closed(at(now)))
		}
		for i, p := range all {
			p.take(p.tl.rest())
			if high := p.tl.high; int64(len(p.want)) < high*frameBytes && high > 0 {
				p.at(high - 1) // an empty packet says how long it was
			}
			if silent := len(p.got) - len(p.want); silent > 0 { // whole pieces in which nothing was said
				p.want = append(p.want, bytes.Repeat([]byte{media.PCMA.Silence()}, silent)...)
			}
			if !bytes.Equal(p.got, p.want) {
				t.Fatalf("recording %d: %d bytes, want %d", i, len(p.got), len(p.want))
			}
		}
	})
}
