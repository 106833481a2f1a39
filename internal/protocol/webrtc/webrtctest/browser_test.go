package webrtctest

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/webrtc"
)

const patience = 20 * time.Second

// meet connects a browser to a server.
func meet(t *testing.T, codec media.Codec, heard func([]byte)) (*Browser, *webrtc.Peer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	s, err := webrtc.NewServer(webrtc.Config{UDPAddr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	b, err := New(ctx, Config{Codec: codec, Heard: heard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	peer, answer, err := s.Answer(ctx, b.Offer(), codec)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Connect(ctx, answer); err != nil {
		t.Fatal(err)
	}
	return b, peer
}

// TestBothWays echoes what the browser says, in each codec.
func TestBothWays(t *testing.T) {
	for _, codec := range []media.Codec{media.PCMA, media.G722, media.Opus} {
		t.Run(codec.Name(), func(t *testing.T) {
			heard := make(chan []byte, 100)
			b, peer := meet(t, codec, func(p []byte) {
				select {
				case heard <- bytes.Clone(p):
				default:
				}
			})
			leg := rtp.NewLeg(peer, rtp.LegConfig{})
			t.Cleanup(func() { leg.Close() })
			leg.Agree(netip.AddrPort{}, peer.Terms())
			rtp.Bridge(leg, leg)
			payload := []byte("what is said")
			packet := append([]byte{0x80, 0, 0, 1, 0, 0, 0, 160, 1, 2, 3, 4}, payload...)
			for deadline := time.Now().Add(patience); ; packet[3]++ {
				if err := b.Say(packet); err != nil {
					t.Fatal(err)
				}
				select {
				case p := <-heard:
					if p[1]&0x7f != codec.PayloadType() || !bytes.HasSuffix(p, payload) {
						t.Errorf("heard % x", p)
					}
					return
				case <-time.After(20 * time.Millisecond):
				}
				if time.Now().After(deadline) {
					t.Fatal("nothing came back")
				}
			}
		})
	}
}

func TestAnswersThatAreNone(t *testing.T) {
	b, err := New(t.Context(), Config{Codec: media.PCMA})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Connect(t.Context(), "nonsense"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if b.Say(nil) == nil {
		t.Error("what is no packet is said")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := New(over, Config{Codec: media.PCMA}); err != nil && !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
