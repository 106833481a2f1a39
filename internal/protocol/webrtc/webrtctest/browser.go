// Package webrtctest plays an agent's browser: a WebRTC client of another maker's (pion) that offers one codec, connects over
// loopback alone, says and hears whole RTP packets. It is for loads and tests; it must not know calls, nor how an offer
// reaches the contact centre.
package webrtctest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/pion/interceptor"
	"github.com/pion/logging"
	pion "github.com/pion/webrtc/v4"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/webrtc/track"
)

// Config is a browser's.
type Config struct {
	Codec media.Codec         // the one that it offers
	Heard func(packet []byte) // of each RTP packet heard, in a goroutine of the browser's; not kept by it; nil: dropped
}

// Browser is one peer connection with one sound each way.
type Browser struct {
	cfg       Config
	conn      *pion.PeerConnection
	voice     track.Voice
	connected chan struct{}
	once      sync.Once
}

// New makes a browser and its offer, with all its candidates (no trickle).
func New(ctx context.Context, cfg Config) (*Browser, error) {
	b := &Browser{cfg: cfg, connected: make(chan struct{}), voice: track.Voice{Payload: cfg.Codec.PayloadType()}}
	api, err := cfg.api()
	if err != nil {
		return nil, err
	}
	if b.conn, err = api.NewPeerConnection(pion.Configuration{}); err != nil {
		return nil, fmt.Errorf("webrtctest: %w", err)
	}
	b.conn.OnConnectionStateChange(b.changed)
	b.conn.OnTrack(b.hear)
	if err := b.offer(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("webrtctest: %w", err), b.Close())
	}
	return b, nil
}

// api is pion's, without its interceptors: reports and retransmissions would cost more than the sound.
func (c Config) api() (*pion.API, error) {
	var engine pion.MediaEngine
	codec := pion.RTPCodecParameters{
		RTPCodecCapability: pion.RTPCodecCapability{MimeType: "audio/" + c.Codec.Name(), ClockRate: uint32(c.Codec.ClockRate())},
		PayloadType:        pion.PayloadType(c.Codec.PayloadType()),
	}
	if c.Codec == media.Opus {
		codec.Channels, codec.SDPFmtpLine = 2, sdp.OpusParams // RFC 7587 7: always two
	}
	if err := engine.RegisterCodec(codec, pion.RTPCodecTypeAudio); err != nil {
		return nil, fmt.Errorf("webrtctest: %w", err)
	}
	setting := pion.SettingEngine{LoggerFactory: silent{}}
	setting.SetIncludeLoopbackCandidate(true)
	setting.SetIPFilter(func(ip net.IP) bool { return ip.IsLoopback() })
	setting.SetNetworkTypes([]pion.NetworkType{pion.NetworkTypeUDP4})
	return pion.NewAPI(pion.WithMediaEngine(&engine), pion.WithSettingEngine(setting), pion.WithInterceptorRegistry(&interceptor.Registry{})), nil
}

// silent keeps pion from logging.
type silent struct{}

// NewLogger implements logging.LoggerFactory.
func (silent) NewLogger(string) logging.LeveledLogger { return &logging.DefaultLeveledLogger{} }

func (b *Browser) offer(ctx context.Context) error {
	if _, err := b.conn.AddTrack(&b.voice); err != nil {
		return err
	}
	offer, err := b.conn.CreateOffer(nil)
	if err != nil {
		return err
	}
	gathered := pion.GatheringCompletePromise(b.conn)
	if err := b.conn.SetLocalDescription(offer); err != nil {
		return err
	}
	select {
	case <-gathered:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Offer is the SDP that the browser offers.
func (b *Browser) Offer() string { return b.conn.LocalDescription().SDP }

// Connect takes the answer and returns once packets can pass; errs.Invalid for an answer that can't be taken, ctx's error when
// it took too long.
func (b *Browser) Connect(ctx context.Context, answer string) error {
	if err := b.conn.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeAnswer, SDP: answer}); err != nil {
		return errs.At(errs.Invalid, "sdp", "the answer can't be taken: %w", err)
	}
	select {
	case <-b.connected:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *Browser) changed(s pion.PeerConnectionState) {
	if s == pion.PeerConnectionStateConnected {
		b.once.Do(func() { close(b.connected) })
	}
}

// hear reads a track until it ends with its connection.
func (b *Browser) hear(track *pion.TrackRemote, _ *pion.RTPReceiver) {
	buf := make([]byte, rtp.MaxPacket)
	for {
		n, _, err := track.Read(buf)
		if err != nil {
			return
		}
		if b.cfg.Heard != nil {
			b.cfg.Heard(buf[:n])
		}
	}
}

// Say sends a whole RTP packet, under the browser's own source and payload type. Before Connect it is dropped.
func (b *Browser) Say(packet []byte) error { return b.voice.WriteCoded(packet) }

// Close ends the connection, as a browser does whose page is closed.
func (b *Browser) Close() error { return b.conn.Close() }
