package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
)

func (h *house) force(who, agent string, f ForcedState) answer {
	h.t.Helper()
	return h.do(who, "PUT", "/api/agents/"+h.ids[agent]+"/state", f)
}

// logged gives how many rows of an action the log has.
func (h *house) logged(action string) int {
	h.t.Helper()
	rows, err := h.deps.Audit.Search(h.t.Context(), audit.Filter{Action: action, Limit: audit.MaxPage})
	if err != nil {
		h.t.Fatal(err)
	}
	return len(rows)
}

func TestSupervisorsForceTheirOwnAgents(t *testing.T) {
	h := floor(t)
	before := -1
	h.routing.told = func() { before = h.logged(ActionForced) }
	var s AgentState
	h.force("sari", "anna", ForcedState{State: "break", Reason: "palohälytys", BreakReason: "other"}).want(http.StatusOK).into(&s)
	if s.State != "break" || s.Reason != "other" || s.Display != "Display anna" || s.Seat != "A1" {
		t.Errorf("%+v", s)
	}
	if before != 1 {
		t.Errorf("%d rows in the log when it was done: the row comes first", before)
	}
	row := h.audit("?action=" + ActionForced)[0]
	if row.Actor != h.ids["sari"] || row.Object != h.ids["anna"] || row.Agency != "parks" || row.Reason != "palohälytys" || !row.Success ||
		row.Detail["state"] != "break" || row.Detail["break_reason"] != "other" || row.Detail["was"] != "offline" {
		t.Errorf("%+v", row)
	}
	h.force("all", "bo", ForcedState{State: "ready", Reason: "x"}).want(http.StatusOK).into(&s)
	if s.State != "ready" || h.audit("?action=" + ActionForced)[0].Agency != "" {
		t.Errorf("%+v", s)
	}
	h.force("sari", "anna", ForcedState{State: "offline", Reason: "x"}).want(http.StatusOK).into(&s)
	if s.State != "offline" || s.Reason != "" {
		t.Errorf("%+v", s)
	}
}

