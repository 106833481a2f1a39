package track

import (
	"errors"
	"testing"

	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/protocol/rtp"
)

// bound is what a peer connection has agreed on for a track; it keeps what the track sends.
type bound struct {
	pion.TrackLocalContext
	pion.TrackLocalWriter
	sent []pionrtp.Header
}

func (b *bound) CodecParameters() []pion.RTPCodecParameters {
	return []pion.RTPCodecParameters{{PayloadType: 8}, {PayloadType: 126}}
}
func (b *bound) SSRC() pion.SSRC                    { return 77 }
func (b *bound) WriteStream() pion.TrackLocalWriter { return b }
func (b *bound) WriteRTP(h *pionrtp.Header, payload []byte) (int, error) {
	b.sent = append(b.sent, *h)
	return len(payload), nil
}

// Packets go under the track's own source while it is bound; telephone events keep their payload type, sound is given the codec's.
func TestVoice(t *testing.T) {
	packet := make([]byte, rtp.HeaderLen+4)
	rtp.Header{PayloadType: 126, Sequence: 5, Timestamp: 160, SSRC: 1, Marker: true}.Put(packet)
	v, b := &Voice{Payload: 8}, &bound{}
	if err := v.Write(packet); err != nil || len(b.sent) != 0 {
		t.Error("before it is bound:", err)
	}
	if _, err := (&Voice{Payload: 9}).Bind(b); !errors.Is(err, pion.ErrUnsupportedCodec) {
		t.Error("a codec that was not agreed:", err)
	}
	if agreed, err := v.Bind(b); err != nil || agreed.PayloadType != 8 {
		t.Fatal(agreed, err)
	}
	if err := errors.Join(v.Write(packet), v.WriteCoded(packet)); err != nil {
		t.Fatal(err)
	}
	for i, payload := range []uint8{126, 8} {
		h := b.sent[i]
		if h.PayloadType != payload || h.SSRC != 77 || h.SequenceNumber != 5 || h.Timestamp != 160 || !h.Marker {
			t.Errorf("%+v", h)
		}
	}
	if v.Write(nil) == nil || v.WriteCoded(nil) == nil {
		t.Error("what is no packet is sent")
	}
	_ = v.Unbind(b)
	if err := v.Write(packet); err != nil || len(b.sent) != 2 {
		t.Error("after it is unbound:", err, len(b.sent))
	}
}
