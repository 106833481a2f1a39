package app

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
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
	const tries = 50
	for range tries {
		if picked, ok := p.try(at.Addr()); ok {
			return picked, nil
		}
	}
	return "", errors.New("no port is free for both UDP and TCP")
}

func (p *portPicker) try(ip netip.Addr) (string, bool) {
	tcp, err := net.Listen("tcp", netip.AddrPortFrom(ip, 0).String())
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
