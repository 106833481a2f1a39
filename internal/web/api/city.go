package api

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/dispatch"
	"santra/internal/identity"
	"santra/internal/registry"
	"santra/internal/routing"
	"santra/internal/web/api/frame"
)

// City is what is configured, as far as the desktop needs it.
type City struct {
	Version         int        `json:"version"`
	Name            frame.Text `json:"name"`
	Agencies        []Agency   `json:"agencies"`
	Queues          []Queue    `json:"queues"`
	Seats           []Seat     `json:"seats"`
	Purposes        Purposes   `json:"purposes"`
	RecordingMonths int        `json:"recording_months" doc:"Calendar months that recordings are kept (M6)."`
	TimeZone        string     `json:"time_zone" doc:"In which days and opening hours are counted."`

	BreakReasons []BreakReason `json:"break_reasons" doc:"Kinds of break to choose from."`
	Outcomes     []Outcome     `json:"outcomes" doc:"The closed list of how a call may end, in the order of the configuration."`
}

// Outcome is a way in which a call may end.
type Outcome struct {
	ID       string     `json:"id"`
	Name     frame.Text `json:"name"`
	Agencies []string   `json:"agencies" doc:"Whose calls may end so; empty: all."`
}

// BreakReason is a kind of break.
type BreakReason struct {
	ID   string     `json:"id"`
	Name frame.Text `json:"name"`
}

// Agency is an ordering department or enterprise.
type Agency struct {
	ID      string     `json:"id"`
	Name    frame.Text `json:"name"`
	Address string     `json:"address" doc:"Address that its answers are sent from."`
}

// Queue is where an agency's calls and mails wait.
type Queue struct {
	ID        string     `json:"id"`
	Agency    string     `json:"agency"`
	Name      frame.Text `json:"name"`
	Number    string     `json:"number" doc:"The queue's own number, E.164; empty without one."`
	Mailbox   string     `json:"mailbox" doc:"The queue's own address; empty without one."`
	Skills    []string   `json:"skills"`
	Languages []string   `json:"languages"`
	Record    bool       `json:"record"`
	Listening bool       `json:"listening" doc:"Supervisors may listen to its calls live; callers are told."`
	Strategy  string     `json:"strategy" enum:"longest_idle,round_robin,fewest_handled,least_occupied,tiers,skill_level,random"`
	Needs     []Need     `json:"needs" doc:"Skills with levels that it asks, skills included."`
	Within    int        `json:"within_seconds" doc:"Its service target: answered within."`
}

// Seat is an agent's workplace.
type Seat struct {
	Code  string `json:"code"`
	Taken bool   `json:"taken" doc:"Somebody sits there now."`
	Phone bool   `json:"phone" doc:"A SIP phone is configured for it."`

	Location string `json:"location,omitempty" doc:"Address, floor, room; for supervisors and for those who change the city."`
}

// Purpose is one of a closed list; without one nothing is listened to or opened (M8, M13).
type Purpose struct {
	ID          string     `json:"id"`
	Name        frame.Text `json:"name"`
	NeedsReason bool       `json:"needs_reason" doc:"A reason (the agency's request, the case, the legal ground) must be stated."`
}

// Purposes are the two closed lists.
type Purposes struct {
	Audio []Purpose `json:"audio"`
	Mail  []Purpose `json:"mail"`
}

