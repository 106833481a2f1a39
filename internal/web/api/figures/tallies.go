package figures

import (
	"context"
	"slices"
	"time"

	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing/measure"
	"santra/internal/voice/tally"
	"santra/internal/web/api/frame"
	"santra/internal/web/api/telephone"
)

// Tallies is tally.Keeper: how calls' legs sounded, and calls that came into no queue, by half-hour.
type Tallies interface {
	Sounds(ctx context.Context, from, to time.Time) ([]tally.SoundRow, error)
	Ends(ctx context.Context, from, to time.Time) ([]tally.EndRow, error)
}

type (
	soundedInput struct {
		From     string `query:"from" required:"true" format:"date" maxLength:"10" doc:"First day, in the city's time zone."`
		To       string `query:"to" required:"true" format:"date" maxLength:"10" doc:"Last day, included."`
		Queue    string `query:"queue" maxLength:"64" doc:"One queue; without: every queue of the own agencies."`
		Interval string `query:"interval" enum:"half_hour,day" default:"half_hour"`
	}
	soundedOutput struct {
		Body struct {
			Rows     []telephone.SoundMeasure `json:"rows" doc:"By interval, queue, line and band; what did not happen is left out."`
			TimeZone string                   `json:"time_zone" doc:"In which days begin."`
		}
	}
	unqueuedInput struct {
		From     string `query:"from" required:"true" format:"date" maxLength:"10" doc:"First day, in the city's time zone."`
		To       string `query:"to" required:"true" format:"date" maxLength:"10" doc:"Last day, included."`
		Interval string `query:"interval" enum:"half_hour,day" default:"half_hour"`
	}
	unqueuedOutput struct {
		Body struct {
			Rows     []telephone.UnqueuedMeasure `json:"rows" doc:"By interval and number; where nothing happened there is no row."`
			TimeZone string                      `json:"time_zone" doc:"In which days begin."`
		}
	}
)

func (a *answerer) tallyRoutes() {
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/measures/sound", ID: "measures-sound", Tag: "tallies", Action: identity.MeasuresRead, Scope: frame.ScopeAny,
		Doc: "How calls sounded in the queues of the own agencies, by half-hour or day. Nothing tells who spoke.",
	}, a.getSound)
	frame.Register(a.frame, frame.Op{
		Method: "GET", Path: "/api/measures/unqueued", ID: "measures-unqueued", Tag: "tallies", Action: identity.MeasuresRead, Scope: frame.ScopeAny,
		Doc: "Calls to the own agencies' numbers that came into no queue, and are in no other measure: by half-hour or day in which they came.",
	}, a.getUnqueued)
}

func (a *answerer) getSound(ctx context.Context, c *frame.Caller, in *soundedInput) (*soundedOutput, error) {
	if q, known := a.deps.City.Queue(in.Queue); known {
		if err := c.May(identity.MeasuresRead, q.Agency); err != nil {
			return nil, err
		}
	}
	var out soundedOutput
	zone := a.deps.City.Current().Location()
	out.Body.TimeZone, out.Body.Rows = zone.String(), []telephone.SoundMeasure{}
	may := measuresOf(c)
	err := eachDay(in.From, in.To, in.Interval, zone, func(day, next time.Time) error {
		rows, err := a.deps.Tallies.Sounds(ctx, day.UTC(), next.UTC())
		rows = slices.DeleteFunc(rows, func(r tally.SoundRow) bool {
			return in.Queue != "" && r.Queue != in.Queue || !may(r.Agency)
		})
		out.Body.Rows = append(out.Body.Rows, telephone.Sounds(rows, spansOf(in.Interval, day, next))...)
		return tooMany(len(out.Body.Rows), err)
	})
	return &out, err
}

func (a *answerer) getUnqueued(ctx context.Context, c *frame.Caller, in *unqueuedInput) (*unqueuedOutput, error) {
	var out unqueuedOutput
	zone := a.deps.City.Current().Location()
	out.Body.TimeZone, out.Body.Rows = zone.String(), []telephone.UnqueuedMeasure{}
	may := measuresOf(c)
	err := eachDay(in.From, in.To, in.Interval, zone, func(day, next time.Time) error {
		rows, err := a.deps.Tallies.Ends(ctx, day.UTC(), next.UTC())
		rows = slices.DeleteFunc(rows, func(r tally.EndRow) bool { return !may(r.Agency) })
		out.Body.Rows = append(out.Body.Rows, telephone.Unqueued(rows, spansOf(in.Interval, day, next))...)
		return tooMany(len(out.Body.Rows), err)
	})
	return &out, err
}

// measuresOf tells of which agencies the caller may read measures.
func measuresOf(c *frame.Caller) func(agency string) bool {
	known := map[string]bool{}
	return func(agency string) bool {
		if _, asked := known[agency]; !asked {
			known[agency] = agency != "" && c.May(identity.MeasuresRead, agency) == nil
		}
		return known[agency]
	}
}

// eachDay goes through the days of a question, so that a long one takes no more memory than its answer.
func eachDay(first, last, interval string, zone *time.Location, f func(day, next time.Time) error) error {
	from, to, err := between(first, last, interval, zone)
	for day := from; err == nil && day.Before(to); {
		next := day.AddDate(0, 0, 1)
		err = f(day, next)
		day = next
	}
	return err
}

func spansOf(interval string, day, next time.Time) telephone.Spans {
	return func(start time.Time) (from, to time.Time) {
		if interval == byDay {
			return day.UTC(), next.UTC()
		}
		return start, start.Add(measure.Interval)
	}
}

func tooMany(rows int, err error) error {
	if err == nil && rows > MaxMeasureRows {
		err = errs.At(errs.TooLarge, "to", "over %d rows: name a queue, fewer days, or interval day", MaxMeasureRows)
	}
	return err
}
