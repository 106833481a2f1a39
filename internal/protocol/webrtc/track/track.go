// Package track is what one end of a peer connection says: whole RTP packets of one sound, as pion sends them. It must not know who says it.
package track

import (
	"sync"

	pionrtp "github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/protocol/rtp"
)

// Voice is a track. Unlike pion's own it leaves the payload type alone, so that telephone events pass.
type Voice struct {
	Payload uint8 // type of the codec

	mu     sync.Mutex
	ssrc   uint32
	writer pion.TrackLocalWriter
	header pionrtp.Header // kept, for pion's writer takes a pointer
}

// Bind implements pion's TrackLocal.
func (v *Voice) Bind(c pion.TrackLocalContext) (pion.RTPCodecParameters, error) {
	for _, agreed := range c.CodecParameters() {
		if uint8(agreed.PayloadType) == v.Payload {
			v.mu.Lock()
			defer v.mu.Unlock()
			v.ssrc, v.writer = uint32(c.SSRC()), c.WriteStream()
			return agreed, nil
		}
	}
	return pion.RTPCodecParameters{}, pion.ErrUnsupportedCodec
}

// Unbind implements pion's TrackLocal.
func (v *Voice) Unbind(pion.TrackLocalContext) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.writer = nil
	return nil
}

// ID implements pion's TrackLocal.
func (v *Voice) ID() string { return "voice" }

// RID implements pion's TrackLocal.
func (v *Voice) RID() string { return "" }

// StreamID implements pion's TrackLocal.
func (v *Voice) StreamID() string { return "santra" }

// Kind implements pion's TrackLocal.
func (v *Voice) Kind() pion.RTPCodecType { return pion.RTPCodecTypeAudio }

// Write sends an RTP packet under the track's own source; before Bind it is dropped. The error is rtp.Parse's or pion's.
func (v *Voice) Write(packet []byte) error {
	p, err := rtp.Parse(packet)
	if err != nil {
		return err
	}
	return v.send(p, p.PayloadType)
}

// WriteCoded is Write for sound in the track's codec, whatever payload type the packet names.
func (v *Voice) WriteCoded(packet []byte) error {
	p, err := rtp.Parse(packet)
	if err != nil {
		return err
	}
	return v.send(p, v.Payload)
}

func (v *Voice) send(p rtp.Packet, payload uint8) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.writer == nil {
		return nil
	}
	v.header = pionrtp.Header{
		Version: 2, Marker: p.Marker, PayloadType: payload, SequenceNumber: p.Sequence, Timestamp: p.Timestamp, SSRC: v.ssrc,
	}
	_, err := v.writer.WriteRTP(&v.header, p.Payload)
	return err
}