// QueueState is a queue's present.
type QueueState struct {
	ID               string     `json:"id"`
	Agency           string     `json:"agency"`
	WaitingCalls     int        `json:"waiting_calls"`
	WaitingMails     int        `json:"waiting_mails"`
	LongestCallSince *time.Time `json:"longest_call_since,omitempty"`
	LongestMailSince *time.Time `json:"longest_mail_since,omitempty"`
	Talking          int        `json:"talking" doc:"Calls in agents' hands."`
	OpenMails        int        `json:"open_mails" doc:"Cases in agents' hands."`
	Ready            int        `json:"ready" doc:"Agents who are ready and may serve the queue."`
	Busy             int        `json:"busy" doc:"Agents who may serve the queue and are offered something, talking or writing up."`
	Callbacks        int        `json:"callbacks" doc:"Callbacks that wait or ring."`
	Staffed          int        `json:"staffed" doc:"Agents at work who can serve its widest ring."`
	Open             bool       `json:"open" doc:"Takes work now."`
	NextChange       *time.Time `json:"next_change,omitempty" doc:"When it opens or closes; missing where it never does."`
	Closing          *Closing   `json:"closing,omitempty" doc:"The emergency closing in force."`
	Estimate         Estimate   `json:"estimate" doc:"Of a call that would come now."`
	Today            Today      `json:"today"`
	Lacks            []Lack     `json:"lacks" doc:"Why nobody with an account can serve it, or some of its callers; for supervisors, empty for others."`
}

// Lack is something that a queue asks when all its rings are open, and that nobody has.
type Lack struct {
	Kind  string `json:"kind" enum:"agency,skill,language,together" doc:"Nobody may work for the agency; nobody has the needs; callers may choose a language that nobody speaks who has the rest; somebody has each need, nobody all."`
	Needs []Need `json:"needs" doc:"Empty for the agency."`
}

// Today counts a queue's calls that came since local midnight, as the measures do (docs/measures.md).
type Today struct {
	Offered        int     `json:"offered" doc:"New calls; short_abandoned and overflowed ones are in it."`
	Answered       int     `json:"answered"`
	InTime         int     `json:"in_time" doc:"Answered within the queue's service target."`
	Abandoned      int     `json:"abandoned" doc:"Without the short ones."`
	ShortAbandoned int     `json:"short_abandoned" doc:"Hung up so soon that it does not count."`
	Overflowed     int     `json:"overflowed" doc:"Went elsewhere unanswered: to another queue, or diverted."`
	Diverted       int     `json:"diverted" doc:"Of overflowed: for an announcement or a number, not for a queue."`
	Expired        int     `json:"expired" doc:"Not made in time; of callbacks, so 0 for calls."`
	Closed         int     `json:"closed" doc:"Left in another way: the queue was removed."`
	Lost           int     `json:"lost" doc:"Gone with a restart."`
	Decided        int     `json:"decided" doc:"answered + abandoned + diverted + expired + closed + lost. The service level is in_time / decided."`
	OverflowedIn   int     `json:"overflowed_in" doc:"Came from another queue unanswered; not in offered."`
	WaitedSeconds  float64 `json:"waited_seconds" doc:"Sum of the answered calls' waits."`
}

func todayOf(t dispatch.Today) Today {
	return Today{
		Offered: t.Offered, Answered: t.Answered, InTime: t.InTime, Abandoned: t.Abandoned, ShortAbandoned: t.Short, Overflowed: t.Overflowed,
		Diverted: t.Diverted, Expired: t.Expired, Closed: t.Closed, Lost: t.Lost, Decided: t.Decided(), OverflowedIn: t.OverflowedIn, WaitedSeconds: t.Waited.Seconds(),
	}
}

// AgentState is an agent's present, for supervisors.
type AgentState struct {
	Person  string     `json:"person"`
	Display string     `json:"display"`
	Seat    string     `json:"seat"`
	State   string     `json:"state" enum:"offline,ready,break,offered,busy,wrap_up,not_answering"`
	Reason  string     `json:"reason"`
	Since   time.Time  `json:"since"`
	Until   *time.Time `json:"until,omitempty" doc:"End of the offer or wrap-up."`
	Mails   int        `json:"mails" doc:"E-mail cases in hand."`
	Next    string     `json:"next" doc:"State asked for while busy; empty for none."`
	Handled int        `json:"handled" doc:"Accepted since sign-in."`
}