func TestForcingIsRefused(t *testing.T) {
	h := floor(t)
	yes := ForcedState{State: "ready", Reason: "x"}
	h.force("pete", "anna", yes).want(http.StatusNotFound) // serves none of his agencies
	h.force("sari", "bo", yes).want(http.StatusNotFound)
	h.force("sari", "pete", yes).want(http.StatusNotFound) // at no seat
	h.force("anna", "anna", yes).want(http.StatusForbidden)
	h.force("pia", "anna", yes).want(http.StatusForbidden)
	for name, body := range map[string]string{
		"no reason":         `{"state":"ready"}`,
		"empty reason":      `{"state":"ready","reason":""}`,
		"long reason":       `{"state":"ready","reason":"` + strings.Repeat("x", 201) + `"}`,
		"a state of work":   `{"state":"busy","reason":"x"}`,
		"no state":          `{"reason":"x"}`,
		"unknown break":     `{"state":"break","reason":"x","break_reason":"because he is ill"}`,
		"break while ready": `{"state":"ready","reason":"x","break_reason":"lunch"}`,
		"further field":     `{"state":"ready","reason":"x","agency":"ports"}`,
		"list":              `[]`,
		"number":            `{"state":1,"reason":2}`,
	} {
		if a := h.do("sari", "PUT", "/api/agents/"+h.ids["anna"]+"/state", body); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if n := h.logged(ActionForced); n != 0 {
		t.Errorf("%d rows of what was not begun", n)
	}
	if v, _ := h.routing.Dispatcher.Agent(h.ids["anna"]); v.State != "offline" {
		t.Errorf("%+v", v)
	}
}

func TestWhatCannotBeForcedIsLoggedAsSuch(t *testing.T) {
	h := floor(t)
	h.routing.err = errs.New(errs.Unavailable, "another owner decides")
	h.force("sari", "anna", ForcedState{State: "ready", Reason: "x"}).want(http.StatusServiceUnavailable)
	rows := h.audit("?action=" + ActionForced)
	if len(rows) != 2 || rows[0].Success || rows[0].Detail["why"] == "" || !rows[1].Success {
		t.Errorf("%+v", rows)
	}
	h.routing.err = nil
	h.person("temp", identity.Agent, "parks")
	h.force("sari", "temp", ForcedState{State: "ready", Reason: "x"}).want(http.StatusNotFound)
}

func (h *house) shut(who, queue string, left time.Duration, reason string) answer {
	h.t.Helper()
	return h.do(who, "PUT", "/api/queues/"+queue+"/closing", ClosingRequest{time.Now().Add(left), reason})
}

func (h *house) state(who, queue string) QueueState {
	h.t.Helper()
	var out struct{ Queues []QueueState }
	h.do(who, "GET", "/api/queues", nil).want(http.StatusOK).into(&out)
	for _, q := range out.Queues {
		if q.ID == queue {
			return q
		}
	}
	h.t.Fatalf("%s does not see %s", who, queue)
	return QueueState{}
}

func TestEmergencyClosing(t *testing.T) {
	h := floor(t)
	before := -1
	h.routing.told = func() { before = h.logged(agency.QueueClosed) }
	if q := h.state("anna", "parks-main"); !q.Open || q.Closing != nil {
		t.Errorf("%+v", q)
	}
	var q QueueState
	h.shut("sari", "parks-main", time.Hour, "Palohälytys").want(http.StatusOK).into(&q)
	if q.Open || q.Closing == nil || q.Closing.Reason != "Palohälytys" || q.Closing.Display != "Display sari" || q.NextChange == nil || !q.NextChange.Equal(q.Closing.Until) {
		t.Errorf("%+v", q)
	}
	if before != 1 {
		t.Errorf("%d rows in the log when it was done: the row comes first", before)
	}
	if v := h.routing.Queues()["parks-main"]; !v.Closed || !v.Emergency || v.Reason != ReasonEmergency || !v.Changes.Equal(q.Closing.Until) {
		t.Errorf("routing was told %+v", v)
	}
	if now := h.state("anna", "parks-main"); now.Open || now.Closing.By != h.ids["sari"] {
		t.Errorf("%+v", now)
	}
	if other := h.state("bo", "ports-main"); !other.Open || other.Closing != nil {
		t.Errorf("%+v", other)
	}
	h.shut("all", "parks-main", 2*time.Hour, "Jatkuu").want(http.StatusOK)
	var after QueueState
	h.do("sari", "DELETE", "/api/queues/parks-main/closing", nil).want(http.StatusOK).into(&after)
	if !after.Open || after.Closing != nil || after.Estimate.Why == "" || h.routing.Queues()["parks-main"].Closed || h.logged(agency.QueueReopened) != 1 || h.logged(agency.QueueClosed) != 2 {
		t.Errorf("%+v", after)
	}
	h.do("sari", "DELETE", "/api/queues/parks-main/closing", nil).want(http.StatusNotFound)
}

func TestClosingIsRefused(t *testing.T) {
	h := floor(t)
	h.shut("sari", "ports-main", time.Hour, "x").want(http.StatusForbidden)
	h.do("sari", "DELETE", "/api/queues/ports-main/closing", nil).want(http.StatusForbidden)
	h.shut("anna", "parks-main", time.Hour, "x").want(http.StatusForbidden)
	h.shut("sari", "none", time.Hour, "x").want(http.StatusNotFound)
	h.shut("sari", "parks-main", -time.Hour, "x").want(http.StatusUnprocessableEntity)
	h.shut("sari", "parks-main", 32*24*time.Hour, "x").want(http.StatusUnprocessableEntity)
	h.shut("sari", "parks-main", time.Hour, " ").want(http.StatusUnprocessableEntity)
	h.shut("sari", "parks-main", time.Hour, "a\x00b").want(http.StatusUnprocessableEntity)
	for _, body := range []string{
		`{}`, `{"reason":"x"}`, `{"until":"tomorrow","reason":"x"}`, `{"until":"2026-02-31T25:00:00Z","reason":"x"}`, `{"until":null,"reason":"x"}`,
		`{"until":"99999-01-01T00:00:00Z","reason":"x"}`, `{"until":1e99,"reason":"x"}`,
	} {
		if a := h.do("sari", "PUT", "/api/queues/parks-main/closing", body); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", body, a.status)
		}
	}
	if h.logged(agency.QueueClosed) != 0 || h.routing.Queues()["parks-main"].Closed {
		t.Error("something was closed")
	}
}

// Where routing can't be told, the closing is kept all the same and holds when routing runs again.
func TestClosingIsKeptThoughRoutingIsAway(t *testing.T) {
	h := floor(t)
	h.routing.err = errs.New(errs.Unavailable, "another owner decides")
	h.shut("sari", "parks-main", time.Hour, "x").want(http.StatusServiceUnavailable)
	if q := h.state("sari", "parks-main"); q.Open || q.Closing == nil {
		t.Errorf("%+v", q)
	}
}

