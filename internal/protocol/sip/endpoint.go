package sip

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/exchange"
	"santra/internal/protocol/sip/guard"
	"santra/internal/protocol/sip/locate"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// Endpoint is one SIP listener: a UDP and a TCP socket on the same port, and one for TLS on another.
type Endpoint struct {
	cfg     Config
	log     *slog.Logger
	agent   string
	tags    []string // of Require and Supported
	tagList string   // the same in one value
	limits  Limits
	parser  *message.Parser
	sockets *socket.Set
	txs     *transaction.Table
	guard   *guard.Guard
	core    *exchange.Core
	count   counters
	wg      sync.WaitGroup // handlers

	mu       sync.Mutex
	handler  Handler
	serving  bool
	closing  bool
	incoming map[string]*Incoming // by our tag
	dialogs  map[string]*Dialog   // by both tags, ours first
	early    map[string]*Dialog   // those that are not answered yet
	outgoing map[*Outgoing]struct{}
	merging  map[string]string // RFC 3261 8.2.2.2: Call-ID, tag, CSeq → transaction
	closed   chan struct{}
	drain    draining
}

type counters struct {
	requests, responses, malformed, stray, spoofed, unknown atomic.Uint64
}

// Listen opens the sockets; nothing is read before Serve.
func Listen(cfg Config) (*Endpoint, error) {
	e := &Endpoint{
		cfg: cfg, log: cfg.Log, agent: cfg.UserAgent, limits: cfg.Limits.filled(),
		incoming: map[string]*Incoming{}, dialogs: map[string]*Dialog{}, outgoing: map[*Outgoing]struct{}{},
		merging: map[string]string{}, closed: make(chan struct{}), early: map[string]*Dialog{},
	}
	e.parser = message.NewParser(max(e.limits.Message, maxDatagram)+1, e.limits.Headers)
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.agent == "" {
		e.agent = "santra"
	}
	if e.cfg.Extensions == nil {
		e.cfg.Extensions = []string{"siprec"}
	}
	e.tags = e.cfg.extensions()
	e.tagList = strings.Join(e.tags, ", ")
	var err error
	e.guard, err = guard.New(guard.Rules{Trunks: cfg.Trunks, Authenticate: cfg.Authenticate, Admit: cfg.Admit},
		guard.Outward{Agent: e.agent, Log: e.log, Send: e.sendBy})
	if err != nil {
		return nil, err
	}
	if err := e.open(); err != nil {
		return nil, err
	}
	return e, nil
}

// sendBy writes a message.
func (e *Endpoint) sendBy(f socket.Flow, wire []byte) error { return e.sockets.SendBy(f, wire) }

// open binds the sockets and makes what goes by them.
func (e *Endpoint) open() (err error) {
	if e.sockets, err = openSockets(e); err != nil {
		return err
	}
	e.txs = transaction.NewTable(e.sockets.SendBy)
	locator := e.cfg.Locator
	if locator == nil {
		locator = locate.New(locate.Machine())
	}
	e.core = &exchange.Core{Sockets: e.sockets, Transactions: e.txs, Locator: locator, Agent: e.agent}
	return nil
}

func (l Limits) filled() Limits {
	fill := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	fill(&l.Message, MaxMessage)
	fill(&l.Headers, MaxHeaders)
	fill(&l.Connections, MaxConnections)
	fill(&l.Calls, MaxCalls)
	if l.Idle == 0 {
		l.Idle = MaxIdle
	}
	return l
}

// Addr is where it listens by UDP and TCP.
func (e *Endpoint) Addr() netip.AddrPort { return e.sockets.Addr() }

// TLSAddr is where it listens by TLS; the zero value where it does not.
func (e *Endpoint) TLSAddr() netip.AddrPort { return e.sockets.TLSAddr() }

// Serve starts handing what comes in to h and returns at once. h may be nil for an Endpoint that only calls. Only the first
// call has an effect.
func (e *Endpoint) Serve(h Handler) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.serving || e.closing {
		return
	}
	e.handler, e.serving = h, true
	e.sockets.Start()
}

