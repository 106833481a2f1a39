package api

import "time"

// Text is a name in the three languages of the interface.
type Text struct {
	FI string `json:"fi"`
	SV string `json:"sv"`
	EN string `json:"en"`
}

// City is what is configured, as far as the desktop needs it.
type City struct {
	Version         int      `json:"version"`
	Name            Text     `json:"name"`
	Agencies        []Agency `json:"agencies"`
	Queues          []Queue  `json:"queues"`
	Seats           []Seat   `json:"seats"`
	Purposes        Purposes `json:"purposes"`
	RecordingMonths int      `json:"recording_months" doc:"Calendar months that recordings are kept (M6)."`
}

// Agency is an ordering department or enterprise.
type Agency struct {
	ID      string `json:"id"`
	Name    Text   `json:"name"`
	Address string `json:"address" doc:"Address that its answers are sent from."`
}

// Queue is where an agency's calls and mails wait.
type Queue struct {
	ID        string   `json:"id"`
	Agency    string   `json:"agency"`
	Name      Text     `json:"name"`
	Number    string   `json:"number" doc:"The queue's own number, E.164; empty without one."`
	Mailbox   string   `json:"mailbox" doc:"The queue's own address; empty without one."`
	Skills    []string `json:"skills"`
	Languages []string `json:"languages"`
	Record    bool     `json:"record"`
}

// Seat is an agent's workplace.
type Seat struct {
	Code  string `json:"code"`
	Taken bool   `json:"taken" doc:"Somebody sits there now."`
	Phone bool   `json:"phone" doc:"A SIP phone is configured for it."`
}

// Purpose is one of a closed list; without one nothing is listened to or opened (M8, M13).
type Purpose struct {
	ID          string `json:"id"`
	Name        Text   `json:"name"`
	NeedsReason bool   `json:"needs_reason" doc:"A reason (the agency's request, the case, the legal ground) must be stated."`
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
	Today            Today      `json:"today"`
}

// Today counts a queue's calls since local midnight.
type Today struct {
	Offered       int     `json:"offered"`
	Answered      int     `json:"answered"`
	InTime        int     `json:"in_time" doc:"Answered within 20 s; its share of offered is the service level."`
	Abandoned     int     `json:"abandoned"`
	WaitedSeconds float64 `json:"waited_seconds" doc:"Sum of the answered calls' waits."`
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
	register(a, op{method: "GET", path: "/api/city", id: "city", tag: "city", scope: scopeSelf,
		doc: "Agencies, queues, seats and purposes."}, soon[none, cityOutput])
	register(a, op{method: "GET", path: "/api/purposes", id: "purposes", tag: "city", scope: scopeSelf,
		doc: "The closed lists of purposes."}, soon[none, purposesOutput])
	register(a, op{method: "GET", path: "/api/queues", id: "queues", tag: "city", action: "queues.view", scope: scopeAny,
		doc: "The queues of the person's agencies, now; followed by events of kind queue."}, soon[none, queuesOutput])
	register(a, op{method: "GET", path: "/api/agents", id: "agents", tag: "city", action: "agents.view", scope: scopeAny,
		doc: "Agents and their states, for supervisors; followed by events of kind agent."}, soon[none, agentsOutput])
}
