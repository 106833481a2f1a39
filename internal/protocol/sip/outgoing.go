package sip

import (
	"context"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/pii"
	"santra/internal/protocol/sip/exchange"
	"santra/internal/protocol/sip/fields"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// unreadProgress is how many provisional responses wait in Progress; older ones are lost.
const unreadProgress = 4

// InviteOptions is what an INVITE of ours says.
type InviteOptions struct {
	From        pii.Number // the caller shown in From; withheld: anonymous (RFC 3323)
	FromDisplay string
	FromUser    string // our user part where From is no number ("recorder"); it wins over From
	ContentType string
	Body        []byte
	Headers     []Header
	Privacy     bool // From is anonymous and Privacy: id is sent
	MaxForwards int  // of a call that is passed on; 0: 70

	// Restrict asks for more than Privacy does (RFC 3323 4.2); with PrivacyHeader, fields of Headers that tell of the caller are
	// left out. Asserted is the number that we vouch for (P-Asserted-Identity, RFC 3325 9.1). A peer that Config.Trust does not
	// trust gets it only of a caller who asks for no privacy (RFC 3325 5).
	Restrict Privacy
	Asserted pii.Number
	// AnswerOffer answers the offer of the peer where Body is empty: it comes in the 2xx, or earlier in a reliable provisional
	// response, and the answer goes in the ACK or PRACK (RFC 3261 13.2.1, RFC 3262 5). It is called once, in a goroutine of its
	// own, for each fork. Its error gives the call up.
	AnswerOffer    func(offer []byte) (answer []byte, err error)
	AutoAnswer     bool // the phone is asked to answer by itself (RFC 5373, and the Alert-Info and Call-Info that phones read)
	NoSessionTimer bool // RFC 4028 is not spoken in this call
}

// Outgoing is an INVITE of ours.
type Outgoing struct {
	ep       *Endpoint
	x        *exchange.Exchange
	localTag string
	progress chan Response
	done     chan struct{} // closed when dialog or err is set

	opt InviteOptions

	mu         sync.Mutex
	seqNo      uint32
	heard      bool // a provisional response: CANCEL may go
	giveUp     bool
	why        []Reason
	finished   bool
	answeredBy *Dialog // the fork that answered first
	dialog     *Dialog // the same, once acknowledged
	err        error
	forks      map[string]*Dialog // by the peer's tag: early dialogs, and further answers (13.2.2.4), each hung up
	redirected bool
}

// Invite starts a call. It returns when the INVITE is on its way; ctx ends nothing later (use Cancel).
func (e *Endpoint) Invite(ctx context.Context, t Target, opt InviteOptions) (*Outgoing, error) {
	f, hopsLeft, err := e.core.Reach(ctx, t)
	if err != nil {
		return nil, err
	}
	o := &Outgoing{
		ep: e, localTag: id.New(), progress: make(chan Response, unreadProgress), done: make(chan struct{}), seqNo: 1,
		opt: opt, forks: map[string]*Dialog{},
	}
	o.x = &exchange.Exchange{
		Core: e.core, Flow: f, User: t.User, Password: t.Password, NextSeq: o.nextSeq, Progress: o.onProgress, Final: o.onFinal, Redirect: o.redirect,
		Hops: hopsLeft, Wanted: o.wanted,
	}
	o.x.Out = o.invite(t, opt, f)
	if err := e.track(o); err != nil {
		return nil, err
	}
	if err := o.x.Start(); err != nil {
		o.finish(nil, &Refused{Code: 503, Reason: "Service Unavailable"})
	}
	return o, nil
}

func (e *Endpoint) track(o *Outgoing) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing || !e.serving || e.calls() >= e.limits.Calls {
		return errs.New(errs.Unavailable, "sip: closed, not serving, or too many calls")
	}
	e.outgoing[o] = struct{}{}
	return nil
}

