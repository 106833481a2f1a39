package recorder

import (
	"testing"

	"santra/internal/keys"
	"santra/internal/protocol/media"
)

// BenchmarkSecond is a second of one recording without its socket and disk: 100 packets to their places, sealed, hashed.
func BenchmarkSecond(b *testing.B) {
	ring, err := keys.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	m := newMemory()
	r := testRow()
	w, err := beginObject(b.Context(), m, vault{ring}, r, &scratch{})
	if err != nil {
		b.Fatal(err)
	}
	tl, n := &timeline{own: true}, 0
	p := pkt(0, 1, 7)
	b.ReportAllocs()
	for b.Loop() {
		for range 50 {
			p.Timestamp = uint32(n * frame)
			now := at(n * frame)
			tl.write(0, p, media.PCMA, now)
			tl.write(1, p, media.PCMA, now)
			n++
		}
		for _, piece := range tl.closed(at(n*frame + 10)) {
			if err := w.piece(b.Context(), piece); err != nil {
				b.Fatal(err)
			}
			tl.reuse(piece)
		}
		m.objects[blobKey(r)] = m.objects[blobKey(r)][:0]
		w.index.Peaks = w.index.Peaks[:0]
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/s-of-call")
}
