package sdp

import (
	"net/netip"
	"strconv"
	"strings"

	"santra/internal/errs"
)

// The limits of what is read; what is beyond them is skipped, but for the size.
const (
	MaxSize   = 64 << 10 // bytes of a description
	MaxMedia  = 16       // m-lines
	MaxCodecs = 64       // payload types of an m-line
)

// Parse reads a description. What it does not know it skips; errs.Invalid where nothing can be made of it.
func Parse(b []byte) (*Session, error) {
	if len(b) > MaxSize {
		return nil, errs.New(errs.TooLarge, "sdp: over %d bytes", MaxSize)
	}
	p := parser{dir: SendRecv}
	for line := range strings.Lines(string(b)) {
		p.line(strings.TrimRight(line, "\r\n"))
	}
	p.finish()
	if !p.version && len(p.s.Media) == 0 {
		return nil, errs.New(errs.Invalid, "sdp: neither v= nor m= in it")
	}
	return &p.s, nil
}

// parser gathers what a description says.
type parser struct {
	s       Session
	version bool
	conn    netip.Addr // of the session
	dir     Direction  // of the session
	m       *medium    // the one being read
	skip    bool       // behind the last m-line that fits
}

// medium is an m-line being read.
type medium struct {
	Media
	conn    netip.Addr
	hasConn bool
	port    uint16
	rtcp    uint16
	rtcpIP  netip.Addr
	dir     Direction
	maps    map[uint8]Codec
	order   []uint8
}

func (p *parser) line(l string) {
	if len(l) < 2 || l[1] != '=' {
		return
	}
	v := strings.TrimSpace(l[2:])
	switch l[0] {
	case 'v':
		p.version = true
	case 'o':
		p.origin(v)
	case 'c':
		p.connection(v)
	case 'm':
		p.media(v)
	case 'a':
		name, arg, _ := strings.Cut(v, ":")
		p.attribute(strings.ToLower(name), strings.TrimSpace(arg))
	}
}

func (p *parser) origin(v string) {
	f := strings.Fields(v)
	if len(f) < 3 {
		return
	}
	p.s.ID, _ = strconv.ParseUint(f[1], 10, 64)
	p.s.Version, _ = strconv.ParseUint(f[2], 10, 64)
}

// connection reads c=; a name instead of an address counts as no address.
func (p *parser) connection(v string) {
	f := strings.Fields(v)
	if len(f) < 3 {
		return
	}
	host, _, _ := strings.Cut(f[2], "/")
	a, _ := netip.ParseAddr(host)
	a = a.Unmap().WithZone("")
	switch {
	case p.skip:
	case p.m != nil:
		p.m.conn, p.m.hasConn = a, true
	default:
		p.conn = a
	}
}

func (p *parser) media(v string) {
	p.finish()
	if p.skip = len(p.s.Media) >= MaxMedia; p.skip {
		return
	}
	f := strings.Fields(v)
	m := &medium{maps: map[uint8]Codec{}}
	m.DTMFPT = -1
	if len(f) > 0 {
		m.Kind = strings.ToLower(f[0])
	}
	if len(f) > 1 {
		port, _, _ := strings.Cut(f[1], "/")
		n, _ := strconv.ParseUint(port, 10, 16)
		m.port = uint16(n)
	}
	if len(f) > 2 {
		m.Proto = strings.ToUpper(f[2])
		for _, s := range f[3:min(len(f), 3+MaxCodecs)] {
			if pt, err := strconv.ParseUint(s, 10, 7); err == nil {
				m.order = append(m.order, uint8(pt))
			}
		}
	}
	p.m = m
}

func (p *parser) attribute(name, arg string) {
	switch name {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		if p.m != nil {
			p.m.dir = Direction(name)
		} else if !p.skip {
			p.dir = Direction(name)
		}
	}
	if p.m != nil {
		p.m.attribute(name, arg)
	}
}

