package rtp

import (
	"testing"
	"time"

	"santra/internal/protocol/media"
	"santra/internal/protocol/sdp"
)

// BenchmarkLink is a packet on its way from a leg through the tap and the kernel to the recorder's receiver, in the clear and in
// SRTP. Everything runs in one goroutine, so its time is processor time.
func BenchmarkLink(b *testing.B) {
	for name, suite := range map[string]sdp.Suite{"clear": "", "AES-128-GCM": sdp.AES128GCM, "AES-128-CM-SHA1": sdp.AES128SHA180} {
		b.Run(name, func(b *testing.B) { benchLink(b, suite) })
	}
}

func benchLink(b *testing.B, suite sdp.Suite) {
	pool := benchPool(b)
	tap, err := NewTap(TapConfig{Pool: pool})
	if err != nil {
		b.Fatal(err)
	}
	defer tap.Close()
	r, err := Listen(pool)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	if suite != "" {
		ours, theirs := sdp.NewKey(suite), sdp.NewKey(suite)
		if err := tap.Secure(sdp.Keys{Local: ours, Remote: theirs}, sdp.Keys{}); err != nil {
			b.Fatal(err)
		}
		if err := r.Secure(sdp.Keys{Local: theirs, Remote: ours}); err != nil {
			b.Fatal(err)
		}
	}
	r.Expect(tap.Local(Customer))
	tap.Start(r.Local(), r.Local())
	heard := 0
	r.flush = func() { r.drain(func(Packet) bool { heard++; return true }, flushed) }
	leg, start, payload, n := new(Leg), time.Now(), frameOf(1), 0
	b.ReportAllocs()
	for b.Loop() {
		tap.streams[Customer].say(leg, fly(start.Add(time.Duration(n)*frameTime), 1, n, media.PCMA, payload))
		if n++; n%tapPackets == 0 {
			r.Flush()
		}
	}
	if heard < n-tapPackets {
		b.Fatalf("%d of %d were heard", heard, n)
	}
}