func (o *Outgoing) invite(t Target, opt InviteOptions, f socket.Flow) *message.Outbound {
	from, withheld := fromOf(opt, message.HostOf(o.ep.sockets.LocalFor(f).Addr()))
	if opt.MaxForwards <= 0 {
		opt.MaxForwards = message.MaxForwards
	}
	user := opt.FromUser
	if user == "" {
		user = "santra"
	}
	return &message.Outbound{
		Method: message.INVITE, URI: t.URI, From: from + ";tag=" + o.localTag, To: "<" + t.URI + ">", CallID: id.New(), Seq: 1,
		Branch: message.NewBranch(), Routes: t.Routes, Contact: o.ep.core.Contact(user, f), Who: user, Hops: opt.MaxForwards, Extra: o.headers(withheld, f),
		ContentType: opt.ContentType, Content: opt.Body,
	}
}

// headers are the further fields of the INVITE.
func (o *Outgoing) headers(withheld bool, f socket.Flow) []Header {
	e, opt := o.ep, o.opt
	all := append([]Header{e.supported()}, e.askFirst(opt.NoSessionTimer)...)
	if e.cfg.Dialogs.Reliable == ReliableRequired {
		all = append(all, Header{Name: "Require", Value: tag100rel})
	}
	all = append(all, identityHeaders(opt, withheld, e.trusts(f.Remote), message.HostOf(e.sockets.LocalFor(f).Addr()))...)
	if opt.AutoAnswer {
		all = append(all, autoAnswer()...)
	}
	return append(all, shown(opt.Headers, opt.Restrict)...)
}

func (o *Outgoing) nextSeq() uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.seqNo++
	o.heard = false
	return o.seqNo
}

// wanted tells whether the call may still go to another server.
func (o *Outgoing) wanted() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return !o.giveUp && !o.finished
}

// Progress gives provisional responses; it is closed at the final one. Of more than four unread the oldest are lost.
func (o *Outgoing) Progress() <-chan Response { return o.progress }

// Wait waits for the final response: the dialog, or *Refused. When ctx ends first the call is cancelled.
func (o *Outgoing) Wait(ctx context.Context) (*Dialog, error) {
	select {
	case <-o.done:
	case <-ctx.Done():
		o.Cancel()
		return nil, ctx.Err()
	}
	return o.dialog, o.err
}

// Cancel gives the call up (RFC 3261 9.1), saying why where that is given (RFC 3326); an answer that crosses it is acknowledged
// and hung up. Wait then gives *Refused 487.
func (o *Outgoing) Cancel(why ...Reason) {
	o.mu.Lock()
	d, now := o.dialog, o.heard && !o.giveUp && !o.finished && o.answeredBy == nil
	if !o.giveUp {
		o.why = why
	}
	o.giveUp = true
	o.mu.Unlock()
	if now {
		o.x.Cancel(reasonHeaders(why))
	}
	if d != nil {
		d.hangUp(EndLocal)
	}
}

// onProgress gets 1xx. They come in their order.
func (o *Outgoing) onProgress(res *sip.Response) {
	sent, way := o.x.Went()
	o.mu.Lock()
	if o.finished || o.answeredBy != nil {
		o.mu.Unlock()
		return
	}
	if o.giveUp && !o.heard {
		go o.x.Cancel(reasonHeaders(o.why))
	}
	o.heard = true
	var d *Dialog
	if res.StatusCode > 100 {
		d = o.fork(res, sent, way)
	}
	answer := o.opt.AnswerOffer
	o.mu.Unlock()
	if d != nil && !d.provisional(res, answer) {
		return
	}
	r := plain(res)
	r.Early = d
	o.tell(r)
}

// tell puts a response into Progress; the oldest make room.
func (o *Outgoing) tell(r Response) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for !o.finished {
		select {
		case o.progress <- r:
			return
		default:
		}
		select {
		case <-o.progress:
		default:
		}
	}
}

// onFinal gets 2xx, each time, or what else ended it.
func (o *Outgoing) onFinal(res *sip.Response, err error) {
	switch {
	case err != nil:
		o.finish(nil, refusedBy(err))
	case res.StatusCode >= 300:
		o.finish(nil, refusedWith(plain(res)))
	default:
		o.answered(res)
	}
}

func refusedBy(err error) *Refused {
	if err == transaction.ErrTimeout {
		return &Refused{Code: 408, Reason: "Request Timeout"}
	}
	return &Refused{Code: 503, Reason: "Service Unavailable"}
}

