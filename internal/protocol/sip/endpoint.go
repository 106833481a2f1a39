package sip

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"

	"santra/internal/protocol/sip/limit"
	"santra/internal/protocol/sip/locate"
	"santra/internal/protocol/sip/socket"
)

// Endpoint is one SIP listener: a UDP and a TCP socket on the same port, and one for TLS on another.
type Endpoint struct {
	cfg     Config
	log     *slog.Logger
	agent   string
	tags    []string // of Require and Supported
	tagList string   // the same in one value
	limits  Limits
	parser  *sip.Parser
	sockets *sockets
	txs     *transactions
	gate    *gate
	answers *limit.Limiter // to strangers and to malformed messages
	lines   *limit.Limiter // of the log
	unsaid  atomic.Uint64  // lines that were not written
	locator *locate.Locator
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
	requests, responses, malformed, refused, challenged, limited, stray, sendErrors, spoofed, unknown atomic.Uint64
}

// Listen opens the sockets; nothing is read before Serve.
func Listen(cfg Config) (*Endpoint, error) {
	if err := cfg.checkTrunks(); err != nil {
		return nil, err
	}
	e := &Endpoint{
		cfg: cfg, log: cfg.Log, agent: cfg.UserAgent, limits: cfg.Limits.filled(), parser: sip.NewParser(),
		txs: newTransactions(), answers: newAnswers(), lines: newLines(), gate: newGate(cfg),
		incoming: map[string]*Incoming{}, dialogs: map[string]*Dialog{}, outgoing: map[*Outgoing]struct{}{},
		merging: map[string]string{}, closed: make(chan struct{}), early: map[string]*Dialog{},
	}
	e.parser.MaxMessageLength = max(e.limits.Message, maxDatagram) + 1
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
	if e.locator = cfg.Locator; e.locator == nil {
		e.locator = locate.New(locate.Machine())
	}
	var err error
	if e.sockets, err = openSockets(e); err != nil {
		return nil, err
	}
	return e, nil
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
	calls := e.calls()
	e.mu.Unlock()
	return Stats{
		Requests: e.count.requests.Load(), Responses: e.count.responses.Load(), Malformed: e.count.malformed.Load(),
		Refused: e.count.refused.Load(), Challenged: e.count.challenged.Load(), Limited: e.count.limited.Load(), Stray: e.count.stray.Load(),
		SendErrors: e.count.sendErrors.Load(), Spoofed: e.count.spoofed.Load(), Unknown: e.count.unknown.Load(), Calls: calls,
		Transactions: e.txs.len(), Connections: e.sockets.Connections(),
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
	e.txs.close()
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
func (e *Endpoint) receive(raw []byte, f flow) {
	m, bad := parse(e.parser, raw, e.limits)
	if bad != nil {
		e.malformed(raw, f, bad)
		return
	}
	switch m := m.(type) {
	case *sip.Request:
		e.count.requests.Add(1)
		e.request(newInbound(m, f))
	case *sip.Response:
		e.count.responses.Add(1)
		e.response(m)
	}
}

// malformed drops a message, or answers it where it can and its source has not had too many answers.
func (e *Endpoint) malformed(raw []byte, f flow, bad *fault) {
	e.count.malformed.Add(1)
	e.note(f, "sip: malformed message", "why", bad.reason, "code", bad.code)
	wire := refuseRaw(raw, bad, e.agent)
	if wire == nil {
		return
	}
	if !e.answers.Allow(f.remote.Addr()) {
		e.count.limited.Add(1)
		return
	}
	_ = e.sockets.send(f, wire)
}

// response finds the transaction of a response.
func (e *Endpoint) response(res *sip.Response) {
	branch, _ := res.Via().Params.Get("branch")
	tx := e.txs.findClient(clientKey(branch, string(res.CSeq().MethodName)))
	if tx == nil {
		e.count.stray.Add(1)
		return
	}
	tx.receive(res)
}

// request finds the transaction of a request, or begins one.
func (e *Endpoint) request(in *inbound) {
	if in.method == mACK {
		e.ack(in)
		return
	}
	key := serverKey(in.Request, in.method)
	tx, made := e.txs.findServer(key, func() *serverTx { return newServerTx(e, key, in) })
	switch {
	case tx == nil: // closed
	case !made:
		tx.retransmitted()
	case in.method == mCANCEL:
		e.cancel(tx, in)
	case in.toTag != "":
		e.inDialog(tx, in)
	default:
		e.outside(tx, in)
	}
}

// ack gives an ACK to the refused INVITE's transaction (17.2.1) or to the dialog (13.3.1.4).
func (e *Endpoint) ack(in *inbound) {
	if tx, _ := e.txs.findServer(serverKey(in.Request, mINVITE), nil); tx != nil && tx.refused() {
		tx.ack()
		return
	}
	if d := e.find(in); d != nil {
		d.ack(in)
		return
	}
	e.count.stray.Add(1)
}

// cancel answers a CANCEL and gives up the INVITE it means (RFC 3261 9.2).
func (e *Endpoint) cancel(tx *serverTx, in *inbound) {
	invite, _ := e.txs.findServer(serverKey(in.Request, mINVITE), nil)
	if invite == nil {
		e.say(tx, in, reply{code: 481})
		return
	}
	e.say(tx, in, reply{code: 200, toTag: invite.toTag})
	invite.cancel(in)
}

// say responds in a transaction.
func (e *Endpoint) say(tx *serverTx, in *inbound, r reply) {
	if r.toTag == "" {
		r.toTag = tx.toTag
	}
	tx.respond(r.code, r.wire(in, e.agent))
}

// find finds the dialog of a request (RFC 3261 12.2.2).
func (e *Endpoint) find(in *inbound) *Dialog { return e.lookup(in.callID, in.toTag, in.fromTag) }

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

func (e *Endpoint) inDialog(tx *serverTx, in *inbound) {
	if d := e.find(in); d != nil {
		d.handle(tx, in)
		return
	}
	e.count.unknown.Add(1)
	if in.method != mBYE && !e.gate.knows(in.flow.remote) {
		e.stranger(tx, in, 481) // not 403: a peer whose dialog we have lost by a restart must hear that it is over
		return
	}
	e.say(tx, in, reply{code: 481})
}

// knownMethod keeps what strangers write out of the log.
func knownMethod(m string) string {
	if slices.Contains([]string{mINVITE, mBYE, mOPTIONS, mREGISTER, mUPDATE, mINFO, mREFER, mMESSAGE, mNOTIFY}, m) {
		return m
	}
	return "other"
}

// outside handles a request outside any dialog.
func (e *Endpoint) outside(tx *serverTx, in *inbound) {
	if in.method != mREGISTER && !e.pass(tx, in) {
		return
	}
	if r, ok := e.unacceptable(in); ok {
		e.say(tx, in, r)
		return
	}
	switch in.method {
	case mINVITE:
		e.invited(tx, in)
	case mOPTIONS:
		e.options(tx, in)
	case mREGISTER:
		e.register(tx, in)
	case mBYE, mUPDATE, mINFO:
		e.say(tx, in, reply{code: 481})
	case mREFER, mMESSAGE, mNOTIFY, "SUBSCRIBE", "PUBLISH", mPRACK:
		e.say(tx, in, reply{code: 405})
	default:
		e.say(tx, in, reply{code: 501})
	}
}

// capabilities answer OPTIONS (RFC 3261 11.2).
func capabilities() []Header {
	return []Header{{"Allow", allowed}, {"Accept", "application/sdp"}, {"Accept-Language", "fi, sv, en"}}
}

func (e *Endpoint) register(tx *serverTx, in *inbound) {
	h, ok := e.handlerNow().(RegisterHandler)
	if !ok {
		e.stranger(tx, in, 405) // scanners try this everywhere
		return
	}
	h.Register(&Registration{ep: e, tx: tx, in: in})
}

func (e *Endpoint) handlerNow() Handler {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.handler
}

// sourceFor asks the kernel which address of ours it would send from; no packet is sent.
func sourceFor(remote netip.Addr) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(remote, 9)))
	if err != nil {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	defer c.Close() //nolint:errcheck // nothing was written
	return socket.AddrOf(c.LocalAddr()).Addr()
}
