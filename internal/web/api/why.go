package api

import (
	"context"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing"
	"santra/internal/web/api/frame"
)

// MaxExplanations is how many pieces of waiting work are explained at once, those first that wait longest.
const MaxExplanations = 200

// Need is a skill that work asks for. A language is the skill "language:sv".
type Need struct {
	Skill     string `json:"skill"`
	Level     int    `json:"level" doc:"At least."`
	Preferred bool   `json:"preferred" doc:"Who has it comes first; nobody is excluded."`
}

// Why says why work was offered to an agent, as figures; the reader says it in a language.
type Why struct {
	Queue         string `json:"queue"`
	Strategy      string `json:"strategy" enum:"longest_idle,round_robin,fewest_handled,least_occupied,tiers,skill_level,random"`
	Freed         bool   `json:"freed" doc:"The agent came free and the work was next; false: the work came and the agent was chosen."`
	Preferred     bool   `json:"preferred" doc:"The agent is the one whom it was kept for."`
	Overdue       bool   `json:"overdue" doc:"It had been passed by as often as is allowed."`
	Language      string `json:"language" doc:"That the customer chose; empty for any."`
	Needs         []Need `json:"needs" doc:"Asked at this moment."`
	Ring          int    `json:"ring" doc:"From 1; 0 where the queue has no rings."`
	RingSeconds   int    `json:"ring_seconds" doc:"How long the ring has been open."`
	Candidates    int    `json:"candidates" doc:"Ready agents who meet the needs, this one included; 0 with freed."`
	Lines         int    `json:"lines" doc:"Lines in which something waited that the agent could take; 0 without freed."`
	Tier          int    `json:"tier" doc:"0 where the strategy is another."`
	IdleSeconds   int    `json:"idle_seconds" doc:"How long the agent had been idle."`
	WaitedSeconds int    `json:"waited_seconds" doc:"How long the work had waited."`
}

// WorkOffer is what rings at the agent who asks.
type WorkOffer struct {
	Work   string    `json:"work" doc:"Id of the call or case."`
	Kind   string    `json:"kind" enum:"call,mail,callback,outgoing"`
	Queue  string    `json:"queue"`
	Agency string    `json:"agency"`
	Until  time.Time `json:"until"`
	Why    Why       `json:"why"`
}

// AbleAgents counts the agents in a state who meet what work asks.
type AbleAgents struct {
	State  string `json:"state" enum:"offline,ready,break,offered,busy,wrap_up,not_answering"`
	Agents int    `json:"agents"`
}

// Explanation says why a piece of work is where it is. It names no customer.
type Explanation struct {
	Work           string       `json:"work"`
	Kind           string       `json:"kind" enum:"call,mail,callback,outgoing"`
	Queue          string       `json:"queue"`
	Offered        string       `json:"offered" doc:"Person it rings at or who has it; empty while it waits."`
	OfferedDisplay string       `json:"offered_display"`
	Taken          bool         `json:"taken" doc:"That person has accepted it."`
	Place          int          `json:"place" doc:"In its line, from 1; 0 where it waits no more."`
	WaitedSeconds  int          `json:"waited_seconds"`
	Ring           int          `json:"ring" doc:"From 1; 0 where the queue has no rings."`
	NextRing       *time.Time   `json:"next_ring,omitempty" doc:"When less is asked."`
	KeptFor        string       `json:"kept_for" doc:"Person it is kept for; empty for nobody."`
	KeptForDisplay string       `json:"kept_for_display"`
	KeptUntil      *time.Time   `json:"kept_until,omitempty"`
	NotBefore      *time.Time   `json:"not_before,omitempty" doc:"Offered to nobody before."`
	Closed         bool         `json:"closed" doc:"Its queue is closed."`
	Needs          []Need       `json:"needs"`
	Able           []AbleAgents `json:"able" doc:"Agents at their seats who meet the needs, by state."`
	Missing        []string     `json:"missing" doc:"Skills that nobody who is at a seat has at the level asked."`
	Estimate       Estimate     `json:"estimate"`
}

// Estimate is how long work will wait, where there is enough to say it.
type Estimate struct {
	Place       int    `json:"place" doc:"From 1."`
	Known       bool   `json:"known" doc:"False: show no number; why says the reason."`
	LowSeconds  int    `json:"low_seconds"`
	HighSeconds int    `json:"high_seconds" doc:"Four of five such estimates held lately."`
	Why         string `json:"why" doc:"too_few_starts, nobody_serves or not_reliable; empty where known."`
}

type (
	offerOutput struct {
		Body struct {
			Offer *WorkOffer `json:"offer,omitempty" doc:"Missing where nothing rings."`
		}
	}
	queueID struct {
		ID string `path:"id" maxLength:"64"`
	}
	workID struct {
		ID string `path:"id" maxLength:"64"`
	}
	explanationsOutput struct {
		Body struct {
			Explanations []Explanation `json:"explanations"`
			ServerTime   time.Time     `json:"server_time"`
		}
	}
	explanationOutput struct{ Body Explanation }
)

