package figures

import (
	"context"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/voice/outcome"
	"santra/internal/web/api/frame"
	"santra/internal/web/api/telephone"
)

type (
	outcomesInput struct {
		From     string `query:"from" required:"true" format:"date" maxLength:"10" doc:"First day, in the city's time zone."`
		To       string `query:"to" required:"true" format:"date" maxLength:"10" doc:"Last day, included."`
		Queue    string `query:"queue" maxLength:"64" doc:"One queue; without: every queue of the own agencies."`
		Interval string `query:"interval" enum:"half_hour,day" default:"day" doc:"half_hour: of the queues whose agents the person leads, alone."`
	}
	outcomesOutput struct {
		Body struct {
			Rows     []telephone.OutcomeCount `json:"rows" doc:"By time, queue and outcome."`
			TimeZone string                   `json:"time_zone" doc:"In which days begin."`
		}
	}
)

func (a *answerer) outcomeRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/outcomes", ID: "outcomes", Tag: "outcomes", Action: identity.MeasuresRead, Scope: frame.ScopeAny,
		Doc: "How calls ended, counted, of the own agencies' queues. Who does not lead a queue's agents gets no small count of it (M17).",
	}, a.getOutcomes)
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/outcomes.csv", ID: "outcomes-csv", Tag: "outcomes", Action: identity.MeasuresRead, Scope: frame.ScopeAny,
		Doc: "The days as a table (RFC 4180, UTF-8, a header line), small counts hidden (M17). By days alone: half-hours would tell what is hidden.",
	}, a.getOutcomeTable)
}

// outcomes is what an answer about outcomes is made of.
type outcomes struct {
	rows []outcome.Row
	zone *time.Location
	led  func(queue string) bool
}

func (a *answerer) getOutcomes(ctx context.Context, c *frame.Caller, in *outcomesInput) (*outcomesOutput, error) {
	t, err := a.outcomesOf(ctx, c, in)
	if err != nil {
		return nil, err
	}
	led := telephone.Only(t.rows, t.led)
	var out outcomesOutput
	out.Body.TimeZone = t.zone.String()
	if in.Interval != byDay {
		out.Body.Rows = telephone.Counted(led)
		return &out, nil
	}
	others := telephone.Only(t.rows, func(queue string) bool { return !t.led(queue) })
	days := outcome.Daily(led, t.zone)
	out.Body.Rows = telephone.InOrder(telephone.Counted(days), telephone.Shown(outcome.Daily(others, t.zone)))
	return &out, nil
}

func (a *answerer) getOutcomeTable(ctx context.Context, c *frame.Caller, in *outcomesInput) (*tableOutput, error) {
	t, err := a.outcomesOf(ctx, c, in)
	if err != nil {
		return nil, err
	}
	text, err := telephone.OutcomeTable(telephone.Shown(outcome.Daily(t.rows, t.zone)), t.zone)
	return &tableOutput{"text/csv; charset=utf-8", `attachment; filename="outcomes-` + in.From + "-" + in.To + `.csv"`, text}, err
}

// outcomesOf reads the half-hours that are asked for, of the queues of which the caller may know. Of a queue that is gone nobody may:
// its agency is not known any more.
func (a *answerer) outcomesOf(ctx context.Context, c *frame.Caller, in *outcomesInput) (outcomes, error) {
	out := outcomes{zone: a.deps.City.Current().Location()}
	from, err := dayOf("from", in.From, out.zone)
	if err != nil {
		return out, err
	}
	to, err := dayOf("to", in.To, out.zone)
	if err != nil {
		return out, err
	}
	if to.Before(from) {
		return out, errs.At(errs.Invalid, "to", "must be from's day or later")
	}
	may := func(action identity.Action) func(string) bool {
		return func(queue string) bool {
			q, known := a.deps.City.Queue(queue)
			return known && c.May(action, q.Agency) == nil
		}
	}
	out.led = may(identity.AgentWatch)
	rows, err := a.deps.Outcomes.Table(ctx, from.UTC(), to.AddDate(0, 0, 1).UTC())
	out.rows = telephone.Only(rows, func(queue string) bool {
		return (in.Queue == "" || in.Queue == queue) && may(identity.MeasuresRead)(queue)
	})
	return out, err
}