// Stats counts what it has seen.
func (e *Endpoint) Stats() Stats {
	e.mu.Lock()
	calls, did := e.calls(), e.guard.Counts()
	e.mu.Unlock()
	return Stats{
		Requests: e.count.requests.Load(), Responses: e.count.responses.Load(), Malformed: e.count.malformed.Load(),
		Refused: did.Refused, Challenged: did.Challenged, Limited: did.Limited, Stray: e.count.stray.Load(),
		SendErrors: e.sockets.SendErrors(), Spoofed: e.count.spoofed.Load(), Unknown: e.count.unknown.Load(), Calls: calls,
		Transactions: e.txs.Len(), Connections: e.sockets.Connections(),
	}
}

// Close ends every dialog with BYE, waits for the answers as long as ctx lets it, and closes the sockets. It is idempotent.
func (e *Endpoint) Close(ctx context.Context) error {
	e.mu.Lock()
	if e.closing {
		e.mu.Unlock()
		<-e.closed
		return nil
	}
	e.closing = true
	serving := e.serving
	e.mu.Unlock()
	if serving {
		e.hangUpAll(ctx)
	}
	e.txs.Close()
	e.sockets.Close()
	for _, d := range e.allDialogs() {
		d.shut()
	}
	waitOr(ctx, &e.wg)
	close(e.closed)
	return ctx.Err()
}

func (e *Endpoint) allDialogs() []*Dialog {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]*Dialog, 0, len(e.dialogs))
	for _, d := range e.dialogs {
		all = append(all, d)
	}
	return all
}

// hangUpAll says good-bye to everybody.
func (e *Endpoint) hangUpAll(ctx context.Context) {
	e.mu.Lock()
	ins, outs := make([]*Incoming, 0), make([]*Outgoing, 0)
	for _, in := range e.incoming {
		ins = append(ins, in)
	}
	for o := range e.outgoing {
		outs = append(outs, o)
	}
	e.mu.Unlock()
	for _, in := range ins {
		in.Reject(503, "")
	}
	for _, o := range outs {
		o.Cancel()
	}
	var wg sync.WaitGroup
	for _, d := range e.allDialogs() {
		wg.Go(func() { _ = d.bye(ctx, EndClosed) })
	}
	waitOr(ctx, &wg)
}

