package demo

import (
	"net/netip"
	"testing"

	"santra/internal/protocol/sdp"
	"santra/internal/recorder"
	"santra/internal/voice/carrier"
)

// TestSecureDemo: the demonstration city whose link is secure has two configurations that hold and fit each other.
func TestSecureDemo(t *testing.T) {
	const anyPort = "127.0.0.1:0"
	for _, secure := range []bool{true, false} {
		d, err := planDemo(Options{Data: t.TempDir(), HTTP: anyPort, SIP: anyPort, SMTP: anyPort, Seats: 1, Tuned: Tuning{Secure: secure}})
		if err != nil {
			t.Fatal(err)
		}
		r := d.centre.Server.Recorder
		level, err := r.Security()
		if err != nil || r.CheckLink() != nil || recorder.CheckConfig(d.recorder) != nil {
			t.Fatal(err, r.CheckLink(), recorder.CheckConfig(d.recorder))
		}
		if table, err := d.centre.Server.SIP.Table(); err != nil || !admits(table, "127.0.0.1") {
			t.Error("a customer on this machine is refused", err)
		}
		if (level == sdp.Required) != secure || (r.TLS.CA != "") != secure || (r.SIP == d.recorder.SIPTLS.Listen) != secure {
			t.Errorf("secure %v: %+v", secure, r)
		}
	}
}

func admits(t *carrier.Table, from string) bool {
	_, ok := t.Admit(netip.MustParseAddr(from), "")
	return ok
}
