package voice

import (
	"context"
	"net"
	"sync"
)

// mortalNet is the machine's network for a process that can be killed without a word.
type mortalNet struct {
	mu   sync.Mutex
	dead bool
	open []interface{ Close() error }
}

// die closes everything, and nothing can be opened any more.
func (m *mortalNet) die() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dead = true
	for _, c := range m.open {
		_ = c.Close()
	}
}

func kept[T interface{ Close() error }](m *mortalNet, c T, err error) (T, error) {
	if err != nil {
		return c, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		_ = c.Close()
		return c, net.ErrClosed
	}
	m.open = append(m.open, c)
	return c, nil
}

func (m *mortalNet) ListenPacket(addr string) (net.PacketConn, error) {
	c, err := net.ListenPacket("udp", addr)
	return kept(m, c, err)
}

func (m *mortalNet) Listen(addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	return kept[net.Listener](m, mortalListener{l, m}, err)
}

func (m *mortalNet) Dial(ctx context.Context, addr string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	return kept(m, c, err)
}

type mortalListener struct {
	net.Listener
	m *mortalNet
}

// Accept implements net.Listener.
func (l mortalListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return kept(l.m, c, err)
}