type (
	cityOutput     struct{ Body City }
	purposesOutput struct{ Body Purposes }
	queuesOutput   struct {
		Body struct {
			Queues     []QueueState `json:"queues"`
			ServerTime time.Time    `json:"server_time"`
		}
	}
	agentsOutput struct {
		Body struct {
			Agents     []AgentState `json:"agents"`
			ServerTime time.Time    `json:"server_time"`
		}
	}
)

func (a *API) cityRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/city", ID: "city", Tag: "city", Scope: frame.ScopeSelf,
		Doc: "Agencies, queues, seats and purposes.",
	}, a.getCity)
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/purposes", ID: "purposes", Tag: "city", Scope: frame.ScopeSelf,
		Doc: "The closed lists of purposes.",
	}, a.getPurposes)
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/queues", ID: "queues", Tag: "city", Action: identity.QueueWatch, Scope: frame.ScopeAny,
		Doc: "The queues of the person's agencies, now; followed by events of kind queue.",
	}, a.getQueues)
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/agents", ID: "agents", Tag: "city", Action: identity.AgentWatch, Scope: frame.ScopeAny,
		Doc: "Agents and their states, for supervisors; followed by events of kind agent.",
	}, a.getAgents)
}

func textOf(t agency.Text) frame.Text {
	return frame.Text{FI: t.In(agency.Finnish), SV: t.In(agency.Swedish), EN: t.In(agency.English)}
}

func (a *API) getCity(_ context.Context, who *frame.Caller, _ *frame.None) (*cityOutput, error) {
	c := a.deps.City.Current()
	taken := map[string]bool{}
	for _, v := range a.deps.Dispatch.Agents() {
		taken[v.Seat] = true
	}
	place := func(agency.Seat) string { return "" }
	if who.Anywhere(identity.AgentWatch) || who.Anywhere(identity.CityChange) {
		place = func(s agency.Seat) string { return s.Location }
	}
	return &cityOutput{City{
		Version: c.Version, Name: textOf(c.Name), Purposes: a.purposes(), RecordingMonths: c.Retention.RecordingMonths,
		TimeZone: c.Location().String(), BreakReasons: frame.List(c.BreakReasons, func(r agency.BreakReason) BreakReason { return BreakReason{r.ID, textOf(r.Name)} }),
		Agencies: frame.List(c.Agencies, func(x agency.Agency) Agency { return Agency{x.ID, textOf(x.Name), x.Address} }),
		Queues:   frame.List(c.Queues, queueOf),
		Seats:    frame.List(c.Seats, func(s agency.Seat) Seat { return Seat{s.Code, taken[s.Code], s.SIPUser != "", place(s)} }),
		Outcomes: frame.List(c.Outcomes, func(o agency.Outcome) Outcome {
			return Outcome{o.ID, textOf(o.Name), append([]string{}, o.Agencies...)}
		}),
	}}, nil
}

func queueOf(q agency.Queue) Queue {
	strategy, _ := routing.ParseStrategy(q.Strategy) // checked when it was configured
	within := q.ServiceWithin
	if within == 0 {
		within = agency.DefaultServiceWithin
	}
	return Queue{
		ID: q.ID, Agency: q.Agency, Name: textOf(q.Name), Number: q.Number, Mailbox: q.Mailbox,
		Skills: texts(q.Skills), Languages: texts(q.Languages), Record: q.Record, Listening: q.Listening, Strategy: strategy.String(),
		Needs:  frame.List(q.AllNeeds(), needWanted),
		Within: seconds(within),
	}
}

func (a *API) purposes() Purposes {
	of := func(m registry.Medium) []Purpose {
		return frame.List(a.deps.Registry.Purposes(m), func(p registry.Purpose) Purpose {
			return Purpose{p.ID, frame.Text{FI: p.FI, SV: p.SV, EN: p.EN}, p.NeedsReason}
		})
	}
	return Purposes{of(registry.Audio), of(registry.Mail)}
}

func (a *API) getPurposes(context.Context, *frame.Caller, *frame.None) (*purposesOutput, error) {
	return &purposesOutput{a.purposes()}, nil
}

// sortedKeys gives a map's keys in a stable order.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
