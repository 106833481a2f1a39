package play_test

import (
	"context"
	"net"
	"testing"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/siprec"
	"santra/internal/recorder"
)

// TestTheCentresTap records a call as the centre does: two legs with real RTP at 20 ms, tapped in batches. What was said at
// one time stands at one place, though the agent's leg begins later and its timestamps have nothing to do with the customer's.
func TestTheCentresTap(t *testing.T) {
	r := newRig(t)
	pool, err := rtp.NewPool(rtp.PoolConfig{Ephemeral: true})
	must(t, err)
	tap, err := rtp.NewTap(rtp.TapConfig{Pool: pool})
	must(t, err)
	e := r.extension("water")
	d, _ := r.tapped(tap, e, sdp.Plain)
	customer, agent := newSpeaker(t, pool, tap, rtp.Customer, 1000), newSpeaker(t, pool, tap, rtp.Agent, 777_000_000)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	const packets = 90
	for n := range packets {
		<-tick.C
		customer.say(n)
		if n >= 30 {
			agent.say(n)
		}
	}
	<-tick.C
	must(t, tap.Close())
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	must(t, d.Bye(ctx))
	row := r.finished("water", e.Session)
	if row.State != recorder.Complete || row.Length < 1700*time.Millisecond || row.Length > 2500*time.Millisecond {
		t.Fatalf("%+v", row)
	}
	together(t, r.heard(row), packets)
}

// together looks for what both said in the same packet.
func together(t *testing.T, data []byte, packets int) {
	t.Helper()
	first := [2]map[byte]int{{}, {}}
	for i, b := range data {
		if _, seen := first[i%2][b]; !seen {
			first[i%2][b] = i / 2
		}
	}
	missing := 0
	for n := 30; n < packets; n++ {
		a, ok1 := first[0][spoken(n)]
		b, ok2 := first[1][spoken(n)]
		if !ok1 || !ok2 {
			missing++
			continue
		}
		if apart := max(a-b, b-a); apart > 10*frame { // arrival aligns them, and a busy machine delays it; a stream that is not aligned is 30 frames off
			t.Errorf("packet %d: %d samples apart", n, apart)
		}
	}
	if missing > 3 {
		t.Errorf("%d packets are missing", missing)
	}
}

// spoken is what packet n says; never the byte of silence.
func spoken(n int) byte { return byte(n + 1) }

// tapped invites the recorder to a tap's streams, as the centre does.
func (r *rig) tapped(tap *rtp.Tap, e siprec.Extension, security sdp.Security) (d *sip.Dialog, mine []byte) {
	r.t.Helper()
	stream := func(ch rtp.Channel, label string) sdp.Stream {
		return sdp.Stream{Local: tap.Local(ch), Codecs: []string{sdp.PCMA}, Direction: sdp.SendOnly, Label: label, Security: security}
	}
	mine = sdp.Offer(sdp.Options{}, stream(rtp.Customer, siprec.LabelCustomer), stream(rtp.Agent, siprec.LabelAgent))
	ct, body := own(e)(mine)
	to := r.s.SIPAddr()
	o, err := r.phone.Invite(r.t.Context(), sip.Target{URI: "sip:recorder@" + to.String(), Route: to, Transport: "tcp"},
		sip.InviteOptions{FromUser: "centre", ContentType: ct, Body: body, Headers: []sip.Header{{Name: "Require", Value: siprec.OptionTag}}})
	must(r.t, err)
	d, err = o.Wait(r.t.Context())
	must(r.t, err)
	offer, err1 := sdp.Parse(mine)
	answer, err2 := sdp.Parse(d.RemoteBody())
	must(r.t, err1, err2)
	choices, err := sdp.Accepted(offer, answer)
	must(r.t, err)
	if choices[0].Keys.Valid() != (security != sdp.Plain) || choices[1].Keys.Valid() != (security != sdp.Plain) {
		r.t.Fatal("another policy than offered")
	}
	must(r.t, tap.Secure(choices[0].Keys, choices[1].Keys))
	tap.Start(choices[0].Remote, choices[1].Remote)
	return d, mine
}

// speaker is a phone that only talks, and the centre's leg to it.
type speaker struct {
	t    *testing.T
	out  *net.UDPConn
	base uint32
}

func newSpeaker(t *testing.T, pool *rtp.Pool, tap *rtp.Tap, ch rtp.Channel, base uint32) *speaker {
	t.Helper()
	u, err := pool.Open()
	must(t, err)
	leg := rtp.NewLeg(u, rtp.LegConfig{})
	t.Cleanup(func() { _ = leg.Close() })
	out, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(u.Local()))
	must(t, err)
	t.Cleanup(func() { _ = out.Close() })
	leg.Start(out.LocalAddr().(*net.UDPAddr).AddrPort(), media.PCMA, 0)
	leg.Tap(tap, ch)
	return &speaker{t, out, base}
}

func (s *speaker) say(n int) {
	s.t.Helper()
	p := make([]byte, rtp.HeaderLen+frame)
	rtp.Header{PayloadType: 8, Sequence: uint16(n), Timestamp: s.base + uint32(n*frame), SSRC: s.base}.Put(p)
	for i := range frame {
		p[rtp.HeaderLen+i] = spoken(n)
	}
	_, err := s.out.Write(p)
	must(s.t, err)
}
