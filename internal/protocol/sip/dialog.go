package sip

import (
	"net/netip"
	"slices"
	"sync"

	"github.com/emiago/sipgo/sip"

	"santra/internal/id"
	"santra/internal/protocol/sip/exchange"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// unreadRequests is how many requests of the peer wait in Requests; another gets 500 with Retry-After.
const unreadRequests = 16

// Dialog is a call that is answered, or on its way to that: an early dialog (RFC 3261 12). One lock serialises all that
// happens in it.
type Dialog struct {
	ep                  *Endpoint
	id                  string
	callID              string
	localTag, remoteTag string
	localURI, remoteURI string // whole From and To values, with tags, as we send them
	user, password      string
	contact             string
	requests            chan *Request
	attend              func(*Request) // who answers them; see Attend
	attending           bool
	ended, settled      chan struct{} // settled: our first 2xx is acknowledged

	order sync.Mutex // of what we send; taken before mu

	mu         sync.Mutex
	flow       socket.Flow
	target     sip.Uri   // the peer's Contact (12.2.1.2 target refresh)
	routes     []sip.Uri // fixed when the dialog begins
	localSeq   uint32
	remoteSeq  uint32
	remoteBody []byte
	reason     EndReason
	asking     bool               // an offer of ours is out: re-INVITE or UPDATE
	reinvite   *exchange.Exchange // the last re-INVITE of ours
	asked      *Request           // a re-INVITE of the peer's is not answered yet
	sent       sent2xx            // our 2xx that waits for its ACK
	ackWire    []byte             // our ACK to the last 2xx
	ackSeq     uint32             // its number
	leaving    bool               // BYE is on its way or was
	ackFlow    socket.Flow
	early      earlyState
	rel        reliable
	clock      sessionClock
	ours       session // what we described last, to say it again when the session is refreshed
	peer       peerCan
	byeReason  []Reason
	referrals  referrals
}

func newDialog(e *Endpoint, callID, localTag, remoteTag string, f socket.Flow) *Dialog {
	d := &Dialog{
		ep: e, id: id.New(), callID: callID, localTag: localTag, remoteTag: remoteTag, flow: f,
		requests: make(chan *Request, unreadRequests), ended: make(chan struct{}), settled: make(chan struct{}),
	}
	for _, a := range []*transaction.Alarm{&d.sent.again, &d.sent.end, &d.rel.again, &d.rel.end, &d.clock.refresh, &d.clock.expiry} {
		a.Guard(&d.mu)
	}
	return d
}

// newServerDialog makes the dialog of an INVITE that we answer (12.1.1).
func newServerDialog(in *Incoming) *Dialog {
	r := in.in
	d := newDialog(in.ep, r.CallID, in.tx.ToTag, r.FromTag, r.Flow)
	d.localURI = r.To().Value() + ";tag=" + in.tx.ToTag
	d.remoteURI = r.From().Value()
	d.remoteSeq = r.Seq
	d.target = *r.Contact().Address.Clone()
	for _, h := range r.GetHeaders("Record-Route") {
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			d.routes = append(d.routes, *rr.Address.Clone())
		}
	}
	d.contact = in.contact()
	d.remoteBody = r.Body()
	d.early = earlyState{is: true, in: in}
	d.peer.learn(r)
	return d
}

// newClientDialog makes the dialog of a response with a tag to an INVITE of ours (12.1.2), early until answered.
func newClientDialog(o *Outgoing, res *sip.Response, tag string, sent *message.Outbound, f socket.Flow) *Dialog {
	d := newDialog(o.ep, res.CallID().Value(), o.localTag, tag, f)
	d.localURI, d.remoteURI = res.From().Value(), res.To().Value()
	d.localSeq = res.CSeq().SeqNo
	d.user, d.password = o.x.User, o.x.Password
	if u, ok := message.ParseURI(sent.URI); ok {
		d.target = u
	}
	d.contact = sent.Contact
	d.early = earlyState{is: true, out: o, ours: true}
	d.clock.off = o.opt.NoSessionTimer
	d.ours = session{sent.ContentType, sent.Content}
	d.routed(res)
	close(d.settled)
	return d
}

