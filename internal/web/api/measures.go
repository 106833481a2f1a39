package api

import (
	"context"
	"time"

	"santra/internal/identity"
)

// Bounds of one question for measures.
const (
	MaxMeasureDays   = 400 // days of a question by day: as long as measures are kept
	MaxHalfHourDays  = 62  // days of a question by half-hour
	MaxMeasureQueues = 500
)

// Measure is what happened in a queue in an interval; docs/measures.md has the formulas. Shares are 0–1 and missing where
// nothing was counted that they could be shares of.
type Measure struct {
	Queue  string    `json:"queue"`
	Agency string    `json:"agency"`
	From   time.Time `json:"from"`
	To     time.Time `json:"to" doc:"Exclusive."`

	Offered        int `json:"offered" doc:"Calls and callbacks that came into the queue."`
	Answered       int `json:"answered"`
	InTime         int `json:"in_time" doc:"Answered within the queue's service target."`
	Abandoned      int `json:"abandoned" doc:"Left after at least the queue's short_abandon."`
	ShortAbandoned int `json:"short_abandoned" doc:"Left before it."`
	OverflowedIn   int `json:"overflowed_in"`
	OverflowedOut  int `json:"overflowed_out"`
	Expired        int `json:"expired" doc:"Callbacks that were not made in time."`
	Closed         int `json:"closed" doc:"Ended because the queue closed or was removed."`
	Transferred    int `json:"transferred" doc:"Of the offered, those that another agent gave on."`

	ServiceLevel  *float64       `json:"service_level,omitempty" doc:"By our formula."`
	ServiceLevels []ServiceLevel `json:"service_levels" doc:"The same by the formulas that others use, each named."`
	ASASeconds    *float64       `json:"asa_seconds,omitempty" doc:"Mean wait of the answered."`
	AHTSeconds    *float64       `json:"aht_seconds,omitempty" doc:"Mean of talk, hold and wrap-up together."`
	LongestWait   float64        `json:"longest_wait_seconds"`
	TalkSeconds   float64        `json:"talk_seconds" doc:"Sum, as hold and wrap-up."`
	HoldSeconds   float64        `json:"hold_seconds"`
	WrapUpSeconds float64        `json:"wrap_up_seconds"`
	Occupancy     *float64       `json:"occupancy,omitempty" doc:"Share of the signed-in agents' time in work; in the row of all queues alone."`

	Letters Letters `json:"letters"`
}

// ServiceLevel is a service level by a named formula.
type ServiceLevel struct {
	Formula string   `json:"formula"`
	Share   *float64 `json:"share,omitempty"`
}

// Letters is what happened to a queue's e-mail cases in an interval.
type Letters struct {
	Received             int      `json:"received"`
	Answered             int      `json:"answered" doc:"First responses sent."`
	Resolved             int      `json:"resolved"`
	Reopened             int      `json:"reopened"`
	FirstResponseSeconds *float64 `json:"first_response_seconds,omitempty" doc:"Mean, in the queue's business hours."`
	ResolutionSeconds    *float64 `json:"resolution_seconds,omitempty" doc:"Mean, in the queue's business hours."`
}

type (
	measuresInput struct {
		From     string `query:"from" required:"true" format:"date" maxLength:"10" doc:"First day, in the city's time zone."`
		To       string `query:"to" required:"true" format:"date" maxLength:"10" doc:"Last day, included."`
		Queue    string `query:"queue" maxLength:"64" doc:"One queue; without: every queue of the own agencies."`
		Interval string `query:"interval" enum:"half_hour,day" default:"half_hour"`
	}
	measuresOutput struct {
		Body struct {
			Rows     []Measure `json:"rows" doc:"By interval, then queue."`
			Totals   []Measure `json:"totals" doc:"Of each interval, all the rows' queues together (queue and agency empty); where there are several queues."`
			TimeZone string    `json:"time_zone" doc:"In which the days and half-hours are counted."`
		}
	}
	tableOutput struct {
		ContentType        string `header:"Content-Type"`
		ContentDisposition string `header:"Content-Disposition"`
		Body               []byte
	}
)

func (a *API) measureRoutes() {
	register(a, op{
		method: "GET", path: "/api/measures", id: "measures", tag: "measures", action: identity.MeasuresRead, scope: scopeAny,
		doc: "What happened in the queues of the own agencies, by half-hour or day.",
	}, a.getMeasures)
	register(a, op{
		method: "GET", path: "/api/measures.csv", id: "measures-csv", tag: "measures", action: identity.MeasuresRead, scope: scopeAny,
		doc: "The same as a table (RFC 4180, UTF-8, a header line, times in RFC 3339).",
	}, a.getMeasuresTable)
}

func (a *API) getMeasures(context.Context, *caller, *measuresInput) (*measuresOutput, error) {
	return nil, unavailable()
}

func (a *API) getMeasuresTable(context.Context, *caller, *measuresInput) (*tableOutput, error) {
	return nil, unavailable()
}
