package voice

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// An operator at which we have registered calls the user of the registration (RFC 3261 10); the number is in To. Its INVITE here
// is answered with an offer of ours: the number was found.
func TestACallByARegistrationIsKnownByTo(t *testing.T) {
	h := newHouse(t, plan{})
	conn, err := net.Dial("udp", h.trunk.Addr().String())
	h.must(err)
	defer conn.Close() //nolint:errcheck // a test's socket
	for i, c := range []struct{ uri, to, want string }{
		{"city", waterNumber, "200"}, {waterNumber, "someone", "200"}, {"city", "someone", "404"}, {"city", "city", "404"},
	} {
		invite := strings.ReplaceAll(fmt.Sprintf(`INVITE sip:%[1]s@%[3]s SIP/2.0
Via: SIP/2.0/UDP %[4]s;branch=z9hG4bK-called-%[5]d;rport
From: <sip:anonymous@anonymous.invalid>;tag=a%[5]d
To: <sip:%[2]s@operator.example>
Call-ID: called-%[5]d
CSeq: 1 INVITE
Contact: <sip:operator@%[4]s>
Max-Forwards: 70
Content-Length: 0

`, c.uri, c.to, h.trunk.Addr(), conn.LocalAddr(), i), "\n", "\r\n")
		_, err := conn.Write([]byte(invite))
		h.must(err)
		if got := final(h, conn, fmt.Sprintf("called-%d", i)); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// final is the code of the final response to a call; those to others are sent again until they are acknowledged.
func final(h *house, conn net.Conn, callID string) string {
	h.Helper()
	buf := make([]byte, 4096)
	for {
		h.must(conn.SetReadDeadline(time.Now().Add(patience)))
		n, err := conn.Read(buf)
		h.must(err)
		f := strings.Fields(string(buf[:n]))
		if len(f) > 2 && f[0] == "SIP/2.0" && f[1][0] > '1' && strings.Contains(string(buf[:n]), "Call-ID: "+callID+"\r\n") {
			return f[1]
		}
	}
}
