// Package exchange makes requests of ours come to an end (RFC 3261 8.1): it finds the servers of a target and goes on to the next
// where one fails (RFC 3263 4.3), sends large requests by TCP, answers challenges (22.2), asks for a longer session
// where the peer wants that (RFC 4028 7.3), and registers (10.2). Each attempt is a transaction of its own.
//
// It owns the way of a request from its target to its final response. It knows no dialog and no call: what to write is given to
// it, and what comes back is told by functions. The digests and the look-ups are of packages digest and locate.
package exchange

import (
	"context"
	"sync"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// MaxUDPRequest is how many bytes a request may have that goes by UDP (RFC 3261 18.1.1).
const MaxUDPRequest = 1300

// maxChallenges is how often a request is sent again with credentials: once, and once more for a stale nonce.
const maxChallenges = 2

// MaxWidened is how often a request is sent again with a longer interval after 422.
const MaxWidened = 2

// Exchange is a request of ours with all that may be needed to get its answer: the way by TCP for a large one (RFC 3261 18.1.1)
// and the answer to a challenge (22.2). Its functions are called in order, from the reader of the socket; they must not block.
type Exchange struct {
	Core     *Core
	Out      *message.Outbound
	Flow     socket.Flow
	User     string
	Password string
	NextSeq  func() uint32
	Hops     *HopList                           // where else it may go; nil: nowhere
	Wanted   func() bool                        // whether it may still go elsewhere; nil: yes
	Progress func(res *sip.Response)            // may be nil
	Redirect func(res *sip.Response) bool       // takes a 3xx and goes on by itself; may be nil
	Final    func(res *sip.Response, err error) // for an INVITE once for each 2xx that arrives

	mu         sync.Mutex
	tx         *transaction.Client
	challenges int
	widened    int
	doomed     bool        // nobody waits for the answer
	withdrawn  bool        // an INVITE inside a dialog that is to be cancelled
	heard      bool        // a provisional response
	byUDP      socket.Flow // the way back, where TCP was only tried for the size
	tried      bool        // TCP was
}

// Start sends it.
func (x *Exchange) Start() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.send()
	if err != nil && x.advance() {
		return nil
	}
	return err
}

// send sends the request as it is now. The lock is held.
func (x *Exchange) send() error {
	f := x.Flow
	wire := x.wire(f)
	if len(wire) > MaxUDPRequest && f.Conn == nil && !x.tried {
		if conn, err := x.Core.Sockets.Connect(f.Remote, false, ""); err == nil {
			x.byUDP = f
			f = socket.Flow{Conn: conn, Remote: f.Remote, NAT: f.NAT}
			wire = x.wire(f)
		}
		x.tried = true
	} else {
		x.byUDP = socket.Flow{}
	}
	x.Flow = f
	out := *x.Out
	tx := transaction.NewClient(x.Core.Transactions, transaction.Request{
		Branch: out.Branch, Method: out.Method, Flow: f, Wire: wire, On: x.on, Wait: x.Hops.patience(),
		AckFor: func(res *sip.Response) []byte { return x.companion(&out, message.ACK, res.To().Value(), f) },
	})
	x.tx = tx
	err := tx.Start()
	if x.doomed {
		tx.GiveUpAfter(transaction.Timeout)
	}
	if err != nil && x.byUDP.Remote.IsValid() { // the connection was refused before anything could be queued
		return x.sendByUDP()
	}
	return err
}

// sendByUDP sends a large request by UDP after all (18.1.1). The lock is held.
func (x *Exchange) sendByUDP() error {
	x.Flow = x.byUDP
	x.Out.Branch = message.NewBranch()
	return x.send()
}

func (x *Exchange) wire(f socket.Flow) []byte {
	return x.Out.Wire(f.Transport(), x.Core.Sockets.LocalFor(f), x.Core.Agent)
}

// companion writes the ACK or CANCEL that belongs to an INVITE: same Via, Call-ID, number and routes (17.1.1.3, 9.1).
func (x *Exchange) companion(invite *message.Outbound, method, to string, f socket.Flow, extra ...message.Header) []byte {
	c := message.Outbound{
		Method: method, URI: invite.URI, From: invite.From, To: to, CallID: invite.CallID, Seq: invite.Seq,
		Branch: invite.Branch, Routes: invite.Routes, Hops: message.MaxForwards, Extra: extra,
	}
	return c.Wire(f.Transport(), x.Core.Sockets.LocalFor(f), x.Core.Agent)
}

// on gets what the transaction says.
func (x *Exchange) on(res *sip.Response, err error) {
	switch {
	case err != nil && x.fallBack(err):
	case (err != nil || res.StatusCode >= 200) && x.failover(res, err):
	case err != nil:
		x.Final(nil, err)
	case res.StatusCode < 200:
		x.heardProgress()
		if x.Progress != nil {
			x.Progress(res)
		}
	case (res.StatusCode == 401 || res.StatusCode == 407) && x.authorise(res):
	case x.widen(res.StatusCode, message.Value(res, "Min-SE")):
	case x.Redirect != nil && res.StatusCode/100 == 3 && x.Redirect(res):
	default:
		x.Final(res, nil)
	}
}

