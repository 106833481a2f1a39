package recorder

import (
	"net/netip"
	"strings"
	"testing"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
)

// TestPolicy: in the clear only from this machine, unless the configuration says so.
func TestPolicy(t *testing.T) {
	far, near, mapped := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::ffff:127.0.0.2")
	for _, c := range []struct {
		srtp      string
		from      netip.Addr
		transport string
		level     sdp.Security
		refused   bool
	}{
		{"", near, "udp", sdp.Opportunistic, false},
		{"", mapped, "tcp", sdp.Opportunistic, false},
		{"", far, "udp", sdp.Required, true},
		{"", far, "tcp", sdp.Required, true},
		{"", far, "tls", sdp.Required, false},
		{"required", near, "tcp", sdp.Required, false},
		{"required", far, "tcp", sdp.Required, true},
		{"required", far, "tls", sdp.Required, false},
		{"allowed", far, "tcp", sdp.Opportunistic, false},
		{"off", far, "udp", sdp.Plain, false},
		{"off", near, "tls", sdp.Plain, false},
	} {
		p, err := newPolicy(c.srtp)
		must(t, err)
		level, why := p.of(c.from, c.transport)
		if level != c.level || (why != "") != c.refused {
			t.Errorf("%+v: %v, %q", c, level, why)
		}
		if c.refused && !strings.Contains(why, "TLS") || p.reason(level) == "" {
			t.Error("a refusal that says nothing:", why)
		}
	}
	if _, err := newPolicy("yes"); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "required") {
		t.Error(err)
	}
}
