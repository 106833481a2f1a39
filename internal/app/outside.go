package app

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"santra/internal/agency/dialplan"
	"santra/internal/app/config"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sip"
	"santra/internal/run"
	"santra/internal/voice/carrier"
	"santra/internal/voice/dial"
	"santra/internal/voice/notes"
	"santra/internal/voice/outcome"
)

// outside is the way out of the house: the number plan says what may be called, the meter how much, the table by which
// trunks. Emergency calls pass all three.
type outside struct {
	plans    *plans
	meter    dialplan.Meter
	table    *carrier.Table
	trunks   map[string]config.Trunk
	secrets  map[string]string // passwords by which we log in, by trunk
	endpoint *sip.Endpoint
	lines    trunkLines
}

// trunkLines is lines.Lines, as calls out need it.
type trunkLines interface {
	Up(trunk string) bool
	Target(trunk string, t sip.Target) sip.Target
}

// newOutside makes it, with the passwords of passwords.
func newOutside(p *plans, s config.SIP, secrets map[string]string, e *sip.Endpoint, l trunkLines) (*outside, error) {
	table, err := s.Table()
	if err != nil {
		return nil, err
	}
	o := &outside{plans: p, table: table, endpoint: e, lines: l, trunks: map[string]config.Trunk{}, secrets: secrets}
	for _, t := range s.Ways() {
		o.trunks[t.Name] = t
	}
	return o, nil
}

// Way implements dial.Carrier.
func (o *outside) Way(_ context.Context, w dial.Want) (dial.Way, error) {
	city := o.plans.current()
	from := dialplan.Caller{Agent: w.Agent, Seat: w.Seat, Queue: w.Queue, Agency: w.Agency}
	d := o.plans.Plan().Decide(pii.NewNumber(w.Number), from)
	switch {
	case d.Refused != nil:
		return dial.Way{}, refusal(d.Refused)
	case d.Allowed.Kind == dialplan.Internal:
		return dial.Way{Inside: d.Allowed.Queue, InsideSeat: d.Allowed.Seat}, nil
	}
	o.meter.SetCaps(city.Dialling.Caps)
	ticket, refused := o.meter.Take(d.Allowed, from, time.Now())
	if refused != nil {
		return dial.Way{}, refusal(refused)
	}
	way := dial.Way{
		Number: d.Allowed.Number, Emergency: d.Allowed.Kind == dialplan.Emergency112, Shown: pii.NewNumber(d.Allowed.Show),
		Longest: d.Allowed.Longest, Done: sync.OnceFunc(func() { o.meter.Done(&ticket) }),
	}
	if way.Routes = o.routes(d.Allowed, way.Emergency); len(way.Routes) == 0 {
		way.Done()
		return dial.Way{}, refusal(&dialplan.Refusal{Reason: dialplan.NoTrunk})
	}
	return way, nil
}

// refusal is a refused call as an error: its kind says what to do, and the plan's Refusal in it why.
func refusal(r *dialplan.Refusal) error {
	kind := errs.Denied
	switch r.Reason {
	case dialplan.Empty, dialplan.Incomplete, dialplan.BadNumber:
		kind = errs.Invalid
	case dialplan.CapReached, dialplan.MeterFull:
		kind = errs.Limited
	case dialplan.NoTrunk:
		kind = errs.Unavailable
	}
	return errs.At(kind, "number", "%w", r)
}

// routes gives the trunks' ways to a number, in the order in which they are tried.
func (o *outside) routes(a *dialplan.Allowed, emergency bool) (all []dial.Route) {
	call := carrier.Call{Number: a.Number, Show: a.Show, Emergency: emergency}
	for _, name := range o.table.Route(call, o.lines.Up, rand.IntN) {
		t := o.trunks[name]
		to := o.lines.Target(name, t.Target(a.Number.Reveal(), o.secrets[name]))
		all = append(all, dial.Route{Trunk: name, Endpoint: o.endpoint, Target: to, SRTP: t.Sound()})
	}
	return all
}

// ledger counts how calls end, beside them: a call does not wait for a database.
type ledger struct {
	counts *outcome.Service
	book   outcome.Book
	log    *slog.Logger
	wg     sync.WaitGroup
}

// countTime bounds the counting of one call.
const countTime = 10 * time.Second

// Known implements notes.Outcomes.
func (l *ledger) Known(agency, code string) bool {
	for _, o := range l.book.Current().OutcomesOf(agency) {
		if o.ID == code {
			return true
		}
	}
	return false
}

// Count implements notes.Outcomes.
func (l *ledger) Count(d notes.Done) {
	at := time.Now()
	run.Go(&l.wg, l.log, "outcome", func() {
		ctx, cancel := context.WithTimeout(context.Background(), countTime)
		defer cancel()
		if err := l.counts.Count(ctx, d.Queue, d.Outcome, at); err != nil {
			l.log.Error("how a call ended was not counted", "queue", d.Queue, "error", err)
		}
	})
}

// Start implements run.Service.
func (l *ledger) Start(context.Context) error { return nil }

// Stop waits for the last counts.
func (l *ledger) Stop(context.Context) error {
	l.wg.Wait()
	return nil
}
