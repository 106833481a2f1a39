package demo

import (
	"net"
	"net/netip"
	"testing"
)

// The picked ports are none that the kernel would give to others meanwhile, are free for both, and are all different.
func TestPickedPorts(t *testing.T) {
	var p portPicker
	seen := map[string]bool{}
	for range 30 {
		addr, err := p.pick("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if port := netip.MustParseAddrPort(addr).Port(); seen[addr] || port < firstPicked || port > lastPicked {
			t.Errorf("%s, after %v", addr, seen)
		}
		seen[addr] = true
	}
	p.release()
	for addr := range seen {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Errorf("it is not free: %v", err)
			continue
		}
		_ = l.Close()
	}
	if got, err := p.pick("127.0.0.1:4711"); err != nil || got != "127.0.0.1:4711" {
		t.Errorf("%s, %v", got, err)
	}
	if _, err := p.pick("localhost"); err == nil {
		t.Error("no address is taken")
	}
}
