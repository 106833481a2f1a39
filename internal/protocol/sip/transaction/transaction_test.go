package transaction

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
)

var them = socket.Flow{Remote: netip.MustParseAddrPort("192.0.2.2:5060")}

// sent is what a table has sent, and when, from the start of its test.
type sent struct {
	start time.Time
	lines []string
	at    []time.Duration
	fail  error
	mu    sync.Mutex
}

func (s *sent) send(_ socket.Flow, wire []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail != nil {
		return s.fail
	}
	line, _, _ := strings.Cut(string(wire), "\r\n")
	s.lines, s.at = append(s.lines, line), append(s.at, time.Since(s.start))
	return nil
}

// take gives what was sent since the last time.
func (s *sent) take() (lines []string, at []time.Duration) {
	synctest.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	lines, at = s.lines, s.at
	s.lines, s.at = nil, nil
	return lines, at
}

// inBubble runs a test with a table in virtual time; whatever it does, nothing may be left after 64*T1.
func inBubble(t *testing.T, test func(t *testing.T, table *Table, s *sent)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &sent{start: time.Now()}
		table := NewTable(s.send)
		test(t, table, s)
		time.Sleep(2 * Timeout)
		if n := table.Len(); n != 0 {
			t.Errorf("%d transactions are left", n)
		}
	})
}

func parse(t *testing.T, msg string) sip.Message {
	t.Helper()
	m, bad := message.NewParser(1<<16, 64).Parse([]byte(strings.ReplaceAll(msg, "\n", "\r\n")))
	if bad != nil {
		t.Fatalf("%+v of %q", bad, msg)
	}
	return m
}

// answer is a response to the request of client.
func answer(t *testing.T, method, status string) *sip.Response {
	t.Helper()
	return parse(t, "SIP/2.0 "+status+"\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKone\nFrom: <sip:a@h>;tag=f\nTo: <sip:b@h>;tag=t\nCall-ID: c\n"+
		"CSeq: 1 "+method+"\nContent-Length: 0\n\n").(*sip.Response)
}

// heard is what the user of a client transaction was told.
type heard struct {
	mu    sync.Mutex
	codes []int
	errs  []error
}

// seen is what it was told by now.
func (h *heard) seen() (codes []int, errs []error) {
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.codes, h.errs
}

func (h *heard) told(res *sip.Response, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err != nil {
		h.errs = append(h.errs, err)
		return
	}
	h.codes = append(h.codes, res.StatusCode)
}

func client(t *testing.T, table *Table, method string, change ...func(*Request)) (*Client, *heard) {
	t.Helper()
	h := &heard{}
	r := Request{
		Branch: "z9hG4bKone", Method: method, Flow: them, Wire: []byte(method + " sip:b@h SIP/2.0\r\n\r\n"),
		AckFor: func(*sip.Response) []byte { return []byte("ACK sip:b@h SIP/2.0\r\n\r\n") },
		On:     h.told,
	}
	for _, c := range change {
		c(&r)
	}
	return NewClient(table, r), h
}

func seconds(all ...float64) (ds []time.Duration) {
	for _, s := range all {
		ds = append(ds, time.Duration(s*float64(time.Second)))
	}
	return ds
}

// Timers A and B, E and F (RFC 3261 17.1.1.2, 17.1.2.2): when a request is sent again, and when it is given up.
func TestClientThatHearsNothing(t *testing.T) {
	for method, want := range map[string][]time.Duration{
		"INVITE":  seconds(0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5),
		"OPTIONS": seconds(0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5),
	} {
		t.Run(method, func(t *testing.T) {
			inBubble(t, func(t *testing.T, table *Table, s *sent) {
				tx, h := client(t, table, method)
				if err := tx.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(Timeout + time.Millisecond)
				if _, at := s.take(); !slices.Equal(at, want) {
					t.Error(at)
				}
				if codes, errs := h.seen(); len(codes) != 0 || len(errs) != 1 || errs[0] != ErrTimeout {
					t.Error(codes, errs)
				}
			})
		})
	}
}

