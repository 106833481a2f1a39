package figures

import (
	"context"
	"time"

	"santra/internal/identity"
	"santra/internal/web/api/frame"
)

// Bounds of one question for measures.
const (
	MaxMeasureDays  = 400    // of a question by day: as long as measures are kept
	MaxHalfHourDays = 62     // of a question by half-hour
	MaxMeasureRows  = 20_000 // of an answer; more are refused
)

// Measure is what became of the work of one medium that entered a queue in an interval, whenever it did; docs/measures.md has
// each figure and formula. Shares are 0–1 and, as means, missing where nothing was counted.
type Measure struct {
	Queue  string    `json:"queue"`
	Agency string    `json:"agency"`
	Kind   string    `json:"kind" enum:"call,mail,callback,outgoing"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to" doc:"Exclusive."`

	Offered        int64 `json:"offered" doc:"New work: each piece counts once in the city."`
	OverflowedIn   int64 `json:"overflowed_in" doc:"Came unanswered from another queue, or as a callback of the queue's calls."`
	Answered       int64 `json:"answered"`
	InTime         int64 `json:"in_time" doc:"Answered within the queue's service target."`
	Abandoned      int64 `json:"abandoned" doc:"The customer left while waiting, not short."`
	ShortAbandoned int64 `json:"short_abandoned" doc:"The customer left sooner than the queue's short-abandon time."`
	OverflowedOut  int64 `json:"overflowed_out" doc:"Left unanswered for another queue or for the callbacks."`
	Diverted       int64 `json:"diverted" doc:"Left unanswered for an announcement or elsewhere."`
	Expired        int64 `json:"expired" doc:"Callbacks that were not made in time."`
	Closed         int64 `json:"closed" doc:"Left otherwise: the queue is gone, the case was handled without routing."`
	Lost           int64 `json:"lost" doc:"Gone with a restart."`
	Waiting        int64 `json:"waiting" doc:"Without an outcome yet."`

	TransferredIn  int64 `json:"transferred_in" doc:"Came after somebody had answered it; not in offered."`
	TransferredOut int64 `json:"transferred_out"`
	Offers         int64 `json:"offers" doc:"Times that it rang at an agent."`
	NoAnswers      int64 `json:"no_answers"`
	Declines       int64 `json:"declines"`
	Handled        int64 `json:"handled" doc:"Times that it was in an agent's hands; transfers included."`

	ServiceLevel  *float64       `json:"service_level,omitempty" doc:"By our formula."`
	ServiceLevels []ServiceLevel `json:"service_levels" doc:"The same by the formulas that others use, each named."`
	Abandonment   *float64       `json:"abandonment,omitempty"`
	ASA           *float64       `json:"asa_seconds,omitempty" doc:"Mean wait of the answered."`
	LongestWait   float64        `json:"longest_wait_seconds"`
	AHT           *float64       `json:"aht_seconds,omitempty" doc:"Talk, hold and wrap-up, mean of the handled."`
	Talk          float64        `json:"talk_seconds" doc:"Sum, as hold and wrap-up."`
	Hold          float64        `json:"hold_seconds"`
	WrapUp        float64        `json:"wrap_up_seconds"`

	Responded     int64    `json:"responded" doc:"E-mail cases: first replies."`
	Resolved      int64    `json:"resolved" doc:"E-mail cases: closed."`
	Reopened      int64    `json:"reopened"`
	FirstResponse *float64 `json:"first_response_seconds,omitempty" doc:"Mean, in the queue's opening hours."`
	Resolution    *float64 `json:"resolution_seconds,omitempty" doc:"Mean, in the queue's opening hours."`
}

// ServiceLevel is a service level by a named formula.
type ServiceLevel struct {
	Formula string   `json:"formula"`
	Share   *float64 `json:"share,omitempty"`
}

// StaffMeasure is how the agents who serve the own agencies spent an interval, together: nobody's figures alone.
type StaffMeasure struct {
	From         time.Time `json:"from"`
	To           time.Time `json:"to" doc:"Exclusive."`
	Agents       float64   `json:"agents" doc:"At work, mean over the interval: ready, ringing, busy or in wrap-up."`
	Ready        float64   `json:"ready_seconds"`
	Ringing      float64   `json:"ringing_seconds"`
	Busy         float64   `json:"busy_seconds"`
	WrapUp       float64   `json:"wrap_up_seconds"`
	Break        float64   `json:"break_seconds"`
	NotAnswering float64   `json:"not_answering_seconds"`
	Occupancy    *float64  `json:"occupancy,omitempty" doc:"Busy and wrap-up of the time at work."`
}

type (
	measuresInput struct {
		From     string `query:"from" required:"true" format:"date" maxLength:"10" doc:"First day, in the city's time zone."`
		To       string `query:"to" required:"true" format:"date" maxLength:"10" doc:"Last day, included."`
		Queue    string `query:"queue" maxLength:"64" doc:"One queue; without: every queue of the own agencies."`
		Kind     string `query:"kind" enum:"call,mail,callback,outgoing" doc:"One medium; without: all."`
		Interval string `query:"interval" enum:"half_hour,day" default:"half_hour"`
	}
	measuresOutput struct {
		Body struct {
			Rows     []Measure      `json:"rows" doc:"By interval, queue and medium; intervals in which nothing happened are left out."`
			Totals   []Measure      `json:"totals" doc:"All the rows of an interval and medium together; queue and agency are empty."`
			Staff    []StaffMeasure `json:"staff" doc:"By interval; for supervisors, and where no queue is named."`
			TimeZone string         `json:"time_zone" doc:"In which days begin."`
		}
	}
	tableOutput struct {
		ContentType        string `header:"Content-Type"`
		ContentDisposition string `header:"Content-Disposition"`
		Body               []byte
	}
)

func (a *answerer) measureRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/measures", ID: "measures", Tag: "measures", Action: identity.MeasuresRead, Scope: frame.ScopeAny,
		Doc: "What happened in the queues of the own agencies, by half-hour or day.",
	}, a.getMeasures)
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/measures.csv", ID: "measures-csv", Tag: "measures", Action: identity.MeasuresRead, Scope: frame.ScopeAny,
		Doc: "The same as a table (RFC 4180, UTF-8, a header line, times in RFC 3339).",
	}, a.getMeasuresTable)
}

func (a *answerer) getMeasures(ctx context.Context, c *frame.Caller, in *measuresInput) (*measuresOutput, error) {
	t, err := a.measured(ctx, c, in)
	if err != nil {
		return nil, err
	}
	var out measuresOutput
	out.Body.Rows, out.Body.Totals, out.Body.Staff, out.Body.TimeZone = t.rows, t.totals, t.staff, t.zone.String()
	return &out, nil
}

func (a *answerer) getMeasuresTable(ctx context.Context, c *frame.Caller, in *measuresInput) (*tableOutput, error) {
	t, err := a.measured(ctx, c, in)
	if err != nil {
		return nil, err
	}
	text, err := tableOf(t.rows)
	return &tableOutput{"text/csv; charset=utf-8", `attachment; filename="measures-` + in.From + "-" + in.To + `.csv"`, text}, err
}
