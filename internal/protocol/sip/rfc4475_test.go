package sip_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/memnet"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/registrar"
)

// torture says what each message of RFC 4475 meets with: the code of the response, 0 for none. twice is the code for a
// REGISTER that is sent again with the right password.
var torture = []struct {
	file  string
	code  int
	twice int
	why   string // what the RFC asks, where it is not plain
}{
	{"3.1.1.01-wsinv", 481, 0, "valid; its To has the tag of a dialog that is not here"},
	{"3.1.1.02-intmeth", 400, 0, "valid, an unknown method; refused on purpose: control characters in a header are no business of a city"},
	{"3.1.1.03-esc01", 200, 0, ""},
	{"3.1.1.04-escnull", 401, 403, "valid; NUL is no user that anybody can be"},
	{"3.1.1.05-esc02", 501, 0, "RE%47IST%45R is not REGISTER"},
	{"3.1.1.06-lwsdisp", 200, 0, ""},
	{"3.1.1.07-longreq", 200, 0, ""},
	{"3.1.1.08-dblreq", 401, 200, "what follows the message is ignored"},
	{"3.1.1.09-semiuri", 200, 0, ""},
	{"3.1.1.10-transports", 200, 0, ""},
	{"3.1.1.11-mpart01", 405, 0, "MESSAGE outside a dialog is nothing for us"},
	{"3.1.1.12-unreason", 0, 0, "a response to nothing"},
	{"3.1.1.13-noreason", 0, 0, "a response to nothing"},
	{"3.1.2.01-badinv01", 400, 0, ""},
	{"3.1.2.02-clerr", 400, 0, "a datagram; a stream would wait for more"},
	{"3.1.2.03-ncl", 400, 0, ""},
	{"3.1.2.04-scalar02", 400, 0, ""},
	{"3.1.2.05-scalarlg", 0, 0, "a response: dropped"},
	{"3.1.2.06-quotbal", 400, 0, ""},
	{"3.1.2.07-ltgtruri", 400, 0, ""},
	{"3.1.2.08-lwsruri", 400, 0, ""},
	{"3.1.2.09-lwsstart", 400, 0, ""},
	{"3.1.2.10-trws", 400, 0, ""},
	{"3.1.2.11-escruri", 400, 0, ""},
	{"3.1.2.12-baddate", 200, 0, "Date means nothing to us, so that a wrong one does not either"},
	{"3.1.2.13-regbadct", 400, 0, ""},
	{"3.1.2.14-badaspec", 400, 0, ""},
	{"3.1.2.15-baddn", 400, 0, ""},
	{"3.1.2.16-badvers", 505, 0, ""},
	{"3.1.2.17-mismatch01", 400, 0, ""},
	{"3.1.2.18-mismatch02", 400, 0, "501 or 400"},
	{"3.1.2.19-bigcode", 0, 0, "a response: dropped"},
	{"3.2.1-badbranch", 200, 0, "a transaction of RFC 2543"},
	{"3.3.01-insuf", 400, 0, "ideally 400"},
	{"3.3.02-unkscm", 416, 0, ""},
	{"3.3.03-novelsc", 416, 0, ""},
	{"3.3.04-unksm2", 401, 403, "not accepted for such a To"},
	{"3.3.05-bext01", 420, 0, ""},
	{"3.3.06-invut", 415, 0, ""},
	{"3.3.07-regaut01", 401, 200, "an unknown scheme is no credentials"},
	{"3.3.08-multi01", 400, 0, ""},
	{"3.3.09-mcl01", 400, 0, ""},
	{"3.3.10-bcast", 0, 0, "a response to nothing, and nothing is sent to where its Via points"},
	{"3.3.11-zeromf", 200, 0, "for us, not to be passed on"},
	{"3.3.12-cparam01", 401, 200, "an unknown parameter of the contact"},
	{"3.3.13-cparam02", 401, 200, "an unknown parameter of the URI"},
	{"3.3.14-regescrt", 401, 200, "accepted; its Route is not followed"},
	{"3.3.15-sdp01", 406, 0, "the caller reads nothing that we could answer"},
	{"3.4.1-inv2543", 400, 0, "a From without a tag is not spoken any more"},
}

// house is a registrar that knows everybody, and takes every call.
type house struct{ *registrar.Registrar }

func (house) Invite(in *sip.Incoming) { _, _ = in.Answer("application/sdp", []byte("v=0\r\n")) }

func newHouse() house {
	return house{registrar.New(registrar.Config{Realm: "r", Secrets: func(user, algorithm string) (string, bool) {
		return digest.HA1(algorithm, user, "r", "secret"), true
	}})}
}

var us = netip.MustParseAddrPort("192.0.2.1:5060")

// inHouse runs a test with a house and a network.
func inHouse(t *testing.T, test func(t *testing.T, n *memnet.Network, e *sip.Endpoint, h house)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		n, h := memnet.New(memnet.Faults{}), newHouse()
		e, err := sip.Listen(sip.Config{Addr: us.String(), Network: n.Host("192.0.2.1"), Accept: []string{"application/sdp"}})
		if err != nil {
			t.Fatal(err)
		}
		e.Serve(h)
		defer func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			defer cancel()
			_ = e.Close(ctx)
		}()
		test(t, n, e, h)
	})
}