// answered acknowledges each 2xx (13.2.2.4): the first makes the dialog, those of other branches of a fork are hung up, and
// so is one that crossed our CANCEL.
func (o *Outgoing) answered(res *sip.Response) {
	sent, way := o.x.Went()
	o.mu.Lock()
	d := o.fork(res, sent, way)
	if d == nil { // one of too many
		o.mu.Unlock()
		o.ep.count.stray.Add(1)
		return
	}
	first, giveUp, opt := o.answeredBy == nil && !o.finished, o.giveUp, o.opt
	fresh := d.confirmed(res, way)
	if fresh && first {
		o.answeredBy = d
	}
	o.mu.Unlock()
	if !fresh {
		d.acknowledgeAgain()
		return
	}
	if d.left() { // its user has hung up by BYE before it was answered
		d.acknowledge(o.x.Seq(), session{})
		o.finish(nil, &Refused{Code: 487, Reason: "Request Terminated"})
		return
	}
	o.ep.add(d)
	if offer := res.Body(); first && !giveUp && opt.AnswerOffer != nil && len(opt.Body) == 0 && !d.offerAnswered() {
		go o.answerIn(d, offer, opt.AnswerOffer)
		return
	}
	d.acknowledge(o.x.Seq(), session{})
	switch {
	case !first:
		d.hangUp(EndLocal)
	case giveUp:
		d.hangUp(EndLocal)
		o.finish(nil, &Refused{Code: 487, Reason: "Request Terminated"})
	default:
		o.finish(d, nil)
	}
}

// answerIn answers the offer of a 2xx in the ACK.
func (o *Outgoing) answerIn(d *Dialog, offer []byte, answer func([]byte) ([]byte, error)) {
	if err := d.answerOffer(o.x.Seq(), offer, answer); err != nil {
		o.finish(nil, &Refused{Code: 488, Reason: "Not Acceptable Here"})
		return
	}
	o.mu.Lock()
	giveUp := o.giveUp
	o.mu.Unlock()
	if giveUp {
		d.hangUp(EndLocal)
		o.finish(nil, &Refused{Code: 487, Reason: "Request Terminated"})
		return
	}
	o.finish(d, nil)
}

// finish settles the call, once.
func (o *Outgoing) finish(d *Dialog, err *Refused) {
	o.ep.dropOutgoing(o)
	o.x.Shed()
	if o.settle(d, err) {
		o.forkLost(d)
	}
}

func (o *Outgoing) settle(d *Dialog, err *Refused) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		return false
	}
	o.finished, o.dialog = true, d
	o.opt = InviteOptions{NoSessionTimer: o.opt.NoSessionTimer} // its transaction lives on for 64*T1
	if err != nil {
		o.err = err
	}
	close(o.progress)
	close(o.done)
	return true
}

// Options sends OPTIONS outside a dialog and waits for the answer: is the peer alive?
func (e *Endpoint) Options(ctx context.Context, t Target) (Response, error) {
	f, hopsLeft, err := e.core.Reach(ctx, t)
	if err != nil {
		return Response{}, err
	}
	seq := uint32(1)
	host := message.HostOf(e.sockets.Local(f.Remote.Addr()).Addr())
	out := &message.Outbound{
		Method: message.OPTIONS, URI: t.URI, From: "<sip:santra@" + host + ">;tag=" + id.New(), To: "<" + t.URI + ">", CallID: id.New(),
		Seq: seq, Branch: message.NewBranch(), Routes: t.Routes, Contact: e.core.Contact("santra", f), Who: "santra", Hops: message.MaxForwards,
	}
	x := &exchange.Exchange{Core: e.core, Out: out, Flow: f, Hops: hopsLeft, User: t.User, Password: t.Password, NextSeq: func() uint32 { seq++; return seq }}
	res, err := x.Wait(ctx)
	if err != nil {
		return Response{}, err
	}
	return plain(res), nil
}

// plain makes a Response of the API.
func plain(res *sip.Response) Response {
	r := Response{Code: res.StatusCode, Reason: res.Reason, ContentType: message.Value(res, "Content-Type"), Body: res.Body()}
	r.RetryAfter, _ = fields.Seconds(message.Value(res, "Retry-After"))
	r.Causes = fields.ParseReasons(message.Values(res, "Reason"))
	r.silent = strings.EqualFold(strings.TrimSpace(message.Value(res, "Refer-Sub")), "false")
	return r
}
