package leg

import (
	"net/netip"
	"slices"
	"testing"

	"santra/internal/protocol/media"
	"santra/internal/protocol/sdp"
)

// Loopback is for who signals from there.
func TestLoopbackIsForLoopbackOnly(t *testing.T) {
	for peer, want := range map[string]bool{"127.0.0.1": true, "::ffff:127.0.0.9": true, "::1": true, "192.0.2.7": false, "10.0.0.1": false} {
		if err := sdp.Safe(netip.MustParseAddrPort("127.0.0.1:40000"), Terms{Peer: netip.MustParseAddr(peer)}.policy()); (err == nil) != want {
			t.Errorf("%s: %v", peer, err)
		}
	}
	if sdp.Safe(netip.MustParseAddrPort("127.0.0.1:40000"), Terms{}.policy()) == nil {
		t.Error("nobody's loopback")
	}
}

func TestLikeTheOther(t *testing.T) {
	talks := func(c media.Codec) *Leg { return &Leg{codec: c, agreed: true} }
	for _, c := range []struct {
		other *Leg
		want  []string
	}{
		{nil, []string{sdp.PCMA, sdp.PCMU, sdp.G722, sdp.Opus}},
		{&Leg{codec: media.G722}, []string{sdp.PCMA, sdp.PCMU, sdp.G722, sdp.Opus}}, // not agreed yet
		{talks(media.PCMU), []string{sdp.PCMU, sdp.PCMA, sdp.G722, sdp.Opus}},
		{talks(media.G722), []string{sdp.G722, sdp.Opus, sdp.PCMA, sdp.PCMU}},
		{talks(media.Opus), []string{sdp.Opus, sdp.G722, sdp.PCMA, sdp.PCMU}},
	} {
		if got := Like(houseCodecs(), c.other); !slices.Equal(got, c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
	if got := Like(DefaultCodecs(), talks(media.Opus)); !slices.Equal(got, []string{sdp.G722, sdp.PCMA, sdp.PCMU}) {
		t.Errorf("%v", got)
	}
}
