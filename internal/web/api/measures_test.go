package api

import (
	"bytes"
	"encoding/csv"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"santra/internal/identity"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/web/api/figures"
)

// at is a half-hour of the city's day of 23 November 2026 (UTC+2).
func at(hour, minute int) time.Time { return time.Date(2026, 11, 23, hour-2, minute, 0, 0, time.UTC) }

func row(start time.Time, queue, agency string, kind routing.Kind, f measure.QueueFigures) measure.QueueRow {
	return measure.QueueRow{QueueKey: measure.QueueKey{Start: start, Queue: queue, Kind: kind}, Agency: agency, QueueFigures: f}
}

func (h *house) counted() {
	answered := measure.QueueFigures{
		Offered: 10, Answered: 8, InTime: 6, Abandoned: 1, ShortAbandoned: 1, Handled: 8, WaitAnswered: 80 * time.Second,
		InHand: 800 * time.Second, Hold: 80 * time.Second, WrapUp: 160 * time.Second, LongestWait: 45 * time.Second,
	}
	h.measures.rows.Queues = []measure.QueueRow{
		row(at(8, 0), "parks-main", "parks", routing.Call, answered),
		row(at(8, 0), "parks-main", "parks", routing.Mail, measure.QueueFigures{Offered: 3, Responded: 2, Response: time.Hour}),
		row(at(8, 0), "ports-main", "ports", routing.Call, measure.QueueFigures{Offered: 100, Answered: 100}),
		row(at(8, 30), "parks-main", "parks", routing.Call, measure.QueueFigures{Offered: 2, Answered: 2, WaitAnswered: 40 * time.Second}),
		row(at(8, 30), "ghost", "", routing.Call, measure.QueueFigures{Offered: 1}),
	}
	half := measure.AgentFigures{Ready: 15 * time.Minute, Busy: 10 * time.Minute, WrapUp: 5 * time.Minute}
	h.measures.rows.Agents = []measure.AgentRow{
		{AgentKey: measure.AgentKey{Start: at(8, 0), Agent: h.ids["anna"]}, AgentFigures: half},
		{AgentKey: measure.AgentKey{Start: at(8, 0), Agent: h.ids["bo"]}, AgentFigures: half},
		{AgentKey: measure.AgentKey{Start: at(8, 0), Agent: "gone"}, AgentFigures: half},
	}
}

// measuresBody is the body of a measuresOutput.
type measuresBody struct {
	Rows, Totals []figures.Measure
	Staff        []figures.StaffMeasure
	TimeZone     string `json:"time_zone"`
}

func (h *house) measured(who, query string) measuresBody {
	h.t.Helper()
	var out measuresBody
	h.do(who, "GET", "/api/measures?from=2026-11-23&to=2026-11-23"+query, nil).want(http.StatusOK).into(&out)
	return out
}

func TestMeasuresOfTheOwnAgencies(t *testing.T) {
	h := floor(t)
	h.person("mari", identity.Manager, "parks")
	h.counted()
	out := h.measured("sari", "")
	if len(out.Rows) != 3 || len(out.Totals) != 3 || out.TimeZone != "Europe/Helsinki" {
		t.Fatalf("%+v", out)
	}
	m := out.Rows[0]
	if m.Queue != "parks-main" || m.Agency != "parks" || m.Kind != "call" || !m.From.Equal(at(8, 0)) || !m.To.Equal(at(8, 30)) || m.Offered != 10 ||
		*m.ServiceLevel != 6.0/9 || *m.ASA != 10 || *m.AHT != 120 || m.Talk != 720 || m.LongestWait != 45 || m.Waiting != 0 || *m.Abandonment != 1.0/9 {
		t.Errorf("%+v", m)
	}
	if len(m.ServiceLevels) < 2 || m.ServiceLevels[0].Formula != "ours" || *m.ServiceLevels[0].Share != *m.ServiceLevel {
		t.Errorf("%+v", m.ServiceLevels)
	}
	if mail := out.Rows[1]; mail.Kind != "mail" || *mail.FirstResponse != 1800 || mail.ASA != nil || mail.ServiceLevel != nil {
		t.Errorf("%+v", mail)
	}
	if s := out.Staff; len(s) != 1 || s[0].Agents != 1 || s[0].Busy != 600 || *s[0].Occupancy != 0.5 {
		t.Errorf("the staff of other agencies is counted: %+v", s)
	}
	if want := [2]time.Time{at(0, 0), at(24, 0)}; len(h.measures.asked) != 1 || h.measures.asked[0] != want {
		t.Errorf("asked for %v", h.measures.asked)
	}
	if all := h.measured("all", ""); len(all.Rows) != 4 || all.Totals[0].Offered != 110 || all.Staff[0].Agents != 2 {
		t.Errorf("%+v", all)
	}
	if managed := h.measured("mari", ""); len(managed.Rows) != 3 || len(managed.Staff) != 0 {
		t.Errorf("a manager sees how agents spend their time: %+v", managed)
	}
	if other := h.measured("pete", ""); len(other.Rows) != 1 || other.Rows[0].Queue != "ports-main" {
		t.Errorf("%+v", other)
	}
}