func TestClosingsOutlastARestart(t *testing.T) {
	dsn := storetest.SQLite(t)
	for i := range 2 {
		db := must[*centre.Store](t)(centre.Open(t.Context(), dsn, centre.Options{}))
		svc := agency.NewClosings(db.Closings())
		if i == 0 {
			must[agency.Closing](t)(svc.Close(t.Context(), agency.Closing{Queue: "q", By: "p", Reason: "x", Until: time.Now().Add(time.Hour)}))
		} else if all := must[[]agency.Closing](t)(svc.InForce(t.Context(), time.Now())); len(all) != 1 || all[0].Queue != "q" {
			t.Errorf("%+v", all)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestBreaksAreOfTheCitysList(t *testing.T) {
	h := floor(t)
	var c City
	h.do("anna", "GET", "/api/city", nil).want(http.StatusOK).into(&c)
	if len(c.BreakReasons) == 0 || c.BreakReasons[0].Name.FI == "" || c.TimeZone != "Europe/Helsinki" || c.Queues[0].Needs[0] != (Need{"parks", 1, false}) ||
		c.Queues[0].Strategy != "longest_idle" || c.Queues[0].Within != 20 {
		text, _ := json.Marshal(c)
		t.Errorf("%s", text)
	}
	for _, r := range c.BreakReasons {
		h.do("anna", "PUT", "/api/me/state", StateChange{"break", r.ID}).want(http.StatusOK)
	}
	h.do("anna", "PUT", "/api/me/state", StateChange{"break", ""}).want(http.StatusOK)
	h.do("anna", "PUT", "/api/me/state", StateChange{"break", "with a customer"}).want(http.StatusUnprocessableEntity)
	h.do("anna", "PUT", "/api/me/state", StateChange{"ready", "lunch"}).want(http.StatusUnprocessableEntity)
}

func TestChangedPeopleWorkByItAtOnce(t *testing.T) {
	h := floor(t)
	h.person("admin", identity.Administrator, "")
	change := func(body string) answer { return h.do("admin", "PATCH", "/api/people/"+h.ids["anna"], body) }
	var p Person
	change(`{"skills":[{"id":"parks","level":5},{"id":"language:sv","level":3}],"capacity":{"mails":2,"undisturbed":true},
		"tiers":[{"queue":"parks-main","tier":2}],"weights":[{"agency":"parks","weight":0.5}],"languages":["fi"],"display":"Anna A."}`).want(http.StatusOK).into(&p)
	if p.Skills[0] != (Skill{"language:sv", 3}) || p.Capacity.Mails != 2 || p.Tiers[0] != (Tier{"parks-main", 2}) || p.Weights[0] != (Weight{"parks", 0.5}) ||
		p.Display != "Anna A." || len(p.Languages) != 1 || len(p.Roles) != 1 {
		t.Errorf("%+v", p)
	}
	var agents struct{ Agents []AgentState }
	h.do("sari", "GET", "/api/agents", nil).want(http.StatusOK).into(&agents)
	if agents.Agents[0].Display != "Anna A." || agents.Agents[0].Seat != "A1" {
		t.Errorf("%+v", agents)
	}
	if row := h.audit("?action=" + identity.PersonChanged)[0]; row.Detail["changed"] != "display skills languages capacity tiers weights" || row.Actor != h.ids["admin"] {
		t.Errorf("%+v", row)
	}
	change(`{"skills":[]}`).want(http.StatusOK).into(&p)
	if len(p.Skills) != 0 || p.Capacity.Mails != 2 || p.Display != "Anna A." {
		t.Errorf("what was left out changed: %+v", p)
	}
	if q := h.state("anna", "parks-main"); q.Ready+q.Busy != 0 {
		t.Errorf("%+v", q)
	}
	h.do("anna", "PUT", "/api/me/state", StateChange{State: "ready"}).want(http.StatusOK)
	if q := h.state("anna", "parks-main"); q.Ready != 0 {
		t.Errorf("ready without the skill: %+v", q)
	}
	change(`{"skills":[{"id":"parks","level":1}]}`).want(http.StatusOK)
	if q := h.state("anna", "parks-main"); q.Ready != 1 {
		t.Errorf("the skill is not felt at once: %+v", q)
	}
}

func TestChangesOfPeopleAreRefused(t *testing.T) {
	h := floor(t)
	h.person("admin", identity.Administrator, "")
	path := "/api/people/" + h.ids["anna"]
	for _, who := range []string{"anna", "sari", "pia"} {
		h.do(who, "PATCH", path, `{"display":"x"}`).want(http.StatusForbidden)
	}
	h.do("admin", "PATCH", "/api/people/none", `{"display":"x"}`).want(http.StatusNotFound)
	for name, body := range map[string]string{
		"level":            `{"skills":[{"id":"x","level":11}]}`,
		"level of nothing": `{"skills":[{"id":"x","level":0}]}`,
		"slug":             `{"skills":[{"id":"DROP TABLE","level":1}]}`,
		"language skill":   `{"skills":[{"id":"language:de","level":1}]}`,
		"language":         `{"languages":["de"]}`,
		"languages":        `{"languages":["fi","fi","fi","fi"]}`,
		"mails":            `{"capacity":{"mails":51}}`,
		"fewer mails":      `{"capacity":{"mails":-2}}`,
		"fraction":         `{"capacity":{"mails":1.5}}`,
		"unknown queue":    `{"tiers":[{"queue":"none","tier":1}]}`,
		"tier":             `{"tiers":[{"queue":"parks-main","tier":0}]}`,
		"unknown agency":   `{"weights":[{"agency":"none","weight":1}]}`,
		"weight":           `{"weights":[{"agency":"parks","weight":-1}]}`,
		"huge weight":      `{"weights":[{"agency":"parks","weight":1e300}]}`,
		"no number":        `{"weights":[{"agency":"parks","weight":"NaN"}]}`,
		"display":          `{"display":""}`,
		"display of lines": `{"display":"a\nb"}`,
		"roles":            `{"roles":[]}`,
		"password":         `{"password":"kolme sanaa riittää"}`,
		"name":             `{"name":"root"}`,
	} {
		if a := h.do("admin", "PATCH", path, body); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if n := h.logged(identity.PersonChanged); n != 0 {
		t.Errorf("%d changes were logged", n)
	}
}