func TestClientIsPatientAsAsked(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, h := client(t, table, "OPTIONS", func(r *Request) { r.Wait = 4 * time.Second })
		_ = tx.Start()
		time.Sleep(4*time.Second + time.Millisecond)
		if _, errs := h.seen(); len(errs) != 1 {
			t.Error(errs)
		}
	})
}

// A provisional response stops timers A and B of an INVITE; another request is sent every T2 then (17.1.2.2).
func TestProvisionalResponses(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, h := client(t, table, "INVITE")
		_ = tx.Start()
		table.Answered(answer(t, "INVITE", "180 Ringing")).Receive(answer(t, "INVITE", "180 Ringing"))
		time.Sleep(5 * time.Minute)
		lines, _ := s.take()
		if _, errs := h.seen(); len(lines) != 1 || len(errs) != 0 {
			t.Error(lines, errs)
		}
		tx.GiveUpAfter(Timeout) // it was cancelled
		time.Sleep(Timeout + time.Millisecond)
		if _, errs := h.seen(); len(errs) != 1 {
			t.Error(errs)
		}
		tx, _ = client(t, table, "OPTIONS")
		_ = tx.Start()
		tx.Receive(answer(t, "OPTIONS", "100 Trying"))
		_, _ = s.take()
		time.Sleep(9 * time.Second)
		if lines, _ := s.take(); len(lines) != 2 {
			t.Error(lines)
		}
	})
}

// A refused INVITE is acknowledged, again for each copy of the response for timer D, and told once (17.1.1.2).
func TestRefusedInvite(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, h := client(t, table, "INVITE")
		_ = tx.Start()
		busy := answer(t, "INVITE", "486 Busy Here")
		for range 3 {
			table.Answered(busy).Receive(busy)
		}
		lines, _ := s.take()
		codes, _ := h.seen()
		if !slices.Equal(lines[1:], []string{"ACK sip:b@h SIP/2.0", "ACK sip:b@h SIP/2.0", "ACK sip:b@h SIP/2.0"}) || !slices.Equal(codes, []int{486}) {
			t.Error(lines, codes)
		}
		time.Sleep(timerD + time.Millisecond)
		if table.Answered(busy) != nil {
			t.Error("it is still there")
		}
	})
}

// Every 2xx goes up, copies and those of other forks too, and is not acknowledged here (RFC 6026 7.2, 8.4).
func TestEvery2xxGoesUp(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, h := client(t, table, "INVITE")
		_ = tx.Start()
		ok := answer(t, "INVITE", "200 OK")
		for range 2 {
			table.Answered(ok).Receive(ok)
		}
		tx.Receive(answer(t, "INVITE", "486 Busy Here"))
		codes, _ := h.seen()
		if lines, _ := s.take(); len(lines) != 1 || !slices.Equal(codes, []int{200, 200}) {
			t.Error(lines, codes)
		}
	})
}

func TestOtherRequestsAreAnsweredOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, h := client(t, table, "OPTIONS")
		_ = tx.Start()
		for range 3 {
			tx.Receive(answer(t, "OPTIONS", "200 OK"))
		}
		time.Sleep(T4 + time.Millisecond) // timer K
		if codes, _ := h.seen(); table.Len() != 0 || !slices.Equal(codes, []int{200}) {
			t.Error(table.Len(), codes)
		}
	})
}

func TestWhatCantBeSent(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		s.fail = errors.New("no route")
		tx, h := client(t, table, "INVITE")
		err := tx.Start()
		if _, errs := h.seen(); err != ErrTransport || table.Len() != 0 || len(errs) != 0 {
			t.Error(err, errs)
		}
	})
}