// routed takes the target and the route set of a response; those of the 2xx replace what a provisional one said (13.2.2.4).
func (d *Dialog) routed(res *sip.Response) {
	if c := res.Contact(); c != nil && c.Address.Host != "" && !c.Address.Wildcard {
		d.target = *c.Address.Clone()
	}
	d.routes = nil
	for _, h := range res.GetHeaders("Record-Route") {
		if rr, ok := h.(*sip.RecordRouteHeader); ok {
			d.routes = append(d.routes, *rr.Address.Clone())
		}
	}
	slices.Reverse(d.routes)
	d.peer.learn(res)
}

// ID is an opaque id, unlike anything on the wire.
func (d *Dialog) ID() string { return d.id }

// RemoteBody is the peer's first session description: of the INVITE, of the 200, or of the ACK where the INVITE had none.
func (d *Dialog) RemoteBody() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.remoteBody
}

// TakeRemoteBody is RemoteBody for who needs it once: the dialog keeps it no longer.
func (d *Dialog) TakeRemoteBody() []byte {
	d.mu.Lock()
	defer d.mu.Unlock()
	b := d.remoteBody
	d.remoteBody = nil
	return b
}

// Describe has a refresh by re-INVITE say another thing than the session description that was sent last (RFC 4028 7.4): of a body of several
// parts the one that still holds.
func (d *Dialog) Describe(contentType string, body []byte) { d.described(session{contentType, body}) }

// RemoteTarget is the URI of the peer in this dialog, its Contact: whom to name in a Refer-To. It may hold personal data.
func (d *Dialog) RemoteTarget() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.target.String()
}

// Local is the address of ours by which the peer reaches us.
func (d *Dialog) Local() netip.AddrPort { return d.ep.sockets.Local(d.Remote().Addr()) }

// Remote is where the peer's messages come from.
func (d *Dialog) Remote() netip.AddrPort {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.flow.Remote
}

// Requests gives what the peer asks inside the dialog: re-INVITE, UPDATE, INFO, REFER, MESSAGE, NOTIFY, and PRACK where that
// holds a new offer. Each must be responded to. It is closed when the dialog ends. In an early dialog offers come only to who
// has asked for this channel: others are refused (504, RFC 3311 5.2), for nobody would answer them.
func (d *Dialog) Requests() <-chan *Request {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.early.read = true
	return d.requests
}

// Acked is closed when our 200 was acknowledged; of an outgoing call it is closed from the start.
func (d *Dialog) Acked() <-chan struct{} { return d.settled }

// Ended is closed when the dialog is over.
func (d *Dialog) Ended() <-chan struct{} { return d.ended }

// Reason says why it ended; empty before.
func (d *Dialog) Reason() EndReason {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.reason
}

// end ends it for its user. It is still found by its tags until forget.
func (d *Dialog) end(why EndReason) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endLocked(why)
}

func (d *Dialog) endLocked(why EndReason) {
	if d.reason != "" {
		return
	}
	d.reason = why
	d.clock.stop()
	d.rel.stop()
	d.referrals.close()
	if d.asked != nil { // RFC 3261 15.1.2
		d.asked.refuse(487)
		d.asked = nil
	}
	d.refuseUnread()
	if d.reinvite != nil {
		go d.reinvite.Abandon() // not under our lock: an exchange takes that under its own
	}
	close(d.requests)
	close(d.ended)
}

// refuseUnread answers what nobody has read: every request has an answer, also where the user never asked for Requests.
func (d *Dialog) refuseUnread() {
	for {
		select {
		case r := <-d.requests:
			r.refuse(487)
		default:
			return
		}
	}
}

// shut ends it without a word, when the endpoint closes.
func (d *Dialog) shut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.settle()
	d.endLocked(EndClosed)
	d.forgetLocked()
}

// forget makes the dialog unknown: what comes for it now gets 481.
func (d *Dialog) forget() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgetLocked()
}

