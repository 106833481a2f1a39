package sip

import (
	"context"
	"strconv"
	"sync"

	"github.com/emiago/sipgo/sip"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/pii"
)

// unreadProgress is how many provisional responses wait in Progress; older ones are lost.
const unreadProgress = 8

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
}

// Refused is a final response of 300 or more. 408 also stands for no answer at all, 503 for a broken connection.
type Refused struct {
	Code   int
	Reason string
}

// Error names the code; the reason phrase is the peer's and is left out, for it may hold anything.
func (r *Refused) Error() string { return "sip: refused with " + strconv.Itoa(r.Code) }

// Outgoing is an INVITE of ours.
type Outgoing struct {
	ep       *Endpoint
	x        *exchange
	localTag string
	progress chan Response
	done     chan struct{} // closed when dialog or err is set

	mu       sync.Mutex
	seqNo    uint32
	heard    bool // a provisional response: CANCEL may go
	giveUp   bool
	finished bool
	dialog   *Dialog
	err      error
	forks    map[string]*Dialog // further answers of a forked INVITE (13.2.2.4), each hung up
}

// Invite starts a call. It returns when the INVITE is on its way; ctx ends nothing later (use Cancel).
func (e *Endpoint) Invite(ctx context.Context, t Target, opt InviteOptions) (*Outgoing, error) {
	f, hopsLeft, err := e.reach(ctx, t)
	if err != nil {
		return nil, err
	}
	o := &Outgoing{
		ep: e, localTag: id.New(), progress: make(chan Response, unreadProgress), done: make(chan struct{}), seqNo: 1,
	}
	o.x = &exchange{ep: e, flow: f, user: t.User, password: t.Password, nextSeq: o.nextSeq, progress: o.onProgress, final: o.onFinal}
	o.x.hops, o.x.wanted = hopsLeft, o.wanted
	o.x.out = o.invite(t, opt, f)
	if err := e.track(o); err != nil {
		return nil, err
	}
	if err := o.x.start(); err != nil {
		o.finish(nil, &Refused{Code: 503, Reason: "Service Unavailable"})
	}
	return o, nil
}

func (e *Endpoint) track(o *Outgoing) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closing || !e.serving || len(e.incoming)+len(e.dialogs)+len(e.outgoing) >= e.limits.Calls {
		return errs.New(errs.Unavailable, "sip: closed, not serving, or too many calls")
	}
	e.outgoing[o] = struct{}{}
	return nil
}

func (o *Outgoing) invite(t Target, opt InviteOptions, f flow) *outbound {
	from, withheld := fromOf(opt, hostOf(o.ep.local(f.remote.Addr()).Addr()))
	extra := opt.Headers
	if withheld {
		extra = append([]Header{{"Privacy", "id"}}, extra...)
	}
	if opt.MaxForwards <= 0 {
		opt.MaxForwards = hops
	}
	user := opt.FromUser
	if user == "" {
		user = "santra"
	}
	return &outbound{
		method: mINVITE, uri: t.URI, from: from + ";tag=" + o.localTag, to: "<" + t.URI + ">", callID: id.New(), seq: 1,
		branch: newBranch(), routes: t.Routes, contact: o.ep.contact(user, f), who: user, hops: opt.MaxForwards, extra: extra,
		ctype: opt.ContentType, content: opt.Body,
	}
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

// Progress gives provisional responses; it is closed at the final one. Of more than eight unread the oldest are lost.
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

// Cancel gives the call up (RFC 3261 9.1); an answer that crosses it is acknowledged and hung up. Wait then gives *Refused 487.
func (o *Outgoing) Cancel() {
	o.mu.Lock()
	d, now := o.dialog, o.heard && !o.giveUp && !o.finished
	o.giveUp = true
	o.mu.Unlock()
	if now {
		o.x.cancel()
	}
	if d != nil {
		d.hangUp(EndLocal)
	}
}

// onProgress gets 1xx.
func (o *Outgoing) onProgress(res *sip.Response) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		return
	}
	if o.giveUp && !o.heard {
		go o.x.cancel()
	}
	o.heard = true
	r := plain(res)
	for {
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
		o.finish(nil, &Refused{Code: res.StatusCode, Reason: res.Reason})
	default:
		o.answered(res)
	}
}

func refusedBy(err error) *Refused {
	if err == errTimeout {
		return &Refused{Code: 408, Reason: "Request Timeout"}
	}
	return &Refused{Code: 503, Reason: "Service Unavailable"}
}

// answered acknowledges each 2xx (13.2.2.4): the first makes the dialog, those of other branches of a fork are hung up, and
// so is one that crossed our CANCEL.
func (o *Outgoing) answered(res *sip.Response) {
	tag, _ := res.To().Params.Get("tag")
	way := o.x.flowNow()
	o.mu.Lock()
	d := o.dialog
	if d == nil || d.remoteTag != tag {
		d = o.forks[tag]
	}
	if d != nil {
		o.mu.Unlock()
		d.acknowledgeAgain()
		return
	}
	first, giveUp := o.dialog == nil && !o.finished, o.giveUp
	d = newClientDialog(o, res, tag, way)
	if !first || giveUp {
		if o.forks == nil {
			o.forks = map[string]*Dialog{}
		}
		o.forks[tag] = d
	}
	o.mu.Unlock()
	o.ep.add(d)
	d.acknowledge(o.x.seq())
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

// finish settles the call, once.
func (o *Outgoing) finish(d *Dialog, err *Refused) {
	o.ep.mu.Lock()
	delete(o.ep.outgoing, o)
	o.ep.mu.Unlock()
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.finished {
		return
	}
	o.finished, o.dialog = true, d
	if err != nil {
		o.err = err
	}
	close(o.progress)
	close(o.done)
}

// Options sends OPTIONS outside a dialog and waits for the answer: is the peer alive?
func (e *Endpoint) Options(ctx context.Context, t Target) (Response, error) {
	f, hopsLeft, err := e.reach(ctx, t)
	if err != nil {
		return Response{}, err
	}
	seq := uint32(1)
	host := hostOf(e.local(f.remote.Addr()).Addr())
	out := &outbound{
		method: mOPTIONS, uri: t.URI, from: "<sip:santra@" + host + ">;tag=" + id.New(), to: "<" + t.URI + ">", callID: id.New(),
		seq: seq, branch: newBranch(), routes: t.Routes, contact: e.contact("santra", f), who: "santra", hops: hops,
	}
	x := &exchange{ep: e, out: out, flow: f, hops: hopsLeft, user: t.User, password: t.Password, nextSeq: func() uint32 { seq++; return seq }}
	res, err := x.wait(ctx)
	if err != nil {
		return Response{}, err
	}
	return plain(res), nil
}

// wait runs an exchange to its final response.
func (x *exchange) wait(ctx context.Context) (*sip.Response, error) {
	type outcome struct {
		res *sip.Response
		err error
	}
	got := make(chan outcome, 1)
	x.final = func(res *sip.Response, err error) {
		select {
		case got <- outcome{res, err}:
		default:
		}
	}
	if err := x.start(); err != nil {
		return nil, err
	}
	select {
	case o := <-got:
		return o.res, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