// A table that closes tells who waits, forgets the rest and takes nothing more.
func TestClose(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, h := client(t, table, "INVITE")
		_ = tx.Start()
		in := request(t, "INVITE", "")
		if _, made := table.Begin(in); !made || table.Len() != 2 {
			t.Error(table.Len())
		}
		table.Close()
		if _, errs := h.seen(); len(errs) != 1 || errs[0] != ErrTransport || table.Len() != 0 {
			t.Error(errs)
		}
		if tx, made := table.Begin(in); tx != nil || made {
			t.Error("it takes a request")
		}
		again, _ := client(t, table, "OPTIONS")
		if again.Start() == nil {
			t.Error("it sends a request")
		}
	})
}

// request is a request to us; pairs change its text.
func request(t *testing.T, method string, branch string, pairs ...string) *message.Inbound {
	t.Helper()
	msg := method + " sip:b@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKtwo" + branch + "\nFrom: <sip:a@h>;tag=f\nTo: <sip:b@h>\nCall-ID: c\n" +
		"CSeq: 1 " + method + "\nContact: <sip:a@192.0.2.2>\nContent-Length: 0\n\n"
	return message.NewInbound(parse(t, strings.NewReplacer(pairs...).Replace(msg)).(*sip.Request), them)
}

func wire(status string) []byte { return []byte("SIP/2.0 " + status + "\r\n\r\n") }

// A refusal is sent again by timer G, doubled to T2, until its ACK or timer H (17.2.1).
func TestRefusalUntilItsAck(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, _ := table.Begin(request(t, "INVITE", ""))
		if !tx.Respond(486, wire("486 Busy Here")) || tx.Respond(200, wire("200 OK")) {
			t.Error("a second final response is sent")
		}
		time.Sleep(12 * time.Second)
		if _, at := s.take(); !slices.Equal(at, seconds(0, 0.5, 1.5, 3.5, 7.5, 11.5)) {
			t.Error(at)
		}
		ack := request(t, "ACK", "")
		if found := table.Invite(ack); found != tx || !tx.Refused() {
			t.Fatal("the ACK finds nothing")
		}
		tx.Ack()
		time.Sleep(T4 - time.Millisecond)
		if lines, _ := s.take(); len(lines) != 0 || table.Len() != 1 {
			t.Error(lines)
		}
		time.Sleep(2 * time.Millisecond) // timer I
		if table.Len() != 0 {
			t.Error("it is left")
		}
	})
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, _ := table.Begin(request(t, "INVITE", ""))
		tx.Respond(486, wire("486 Busy Here"))
		time.Sleep(Timeout + time.Millisecond) // timer H
		if lines, _ := s.take(); len(lines) != 11 || table.Len() != 0 {
			t.Error(lines, table.Len())
		}
	})
}

// A request that comes again gets the last response again and is no new one.
func TestRetransmittedRequests(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		in := request(t, "OPTIONS", "")
		tx, _ := table.Begin(in)
		tx.Retransmitted() // nothing was said yet
		tx.Respond(200, wire("200 OK"))
		same, made := table.Begin(in)
		if made || same != tx {
			t.Fatal("a copy is taken for a new one")
		}
		same.Retransmitted()
		if lines, _ := s.take(); len(lines) != 2 {
			t.Error(lines)
		}
	})
}

// The 2xx to an INVITE is its dialog's to send again; copies of the INVITE are absorbed for timer L (RFC 6026 8.5).
func TestAcceptedInvite(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		in := request(t, "INVITE", "")
		tx, _ := table.Begin(in)
		tx.Respond(180, wire("180 Ringing"))
		tx.Respond(200, wire("200 OK"))
		tx.Retransmitted()
		time.Sleep(Timeout - time.Millisecond)
		if lines, _ := s.take(); len(lines) != 2 || table.Len() != 1 || tx.Refused() {
			t.Error(lines, table.Len())
		}
	})
}

