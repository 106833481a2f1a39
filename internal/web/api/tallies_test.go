package api

import (
	"context"
	"net/http"
	"testing"
	"time"

	"santra/internal/identity"
	"santra/internal/routing/measure"
	"santra/internal/voice/tally"
	"santra/internal/web/api/figures"
	"santra/internal/web/api/telephone"
)

var _ figures.Tallies = (*tally.Keeper)(nil)

// playedTallies are sums as they were kept.
type playedTallies struct {
	sounds []tally.SoundRow
	ends   []tally.EndRow
}

func within(start, from, to time.Time) bool { return !start.Before(from) && start.Before(to) }

func (p *playedTallies) Sounds(_ context.Context, from, to time.Time) (rows []tally.SoundRow, err error) {
	for _, r := range p.sounds {
		if within(r.Start, from, to) {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func (p *playedTallies) Ends(_ context.Context, from, to time.Time) (rows []tally.EndRow, err error) {
	for _, r := range p.ends {
		if within(r.Start, from, to) {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

func sounded(start time.Time, queue, agency string, line tally.Line, scores ...float64) tally.SoundRow {
	r := tally.SoundRow{SoundKey: tally.SoundKey{Start: start, Queue: queue, Agency: agency, Line: line, Band: tally.Narrow}}
	for _, mos := range scores {
		r.Sound = r.Plus(tally.SoundOf(tally.Leg{MOS: mos, Loss: 0.02, Jitter: 4 * time.Millisecond}))
	}
	return r
}

func ended(start time.Time, agency string, end tally.End, n int64) tally.EndRow {
	return tally.EndRow{EndKey: tally.EndKey{Start: start, Number: "+358931000000", Flow: "desk", Agency: agency, End: end}, N: n}
}

func tallied(t *testing.T) *house {
	t.Helper()
	h := floor(t)
	h.person("mari", identity.Manager, "parks")
	h.deps.Tallies = &playedTallies{
		sounds: []tally.SoundRow{
			sounded(at(8, 0), "parks-main", "parks", tally.Browser, 4.4, 3.2),
			sounded(at(8, 0), "parks-main", "parks", tally.Trunk, 4.1),
			sounded(at(8, 0), "ports-main", "ports", tally.Trunk, 2),
			sounded(at(8, 30), "parks-main", "parks", tally.Trunk, 4.3),
			sounded(at(24, 0), "parks-main", "parks", tally.Trunk, 1), // the next day
		},
		ends: []tally.EndRow{
			ended(at(8, 0), "parks", tally.HungUp, 2), ended(at(8, 0), "parks", tally.Closed, 1), ended(at(8, 0), "ports", tally.Said, 9),
			ended(at(9, 0), "parks", tally.Promised, 4), ended(at(9, 0), "", tally.Said, 1),
		},
	}
	h.serve()
	return h
}

type soundBody struct {
	Rows     []telephone.SoundMeasure
	TimeZone string `json:"time_zone"`
}

func TestSoundOfTheOwnAgencies(t *testing.T) {
	h := tallied(t)
	sound := func(who, query string) (out soundBody) {
		h.do(who, "GET", "/api/measures/sound?from=2026-11-23&to=2026-11-23"+query, nil).want(http.StatusOK).into(&out)
		return out
	}
	out := sound("mari", "")
	if len(out.Rows) != 3 || out.TimeZone != "Europe/Helsinki" {
		t.Fatalf("%+v", out)
	}
	r := out.Rows[0]
	if r.Queue != "parks-main" || r.Line != "browser" || r.Band != "narrow" || !r.From.Equal(at(8, 0)) || !r.To.Equal(at(8, 30)) || r.Legs != 2 || r.MOS != 3.8 ||
		r.Loss != 0.02 || r.Jitter != 0.004 || len(r.Classes) != tally.ClassCount || r.Classes[0] != 1 || r.Classes[3] != 1 {
		t.Errorf("%+v", r)
	}
	day := sound("sari", "&interval=day")
	if len(day.Rows) != 2 || day.Rows[1].Legs != 2 || day.Rows[1].MOS != 4.2 || !day.Rows[1].From.Equal(at(0, 0)) || !day.Rows[1].To.Equal(at(24, 0)) {
		t.Errorf("%+v", day)
	}
	if all := sound("all", "&queue=ports-main"); len(all.Rows) != 1 || all.Rows[0].Agency != "ports" {
		t.Errorf("%+v", all)
	}
	if none := sound("sari", "&queue=gone"); none.Rows == nil || len(none.Rows) != 0 {
		t.Errorf("%+v", none)
	}
	h.do("sari", "GET", "/api/measures/sound?from=2026-11-23&to=2026-11-23&queue=ports-main", nil).want(http.StatusForbidden)
}

func TestUnqueuedCallsOfTheOwnAgencies(t *testing.T) {
	h := tallied(t)
	var out struct{ Rows []telephone.UnqueuedMeasure }
	h.do("mari", "GET", "/api/measures/unqueued?from=2026-11-23&to=2026-11-23", nil).want(http.StatusOK).into(&out)
	if len(out.Rows) != 2 {
		t.Fatalf("%+v", out)
	}
	if r := out.Rows[0]; r.Calls != 3 || r.HungUp != 2 || r.Closed != 1 || r.Number != "+358931000000" || r.Flow != "desk" || r.Agency != "parks" || !r.From.Equal(at(8, 0)) {
		t.Errorf("%+v", r)
	}
	h.do("all", "GET", "/api/measures/unqueued?from=2026-11-23&to=2026-11-24&interval=day", nil).want(http.StatusOK).into(&out)
	if len(out.Rows) != 2 || out.Rows[0].Calls != 7 || out.Rows[0].Promised != 4 || out.Rows[1].Said != 9 || out.Rows[0].To.Sub(out.Rows[0].From) != 24*time.Hour {
		t.Errorf("%+v", out)
	}
}

// Agents have no right to measures; a question has bounds; without the sums there is no answer.
func TestTalliesAreRefused(t *testing.T) {
	h := tallied(t)
	for _, path := range []string{"/api/measures/sound", "/api/measures/unqueued"} {
		h.do("anna", "GET", path+"?from=2026-11-23&to=2026-11-23", nil).want(http.StatusForbidden)
		for _, bad := range []string{"", "?from=2026-11-23&to=2026-11-22", "?from=x&to=2026-11-22", "?from=2026-01-01&to=2026-11-22", "?from=2024-01-01&to=2026-11-22&interval=day"} {
			h.do("sari", "GET", path+bad, nil).want(http.StatusUnprocessableEntity)
		}
	}
	many := &playedTallies{}
	for i := range figures.MaxMeasureRows + 1 {
		many.sounds = append(many.sounds, sounded(at(8, 0), "q", "parks", tally.Line(time.Duration(i).String()), 4))
	}
	h.deps.Tallies = many
	h.serve()
	h.do("sari", "GET", "/api/measures/sound?from=2026-11-23&to=2026-11-23", nil).want(http.StatusRequestEntityTooLarge)
	h.deps.Tallies = nil
	h.serve()
	h.do("sari", "GET", "/api/measures/sound?from=2026-11-23&to=2026-11-23", nil).want(http.StatusServiceUnavailable)
	if measure.Interval != at(8, 30).Sub(at(8, 0)) {
		t.Error("the half-hours of the test are others")
	}
}
