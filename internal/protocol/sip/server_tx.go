package sip

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/id"
)

type txState uint8

const (
	txTrying txState = iota
	txProceeding
	txCompleted
	txConfirmed
	txAccepted // RFC 6026
	txTerminated
)

// serverTx is a server transaction (RFC 3261 17.2, RFC 6026 for 2xx). The 2xx to an INVITE is not retransmitted here but by
// the dialog (13.3.1.4); the transaction then only absorbs retransmitted INVITEs.
type serverTx struct {
	ep     *Endpoint
	key    string
	invite bool
	toTag  string // ours, the same in every response (RFC 3261 8.2.6.2)
	flow   flow

	mu       sync.Mutex
	state    txState
	last     []byte // response to send again
	interval time.Duration
	again    alarm // timer G, and 100 Trying
	end      alarm // timers H, I, J, L
	onCancel func(cancel *inbound)
}

// serverKey matches a request to its transaction (RFC 3261 17.2.3).
func serverKey(r *sip.Request, method string) string {
	via := r.Via()
	branch, _ := via.Params.Get("branch")
	if method == mACK {
		method = mINVITE
	}
	host := strings.ToLower(via.Host) + ":" + strconv.Itoa(via.Port)
	if len(branch) > len(magicCookie) && strings.HasPrefix(branch, magicCookie) { // the cookie alone tells nothing apart
		return "s|" + branch + "|" + host + "|" + method
	}
	from, _ := r.From().Params.Get("tag") // RFC 2543 peers
	return strings.Join([]string{"s", r.CallID().Value(), r.CSeq().Value()[:strings.IndexByte(r.CSeq().Value()+" ", ' ')], from, host, branch, method}, "|")
}

func newServerTx(ep *Endpoint, key string, in *inbound) *serverTx {
	tx := &serverTx{ep: ep, key: key, invite: in.method == mINVITE, flow: in.flow, toTag: id.New()}
	tx.again.mu, tx.end.mu = &tx.mu, &tx.mu
	return tx
}

// refused tells whether it waits for the ACK of a refusal, or had it.
func (tx *serverTx) refused() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.state == txCompleted || tx.state == txConfirmed
}

// trying sends 100 if nothing else was sent by then.
func (tx *serverTx) trying(wire func() []byte) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.again.set(tryingAfter, func() {
		if tx.state == txTrying {
			tx.state, tx.last = txProceeding, wire()
			tx.send()
		}
	})
}

func (tx *serverTx) send() { _ = tx.ep.sockets.send(tx.flow, tx.last) }

// retransmitted answers a request that came again.
func (tx *serverTx) retransmitted() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.last != nil && (tx.state == txProceeding || tx.state == txCompleted) {
		tx.send()
	}
}

// respond sends a response; false where a final one was sent already.
func (tx *serverTx) respond(code int, wire []byte) bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state >= txCompleted {
		return false
	}
	tx.again.stop()
	tx.last = wire
	tx.send()
	switch {
	case code < 200:
		tx.state = txProceeding
	case !tx.invite:
		tx.complete()
	case code < 300:
		tx.state, tx.last, tx.onCancel = txAccepted, nil, nil // the call's INVITE is not to live as long as its transaction
		tx.end.set(timeout, tx.terminate)                     // timer L
	default:
		tx.refuse()
	}
	return true
}

// complete ends a non-INVITE transaction (17.2.2).
func (tx *serverTx) complete() {
	tx.state = txCompleted
	if tx.flow.reliable() {
		tx.terminate()
		return
	}
	tx.end.set(timeout, tx.terminate) // timer J
}

// refuse waits for the ACK of a final response of 300 or more (17.2.1).
func (tx *serverTx) refuse() {
	tx.state, tx.onCancel = txCompleted, nil
	tx.end.set(timeout, tx.terminate) // timer H
	if !tx.flow.reliable() {
		tx.interval = T1
		tx.again.set(tx.interval, tx.resend)
	}
}

// resend is timer G.
func (tx *serverTx) resend() {
	tx.send()
	tx.interval = min(2*tx.interval, T2)
	tx.again.set(tx.interval, tx.resend)
}

// ack gets the ACK to a response of 300 or more.
func (tx *serverTx) ack() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state != txCompleted {
		return
	}
	tx.state, tx.last = txConfirmed, nil
	tx.again.stop()
	if tx.flow.reliable() {
		tx.terminate()
		return
	}
	tx.end.set(T4, tx.terminate) // timer I
}

// cancel tells the user of the transaction that the caller gave up (9.2); a final response makes it a no-op.
func (tx *serverTx) cancel(in *inbound) {
	tx.mu.Lock()
	f := tx.onCancel
	tx.onCancel = nil
	tx.mu.Unlock()
	if f != nil {
		f(in)
	}
}

// whenCancelled says who is told.
func (tx *serverTx) whenCancelled(f func(cancel *inbound)) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.onCancel = f
}

// terminate forgets it. The lock is held.
func (tx *serverTx) terminate() {
	tx.state, tx.last, tx.onCancel = txTerminated, nil, nil
	tx.again.stop()
	tx.end.stop()
	tx.ep.txs.removeServer(tx.key)
}

// abandon ends it at once, when the endpoint closes.
func (tx *serverTx) abandon() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.terminate()
}