// waitOr waits for wg or for the end of ctx.
func waitOr(ctx context.Context, wg *sync.WaitGroup) {
	done := make(chan struct{})
	go func() { wg.Wait(); close(done) }()
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// receive gets each message, in the order of its socket.
func (e *Endpoint) receive(raw []byte, f socket.Flow) {
	m, bad := e.parser.Parse(raw)
	if bad != nil {
		e.malformed(raw, f, bad)
		return
	}
	switch m := m.(type) {
	case *sip.Request:
		e.count.requests.Add(1)
		e.request(message.NewInbound(m, f))
	case *sip.Response:
		e.count.responses.Add(1)
		e.response(m)
	}
}

// malformed drops a message, or answers it where it can and its source has not had too many answers.
func (e *Endpoint) malformed(raw []byte, f socket.Flow, bad *message.Fault) {
	e.count.malformed.Add(1)
	e.guard.Note(f, "sip: malformed message", "why", bad.Reason, "code", bad.Code)
	wire := message.RefuseRaw(raw, bad, e.agent)
	if wire != nil {
		e.guard.Garbled(f, wire)
	}
}

// response finds the transaction of a response.
func (e *Endpoint) response(res *sip.Response) {
	tx := e.txs.Answered(res)
	if tx == nil {
		e.count.stray.Add(1)
		return
	}
	tx.Receive(res)
}

// request finds the transaction of a request, or begins one.
func (e *Endpoint) request(in *message.Inbound) {
	if in.Method == message.ACK {
		e.ack(in)
		return
	}
	tx, made := e.txs.Begin(in)
	switch {
	case tx == nil: // closed
	case !made:
		tx.Retransmitted()
	case in.Method == message.CANCEL:
		e.cancel(tx, in)
	case in.ToTag != "":
		e.inDialog(tx, in)
	default:
		e.outside(tx, in)
	}
}

// ack gives an ACK to the refused INVITE's transaction (17.2.1) or to the dialog (13.3.1.4).
func (e *Endpoint) ack(in *message.Inbound) {
	if tx := e.txs.Invite(in); tx != nil && tx.Refused() {
		tx.Ack()
		return
	}
	if d := e.find(in); d != nil {
		d.ack(in)
		return
	}
	e.count.stray.Add(1)
}

// cancel answers a CANCEL and gives up the INVITE it means (RFC 3261 9.2).
func (e *Endpoint) cancel(tx *transaction.Server, in *message.Inbound) {
	invite := e.txs.Invite(in)
	if invite == nil {
		e.say(tx, in, message.Reply{Code: 481})
		return
	}
	e.say(tx, in, message.Reply{Code: 200, ToTag: invite.ToTag})
	invite.Cancel(in)
}

// say responds in a transaction.
func (e *Endpoint) say(tx *transaction.Server, in *message.Inbound, r message.Reply) {
	if r.ToTag == "" {
		r.ToTag = tx.ToTag
	}
	tx.Respond(r.Code, r.Wire(in, e.agent))
}

// find finds the dialog of a request (RFC 3261 12.2.2).
func (e *Endpoint) find(in *message.Inbound) *Dialog {
	return e.lookup(in.CallID, in.ToTag, in.FromTag)
}

// lookup finds a dialog by its Call-ID and tags.
func (e *Endpoint) lookup(callID, ours, theirs string) *Dialog {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := ours + "|" + theirs
	d := e.dialogs[key]
	if d == nil {
		d = e.early[key]
	}
	if d == nil || d.callID != callID {
		return nil
	}
	return d
}

func (e *Endpoint) inDialog(tx *transaction.Server, in *message.Inbound) {
	if d := e.find(in); d != nil {
		d.handle(tx, in)
		return
	}
	e.count.unknown.Add(1)
	if in.Method != message.BYE && !e.guard.Knows(in.Flow.Remote) {
		e.guard.Stranger(tx, in, 481) // not 403: a peer whose dialog we have lost by a restart must hear that it is over
		return
	}
	e.say(tx, in, message.Reply{Code: 481})
}

// outside handles a request outside any dialog.
func (e *Endpoint) outside(tx *transaction.Server, in *message.Inbound) {
	if in.Method != message.REGISTER && !e.guard.Pass(tx, in) {
		return
	}
	if r, ok := in.Unacceptable(e.tags, e.cfg.Accept); ok {
		e.say(tx, in, r)
		return
	}
	switch in.Method {
	case message.INVITE:
		e.invited(tx, in)
	case message.OPTIONS:
		e.options(tx, in)
	case message.REGISTER:
		e.register(tx, in)
	case message.BYE, message.UPDATE, message.INFO:
		e.say(tx, in, message.Reply{Code: 481})
	case message.REFER, message.MESSAGE, message.NOTIFY, "SUBSCRIBE", "PUBLISH", message.PRACK:
		e.say(tx, in, message.Reply{Code: 405})
	default:
		e.say(tx, in, message.Reply{Code: 501})
	}
}

// capabilities answer OPTIONS (RFC 3261 11.2).
func capabilities() []Header {
	return []Header{{Name: "Allow", Value: message.Allowed}, {Name: "Accept", Value: "application/sdp"}, {Name: "Accept-Language", Value: "fi, sv, en"}}
}

func (e *Endpoint) register(tx *transaction.Server, in *message.Inbound) {
	h, ok := e.handlerNow().(RegisterHandler)
	if !ok {
		e.guard.Stranger(tx, in, 405) // scanners try this everywhere
		return
	}
	h.Register(&Registration{ep: e, tx: tx, in: in})
}

func (e *Endpoint) handlerNow() Handler {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.handler
}

// Registrant makes one that registers by this Endpoint. The target's URI is the user's ("sip:1001@registrar"), its Route the way
// to the registrar.
func (e *Endpoint) Registrant(t Target) *Registrant { return e.core.Registrant(t) }

// openSockets binds the ports of an Endpoint.
func openSockets(e *Endpoint) (*socket.Set, error) {
	secure, err := e.cfg.TLS.Load()
	if err != nil {
		return nil, err
	}
	return socket.Open(socket.Config{
		Addr: e.cfg.Addr, TLS: secure, Public: e.cfg.Public, Network: e.cfg.Network, Log: e.log,
		Receive: func(raw []byte, c *socket.Conn, from netip.AddrPort) {
			e.receive(raw, socket.Flow{Conn: c, Remote: from})
		},
		Untrusted: func(from netip.AddrPort, why string) {
			e.count.malformed.Add(1)
			e.guard.NoteTLS(from, why)
		},
		Message: e.limits.Message, Connections: e.limits.Connections, Idle: e.limits.Idle,
	})
}
