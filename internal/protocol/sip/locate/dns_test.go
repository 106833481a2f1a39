package locate

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// nameServer answers on loopback, by UDP and TCP; what is longer than a datagram it truncates.
func nameServer(t *testing.T, lines string, change func(*dns.Msg)) string {
	t.Helper()
	var all []dns.RR
	for line := range strings.Lines(lines) {
		rr, err := dns.NewRR(line)
		if err != nil {
			t.Fatal(err)
		}
		if rr != nil {
			all = append(all, rr)
		}
	}
	handler := func(udp bool) dns.HandlerFunc {
		return func(w dns.ResponseWriter, q *dns.Msg) {
			m := new(dns.Msg).SetReply(q)
			for _, rr := range all {
				h := rr.Header()
				if strings.EqualFold(h.Name, q.Question[0].Name) && h.Rrtype == q.Question[0].Qtype {
					m.Answer = append(m.Answer, rr)
				}
			}
			change(m)
			if udp {
				m.Truncate(512)
			}
			_ = w.WriteMsg(m)
		}
	}
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", pc.LocalAddr().String())
	if err != nil {
		t.Skip("skipped: the TCP port beside a free UDP one is taken")
	}
	for _, s := range []*dns.Server{{PacketConn: pc, Handler: handler(true)}, {Listener: l, Handler: handler(false)}} {
		up := make(chan struct{})
		s.NotifyStartedFunc = func() { close(up) }
		go func() { _ = s.ActivateAndServe() }()
		<-up
		t.Cleanup(func() { _ = s.Shutdown() })
	}
	return pc.LocalAddr().String()
}

const records1 = `
carrier.example. 300 IN NAPTR 50 50 "s" "SIPS+D2T" "" _sips._tcp.carrier.example.
carrier.example. 60 IN NAPTR 90 50 "s" "SIP+D2T" "" _sip._tcp.carrier.example.
carrier.example. 60 IN NAPTR 95 50 "u" "E2U+sip" "!^.*$!sip:info@example.com!" .
_sips._tcp.carrier.example. 120 IN SRV 10 5 5061 A.Carrier.Example.
_sip._udp.none.example. 120 IN SRV 0 0 0 .
`

func TestRealQuestions(t *testing.T) {
	at := nameServer(t, records1, func(*dns.Msg) {})
	m := newMachine(func() []string { return []string{at} })
	naptr, ttl, err := m.NAPTR(t.Context(), "carrier.example")
	if err != nil || ttl != time.Minute || len(naptr) != 2 || naptr[0] != (NAPTR{50, 50, "s", "SIPS+D2T", "_sips._tcp.carrier.example"}) {
		t.Error(naptr, ttl, err)
	}
	srv, ttl, err := m.SRV(t.Context(), "_sips._tcp.carrier.example")
	if err != nil || ttl != 2*time.Minute || len(srv) != 1 || srv[0] != (SRV{10, 5, 5061, "a.carrier.example"}) {
		t.Error(srv, ttl, err)
	}
	if srv, _, _ = m.SRV(t.Context(), "_sip._udp.none.example"); len(srv) != 1 || srv[0].Target != "." {
		t.Error(srv)
	}
	if got, _, err := m.Addrs(t.Context(), "localhost"); err != nil || len(got) == 0 || !got[0].IsLoopback() {
		t.Error(got, err)
	}
}

// An answer that is too long for a datagram is fetched by TCP.
func TestTruncatedAnswers(t *testing.T) {
	at := nameServer(t, strings.Repeat("big.example. 60 IN SRV 1 1 5060 a-rather-long-name-of-a-host.big.example.\n", 1), func(m *dns.Msg) {
		for i := range 60 {
			for _, rr := range m.Answer[:min(1, len(m.Answer))] {
				c := dns.Copy(rr).(*dns.SRV)
				c.Port = uint16(6000 + i)
				m.Answer = append(m.Answer, c)
			}
		}
	})
	srv, _, err := newMachine(func() []string { return []string{at} }).SRV(t.Context(), "big.example")
	if err != nil || len(srv) != 61 {
		t.Error(len(srv), err)
	}
}

func TestNothingAndErrors(t *testing.T) {
	soa, _ := dns.NewRR("example. 900 IN SOA a. b. 1 2 3 4 45")
	nothing := nameServer(t, "", func(m *dns.Msg) { m.Rcode, m.Ns = dns.RcodeNameError, []dns.RR{soa} })
	broken := nameServer(t, "", func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure })
	got, ttl, err := newMachine(func() []string { return []string{broken, nothing} }).NAPTR(t.Context(), "x.example")
	if len(got) != 0 || ttl != 45*time.Second || err != nil {
		t.Error("want the second server's answer:", got, ttl, err)
	}
	if _, _, err := newMachine(func() []string { return []string{broken} }).NAPTR(t.Context(), "x.example"); err == nil {
		t.Error("an error is an answer")
	}
	if _, _, err := newMachine(func() []string { return nil }).SRV(t.Context(), "x.example"); err == nil {
		t.Error("no name server, no error")
	}
	if ttlOf(new(dns.Msg)) != negativeTTL {
		t.Error("an empty answer")
	}
}