func TestMeasuresAreNarrowed(t *testing.T) {
	h := floor(t)
	h.counted()
	if out := h.measured("all", "&queue=parks-main&kind=call"); len(out.Rows) != 2 || len(out.Staff) != 0 {
		t.Errorf("%+v", out)
	}
	day := h.measured("sari", "&interval=day&kind=call")
	if len(day.Rows) != 1 || day.Rows[0].Offered != 12 || *day.Rows[0].ASA != 12 || !day.Rows[0].From.Equal(at(0, 0)) || !day.Rows[0].To.Equal(at(24, 0)) {
		t.Errorf("%+v", day)
	}
	if s := day.Staff; len(s) != 1 || s[0].Agents != 0.5/24 {
		t.Errorf("%+v", s)
	}
	if none := h.measured("sari", "&queue=gone"); len(none.Rows) != 0 || none.Rows == nil || none.Staff == nil {
		t.Errorf("%+v", none)
	}
	h.do("sari", "GET", "/api/measures?from=2026-11-23&to=2026-11-23&queue=ports-main", nil).want(http.StatusForbidden)
	h.do("anna", "GET", "/api/measures?from=2026-11-23&to=2026-11-23", nil).want(http.StatusForbidden)
	h.do("anna", "GET", "/api/measures.csv?from=2026-11-23&to=2026-11-23", nil).want(http.StatusForbidden)
}

// Clocks go back on 25 October 2026: that day has 50 half-hours.
func TestDaysAreOfTheCitysClock(t *testing.T) {
	h := floor(t)
	first := time.Date(2026, 10, 24, 21, 0, 0, 0, time.UTC)
	for i := range 52 {
		h.measures.rows.Queues = append(h.measures.rows.Queues, row(first.Add(time.Duration(i)*measure.Interval), "parks-main", "parks", routing.Call, measure.QueueFigures{Offered: 1}))
	}
	var out measuresBody
	h.do("sari", "GET", "/api/measures?from=2026-10-25&to=2026-10-26&interval=day", nil).want(http.StatusOK).into(&out)
	if len(out.Rows) != 2 || out.Rows[0].Offered != 50 || out.Rows[1].Offered != 2 || out.Rows[0].To.Sub(out.Rows[0].From) != 25*time.Hour {
		t.Errorf("%+v", out.Rows)
	}
	h.do("sari", "GET", "/api/measures?from=2026-10-25&to=2026-10-25", nil).want(http.StatusOK).into(&out)
	if len(out.Rows) != 50 {
		t.Errorf("%d half-hours", len(out.Rows))
	}
}

func TestTheTableOfMeasures(t *testing.T) {
	h := floor(t)
	h.counted()
	a := h.do("sari", "GET", "/api/measures.csv?from=2026-11-23&to=2026-11-23", nil).want(http.StatusOK)
	if a.header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.Contains(a.header.Get("Content-Disposition"), `"measures-2026-11-23-2026-11-23.csv"`) {
		t.Error(a.header)
	}
	table, err := csv.NewReader(bytes.NewReader(a.body)).ReadAll()
	if err != nil || len(table) != 4 {
		t.Fatalf("%v %q", err, a.body)
	}
	got := map[string]string{}
	for i, name := range table[0] {
		got[name] = table[1][i]
	}
	for name, want := range map[string]string{
		"from": "2026-11-23T06:00:00Z", "queue": "parks-main", "kind": "call", "offered": "10", "aht_seconds": "120", "first_response_seconds": "", "talk_seconds": "720",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
}

func TestWrongQuestionsForMeasures(t *testing.T) {
	h := floor(t)
	for _, q := range []string{
		"", "from=2026-11-23", "to=2026-11-23", "from=yesterday&to=2026-11-23", "from=2026-11-24&to=2026-11-23", "from=2026-13-01&to=2026-13-01",
		"from=2026-01-01&to=2026-12-31", "from=0001-01-01&to=0001-01-01", "from=9999-12-31&to=9999-12-31", "from=2020-01-01&to=2026-12-31&interval=day",
		"from=2026-11-23&to=2026-11-23&interval=minute", "from=2026-11-23&to=2026-11-23&kind=fax",
		"from=2026-11-23&to=2026-11-23&queue=" + strings.Repeat("x", 65), "from=" + url.QueryEscape("2026-11-23\r\nX: y") + "&to=2026-11-23",
	} {
		for _, path := range []string{"/api/measures?", "/api/measures.csv?"} {
			if a := h.do("sari", "GET", path+q, nil); a.status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %s", q, a.status, a.body)
			}
		}
	}
	if len(h.measures.asked) != 0 {
		t.Errorf("asked: %v", h.measures.asked)
	}
	for range figures.MaxMeasureRows + 1 {
		n := len(h.measures.rows.Queues)
		h.measures.rows.Queues = append(h.measures.rows.Queues, row(at(0, 0), "q"+string(rune('0'+n%10))+time.Duration(n).String(), "parks", routing.Call, measure.QueueFigures{Offered: 1}))
	}
	h.do("sari", "GET", "/api/measures?from=2026-11-23&to=2026-11-23", nil).want(http.StatusRequestEntityTooLarge)
	h.measures.err = errors.New("select 0401234567")
	if a := h.do("sari", "GET", "/api/measures?from=2026-11-23&to=2026-11-23", nil).want(http.StatusInternalServerError); strings.Contains(string(a.body), "0401234567") {
		t.Errorf("%s", a.body)
	}
}