func message(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "rfc4475", file+".dat"))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// ask sends a datagram and gives the response; empty: none within a second.
func ask(t *testing.T, c net.PacketConn, raw []byte) string {
	t.Helper()
	if _, err := c.WriteTo(raw, net.UDPAddrFromAddrPort(us)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 65535)
	_ = c.SetReadDeadline(time.Now().Add(time.Second))
	k, _, _ := c.ReadFrom(buf)
	return string(buf[:k])
}

var (
	cseq     = regexp.MustCompile(`(?mi)^CSeq: *([0-9]+)`)
	toUser   = regexp.MustCompile(`(?mi)^To: *<?sips?:([^@]*)@`)
	aRequest = regexp.MustCompile(`^REGISTER ([^ ]*) `)
	oldAuth  = regexp.MustCompile(`(?mi)^Authorization:.*\r\n`)
)

// again is a REGISTER with the answer to its challenge.
func again(t *testing.T, raw []byte, challenge string) []byte {
	t.Helper()
	head, _, _ := strings.Cut(string(raw), "\r\n\r\n")
	head = oldAuth.ReplaceAllString(head, "")
	uri, user := aRequest.FindStringSubmatch(head)[1], "nobody"
	if m := toUser.FindStringSubmatch(head); m != nil {
		user = m[1]
	}
	_, c, _ := strings.Cut(challenge, "WWW-Authenticate: ")
	c, _, _ = strings.Cut(c, "\r\n")
	v, _, ok := digest.Answer([]string{c}, digest.Request{Method: "REGISTER", URI: uri, User: user, Password: "secret"})
	if !ok {
		t.Fatalf("%q", challenge)
	}
	head = cseq.ReplaceAllString(head, "CSeq: 99999")
	head = regexp.MustCompile(`branch=z9hG4bK`).ReplaceAllString(head, "branch=z9hG4bKagain")
	return []byte(head + "\r\nAuthorization: " + v + "\r\n\r\n")
}

func TestRFC4475(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "rfc4475", "*.dat"))
	if err != nil || len(files) != 49 || len(torture) != 49 {
		t.Fatalf("%d files, %d rows, %v; want 49", len(files), len(torture), err)
	}
	for _, c := range torture {
		t.Run(c.file, func(t *testing.T) {
			inHouse(t, func(t *testing.T, n *memnet.Network, e *sip.Endpoint, h house) {
				conn, err := n.Host("192.0.2.2").ListenPacket("192.0.2.2:5060")
				if err != nil {
					t.Fatal(err)
				}
				defer conn.Close() //nolint:errcheck // of the test
				raw := message(t, c.file)
				got := ask(t, conn, raw)
				if want := fmt.Sprintf("SIP/2.0 %d ", c.code); c.code == 0 && got != "" || c.code != 0 && !strings.HasPrefix(got, want) {
					t.Fatalf("%q, want %d: %s", got, c.code, c.why)
				}
				if c.twice == 0 {
					return
				}
				if got = ask(t, conn, again(t, raw, got)); !strings.HasPrefix(got, fmt.Sprintf("SIP/2.0 %d ", c.twice)) {
					t.Fatalf("%q, want %d: %s", got, c.twice, c.why)
				}
				for _, u := range h.Users() {
					if target, _ := h.Lookup(u); strings.Contains(target.URI, "?") || len(target.Routes) > 0 {
						t.Errorf("a header field of a contact is followed: %+v", target)
					}
				}
			})
		})
	}
}

// The same as one stream after the other: whatever comes, the endpoint lives and nothing is left.
func TestRFC4475OverTCP(t *testing.T) {
	inHouse(t, func(t *testing.T, n *memnet.Network, e *sip.Endpoint, _ house) {
		for _, c := range torture {
			conn, err := n.Host("192.0.2.2").Dial(t.Context(), us.String())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = conn.Write(bytes.ReplaceAll(message(t, c.file), []byte("/UDP"), []byte("/TCP")))
			synctest.Wait()
			_ = conn.Close()
		}
		synctest.Wait()
		if s := e.Stats(); s.Connections != 0 {
			t.Errorf("%+v", s)
		}
		conn, err := n.Host("192.0.2.2").Dial(t.Context(), us.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // of the test
		_, _ = io.WriteString(conn, "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/TCP 192.0.2.2;branch=z9hG4bKz\r\nFrom: <sip:b@c>;tag=1\r\nTo: <sip:a@b>\r\n"+
			"Call-ID: z\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
		buf := make([]byte, 1000)
		if k, err := conn.Read(buf); err != nil || !strings.HasPrefix(string(buf[:k]), "SIP/2.0 200") {
			t.Errorf("%q %v", buf[:k], err)
		}
	})
}
