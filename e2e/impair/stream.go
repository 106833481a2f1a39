package impair

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"
)

// The bounds of a stream.
const (
	maxMessage = 64 << 10 // bytes of a SIP message
	chunk      = 1400     // bytes of what is not SIP that pass at a time
)

var errTooMany = errors.New("impair: too many calls or connections")

// accept takes connections that go in a direction: from clients to the server, or back to a client.
func (p *Proxy) accept(l net.Listener, target netip.AddrPort, d Direction) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.join(in, target, d) })
	}
}

// join leads a connection to its target.
func (p *Proxy) join(in net.Conn, target netip.AddrPort, d Direction) {
	defer in.Close()
	out, err := p.cfg.Network.Dial(p.ctx, target.String())
	if err != nil {
		return
	}
	defer out.Close()
	if err := p.keep(in, out); err != nil {
		return
	}
	defer p.forget(in, out)
	back := ToClient
	client := netip.AddrPort{}
	if d == ToClient {
		back, client = ToServer, target
	}
	told := &teller{p: p, client: client}
	p.wg.Go(func() { p.pump(told, back, out, in) })
	p.pump(told, d, in, out)
}

func (p *Proxy) keep(conns ...net.Conn) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || len(p.conns)+len(conns) > 2*MaxClients {
		return errTooMany
	}
	for _, c := range conns {
		p.conns[c] = true
	}
	return nil
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.conns, c)
	}
}

// pump carries one direction until either side ends, then ends the other when all has arrived: half-open connections are not kept.
func (p *Proxy) pump(t *teller, d Direction, from, to net.Conn) {
	arrived := make(chan struct{})
	l := newLine(func(b []byte) {
		if len(b) == 0 {
			close(arrived)
			return
		}
		_, _ = to.Write(b) // its reader tells of an end
	})
	defer l.close()
	defer to.Close()
	defer from.Close()
	r := bufio.NewReaderSize(from, maxMessage)
	for {
		b, err := p.next(r)
		if p.cfg.SIP && len(b) > 0 && err == nil {
			b = t.tell(d, b)
		}
		if err == nil && len(b) == 0 {
			continue
		}
		if !l.put(due{at: p.cfg.Link.steady(d, time.Now())}, append([]byte{}, b...)) {
			return // a stream can't lose its middle
		}
		if err != nil {
			break
		}
	}
	select {
	case <-arrived:
	case <-p.ctx.Done():
	}
}

// next gives what passes at a time: a SIP message or a keep-alive, or else a chunk.
func (p *Proxy) next(r *bufio.Reader) ([]byte, error) {
	if p.cfg.SIP {
		return nextMessage(r)
	}
	b := make([]byte, chunk)
	n, err := r.Read(b)
	if err != nil {
		return nil, err
	}
	return b[:n], nil
}

// nextMessage frames by Content-Length (RFC 3261 18.3); line ends between messages pass by themselves (RFC 5626 4.4.1).
func nextMessage(r *bufio.Reader) ([]byte, error) {
	var head bytes.Buffer
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		blank := len(bytes.TrimRight(line, "\r\n")) == 0
		if head.Len() == 0 && blank {
			return bytes.Clone(line), nil
		}
		if head.Write(line); head.Len() > maxMessage {
			return nil, errors.New("impair: the message is too long")
		}
		if blank {
			break
		}
	}
	size, _ := strconv.ParseUint(field(head.Bytes(), "Content-Length", "l"), 10, 16) // none: no body
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return nil, err
	}
	return append(head.Bytes(), body...), nil
}

// teller rewrites the SIP messages of one connection, once it knows how the client names itself.
type teller struct {
	p      *Proxy
	mu     sync.Mutex
	client netip.AddrPort
}

// tell rewrites a message.
func (t *teller) tell(d Direction, b []byte) []byte {
	t.mu.Lock()
	if d == ToServer && !t.client.IsValid() && !bytes.HasPrefix(b, []byte("SIP/")) {
		t.client = sentBy(b)
	}
	client := t.client
	t.mu.Unlock()
	outside, err := t.p.back(client)
	if err != nil {
		return nil
	}
	return t.p.gateway(d, b, sides{client, outside, t.p.addr, t.p.cfg.Target})
}

// back gives where the server can connect to a client: a listener of its own that leads there.
func (p *Proxy) back(client netip.AddrPort) (netip.AddrPort, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at, known := p.backs[client]; known || !client.IsValid() {
		return at, nil
	}
	if p.closed || len(p.backs) >= MaxClients {
		return netip.AddrPort{}, errTooMany
	}
	l, err := p.cfg.Network.Listen(net.JoinHostPort(p.cfg.Host, "0"))
	if err != nil {
		return netip.AddrPort{}, err
	}
	p.closers = append(p.closers, func() { _ = l.Close() })
	p.backs[client] = addrPort(l.Addr())
	p.wg.Go(func() { p.accept(l, client, ToClient) })
	return p.backs[client], nil
}
