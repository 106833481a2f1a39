package transaction

import (
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
)

// What ends a client transaction without a response. The user sees them as 408 and 503 (RFC 3261 8.1.3.1).
var (
	ErrTimeout   = errs.New(errs.Unavailable, "sip: the peer does not answer")
	ErrTransport = errs.New(errs.Unavailable, "sip: the connection broke")
)

// Client is a client transaction (RFC 3261 17.1, RFC 6026 for 2xx). Its user's function is called for each response, in
// order, and once with an error; never under the lock. Every 2xx to an INVITE goes up, retransmitted ones too.
type Client struct {
	table *Table
	Request
	key    string
	invite bool
	lost   func() // takes the watch on the connection back

	mu       sync.Mutex
	state    txState
	doomed   bool // nobody waits for the answer to this INVITE any more
	ackWire  []byte
	interval time.Duration
	again    Alarm // timers A, E
	end      Alarm // timers B, D, F, K, M
}

// Request is what a client transaction sends and who gets what comes of it.
type Request struct {
	Branch, Method string
	Flow           socket.Flow
	Wire           []byte
	AckFor         func(res *sip.Response) []byte // the ACK to a refusal of an INVITE
	On             func(res *sip.Response, err error)
	Wait           time.Duration // timers B, F; 0: 64*T1
}

// NewClient makes one; nothing is sent before its start.
func NewClient(table *Table, a Request) *Client {
	tx := &Client{table: table, Request: a, key: clientKey(a.Branch, a.Method), invite: a.Method == message.INVITE}
	tx.again.Guard(&tx.mu)
	tx.end.Guard(&tx.mu)
	return tx
}

func clientKey(branch, method string) string { return "c|" + branch + "|" + method }

// Start registers and sends it.
func (tx *Client) Start() error {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if !tx.table.addClient(tx) {
		return errs.New(errs.Unavailable, "sip: closed")
	}
	if err := tx.table.send(tx.Flow, tx.Wire); err != nil {
		tx.terminate()
		return ErrTransport
	}
	if tx.Wait == 0 {
		tx.Wait = Timeout
	}
	tx.end.Set(tx.Wait, func() { tx.fail(ErrTimeout) }) // timers B, F
	if !tx.Flow.Reliable() {
		tx.interval = T1
		tx.again.Set(T1, tx.resend)
		return nil
	}
	tx.lost = tx.Flow.Lost(tx.connectionLost)
	return nil
}

// resend is timers A (doubling) and E (doubling to T2).
func (tx *Client) resend() {
	_ = tx.table.send(tx.Flow, tx.Wire)
	tx.interval *= 2
	if !tx.invite {
		tx.interval = min(tx.interval, T2)
	}
	tx.again.Set(tx.interval, tx.resend)
}

func (tx *Client) connectionLost() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state <= txProceeding {
		tx.fail(ErrTransport)
	}
}

// fail ends it without a response. The lock is held; the user is told from a goroutine of its own.
func (tx *Client) fail(err error) {
	tx.terminate()
	go tx.On(nil, err)
}

// GiveUpAfter ends an INVITE that was cancelled, or whose dialog is over, and is not answered (RFC 3261 9.1).
func (tx *Client) GiveUpAfter(d time.Duration) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state <= txProceeding {
		tx.doomed = true
		tx.end.Set(d, func() { tx.fail(ErrTimeout) })
	}
}

// Receive gets a response that matched.
func (tx *Client) Receive(res *sip.Response) {
	tx.mu.Lock()
	up := tx.step(res)
	tx.mu.Unlock()
	if up {
		tx.On(res, nil)
	}
}

// step is the state machine; it tells whether the response goes up.
func (tx *Client) step(res *sip.Response) bool {
	code := res.StatusCode
	switch {
	case tx.state == txTerminated:
		return false
	case tx.state == txAccepted:
		return code >= 200 && code < 300
	case tx.state == txCompleted:
		if tx.invite && code >= 300 {
			_ = tx.table.send(tx.Flow, tx.ackWire)
		}
		return false
	case code < 200:
		tx.provisional()
	case !tx.invite:
		tx.complete(T4) // timer K
	case code < 300:
		tx.accept()
	default:
		tx.ackWire = tx.AckFor(res)
		_ = tx.table.send(tx.Flow, tx.ackWire)
		tx.complete(timerD)
	}
	return true
}

func (tx *Client) provisional() {
	tx.state = txProceeding
	if !tx.invite {
		if !tx.Flow.Reliable() {
			tx.interval = T2
			tx.again.Set(T2, tx.resend)
		}
		return
	}
	tx.again.Stop()
	if !tx.doomed {
		tx.end.Stop()
	}
}

// complete remembers the transaction for d to absorb what comes again.
func (tx *Client) complete(d time.Duration) {
	tx.state, tx.Wire, tx.AckFor = txCompleted, nil, nil
	tx.again.Stop()
	if tx.Flow.Reliable() {
		tx.terminate()
		return
	}
	tx.end.Set(d, tx.terminate)
}

func (tx *Client) accept() {
	tx.state, tx.Wire, tx.AckFor = txAccepted, nil, nil
	tx.again.Stop()
	tx.end.Set(Timeout, tx.terminate) // timer M
}

// terminate forgets it. The lock is held.
func (tx *Client) terminate() {
	tx.state, tx.Wire, tx.ackWire = txTerminated, nil, nil
	tx.again.Stop()
	tx.end.Stop()
	tx.table.removeClient(tx.key)
	if tx.lost != nil {
		tx.lost()
		tx.lost = nil
	}
}

// abandon ends it at once, when the endpoint closes.
func (tx *Client) abandon() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state <= txProceeding {
		tx.fail(ErrTransport)
		return
	}
	tx.terminate()
}
