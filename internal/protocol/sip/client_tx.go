package sip

import (
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
)

// What ends a client transaction without a response. The user sees them as 408 and 503 (RFC 3261 8.1.3.1).
var (
	errTimeout   = errs.New(errs.Unavailable, "sip: the peer does not answer")
	errTransport = errs.New(errs.Unavailable, "sip: the connection broke")
)

// clientTx is a client transaction (RFC 3261 17.1, RFC 6026 for 2xx). Its user's function is called for each response, in
// order, and once with an error; never under the lock. Every 2xx to an INVITE goes up, retransmitted ones too.
type clientTx struct {
	ep     *Endpoint
	key    string
	invite bool
	flow   flow
	wire   []byte
	ackFor func(res *sip.Response) []byte // the ACK to a refusal
	on     func(res *sip.Response, err error)
	lost   func()        // takes the watch on the connection back
	wait   time.Duration // timers B, F; 0: 64*T1

	mu       sync.Mutex
	state    txState
	doomed   bool // nobody waits for the answer to this INVITE any more
	ackWire  []byte
	interval time.Duration
	again    alarm // timers A, E
	end      alarm // timers B, D, F, K, M
}

func clientKey(branch, method string) string { return "c|" + branch + "|" + method }

// start registers and sends it.
func (tx *clientTx) start() error {
	tx.again.mu, tx.end.mu = &tx.mu, &tx.mu
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if !tx.ep.txs.addClient(tx) {
		return errs.New(errs.Unavailable, "sip: closed")
	}
	if err := tx.ep.sockets.send(tx.flow, tx.wire); err != nil {
		tx.terminate()
		return errTransport
	}
	if tx.wait == 0 {
		tx.wait = timeout
	}
	tx.end.set(tx.wait, func() { tx.fail(errTimeout) }) // timers B, F
	if !tx.flow.reliable() {
		tx.interval = T1
		tx.again.set(T1, tx.resend)
		return nil
	}
	tx.lost = tx.flow.lost(tx.connectionLost)
	return nil
}

// resend is timers A (doubling) and E (doubling to T2).
func (tx *clientTx) resend() {
	_ = tx.ep.sockets.send(tx.flow, tx.wire)
	tx.interval *= 2
	if !tx.invite {
		tx.interval = min(tx.interval, T2)
	}
	tx.again.set(tx.interval, tx.resend)
}

func (tx *clientTx) connectionLost() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state <= txProceeding {
		tx.fail(errTransport)
	}
}

// fail ends it without a response. The lock is held; the user is told from a goroutine of its own.
func (tx *clientTx) fail(err error) {
	tx.terminate()
	go tx.on(nil, err)
}

// giveUpAfter ends an INVITE that was cancelled, or whose dialog is over, and is not answered (RFC 3261 9.1).
func (tx *clientTx) giveUpAfter(d time.Duration) {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state <= txProceeding {
		tx.doomed = true
		tx.end.set(d, func() { tx.fail(errTimeout) })
	}
}

// receive gets a response that matched.
func (tx *clientTx) receive(res *sip.Response) {
	tx.mu.Lock()
	up := tx.step(res)
	tx.mu.Unlock()
	if up {
		tx.on(res, nil)
	}
}

// step is the state machine; it tells whether the response goes up.
func (tx *clientTx) step(res *sip.Response) bool {
	code := res.StatusCode
	switch {
	case tx.state == txTerminated:
		return false
	case tx.state == txAccepted:
		return code >= 200 && code < 300
	case tx.state == txCompleted:
		if tx.invite && code >= 300 {
			_ = tx.ep.sockets.send(tx.flow, tx.ackWire)
		}
		return false
	case code < 200:
		tx.provisional()
	case !tx.invite:
		tx.complete(T4) // timer K
	case code < 300:
		tx.accept()
	default:
		tx.ackWire = tx.ackFor(res)
		_ = tx.ep.sockets.send(tx.flow, tx.ackWire)
		tx.complete(timerD)
	}
	return true
}

func (tx *clientTx) provisional() {
	tx.state = txProceeding
	if !tx.invite {
		if !tx.flow.reliable() {
			tx.interval = T2
			tx.again.set(T2, tx.resend)
		}
		return
	}
	tx.again.stop()
	if !tx.doomed {
		tx.end.stop()
	}
}

// complete remembers the transaction for d to absorb what comes again.
func (tx *clientTx) complete(d time.Duration) {
	tx.state, tx.wire, tx.ackFor = txCompleted, nil, nil
	tx.again.stop()
	if tx.flow.reliable() {
		tx.terminate()
		return
	}
	tx.end.set(d, tx.terminate)
}

func (tx *clientTx) accept() {
	tx.state, tx.wire, tx.ackFor = txAccepted, nil, nil
	tx.again.stop()
	tx.end.set(timeout, tx.terminate) // timer M
}

// terminate forgets it. The lock is held.
func (tx *clientTx) terminate() {
	tx.state, tx.wire, tx.ackWire = txTerminated, nil, nil
	tx.again.stop()
	tx.end.stop()
	tx.ep.txs.removeClient(tx.key)
	if tx.lost != nil {
		tx.lost()
		tx.lost = nil
	}
}

// abandon ends it at once, when the endpoint closes.
func (tx *clientTx) abandon() {
	tx.mu.Lock()
	defer tx.mu.Unlock()
	if tx.state <= txProceeding {
		tx.fail(errTransport)
		return
	}
	tx.terminate()
}

// transactions are all that live.
type transactions struct {
	mu     sync.Mutex
	server map[string]*serverTx
	client map[string]*clientTx
	closed bool
}

func newTransactions() *transactions {
	return &transactions{server: map[string]*serverTx{}, client: map[string]*clientTx{}}
}

// findServer finds a transaction, or makes one with fresh; made tells which.
func (t *transactions) findServer(key string, fresh func() *serverTx) (tx *serverTx, made bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tx = t.server[key]; tx != nil || fresh == nil || t.closed {
		return tx, false
	}
	tx = fresh()
	t.server[key] = tx
	return tx, true
}

func (t *transactions) removeServer(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.server, key)
}

func (t *transactions) addClient(tx *clientTx) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.client[tx.key] = tx
	return true
}

func (t *transactions) findClient(key string) *clientTx {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.client[key]
}

func (t *transactions) removeClient(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.client, key)
}

func (t *transactions) len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.server) + len(t.client)
}

// close ends all.
func (t *transactions) close() {
	t.mu.Lock()
	t.closed = true
	servers, clients := t.server, t.client
	t.server, t.client = map[string]*serverTx{}, map[string]*clientTx{}
	t.mu.Unlock()
	for _, tx := range servers {
		tx.abandon()
	}
	for _, tx := range clients {
		tx.abandon()
	}
}
