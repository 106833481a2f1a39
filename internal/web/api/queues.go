package api

import (
	"cmp"
	"context"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing"
	"santra/internal/web/api/frame"
)

// present is what is known of all queues at a moment.
type present struct {
	api      *API
	at       time.Time
	views    map[string]dispatch.QueueView
	closings map[string]Closing
}

func (a *API) now(ctx context.Context) (*present, error) {
	p := &present{api: a, at: time.Now().UTC(), views: a.deps.Dispatch.Queues(), closings: map[string]Closing{}}
	if a.deps.Closings == nil {
		return p, nil
	}
	all, err := a.deps.Closings.InForce(ctx, p.at)
	names := map[string]string{}
	for _, c := range all {
		if _, known := names[c.By]; !known {
			by, _ := a.deps.People.Lookup(ctx, c.By) // somebody who is gone is shown by the id
			names[c.By] = by.Display
		}
		p.closings[c.Queue] = Closing{Until: c.Until, Reason: c.Reason, Since: c.Since, By: c.By, Display: names[c.By]}
	}
	return p, err
}

func (a *API) getQueues(ctx context.Context, c *frame.Caller, _ *frame.None) (*queuesOutput, error) {
	now, err := a.now(ctx)
	if err != nil {
		return nil, err
	}
	lacks, err := a.lacks(ctx)
	if err != nil {
		return nil, err
	}
	var out queuesOutput
	out.Body.ServerTime, out.Body.Queues = now.at, []QueueState{}
	for _, q := range a.deps.City.Current().Queues {
		if c.May(identity.QueueWatch, q.Agency) == nil {
			s := now.state(q)
			if c.May(identity.AgentWatch, q.Agency) == nil {
				s.Lacks = append(s.Lacks, lacks[q.ID]...)
			}
			out.Body.Queues = append(out.Body.Queues, s)
		}
	}
	return &out, nil
}

// queue finds a queue that is configured, or lent.
func (a *API) queue(id string) (agency.Queue, error) {
	q, ok := a.deps.City.Queue(id)
	if !ok {
		return q, errs.At(errs.NotFound, "id", "there is no such queue")
	}
	return q, nil
}

func (p *present) state(q agency.Queue) QueueState {
	v := p.views[q.ID]
	s := QueueState{
		ID: q.ID, Agency: q.Agency, WaitingCalls: v.Calls, WaitingMails: v.Mails, Talking: v.Talking, OpenMails: v.Open,
		LongestCallSince: stamp(v.OldestCall), LongestMailSince: stamp(v.OldestMail), Callbacks: v.Callbacks, Staffed: v.Staffed, Ready: v.Ready,
		Busy:     v.Staffed - v.Ready,
		Estimate: estimateOf(v.Estimate),
		Today:    todayOf(v.Today),
		Lacks:    []Lack{},
	}
	p.opening(q, v, &s)
	return s
}

// opening tells whether the queue takes work, which routing decides, and when that changes.
func (p *present) opening(q agency.Queue, v dispatch.QueueView, s *QueueState) {
	s.Open = !v.Closed
	from := p.at
	if c, ok := p.closings[q.ID]; ok {
		s.Closing, s.Open, from = &c, false, c.Until
		if open, _ := p.api.deps.City.Open(q.ID, from); open {
			s.NextChange = stamp(from)
			return
		}
	}
	_, until := p.api.deps.City.Open(q.ID, from)
	s.NextChange = stamp(until)
}

func estimateOf(e routing.Estimate) Estimate {
	if !e.Known {
		return Estimate{Place: e.Place, Why: cmp.Or(e.Why, routing.TooFewStarts)}
	}
	return Estimate{Place: e.Place, Known: true, LowSeconds: seconds(e.Low), HighSeconds: seconds(e.High)}
}

// seconds rounds to whole ones.
func seconds(d time.Duration) int { return int(d.Round(time.Second) / time.Second) }
