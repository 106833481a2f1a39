package impair

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
)

// sides are the four addresses of a client's way.
type sides struct {
	client  netip.AddrPort // as it names itself
	outside netip.AddrPort // by which the server knows it
	near    netip.AddrPort // by which it knows the server
	server  netip.AddrPort
}

// gateway rewrites a SIP message: addresses of one side become those by which the other knows it, and its description's sound
// is led through a pair of its own. Credentials stay as they are, for their digest covers an address (RFC 7616 3.4.3). What
// is no SIP (keep-alives) passes as it is.
func (p *Proxy) gateway(d Direction, b []byte, s sides) []byte {
	head, body, found := bytes.Cut(b, []byte("\r\n\r\n"))
	if !found {
		return b
	}
	if isSDP(body) {
		described, err := p.describe(d, field(head, "Call-ID", "i"), body)
		if err != nil {
			p.cfg.Link.count(d, func(c *Counts) { c.Overflow++ })
			return nil
		}
		body = described
	}
	var out bytes.Buffer
	for i, line := range strings.Split(string(head), "\r\n") {
		if i > 0 {
			out.WriteString("\r\n")
		}
		out.WriteString(s.line(d, line, len(body)))
	}
	out.WriteString("\r\n\r\n")
	out.Write(body)
	return out.Bytes()
}

// line rewrites a line of a message's head.
func (s sides) line(d Direction, line string, length int) string {
	name, _, found := strings.Cut(line, ":")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "authorization", "proxy-authorization":
		return line
	case "content-length", "l":
		if found {
			return "Content-Length: " + strconv.Itoa(length)
		}
	}
	if d == ToServer {
		return replaceAddr(replaceAddr(line, s.client, s.outside), s.near, s.server)
	}
	return replaceAddr(replaceAddr(line, s.outside, s.client), s.server, s.near)
}

// replaceAddr replaces an address with its port, but not the beginning or end of a longer one.
func replaceAddr(text string, from, to netip.AddrPort) string {
	if !from.IsValid() || !to.IsValid() {
		return text
	}
	old := from.String()
	var out strings.Builder
	for {
		i := strings.Index(text, old)
		if i < 0 {
			out.WriteString(text)
			return out.String()
		}
		end := i + len(old)
		out.WriteString(text[:i])
		if i > 0 && addrByte(text[i-1]) || end < len(text) && digit(text[end]) {
			out.WriteString(old)
		} else {
			out.WriteString(to.String())
		}
		text = text[end:]
	}
}

func digit(c byte) bool    { return c >= '0' && c <= '9' }
func addrByte(c byte) bool { return digit(c) || c == '.' }

// field gives a header's value by its name or its short form; "" without.
func field(head []byte, name, short string) string {
	for line := range strings.SplitSeq(string(head), "\r\n") {
		n, value, found := strings.Cut(line, ":")
		if n = strings.TrimSpace(n); found && (strings.EqualFold(n, name) || strings.EqualFold(n, short)) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// sentBy gives who sent a request, by its topmost Via (RFC 3261 18.1.1); zero where it names no address with a port.
func sentBy(message []byte) netip.AddrPort {
	head, _, _ := bytes.Cut(message, []byte("\r\n\r\n"))
	_, rest, _ := strings.Cut(field(head, "Via", "v"), " ")
	by, _, _ := strings.Cut(rest, ";")
	at, _ := netip.ParseAddrPort(strings.TrimSpace(by)) // zero says it
	return at
}

func isSDP(body []byte) bool { return bytes.HasPrefix(body, []byte("v=0")) }

// describe leads the first audio stream of a description through the pair of its call.
func (p *Proxy) describe(d Direction, call string, body []byte) ([]byte, error) {
	at, ok := soundAt(body)
	if !ok {
		return body, nil
	}
	one, err := p.call(call)
	if err != nil {
		return nil, err
	}
	to := one.knows(d, at)
	lines := strings.Split(string(body), "\r\n")
	for i, line := range lines {
		switch {
		case strings.HasPrefix(line, "c=IN IP4 "):
			lines[i] = "c=IN IP4 " + to.Addr().String()
		case strings.HasPrefix(line, "m=audio "):
			lines[i] = strings.Replace(line, " "+strconv.Itoa(int(at.Port()))+" ", " "+strconv.Itoa(int(to.Port()))+" ", 1)
		case strings.HasPrefix(line, "a=rtcp:"):
			lines[i] = "a=x-rtcp-not-carried"
		}
	}
	return []byte(strings.Join(lines, "\r\n")), nil
}

// soundAt is where a description wants its first audio stream.
func soundAt(body []byte) (netip.AddrPort, bool) {
	var host netip.Addr
	var port uint64
	for line := range strings.SplitSeq(string(body), "\r\n") {
		if h, found := strings.CutPrefix(line, "c=IN IP4 "); found {
			host, _ = netip.ParseAddr(h)
		}
		if m, found := strings.CutPrefix(line, "m=audio "); found && port == 0 {
			text, _, _ := strings.Cut(m, " ")
			port, _ = strconv.ParseUint(text, 10, 16)
		}
	}
	return netip.AddrPortFrom(host, uint16(port)), host.Is4() && port != 0
}

// call gives the pair that carries a call's sound.
func (p *Proxy) call(id string) (*pair, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if one := p.calls[id]; one != nil {
		return one, nil
	}
	if p.closed || len(p.calls) >= MaxCalls || id == "" {
		return nil, errTooMany
	}
	near, err := p.socket()
	if err != nil {
		return nil, err
	}
	one, err := p.pair(near)
	if err != nil {
		_ = near.Close()
		return nil, err
	}
	p.calls[id] = one
	p.wg.Go(func() { one.read(near, ToServer) })
	return one, nil
}

// knows remembers where the sender of a description wants its sound, and gives where the other side is told to send it.
func (o *pair) knows(d Direction, at netip.AddrPort) netip.AddrPort {
	o.mu.Lock()
	defer o.mu.Unlock()
	if d == ToServer {
		o.client = at
		return addrPort(o.far.LocalAddr())
	}
	o.server = at
	return addrPort(o.near.LocalAddr())
}