func (m *medium) attribute(name, arg string) {
	switch name {
	case "rtpmap":
		m.rtpmap(arg)
	case "label":
		m.Label = arg
	case "ptime":
		m.PTime = milliseconds(arg)
	case "maxptime":
		m.MaxPTime = milliseconds(arg)
	case "rtcp-mux":
		m.RTCPMux = true
	case "crypto":
		if c, ok := parseCrypto(arg); ok && len(m.Crypto) < maxCryptos {
			m.Crypto = append(m.Crypto, c)
		}
	case "rtcp":
		f := strings.Fields(arg)
		if len(f) > 0 {
			n, _ := strconv.ParseUint(f[0], 10, 16)
			m.rtcp = uint16(n)
		}
		if len(f) > 3 {
			m.rtcpIP, _ = netip.ParseAddr(f[3])
		}
	}
}

// milliseconds reads a packet time; 0 for none that can be.
func milliseconds(arg string) int {
	ms, err := strconv.ParseUint(arg, 10, 16)
	if err != nil {
		return 0
	}
	return int(ms)
}

// rtpmap reads "8 PCMA/8000/1".
func (m *medium) rtpmap(arg string) {
	num, enc, ok := strings.Cut(arg, " ")
	pt, err := strconv.ParseUint(num, 10, 7)
	if !ok || err != nil || len(m.maps) >= MaxCodecs {
		return
	}
	f := strings.Split(strings.TrimSpace(enc), "/")
	c := Codec{PT: uint8(pt), Name: codecName(f[0]), Rate: narrowClock}
	if len(f) > 1 {
		if r, err := strconv.ParseUint(f[1], 10, 31); err == nil {
			c.Rate = int(r)
		}
	}
	m.maps[c.PT] = c
}

// finish closes the m-line being read.
func (p *parser) finish() {
	m := p.m
	if m == nil {
		return
	}
	p.m = nil
	for _, pt := range m.order {
		c, ok := m.maps[pt]
		if !ok {
			if c, ok = static(pt); !ok {
				continue
			}
		}
		m.Codecs = append(m.Codecs, c)
		if c.Name == DTMF && c.Rate == 8000 && m.DTMFPT < 0 {
			m.DTMFPT = int(pt)
		}
	}
	m.Direction = m.dir
	if m.Direction == "" {
		m.Direction = p.dir
	}
	m.address(p.conn)
	p.s.Media = append(p.s.Media, m.Media)
}

// address settles where the writer wants to receive.
func (m *medium) address(session netip.Addr) {
	a := session
	if m.hasConn {
		a = m.conn
	}
	if a.IsUnspecified() { // hold as RFC 2543 had it (RFC 3264 8.4)
		m.hold()
		a = netip.Addr{}
	}
	m.Conn = netip.AddrPortFrom(a, m.port)
	switch {
	case m.rtcp != 0 && m.rtcpIP.IsValid():
		m.RTCP = netip.AddrPortFrom(m.rtcpIP.Unmap().WithZone(""), m.rtcp)
	case m.rtcp != 0:
		m.RTCP = netip.AddrPortFrom(a, m.rtcp)
	case m.RTCPMux:
		m.RTCP = m.Conn
	case m.port != 0 && m.port < 65535:
		m.RTCP = netip.AddrPortFrom(a, m.port+1)
	}
}

func (m *medium) hold() {
	switch m.Direction {
	case SendRecv:
		m.Direction = SendOnly
	case RecvOnly:
		m.Direction = Inactive
	}
}

// Usable tells whether it is audio over RTP that was not refused: in the clear, or SRTP with a key that we can use.
func (m Media) Usable() bool {
	return m.Kind == "audio" && m.Conn.Port() != 0 && (m.Proto == "RTP/AVP" || m.Proto == "RTP/AVPF" || m.secured() && len(m.Crypto) > 0)
}

// Audio gives the audio m-lines, refused ones included.
func (s *Session) Audio() []Media {
	var all []Media
	for _, m := range s.Media {
		if m.Kind == "audio" {
			all = append(all, m)
		}
	}
	return all
}

// First gives the first usable audio.
func (s *Session) First() (Media, bool) {
	for _, m := range s.Media {
		if m.Usable() {
			return m, true
		}
	}
	return Media{}, false
}