// fallBack goes on by UDP where the peer takes no TCP (18.1.1).
func (x *Exchange) fallBack(err error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != transaction.ErrTransport || !x.byUDP.Remote.IsValid() {
		return false
	}
	return x.sendByUDP() == nil
}

// authorise sends the request again with credentials, as a new transaction (22.2, 8.1.3.5).
func (x *Exchange) authorise(res *sip.Response) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.User == "" || x.challenges >= maxChallenges {
		return false
	}
	h, stale, ok := credentials(res, x.Out.Method, x.Out.URI, x.User, x.Password)
	if !ok || x.challenges > 0 && !stale {
		return false
	}
	x.challenges++
	out := *x.Out
	out.Extra = append(withoutHeader(out.Extra, h.Name), h)
	return x.resend(out)
}

func withoutHeader(hdr []message.Header, name string) []message.Header {
	var kept []message.Header
	for _, h := range hdr {
		if h.Name != name {
			kept = append(kept, h)
		}
	}
	return kept
}

// sent is the request as it was last sent.
func (x *Exchange) sent() message.Outbound {
	x.mu.Lock()
	defer x.mu.Unlock()
	return *x.Out
}

// Shed drops what only sending the request once more would need: there will be no other answer.
func (x *Exchange) Shed() {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := *x.Out
	out.Extra, out.ContentType, out.Content = nil, "", nil
	x.Out, x.Hops = &out, nil
}

// Seq is the number under which it was last sent.
func (x *Exchange) Seq() uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.Out.Seq
}

// Cancel sends CANCEL for the INVITE that is on its way (9.1); a provisional response must have come.
func (x *Exchange) Cancel(why []message.Header) {
	x.mu.Lock()
	defer x.mu.Unlock()
	wire := x.companion(x.Out, message.CANCEL, x.Out.To, x.Flow, why...)
	tx := transaction.NewClient(x.Core.Transactions, transaction.Request{Branch: x.Out.Branch, Method: message.CANCEL, Flow: x.Flow, Wire: wire, On: func(*sip.Response, error) {}})
	_ = tx.Start()
	x.tx.GiveUpAfter(transaction.Timeout)
}

// Withdraw cancels an INVITE that nobody waits for any more, at once or when a provisional response has come (9.1).
func (x *Exchange) Withdraw() {
	x.mu.Lock()
	now := x.heard && !x.withdrawn && x.Out.Method == message.INVITE
	x.withdrawn = true
	x.mu.Unlock()
	if now {
		x.Cancel(nil)
	}
}

// heardProgress is called at each provisional response.
func (x *Exchange) heardProgress() {
	x.mu.Lock()
	now := !x.heard && x.withdrawn && x.Out.Method == message.INVITE
	x.heard = true
	x.mu.Unlock()
	if now {
		x.Cancel(nil)
	}
}

// Abandon gives up an INVITE whose dialog is over: its answer may never come.
func (x *Exchange) Abandon() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.doomed = true
	if x.tx != nil {
		x.tx.GiveUpAfter(transaction.Timeout)
	}
}

// Went is the request as it was last sent, not to be written to, and the way it went.
func (x *Exchange) Went() (*message.Outbound, socket.Flow) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.Out, x.Flow
}

// FlowNow is the way it went.
func (x *Exchange) FlowNow() socket.Flow {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.Flow
}

// Wait runs an exchange to its final response.
func (x *Exchange) Wait(ctx context.Context) (*sip.Response, error) {
	type outcome struct {
		res *sip.Response
		err error
	}
	got := make(chan outcome, 1)
	x.Final = func(res *sip.Response, err error) {
		select {
		case got <- outcome{res, err}:
		default:
		}
	}
	if err := x.Start(); err != nil {
		return nil, err
	}
	select {
	case o := <-got:
		return o.res, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Turn sends the request to another target.
func (x *Exchange) Turn(t Target, f socket.Flow, hops *HopList, contact string, hdr []message.Header) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := *x.Out
	out.URI, out.Routes, out.Contact, out.Extra = t.URI, t.Routes, contact, hdr // no credentials: they were the other's
	x.User, x.Password, x.challenges, x.tried, x.Flow, x.Hops = t.User, t.Password, 0, false, f, hops
	return x.resend(out)
}

// widen sends a request again with the interval that a 422 asks for (RFC 4028 7.3). The exchange's lock is not held.
func (x *Exchange) widen(code int, minSE string) bool {
	least, ok := fields.Seconds(minSE)
	x.mu.Lock()
	defer x.mu.Unlock()
	if code != 422 || !ok || x.widened >= MaxWidened {
		return false
	}
	x.widened++
	out := *x.Out
	was := out.Header("Session-Expires")
	s, asked := fields.ParseSessionExpires(was)
	if !asked {
		return false
	}
	s.Interval = max(s.Interval, least)
	out.Extra = append(withoutHeader(withoutHeader(out.Extra, "Session-Expires"), "Min-SE"),
		message.Header{Name: "Session-Expires", Value: s.String()}, message.Header{Name: "Min-SE", Value: fields.Delta(max(least, fields.MinSession))})
	return x.resend(out)
}

// resend sends a changed request as a new transaction (8.1.3.5). The lock is held.
func (x *Exchange) resend(out message.Outbound) bool {
	out.Seq, out.Branch = x.NextSeq(), message.NewBranch()
	x.Out = &out
	return x.send() == nil
}
