package recorder

import "santra/internal/protocol/media"

const peakFrames = Rate / PeaksPerSecond

// alawFlip and alawLow are G.711's: with every other bit flipped back, the seven low bits grow with the loudness.
const (
	alawFlip = 0x55
	alawLow  = 0x7F
)

// peaksOf gives the peaks of a piece: for each tenth of a second the loudest sample of each channel, 0–255.
func peaksOf(piece []byte) []byte {
	out := make([]byte, 0, 2*PeaksPerSecond)
	for from := 0; from < len(piece); from += peakFrames * frameBytes {
		var left, right byte
		part := piece[from:min(from+peakFrames*frameBytes, len(piece))]
		for i := 0; i+1 < len(part); i += frameBytes {
			left = max(left, (part[i]^alawFlip)&alawLow)
			right = max(right, (part[i+1]^alawFlip)&alawLow)
		}
		out = append(out, loudness(left), loudness(right))
	}
	return out
}

func loudness(low byte) byte {
	v := int(media.DecodeALaw(low ^ alawFlip))
	return byte(max(v, -v) >> 7)
}
