package demo

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
)

// Where the ports of a demonstration are looked for: below those that the kernel gives to any client socket (32768 up), one of which could
// take a port between release and the child that binds it, and below those of its sound.
const (
	firstPicked = 10_000
	lastPicked  = 19_999
)

// portPicker finds free loopback ports. It holds all that it found until release, so that no two are the same.
type portPicker struct{ held []interface{ Close() error } }

// pick gives addr with its port where that is not 0, else with a port that is free for UDP and TCP.
func (p *portPicker) pick(addr string) (string, error) {
	at, err := netip.ParseAddrPort(addr)
	if err != nil {
		return "", fmt.Errorf("want an address like 127.0.0.1:0: %w", err)
	}
	if at.Port() != 0 {
		return addr, nil
	}
	const tries = 200
	for range tries {
		if picked, ok := p.try(at.Addr()); ok {
			return picked, nil
		}
	}
	return "", errors.New("no port is free for both UDP and TCP")
}

func (p *portPicker) try(ip netip.Addr) (string, bool) {
	port := firstPicked + rand.N(lastPicked-firstPicked+1)
	tcp, err := net.Listen("tcp", netip.AddrPortFrom(ip, uint16(port)).String())
	if err != nil {
		return "", false
	}
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	if err != nil {
		_ = tcp.Close()
		return "", false
	}
	p.held = append(p.held, tcp, udp)
	return tcp.Addr().String(), true
}

func (p *portPicker) release() {
	for _, h := range p.held {
		_ = h.Close()
	}
	p.held = nil
}
