package api

import (
	"context"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"santra/internal/event"
	"santra/internal/identity"
	"santra/internal/web/api/frame"
	"santra/internal/web/live"
)

type eventsOutput struct {
	Body func(huma.Context)
}

func (a *API) eventRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/events", ID: "events", Tag: "events", Scope: frame.ScopeSelf,
		Doc: "The browser's one event stream (text/event-stream). Lines: id boot:seq, event <kind>, data {kind, id, version, fields}. " +
			"The first event is hello, or reset where something was missed: then read everything again. Last-Event-ID continues; " +
			"a heartbeat comes every 15 s; the stream ends with its session. Nothing in it is personal.",
	},
		func(_ context.Context, c *frame.Caller, _ *frame.None) (*eventsOutput, error) {
			return &eventsOutput{func(ctx huma.Context) { a.stream(ctx, c) }}, nil
		})
}

func (a *API) stream(ctx huma.Context, c *frame.Caller) {
	r, w := humago.Unwrap(ctx)
	err := a.deps.Live.Serve(w, r, func(ctx context.Context) (live.Who, error) {
		p, err := a.deps.People.Authenticate(ctx, c.Token)
		if err != nil {
			return live.Who{}, err
		}
		a.refresh(ctx, p)
		return a.who(p), nil
	})
	if err != nil {
		a.frame.ProblemOf("events", err).Write(w, frame.LanguageOf(r.Header.Get("Accept-Language")))
	}
}

// refresh lets dispatch feel a training that expired, a role that was withdrawn or skills that were changed while an agent sits
// at a seat (M24).
func (a *API) refresh(ctx context.Context, p identity.Principal) {
	if a.deps.Dispatch == nil {
		return
	}
	if _, ok := a.desk.of(p.Person); !ok {
		return
	}
	if !p.Anywhere(identity.CallHandle) {
		a.leaveDesk(p.Person)
		return
	}
	person, err := a.deps.People.Lookup(ctx, p.Person)
	if err != nil {
		return // the stream's next heartbeat tries again
	}
	a.desk.seating.Lock()
	defer a.desk.seating.Unlock()
	at, ok := a.desk.of(p.Person)
	if !ok {
		return // left meanwhile
	}
	if now := agentOf(p, person, at.agent.Seat); !reflect.DeepEqual(now, at.agent) || at.display != person.Display {
		a.desk.sit(now, person.Display)
		a.deps.Dispatch.SignIn(now)
	}
}

// who says which events a person may have: those for them alone; an agency's where they may watch its queues; agents' states for
// the agent and for supervisors of an agency that the agent serves; a queue's for who watches it.
func (a *API) who(p identity.Principal) live.Who {
	return live.Who{
		Person: p.Person, Session: p.Session,
		InAgency: func(id string) bool { return p.May(identity.QueueWatch, id) == nil },
		Further: func(ev event.Event) bool {
			switch ev.Kind {
			case "agent":
				at, ok := a.desk.last(ev.ID)
				return ev.ID == p.Person || ok && p.Sees(identity.AgentWatch, at.agent.Agencies)
			case "queue":
				return a.mayWatch(p, ev.ID)
			}
			return true
		},
	}
}

func (a *API) mayWatch(p identity.Principal, queue string) bool {
	if a.deps.City == nil {
		return false
	}
	q, ok := a.deps.City.Queue(queue)
	return ok && p.May(identity.QueueWatch, q.Agency) == nil
}
