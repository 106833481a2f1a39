package sip

import (
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/fields"
)

// maxChallenges is how often a request is sent again with credentials: once, and once more for a stale nonce.
const maxChallenges = 2

// exchange is a request of ours with all that may be needed to get its answer: the way by TCP for a large one (RFC 3261 18.1.1)
// and the answer to a challenge (22.2). Its functions are called in order, from the reader of the socket; they must not block.
type exchange struct {
	ep       *Endpoint
	out      *outbound
	flow     flow
	user     string
	password string
	nextSeq  func() uint32
	hops     *hopList                           // where else it may go; nil: nowhere
	wanted   func() bool                        // whether it may still go elsewhere; nil: yes
	progress func(res *sip.Response)            // may be nil
	redirect func(res *sip.Response) bool       // takes a 3xx and goes on by itself; may be nil
	final    func(res *sip.Response, err error) // for an INVITE once for each 2xx that arrives

	mu         sync.Mutex
	tx         *clientTx
	challenges int
	widened    int
	doomed     bool // nobody waits for the answer
	withdrawn  bool // an INVITE inside a dialog that is to be cancelled
	heard      bool // a provisional response
	byUDP      flow // the way back, where TCP was only tried for the size
	tried      bool // TCP was
}

// start sends it.
func (x *exchange) start() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	err := x.send()
	if err != nil && x.advance() {
		return nil
	}
	return err
}

// send sends the request as it is now. The lock is held.
func (x *exchange) send() error {
	f := x.flow
	wire := x.wire(f)
	if len(wire) > MaxUDPRequest && f.conn == nil && !x.tried {
		if conn, err := x.ep.sockets.Connect(f.remote, false, ""); err == nil {
			x.byUDP = f
			f = flow{conn: conn, remote: f.remote, nat: f.nat}
			wire = x.wire(f)
		}
		x.tried = true
	} else {
		x.byUDP = flow{}
	}
	x.flow = f
	out := *x.out
	tx := &clientTx{ep: x.ep, key: clientKey(out.branch, out.method), invite: out.method == mINVITE, flow: f, wire: wire, on: x.on, wait: x.hops.patience()}
	tx.ackFor = func(res *sip.Response) []byte { return x.companion(&out, mACK, res.To().Value(), f) }
	x.tx = tx
	err := tx.start()
	if x.doomed {
		tx.giveUpAfter(timeout)
	}
	if err != nil && x.byUDP.remote.IsValid() { // the connection was refused before anything could be queued
		return x.sendByUDP()
	}
	return err
}

// sendByUDP sends a large request by UDP after all (18.1.1). The lock is held.
func (x *exchange) sendByUDP() error {
	x.flow = x.byUDP
	x.out.branch = newBranch()
	return x.send()
}

func (x *exchange) wire(f flow) []byte {
	return x.out.wire(f.transport(), x.ep.localFor(f), x.ep.agent)
}

// companion writes the ACK or CANCEL that belongs to an INVITE: same Via, Call-ID, number and routes (17.1.1.3, 9.1).
func (x *exchange) companion(invite *outbound, method, to string, f flow, extra ...Header) []byte {
	c := outbound{
		method: method, uri: invite.uri, from: invite.from, to: to, callID: invite.callID, seq: invite.seq,
		branch: invite.branch, routes: invite.routes, hops: hops, extra: extra,
	}
	return c.wire(f.transport(), x.ep.localFor(f), x.ep.agent)
}

// on gets what the transaction says.
func (x *exchange) on(res *sip.Response, err error) {
	switch {
	case err != nil && x.fallBack(err):
	case (err != nil || res.StatusCode >= 200) && x.failover(res, err):
	case err != nil:
		x.final(nil, err)
	case res.StatusCode < 200:
		x.heardProgress()
		if x.progress != nil {
			x.progress(res)
		}
	case (res.StatusCode == 401 || res.StatusCode == 407) && x.authorise(res):
	case x.widen(res.StatusCode, value(res, "Min-SE")):
	case x.redirect != nil && res.StatusCode/100 == 3 && x.redirect(res):
	default:
		x.final(res, nil)
	}
}

// fallBack goes on by UDP where the peer takes no TCP (18.1.1).
func (x *exchange) fallBack(err error) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if err != errTransport || !x.byUDP.remote.IsValid() {
		return false
	}
	return x.sendByUDP() == nil
}

// authorise sends the request again with credentials, as a new transaction (22.2, 8.1.3.5).
func (x *exchange) authorise(res *sip.Response) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.user == "" || x.challenges >= maxChallenges {
		return false
	}
	h, stale, ok := credentials(res, x.out.method, x.out.uri, x.user, x.password)
	if !ok || x.challenges > 0 && !stale {
		return false
	}
	x.challenges++
	out := *x.out
	out.extra = append(withoutHeader(out.extra, h.Name), h)
	return x.resend(out)
}

func withoutHeader(hdr []Header, name string) []Header {
	var kept []Header
	for _, h := range hdr {
		if h.Name != name {
			kept = append(kept, h)
		}
	}
	return kept
}

// sent is the request as it was last sent.
func (x *exchange) sent() outbound {
	x.mu.Lock()
	defer x.mu.Unlock()
	return *x.out
}

// shed drops what only sending the request once more would need: there will be no other answer.
func (x *exchange) shed() {
	x.mu.Lock()
	defer x.mu.Unlock()
	out := *x.out
	out.extra, out.ctype, out.content = nil, "", nil
	x.out, x.hops = &out, nil
}

// seq is the number under which it was last sent.
func (x *exchange) seq() uint32 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.out.seq
}

// cancel sends CANCEL for the INVITE that is on its way (9.1); a provisional response must have come.
func (x *exchange) cancel(why []Header) {
	x.mu.Lock()
	defer x.mu.Unlock()
	wire := x.companion(x.out, mCANCEL, x.out.to, x.flow, why...)
	tx := &clientTx{ep: x.ep, key: clientKey(x.out.branch, mCANCEL), flow: x.flow, wire: wire, on: func(*sip.Response, error) {}}
	_ = tx.start()
	x.tx.giveUpAfter(timeout)
}

// withdraw cancels an INVITE that nobody waits for any more, at once or when a provisional response has come (9.1).
func (x *exchange) withdraw() {
	x.mu.Lock()
	now := x.heard && !x.withdrawn && x.out.method == mINVITE
	x.withdrawn = true
	x.mu.Unlock()
	if now {
		x.cancel(nil)
	}
}

// heardProgress is called at each provisional response.
func (x *exchange) heardProgress() {
	x.mu.Lock()
	now := !x.heard && x.withdrawn && x.out.method == mINVITE
	x.heard = true
	x.mu.Unlock()
	if now {
		x.cancel(nil)
	}
}

// abandon gives up an INVITE whose dialog is over: its answer may never come.
func (x *exchange) abandon() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.doomed = true
	if x.tx != nil {
		x.tx.giveUpAfter(timeout)
	}
}

// went is the request as it was last sent, not to be written to, and the way it went.
func (x *exchange) went() (*outbound, flow) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.out, x.flow
}

// flowNow is the way it went.
func (x *exchange) flowNow() flow {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.flow
}

// plain makes a Response of the API.
func plain(res *sip.Response) Response {
	r := Response{Code: res.StatusCode, Reason: res.Reason, ContentType: value(res, "Content-Type"), Body: res.Body()}
	r.RetryAfter, _ = fields.Seconds(value(res, "Retry-After"))
	r.Causes = fields.ParseReasons(values(res, "Reason"))
	r.silent = strings.EqualFold(strings.TrimSpace(value(res, "Refer-Sub")), "false")
	return r
}