func (d *Dialog) forgetLocked() {
	d.sent.stop()
	d.rel.stop()
	d.ep.remove(d)
}

// path says how a request inside the dialog goes (12.2.1.1): its Request-URI, its Route fields and the way. The lock is held.
func (d *Dialog) path() (uri string, routes []string, f socket.Flow, err error) {
	target := d.target
	next, all := target, d.routes
	if len(all) > 0 {
		next = all[0]
		if !next.UriParams.Has("lr") { // a strict router of RFC 2543
			all = append(slices.Clone(all[1:]), target)
			target = next
		}
	}
	for i := range all {
		routes = append(routes, "<"+all[i].String()+">")
	}
	target.Headers = nil
	f, err = d.wayTo(&next)
	return target.String(), routes, f, err
}

// wayTo finds the way to the next hop. The peer's own way is taken where the address that it gives can't be reached: behind
// a NAT, or a name; and its TCP connection is used again while it lives.
func (d *Dialog) wayTo(next *sip.Uri) (socket.Flow, error) {
	to, literal := message.HostAddr(next)
	transport := message.TransportOf(next)
	if transport == "" {
		transport = d.flow.Transport()
	}
	hidden := literal && len(d.routes) == 0 && to.Addr().IsPrivate() && !d.flow.Remote.Addr().IsPrivate()
	if d.flow.NAT || !literal || hidden {
		to, transport = d.flow.Remote, d.flow.Transport()
	}
	if d.flow.Conn != nil && transport == d.flow.Transport() && d.flow.Alive() && d.flow.Remote.Addr() == to.Addr() {
		return d.flow, nil
	}
	f, err := d.ep.sockets.Way(to, transport, d.flow.Name())
	f.NAT, f.SIPS = d.flow.NAT, d.flow.SIPS
	return f, err
}

// compose makes a request inside the dialog. The lock is held.
func (d *Dialog) compose(method string, seq uint32) (*message.Outbound, socket.Flow, error) {
	uri, routes, f, err := d.path()
	return &message.Outbound{
		Method: method, URI: uri, From: d.localURI, To: d.remoteURI, CallID: d.callID, Seq: seq, Branch: message.NewBranch(),
		Routes: routes, Contact: d.contactFor(method), Hops: message.MaxForwards,
	}, f, err
}

// contactFor gives the Contact of requests that refresh the target (12.2.1.1).
func (d *Dialog) contactFor(method string) string {
	if method == message.INVITE || method == message.UPDATE || method == message.REFER {
		return d.contact
	}
	return ""
}

// nextSeq counts our requests.
func (d *Dialog) nextSeq() uint32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.nextSeqLocked()
}

func (d *Dialog) nextSeqLocked() uint32 {
	d.localSeq++
	return d.localSeq
}

// acknowledge sends the ACK to a 2xx of an INVITE with that number (13.2.2.4): a transaction of its own, never answered. It
// holds our answer where the 2xx held an offer.
func (d *Dialog) acknowledge(seq uint32, answer session) {
	d.mu.Lock()
	defer d.mu.Unlock()
	out, f, err := d.compose(message.ACK, seq)
	if err != nil {
		return
	}
	out.ContentType, out.Content = answer.kind, answer.body
	d.ackWire, d.ackFlow, d.ackSeq = out.Wire(f.Transport(), d.ep.sockets.LocalFor(f), d.ep.agent), f, seq
	_ = d.ep.sockets.SendBy(f, d.ackWire)
}

// acknowledgeAgain answers a 2xx that came again.
func (d *Dialog) acknowledgeAgain() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ackWire != nil {
		_ = d.ep.sockets.SendBy(d.ackFlow, d.ackWire)
	}
}

// refresh takes the peer's new Contact and way (12.2.2). The lock is held.
func (d *Dialog) refresh(in *message.Inbound) {
	d.flow = in.Flow
	c := in.Contact()
	if (in.Method == message.INVITE || in.Method == message.UPDATE) && c != nil && !c.Address.Wildcard && c.Address.Host != "" {
		d.target = *c.Address.Clone()
	}
}