func (a *API) whyRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/me/offer", ID: "my-offer", Tag: "me", Action: identity.CallHandle, Scope: frame.ScopeAny,
		Doc: "What rings at the person who asks, and why it was offered to them.",
	}, a.getMyOffer)
	frame.RegisterFor(a.frame, frame.Op{
		Method: "GET", Path: "/api/queues/{id}/explanations", ID: "queue-explanations", Tag: "city", Action: identity.AgentWatch,
		Doc: "Why each piece of work of a queue waits, the longest waiting first, at most 200; for supervisors.",
	}, a.agencyOfQueue, a.getExplanations)
	frame.RegisterFor(a.frame, frame.Op{
		Method: "GET", Path: "/api/work/{id}/why", ID: "work-why", Tag: "city", Action: identity.AgentWatch,
		Doc: "Why one piece of work is where it is; for supervisors. Agents see why at /api/me/offer.",
	}, a.agencyOfWork, a.getExplanation)
}

// agencyOfQueue finds the agency of a queue.
func (a *API) agencyOfQueue(_ context.Context, _ *frame.Caller, in *queueID) (string, error) {
	q, err := a.queue(in.ID)
	return q.Agency, err
}

// agencyOfWork finds the agency of a piece of work; another agency's is not found, so that nobody learns that it is there.
func (a *API) agencyOfWork(_ context.Context, c *frame.Caller, in *workID) (string, error) {
	none := errs.At(errs.NotFound, "id", "no such work waits or is in hand in a queue of yours")
	x, ok := a.deps.Dispatch.Explain(in.ID)
	if !ok {
		return "", none
	}
	q, err := a.queue(x.Queue)
	if err != nil || c.May(identity.AgentWatch, q.Agency) != nil {
		return "", none
	}
	return q.Agency, nil
}

func (a *API) getMyOffer(_ context.Context, c *frame.Caller, _ *frame.None) (*offerOutput, error) {
	var out offerOutput
	v, _ := a.deps.Dispatch.Agent(c.Person)
	if o, ok := a.deps.Dispatch.Offer(v.Work); ok && o.Agent == c.Person {
		out.Body.Offer = &WorkOffer{
			Work: o.Work.ID, Kind: o.Work.Kind.String(), Queue: o.Work.Queue, Agency: o.Work.Agency, Until: o.Expires.UTC(), Why: whyOf(o.Reasons),
		}
	}
	return &out, nil
}

func whyOf(w routing.Why) Why {
	return Why{
		Queue: w.Queue, Strategy: w.Strategy.String(), Freed: w.Freed, Preferred: w.Preferred, Overdue: w.Overdue, Language: w.Language,
		Needs: frame.List(w.Needs, needOf), Ring: w.Ring, RingSeconds: seconds(w.RingFor), Candidates: w.Candidates, Lines: w.Lines, Tier: w.Tier,
		IdleSeconds: seconds(w.Idle), WaitedSeconds: seconds(w.Waited),
	}
}

func needOf(n routing.Need) Need { return Need{n.Skill, max(n.Level, 1), n.Preferred} }

func (a *API) getExplanations(_ context.Context, c *frame.Caller, in *queueID) (*explanationsOutput, error) {
	var out explanationsOutput
	out.Body.ServerTime = time.Now().UTC()
	out.Body.Explanations = frame.List(a.deps.Dispatch.Explanations(in.ID, MaxExplanations), func(x routing.Explanation) Explanation {
		return a.explain(c, x)
	})
	return &out, nil
}

func (a *API) getExplanation(_ context.Context, c *frame.Caller, in *workID) (*explanationOutput, error) {
	x, ok := a.deps.Dispatch.Explain(in.ID)
	if !ok {
		return nil, errs.At(errs.Gone, "id", "it has just left")
	}
	return &explanationOutput{a.explain(c, x)}, nil
}

func (a *API) explain(c *frame.Caller, x routing.Explanation) Explanation {
	out := Explanation{
		Work: x.WorkID, Kind: x.Kind.String(), Queue: x.Queue, Taken: x.Taken, Place: x.Place, WaitedSeconds: seconds(x.Waited), Ring: x.Ring,
		NextRing: stamp(x.NextRing), KeptUntil: stamp(x.KeptUntil), NotBefore: stamp(x.NotBefore), Closed: x.Closed,
		Needs: frame.List(x.Needs, needOf), Able: []AbleAgents{}, Missing: frame.List(x.Missing, strings.Clone), Estimate: estimateOf(x.Estimate),
	}
	out.Offered, out.OfferedDisplay = a.named(c, x.Offered)
	out.KeptFor, out.KeptForDisplay = a.named(c, x.KeptFor)
	for _, state := range sortedKeys(x.Able) {
		if n := x.Able[state]; n > 0 {
			out.Able = append(out.Able, AbleAgents{string(state), n})
		}
	}
	return out
}

// named gives an agent's id and name, where the caller sees the agent.
func (a *API) named(c *frame.Caller, person string) (id, display string) {
	if p, ok := a.seen(c, identity.AgentWatch, person); ok {
		return person, p.display
	}
	return "", ""
}