// 100 goes out where nothing else was said in 200 ms (17.2.1).
func TestTrying(t *testing.T) {
	for _, quick := range []bool{false, true} {
		inBubble(t, func(t *testing.T, table *Table, s *sent) {
			tx, _ := table.Begin(request(t, "INVITE", ""))
			tx.Trying(func() []byte { return wire("100 Trying") })
			if quick {
				tx.Respond(180, wire("180 Ringing"))
			}
			time.Sleep(tryingAfter + time.Millisecond)
			lines, _ := s.take()
			if want := map[bool]string{false: "SIP/2.0 100 Trying", true: "SIP/2.0 180 Ringing"}[quick]; !slices.Equal(lines, []string{want}) {
				t.Error(quick, lines)
			}
			tx.Abandon()
		})
	}
}

// A CANCEL is told once, and only before a final response (9.2).
func TestCancel(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		told := 0
		tx, _ := table.Begin(request(t, "INVITE", ""))
		tx.WhenCancelled(func(*message.Inbound) { told++ })
		cancel := request(t, "CANCEL", "")
		if table.Invite(cancel) != tx || table.Invite(request(t, "CANCEL", "other")) != nil {
			t.Error("the CANCEL finds another")
		}
		tx.Cancel(cancel)
		tx.Cancel(cancel)
		if told != 1 {
			t.Error(told)
		}
		tx.WhenCancelled(func(*message.Inbound) { told++ })
		tx.Respond(486, wire("486 Busy Here"))
		tx.Cancel(cancel)
		if told != 1 {
			t.Error("told after the final response")
		}
	})
}

// A request inside a dialog that nobody answers is forgotten by then; one that is answered keeps its own time.
func TestForgetAfter(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		tx, _ := table.Begin(request(t, "INFO", ""))
		tx.ForgetAfter(time.Minute)
		time.Sleep(time.Minute + time.Millisecond)
		if table.Len() != 0 {
			t.Error("it is left")
		}
	})
}

// What tells transactions apart (17.2.3): branch, sent-by and method; of a peer of RFC 2543, whose branch is no name, the call.
func TestWhatATransactionIsFoundBy(t *testing.T) {
	same := serverKey(request(t, "INVITE", "").Request, "INVITE")
	if k := serverKey(request(t, "ACK", "").Request, "ACK"); k != same {
		t.Error("the ACK of a refusal has another key", k)
	}
	for name, in := range map[string]*message.Inbound{
		"branch": request(t, "INVITE", "x"), "host": request(t, "INVITE", "", "UDP 192.0.2.2", "UDP 192.0.2.3"), "port": request(t, "INVITE", "", ":5060;", ":5061;"),
		"method": request(t, "OPTIONS", ""),
	} {
		if serverKey(in.Request, in.Method) == same {
			t.Error(name, "does not tell apart")
		}
	}
	old := func(pairs ...string) string {
		return serverKey(request(t, "INVITE", "", append(pairs, "z9hG4bKtwo", "z9hG4bK")...).Request, "INVITE")
	}
	if old() == old("Call-ID: c", "Call-ID: d") || old() == old("CSeq: 1", "CSeq: 2") {
		t.Error("RFC 2543")
	}
}

// An alarm that was stopped or set anew never rings for its old time.
func TestAlarm(t *testing.T) {
	inBubble(t, func(t *testing.T, table *Table, s *sent) {
		var tx Server
		var rung []string
		tx.again.Guard(&tx.mu)
		set := func(d time.Duration, name string) {
			tx.mu.Lock()
			defer tx.mu.Unlock()
			tx.again.Set(d, func() { rung = append(rung, name) })
		}
		set(time.Second, "first")
		set(2*time.Second, "second")
		time.Sleep(3 * time.Second)
		set(time.Second, "third")
		tx.mu.Lock()
		tx.again.Stop()
		tx.mu.Unlock()
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if !slices.Equal(rung, []string{"second"}) {
			t.Error(rung)
		}
	})
}
