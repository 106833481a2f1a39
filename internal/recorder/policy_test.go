package recorder

import (
	"crypto/ed25519"
	"encoding/base64"
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

// TestLinkConfiguration: a configuration in which a client could only speak in the clear is refused, and says what to do.
func TestLinkConfiguration(t *testing.T) {
	whole := SIPTLS{Listen: "192.0.2.20:5061", Cert: "c", Key: "k", ClientCA: "ca"}
	far := []string{"127.0.0.0/8", "192.0.2.10/32"}
	for name, c := range map[string]struct {
		clients []string
		srtp    string
		tls     SIPTLS
		cert    string
		field   string
	}{
		"this machine alone":   {},
		"elsewhere over TLS":   {clients: far, tls: whole},
		"elsewhere, in clear":  {clients: far, field: "sip_tls.listen"},
		"required, in clear":   {clients: far, srtp: "required", field: "sip_tls.listen"},
		"a network of its own": {clients: far, srtp: "off"},
		"HTTP's certificate":   {tls: SIPTLS{Listen: "127.0.0.1:0", ClientCA: "ca"}, cert: "c"},
		"no certificate":       {tls: SIPTLS{Listen: "127.0.0.1:0", ClientCA: "ca"}, field: "sip_tls.cert"},
		"any client":           {tls: SIPTLS{Listen: "127.0.0.1:0", Cert: "c", Key: "k"}, field: "sip_tls.client_ca"},
		"no address":           {tls: SIPTLS{Listen: "here", Cert: "c", Key: "k", ClientCA: "ca"}, field: "sip_tls.listen"},
		"no such policy":       {srtp: "maybe", field: "srtp"},
	} {
		pub, _, _ := ed25519.GenerateKey(nil)
		err := CheckConfig(Config{
			Data: "x", CentreKey: base64.StdEncoding.EncodeToString(pub), Clients: c.clients, SRTP: c.srtp, SIPTLS: c.tls, Cert: c.cert, Key: c.cert,
		})
		if (err == nil) != (c.field == "") || err != nil && (!errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.field)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
