// Package transaction keeps the transactions of SIP: those of our requests and those of our peers' (RFC 3261 17, RFC 6026), with
// all timers from A to M. It sends again what may be lost, absorbs what comes again, and says once what came of a request.
//
// It owns the bytes that may have to be sent again, for 32 s, and gives them up when that time is over. It knows no dialog, no
// endpoint, no socket but a function that sends, and what a message says only as far as 17.1.3 and 17.2.3 match by it. A 2xx to an INVITE
// is its user's to send again and to acknowledge.
package transaction

import (
	"sync"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
)

// Table holds all transactions that live, to be found by what comes in.
type Table struct {
	send func(f socket.Flow, wire []byte) error

	mu     sync.Mutex
	server shrinking[*Server]
	client shrinking[*Client]
	closed bool
}

// NewTable makes a table whose transactions write by send, which must not block.
func NewTable(send func(f socket.Flow, wire []byte) error) *Table {
	return &Table{send: send, server: newShrinking[*Server](), client: newShrinking[*Client]()}
}

// Begin finds the transaction of a request, or makes one; made tells which. nil: closed (RFC 3261 17.2.3).
func (t *Table) Begin(in *message.Inbound) (tx *Server, made bool) {
	key := serverKey(in.Request, in.Method)
	return t.findServer(key, func() *Server { return newServer(t, key, in) })
}

// Invite finds the transaction of the INVITE that an ACK or a CANCEL means; nil without one (RFC 3261 9.2, 17.2.3).
func (t *Table) Invite(in *message.Inbound) *Server {
	tx, _ := t.findServer(serverKey(in.Request, message.INVITE), nil)
	return tx
}

// findServer finds a transaction, or makes one with fresh; made tells which.
func (t *Table) findServer(key string, fresh func() *Server) (tx *Server, made bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if tx = t.server.all[key]; tx != nil || fresh == nil || t.closed {
		return tx, false
	}
	tx = fresh()
	t.server.put(key, tx)
	return tx, true
}

func (t *Table) removeServer(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.server.drop(key)
}

func (t *Table) addClient(tx *Client) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return false
	}
	t.client.put(tx.key, tx)
	return true
}

// Answered finds the transaction that a response belongs to (RFC 3261 17.1.3); nil without one.
func (t *Table) Answered(res *sip.Response) *Client {
	branch, _ := res.Via().Params.Get("branch")
	return t.findClient(clientKey(branch, string(res.CSeq().MethodName)))
}

func (t *Table) findClient(key string) *Client {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.client.all[key]
}

func (t *Table) removeClient(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.client.drop(key)
}

// Len counts those that live.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.server.all) + len(t.client.all)
}

// Close ends all.
func (t *Table) Close() {
	t.mu.Lock()
	t.closed = true
	servers, clients := t.server.all, t.client.all
	t.server, t.client = newShrinking[*Server](), newShrinking[*Client]()
	t.mu.Unlock()
	for _, tx := range servers {
		tx.Abandon()
	}
	for _, tx := range clients {
		tx.abandon()
	}
}
