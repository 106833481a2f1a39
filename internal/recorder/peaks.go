package recorder

import "santra/internal/protocol/media"

const peakFrames = Rate / PeaksPerSecond

// peaksOf gives the peaks of a piece: for each tenth of a second the loudest sample of each channel, 0–255.
func peaksOf(piece []byte) []byte {
	var out []byte
	for from := 0; from < len(piece); from += peakFrames * frameBytes {
		var loud [2]int
		for i, b := range piece[from:min(from+peakFrames*frameBytes, len(piece))] {
			v := int(media.DecodeALaw(b))
			loud[i%2] = max(loud[i%2], v, -v)
		}
		out = append(out, byte(loud[0]>>7), byte(loud[1]>>7))
	}
	return out
}
