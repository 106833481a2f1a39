package api

import (
	"context"
	"slices"
	"sync"
	"time"

	"santra/internal/dispatch"
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/routing/sim"
)

// playedRouting is the dispatcher, with work and an offer that only explain themselves and with acts that fail.
type playedRouting struct {
	*dispatch.Dispatcher
	mu    sync.Mutex
	work  map[string]routing.Explanation
	offer dispatch.Offer
	err   error // of the next act
	told  func()
}

func (p *playedRouting) fails() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told != nil {
		p.told()
	}
	return p.err
}

func (p *playedRouting) Force(agent string, s routing.State, reason string) error {
	if err := p.fails(); err != nil {
		return err
	}
	return p.Dispatcher.Force(agent, s, reason)
}

func (p *playedRouting) Close(queue, reason string, until time.Time) error {
	if err := p.fails(); err != nil {
		return err
	}
	if reason != ReasonEmergency {
		return errs.New(errs.Internal, "routing hears words: %s", reason)
	}
	return p.Dispatcher.Close(queue, reason, until)
}

func (p *playedRouting) Explain(id string) (routing.Explanation, bool) {
	if x, ok := p.work[id]; ok {
		return x, true
	}
	return p.Dispatcher.Explain(id)
}

func (p *playedRouting) Explanations(queue string, limit int) []routing.Explanation {
	if len(p.work) == 0 {
		return p.Dispatcher.Explanations(queue, limit)
	}
	var out []routing.Explanation
	for _, id := range sortedKeys(p.work) {
		if p.work[id].Queue == queue && len(out) < limit {
			out = append(out, p.work[id])
		}
	}
	return out
}

func (p *playedRouting) Agent(id string) (dispatch.AgentView, bool) {
	v, ok := p.Dispatcher.Agent(id)
	if p.offer.Work.ID != "" && p.offer.Agent == id {
		v.Work = p.offer.Work.ID
	}
	return v, ok
}

func (p *playedRouting) Offer(id string) (dispatch.Offer, bool) {
	if p.offer.Work.ID == "" {
		return p.Dispatcher.Offer(id)
	}
	return p.offer, p.offer.Work.ID == id
}

// playedMeasures is a journal that has only figures.
type playedMeasures struct {
	rows  measure.Rows
	err   error
	asked [][2]time.Time
}

func (p *playedMeasures) Rollups(_ context.Context, from, to time.Time) (measure.Rows, error) {
	p.asked = append(p.asked, [2]time.Time{from, to})
	in := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
	return measure.Rows{
		Queues: slices.DeleteFunc(slices.Clone(p.rows.Queues), func(r measure.QueueRow) bool { return !in(r.Start) }),
		Agents: slices.DeleteFunc(slices.Clone(p.rows.Agents), func(r measure.AgentRow) bool { return !in(r.Start) }),
	}, p.err
}

// playedPlanner writes down what it is asked.
type playedPlanner struct {
	mu    sync.Mutex
	asked []sim.Request
	run   func(context.Context) error
}

func (p *playedPlanner) Simulate(ctx context.Context, r sim.Request) (sim.Answer, error) {
	p.mu.Lock()
	p.asked = append(p.asked, r)
	p.mu.Unlock()
	if p.run != nil {
		if err := p.run(ctx); err != nil {
			return sim.Answer{}, err
		}
	}
	level := 0.8
	return sim.Answer{Report: sim.Report{Total: sim.Row{Offered: 100, ServiceLevel: &level}}}, nil
}
