package sdp

import (
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

func TestSafe(t *testing.T) {
	for addr, why := range map[string]string{
		"192.0.2.1:4000": "", "10.1.2.3:1024": "", "[2001:db8::1]:65535": "", "[fd00::1]:4000": "",
		"0.0.0.0:4000": "unspecified", "[::]:4000": "unspecified", "127.0.0.1:4000": "loopback", "127.9.9.9:4000": "loopback",
		"[::1]:4000": "loopback", "[::ffff:127.0.0.1]:4000": "loopback", "224.0.0.1:4000": "multicast", "239.1.1.1:4000": "multicast",
		"[ff02::1]:4000": "multicast", "169.254.169.254:4000": "metadata", "[::ffff:169.254.169.254]:4000": "metadata",
		"[fd00:ec2::254]:4000": "metadata", "100.100.100.200:4000": "metadata", "169.254.1.1:4000": "link-local", "[fe80::1]:4000": "link-local",
		"[fe80::1%eth0]:4000": "link-local", "255.255.255.255:4000": "broadcast", "240.0.0.1:4000": "reserved", "0.1.2.3:4000": "this network",
		"[64:ff9b::7f00:1]:4000": "loopback", "[2002:7f00:1::]:4000": "loopback", "[::127.0.0.1]:4000": "loopback", "[64:ff9b::a9fe:a9fe]:4000": "metadata",
		"192.0.2.1:53": "1024", "192.0.2.1:0": "1024", "192.0.2.9:5000": "socket of this server",
	} {
		own := netip.MustParseAddrPort("192.0.2.9:5000")
		err := Safe(netip.MustParseAddrPort(addr), Policy{Own: func(a netip.AddrPort) bool { return a == own }})
		switch {
		case why == "" && err != nil:
			t.Error(addr, err)
		case why != "" && (!errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), why)):
			t.Errorf("%s: %v, want %s", addr, err, why)
		}
	}
	if err := Safe(netip.AddrPort{}, Policy{}); err != nil {
		t.Error("on hold:", err)
	}
}

func TestAllowedNetworks(t *testing.T) {
	loopback := Policy{
		Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		Own:   func(a netip.AddrPort) bool { return a.Port() == 5000 },
	}
	for addr, safe := range map[string]bool{"127.0.0.1:4000": true, "127.0.0.9:53": true, "127.0.0.1:5000": false, "[::1]:4000": false, "[::ffff:127.0.0.1]:4000": true} {
		if err := Safe(netip.MustParseAddrPort(addr), loopback); (err == nil) != safe {
			t.Error(addr, err)
		}
	}
}

func TestChoiceIsSafe(t *testing.T) {
	offer := parse(t, "v=0\nc=IN IP4 192.0.2.1\nm=audio 4000 RTP/AVP 8\na=rtcp:4001 IN IP4 169.254.169.254\n")
	_, c, err := Answer(Options{}, offer, local, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Safe(Policy{}); !errs.Is(err, errs.Invalid) {
		t.Error("reports to a metadata service:", err)
	}
	c.RTCP = c.Remote
	if err := c.Safe(Policy{}); err != nil {
		t.Error(err)
	}
	if err := (Choice{}).Safe(Policy{}); err != nil {
		t.Error("on hold:", err)
	}
}

// However a forbidden address is written, it stays forbidden.
func TestSafeProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")
		four := netip.AddrFrom4([4]byte(b))
		port := rapid.Uint16Range(LeastPort, 65535).Draw(t, "port")
		want := Safe(netip.AddrPortFrom(four, port), Policy{}) == nil
		forms := []netip.Addr{
			netip.AddrFrom16(four.As16()),
			netip.AddrFrom16([16]byte{0: 0, 1: 0x64, 2: 0xff, 3: 0x9b, 12: b[0], 13: b[1], 14: b[2], 15: b[3]}),
			netip.AddrFrom16([16]byte{0: 0x20, 1: 0x02, 2: b[0], 3: b[1], 4: b[2], 5: b[3]}),
		}
		for _, f := range forms {
			if got := Safe(netip.AddrPortFrom(f, port), Policy{}) == nil; got != want {
				t.Fatalf("%s is %v, %s is %v", four, want, f, got)
			}
		}
	})
}
