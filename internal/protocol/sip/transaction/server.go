package transaction

import (
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/id"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
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

// Server is a server transaction (RFC 3261 17.2, RFC 6026 for 2xx). The 2xx to an INVITE is not retransmitted here but by
// the dialog (13.3.1.4); the transaction then only absorbs retransmitted INVITEs.
type Server struct {
	table  *Table
	Key    string // by which it is found, the same for a request that comes again
	invite bool
	ToTag  string // ours, the same in every response (RFC 3261 8.2.6.2)
	flow   socket.Flow

	mu       sync.Mutex
	state    txState
	last     []byte // response to send again
	interval time.Duration
	again    Alarm // timer G, and 100 Trying
	end      Alarm // timers H, I, J, L
	onCancel func(cancel *message.Inbound)
}

// serverKey matches a request to its transaction (RFC 3261 17.2.3).
func serverKey(r *sip.Request, method string) string {
	via := r.Via()
	branch, _ := via.Params.Get("branch")
	if method == message.ACK {
		method = message.INVITE
	}
	host := strings.ToLower(via.Host) + ":" + strconv.Itoa(via.Port)
	if len(branch) > len(message.MagicCookie) && strings.HasPrefix(branch, message.MagicCookie) { // the cookie alone tells nothing apart
		return "s|" + branch + "|" + host + "|" + method
	}
	from, _ := r.From().Params.Get("tag") // RFC 2543 peers
	return strings.Join([]string{"s", r.CallID().Value(), r.CSeq().Value()[:strings.IndexByte(r.CSeq().Value()+" ", ' ')], from, host, branch, method}, "|")
}

func newServer(table *Table, key string, in *message.Inbound) *Server {
	tx := &Server{table: table, Key: key, invite: in.Method == message.INVITE, flow: in.Flow, ToTag: id.New()}
	tx.again.Guard(&tx.mu)
	tx.end.Guard(&tx.mu)
	return tx
}

// Refused tells whether it waits for the ACK of a refusal, or had it.
func (tx *Server) Refused() bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	return tx.state == txCompleted || tx.state == txConfirmed
}

// Trying sends 100 if nothing else was sent by then.
func (tx *Server) Trying(wire func() []byte) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.again.Set(tryingAfter, func() {
		if tx.state == txTrying {
			tx.state, tx.last = txProceeding, wire()
			tx.send()
		}
	})
}

func (tx *Server) send() { _ = tx.table.send(tx.flow, tx.last) }

// Retransmitted answers a request that came again.
func (tx *Server) Retransmitted() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.last != nil && (tx.state == txProceeding || tx.state == txCompleted) {
		tx.send()
	}
}

// Respond sends a response; false where a final one was sent already.
func (tx *Server) Respond(code int, wire []byte) bool {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state >= txCompleted {
		return false
	}
	tx.again.Stop()
	tx.last = wire
	tx.send()
	switch {
	case code < 200:
		tx.state = txProceeding
	case !tx.invite:
		tx.complete()
	case code < 300:
		tx.state, tx.last, tx.onCancel = txAccepted, nil, nil // the call's INVITE is not to live as long as its transaction
		tx.end.Set(Timeout, tx.terminate)                     // timer L
	default:
		tx.refuse()
	}
	return true
}

// complete ends a non-INVITE transaction (17.2.2).
func (tx *Server) complete() {
	tx.state = txCompleted
	if tx.flow.Reliable() {
		tx.terminate()
		return
	}
	tx.end.Set(Timeout, tx.terminate) // timer J
}

// refuse waits for the ACK of a final response of 300 or more (17.2.1).
func (tx *Server) refuse() {
	tx.state, tx.onCancel = txCompleted, nil
	tx.end.Set(Timeout, tx.terminate) // timer H
	if !tx.flow.Reliable() {
		tx.interval = T1
		tx.again.Set(tx.interval, tx.resend)
	}
}

// resend is timer G.
func (tx *Server) resend() {
	tx.send()
	tx.interval = min(2*tx.interval, T2)
	tx.again.Set(tx.interval, tx.resend)
}

// Ack gets the ACK to a response of 300 or more.
func (tx *Server) Ack() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state != txCompleted {
		return
	}
	tx.state, tx.last = txConfirmed, nil
	tx.again.Stop()
	if tx.flow.Reliable() {
		tx.terminate()
		return
	}
	tx.end.Set(T4, tx.terminate) // timer I
}

// Cancel tells the user of the transaction that the caller gave up (9.2); a final response makes it a no-op.
func (tx *Server) Cancel(in *message.Inbound) {
	tx.mu.Lock()
	f := tx.onCancel
	tx.onCancel = nil
	tx.mu.Unlock()
	if f != nil {
		f(in)
	}
}

// WhenCancelled says who is told.
func (tx *Server) WhenCancelled(f func(cancel *message.Inbound)) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.onCancel = f
}

// terminate forgets it. The lock is held.
func (tx *Server) terminate() {
	tx.state, tx.last, tx.onCancel = txTerminated, nil, nil
	tx.again.Stop()
	tx.end.Stop()
	tx.table.removeServer(tx.Key)
}

// Abandon ends it at once, when the endpoint closes.
func (tx *Server) Abandon() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	tx.terminate()
}

// ForgetAfter forgets a transaction that its user never answers: by then the peer waits no more (17.1.2.2).
func (tx *Server) ForgetAfter(d time.Duration) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state < txCompleted {
		tx.end.Set(d, tx.terminate)
	}
}
