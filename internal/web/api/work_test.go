package api

import (
	"bufio"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/identity"
	"santra/internal/registry"
	"santra/internal/routing"
	"santra/internal/voice/state"
	"santra/internal/web/api/frame"
)

func TestSeatsAndStates(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.person("bo", identity.Agent, "")
	h.person("sari", identity.Supervisor, "parks")
	state := func(who, s string) answer { return h.do(who, "PUT", "/api/me/state", `{"state":"`+s+`"}`) }
	state("anna", "ready").want(http.StatusConflict) // no seat yet
	h.do("anna", "PUT", "/api/me/seat", SeatChoice{"nowhere"}).want(http.StatusNotFound)
	h.do("anna", "PUT", "/api/me/seat", SeatChoice{"a1"}).want(http.StatusOK)
	h.do("bo", "PUT", "/api/me/seat", SeatChoice{"A1"}).want(http.StatusConflict)
	var me Me
	state("anna", "ready").want(http.StatusOK).into(&me)
	if me.Seat != "A1" || me.State != "ready" || time.Since(me.StateSince) > time.Minute || me.RecorderOrigin == "" || !slices.Contains(me.Actions, "call.handle") {
		t.Errorf("%+v", me)
	}
	var queues struct{ Queues []QueueState }
	h.do("anna", "GET", "/api/queues", nil).want(http.StatusOK).into(&queues)
	if len(queues.Queues) != 1 || queues.Queues[0].ID != "parks-main" || queues.Queues[0].Ready != 1 {
		t.Errorf("%+v", queues)
	}
	h.do("anna", "PUT", "/api/me/state", StateChange{"break", "lunch"}).want(http.StatusOK)
	var agents struct{ Agents []AgentState }
	h.do("sari", "GET", "/api/agents", nil).want(http.StatusOK).into(&agents)
	if len(agents.Agents) != 1 || agents.Agents[0].State != "break" || agents.Agents[0].Reason != "lunch" || agents.Agents[0].Display != "Display anna" {
		t.Errorf("%+v", agents)
	}
	h.do("anna", "POST", "/api/me/wrapup/done", nil).want(http.StatusConflict)
	var c City
	h.do("bo", "GET", "/api/city", nil).want(http.StatusOK).into(&c)
	if !c.Seats[0].Taken || c.Seats[1].Taken || len(c.Purposes.Audio) != 4 || c.RecordingMonths != 6 {
		t.Errorf("%+v", c)
	}
	if strings.Contains(string(h.do("bo", "GET", "/api/city", nil).body), "ha1") {
		t.Error("the phones' passwords are shown")
	}
	h.do("anna", "DELETE", "/api/me/seat", nil).want(http.StatusOK)
	h.do("bo", "PUT", "/api/me/seat", SeatChoice{"A1"}).want(http.StatusOK)
	h.do("bo", "POST", "/api/logout", nil).want(http.StatusNoContent)
	h.do("anna", "PUT", "/api/me/seat", SeatChoice{"A1"}).want(http.StatusOK) // logging out left it
}

func TestCalls(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.person("bo", identity.Agent, "")
	h.calls.view = state.View{ID: "c", Agency: "parks", Queue: "parks-main", Agent: h.ids["anna"], State: state.Talking}
	var who Caller
	a := h.do("anna", "GET", "/api/calls/c/caller", nil).want(http.StatusOK)
	a.into(&who)
	if who.Number != "+358401234567" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v %v", who, a.header)
	}
	h.do("bo", "GET", "/api/calls/c/caller", nil).want(http.StatusNotFound)
	h.do("bo", "POST", "/api/calls/c/hangup", nil).want(http.StatusNotFound)
	var answered SessionDescription
	h.do("anna", "POST", "/api/calls/c/answer", SessionDescription{"offer"}).want(http.StatusOK).into(&answered)
	if answered.SDP != "answer to offer" {
		t.Error(answered)
	}
	for _, name := range []string{"decline", "hold", "resume", "mute", "unmute", "hangup"} {
		h.do("anna", "POST", "/api/calls/c/"+name, nil).want(http.StatusNoContent)
	}
	h.do("anna", "POST", "/api/calls/c/dtmf", Digits{"12#"}).want(http.StatusNoContent)
	h.do("anna", "POST", "/api/calls/c/dtmf", Digits{"call me"}).want(http.StatusUnprocessableEntity)
	want := []string{"caller", "answer", "decline", "hold", "resume", "mute", "unmute", "hangup", "dtmf 12#"}
	if !slices.Equal(h.calls.calls, want) {
		t.Errorf("%v", h.calls.calls)
	}
	for _, path := range []string{"/api/calls", "/api/calls/c"} {
		if body := string(h.do("anna", "GET", path, nil).want(http.StatusOK).body); strings.Contains(body, "40123") {
			t.Error("a view tells the number")
		}
	}
	h.calls.err = errs.New(errs.Gone, "the call is over")
	h.do("anna", "GET", "/api/calls/c/caller", nil).want(http.StatusGone)
	h.calls.err, h.calls.view.Agency = nil, "ports"
	h.do("anna", "GET", "/api/calls/c/caller", nil).want(http.StatusForbidden) // another agency's, whatever voice says
}

func TestCases(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.person("mari", identity.Manager, "parks")
	var k Case
	h.do("anna", "GET", "/api/cases/k", nil).want(http.StatusOK).into(&k)
	if k.Customer != "aino@example.net" || k.Name != "Aino" || k.Draft.To[0] != "aino@example.net" || h.cases.who.Person != h.ids["anna"] {
		t.Errorf("%+v", k)
	}
	h.do("anna", "GET", "/api/cases?state=open&mine=true", nil).want(http.StatusOK)
	h.do("anna", "GET", "/api/cases?state=rubbish", nil).want(http.StatusUnprocessableEntity)
	h.do("anna", "GET", "/api/cases/other", nil).want(http.StatusNotFound)
	h.do("mari", "GET", "/api/cases/k", nil).want(http.StatusForbidden)
	h.do("anna", "POST", "/api/archive/search", `{"agency":"parks","purpose":"answering"}`).want(http.StatusForbidden)
	raw := h.do("anna", "GET", "/api/cases/k/messages/m/raw", nil).want(http.StatusOK)
	if raw.header.Get("Content-Type") != "text/plain" || string(raw.body) != "Subject: x\r\n\r\n\x00\xff" || raw.header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%v %q", raw.header, raw.body)
	}
	file := h.do("anna", "GET", "/api/cases/k/messages/m/files/0", nil).want(http.StatusOK)
	if file.header.Get("Content-Type") != "application/octet-stream" || !strings.HasPrefix(file.header.Get("Content-Disposition"), "attachment; filename") ||
		!strings.Contains(file.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v", file.header)
	}
	draft := `{"subject":"Re: x","text":"Hei","version":0}`
	var saved DraftSaved
	h.do("anna", "PUT", "/api/cases/k/draft", draft).want(http.StatusOK).into(&saved)
	h.do("anna", "PUT", "/api/cases/k/draft", draft).want(http.StatusConflict)
	h.do("anna", "POST", "/api/cases/k/send", SendRequest{saved.Version}).want(http.StatusOK)
	h.do("anna", "POST", "/api/cases/k/accept", nil).want(http.StatusOK)
	h.do("anna", "POST", "/api/cases/k/close", nil).want(http.StatusNoContent)
}

func TestArchiveNeedsAPurpose(t *testing.T) {
	h := newHouse(t, nil)
	h.person("mari", identity.Manager, "parks")
	search := func(body string) answer { return h.do("mari", "POST", "/api/archive/search", body) }
	search(`{"agency":"parks"}`).want(http.StatusUnprocessableEntity)
	search(`{"agency":"parks","purpose":"marketing"}`).want(http.StatusUnprocessableEntity)
	search(`{"agency":"parks","purpose":"inspection"}`).want(http.StatusUnprocessableEntity) // needs a reason
	search(`{"agency":"ports","purpose":"answering"}`).want(http.StatusForbidden)
	if h.cases.purpose != "" {
		t.Error("a refused search ran")
	}
	search(`{"agency":"parks","purpose":"inspection","reason":"request of 3 May"}`).want(http.StatusOK)
	h.do("mari", "POST", "/api/archive/messages/m/open", `{"purpose":"quality"}`).want(http.StatusUnprocessableEntity)
	h.do("mari", "POST", "/api/archive/messages/m/open", `{"purpose":"clearing_up"}`).want(http.StatusOK)
	if h.cases.purpose != "clearing_up" {
		t.Error(h.cases.purpose)
	}
}

func TestRepeatedCommandsAreDoneOnce(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.calls.view = state.View{ID: "c", Agency: "parks", Agent: h.ids["anna"]}
	hold := func(key string) answer {
		return h.do("anna", "POST", "/api/calls/c/hold", nil, "Idempotency-Key", key)
	}
	hold("k1").want(http.StatusNoContent)
	if a := hold("k1").want(http.StatusNoContent); a.header.Get("Idempotency-Replayed") != "true" || len(h.calls.calls) != 1 {
		t.Error(a.header, h.calls.calls)
	}
	h.calls.err = errs.New(errs.Conflict, "not now")
	h.do("anna", "POST", "/api/calls/c/resume", nil, "Idempotency-Key", "k1").want(http.StatusConflict) // another operation
	h.calls.err = nil
	h.do("anna", "POST", "/api/calls/c/resume", nil, "Idempotency-Key", "k1").want(http.StatusNoContent) // a failure is not remembered
	hold(strings.Repeat("k", frame.MaxKeyLen+1)).want(http.StatusUnprocessableEntity)
}

func TestEventStream(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.person("bo", identity.Agent, "ports")
	h.do("anna", "PUT", "/api/me/seat", SeatChoice{"A1"}).want(http.StatusOK)
	anna, bo := h.send("anna", "GET", "/api/events", nil), h.send("bo", "GET", "/api/events", nil)
	defer anna.Body.Close()
	defer bo.Body.Close()
	h.do("anna", "PUT", "/api/me/state", StateChange{State: "ready"}).want(http.StatusOK)
	lines := bufio.NewScanner(anna.Body)
	for lines.Scan() && !strings.Contains(lines.Text(), `"state":"ready"`) {
	}
	if lines.Err() != nil || !strings.Contains(lines.Text(), h.ids["anna"]) {
		t.Fatal(lines.Err(), lines.Text())
	}
	h.do("bo", "POST", "/api/logout", nil).want(http.StatusNoContent)
	for other := bufio.NewScanner(bo.Body); other.Scan(); { // ends with the session
		if strings.Contains(other.Text(), h.ids["anna"]) {
			t.Fatal("an agent follows another's states")
		}
	}
	h.do("", "GET", "/api/events", nil).want(http.StatusUnauthorized)
}

// Supervisors follow the agents who serve an agency of theirs, until they have left, and no others.
func TestSupervisorsFollowTheirOwnAgents(t *testing.T) {
	h := floor(t)
	a := New(h.deps)
	follows := func(agencyID, person string) bool {
		p := identity.Principal{Person: "s", Roles: []identity.RoleGrant{{Role: identity.Supervisor, Agency: agencyID}}}
		return a.who(p).Further(event.Event{Kind: "agent", ID: person})
	}
	for _, leave := range []bool{false, true} {
		for id, agencies := range map[string][]string{"anna": {"parks"}, "bo": {"ports"}, "house": nil} {
			a.desk.sit(routing.Agent{ID: id, Agencies: agencies}, id)
			if leave {
				a.desk.leave(id)
			}
		}
		if !follows("parks", "anna") || follows("ports", "anna") || !follows("ports", "bo") || !follows("", "bo") || !follows("parks", "house") || follows("", "nobody") {
			t.Errorf("having left: %v", leave)
		}
	}
	agent := a.who(identity.Principal{Person: "anna", Roles: []identity.RoleGrant{{Role: identity.Agent, Agency: "parks"}}})
	if !agent.Further(event.Event{Kind: "agent", ID: "anna"}) || agent.Further(event.Event{Kind: "agent", ID: "house"}) {
		t.Error("an agent follows another's states, or not the own")
	}
}

func TestWithdrawnRoleLeavesTheSeat(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.do("anna", "PUT", "/api/me/seat", SeatChoice{"A1"}).want(http.StatusOK)
	a := New(h.deps)
	p := identity.Principal{Person: h.ids["anna"], Roles: []identity.RoleGrant{{Role: identity.Agent, Agency: "ports"}}}
	a.desk.sit(agentOf(identity.Principal{Person: p.Person, Roles: []identity.RoleGrant{{Role: identity.Agent, Agency: "parks"}}}, identity.Person{}, "A1"), "Anna")
	a.refresh(t.Context(), p)
	if at, _ := a.desk.of(p.Person); !slices.Equal(at.agent.Agencies, []string{"ports"}) {
		t.Errorf("%+v", at.agent)
	}
	p.Roles = nil
	a.refresh(t.Context(), p)
	if _, there := h.deps.Dispatch.Agent(p.Person); there {
		t.Error("still at the seat")
	}
}

func TestCityInUseNarrowsPurposes(t *testing.T) {
	h := newHouse(t, func(c *agency.City) { c.Purposes = []string{"quality", "answering"} })
	h.person("eeva", identity.Expert, "")
	var p Purposes
	h.do("eeva", "GET", "/api/purposes", nil).want(http.StatusOK).into(&p)
	if len(p.Audio) != 1 || len(p.Mail) != 1 {
		t.Errorf("%+v", p)
	}
	h.do("eeva", "POST", "/api/recordings/search", `{"agency":"parks","purpose":"inspection","reason":"r"}`).want(http.StatusUnprocessableEntity)
}

func TestCallsWithOthers(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.person("bo", identity.Agent, "")
	h.calls.view = state.View{
		ID: "c", Agency: "parks", Queue: "parks-main", Agent: h.ids["anna"], State: state.Held, Direction: state.In,
		Consult: &state.Consult{Stage: state.ConsultTalking, Kind: "number", Outside: true},
	}
	var v Call
	h.do("anna", "POST", "/api/calls", OutgoingCall{"parks-main", "040 123"}).want(http.StatusOK).into(&v)
	if v.Consult == nil || v.Consult.Stage != "talking" || !v.Consult.Outside || v.Direction != "in" {
		t.Errorf("%+v", v)
	}
	h.do("anna", "POST", "/api/calls", OutgoingCall{"no-such", "040 123"}).want(http.StatusNotFound)
	h.do("anna", "POST", "/api/calls/c/consult", Whom{Number: "112"}).want(http.StatusNoContent)
	h.do("anna", "POST", "/api/calls/c/transfer", Whom{Agent: "bo"}).want(http.StatusNoContent)
	for _, name := range []string{"complete", "swap", "join", "cancel-consult", "pause-recording", "resume-recording"} {
		h.do("anna", "POST", "/api/calls/c/"+name, nil).want(http.StatusNoContent)
		h.do("bo", "POST", "/api/calls/c/"+name, nil).want(http.StatusNotFound)
	}
	var n Notes
	h.do("anna", "GET", "/api/calls/c/notes", nil).want(http.StatusOK).into(&n)
	h.do("anna", "PUT", "/api/calls/c/notes", Notes{"pipe"}).want(http.StatusNoContent)
	h.do("anna", "PUT", "/api/calls/c/outcome", OutcomeChoice{"advised"}).want(http.StatusNoContent)
	want := []string{
		"out parks-main 040 123", "consult 112", "transfer bo", "complete", "swap", "join", "cancel-consult", "pause-recording", "resume-recording",
		"notes", "notes pipe", "outcome advised",
	}
	if !slices.Equal(h.calls.calls, want) || n.Text != "noted" {
		t.Errorf("%v", h.calls.calls)
	}
}

// Live listening needs the role, the agency and a purpose; who has them is in the log before a sound is heard, and so is who
// has not (M8).
func TestSupervising(t *testing.T) {
	h := newHouse(t, nil)
	h.person("sari", identity.Supervisor, "parks")
	h.person("toni", identity.Supervisor, "ports")
	h.person("anna", identity.Agent, "parks")
	h.person("pia", identity.PrivacyOfficer, "")
	h.calls.view = state.View{ID: "c", Agency: "parks", Queue: "parks-main", Agent: h.ids["anna"], State: state.Talking}
	var running struct{ Calls []Call }
	h.do("sari", "GET", "/api/calls/running", nil).want(http.StatusOK).into(&running)
	if len(running.Calls) != 1 {
		t.Errorf("%+v", running)
	}
	h.do("toni", "GET", "/api/calls/running", nil).want(http.StatusOK).into(&running)
	if len(running.Calls) != 0 {
		t.Errorf("another agency's: %+v", running)
	}
	ask := SuperviseRequest{Mode: "listen", Purpose: registry.Quality, SDP: "offer"}
	h.do("anna", "POST", "/api/calls/c/supervise", ask).want(http.StatusForbidden)
	h.do("toni", "POST", "/api/calls/c/supervise", ask).want(http.StatusForbidden)
	h.do("sari", "POST", "/api/calls/c/supervise", SuperviseRequest{Mode: "listen", Purpose: "curiosity", SDP: "offer"}).want(http.StatusUnprocessableEntity)
	if len(h.calls.calls) != 0 {
		t.Fatalf("somebody listens: %v", h.calls.calls)
	}
	var got Supervised
	h.do("sari", "POST", "/api/calls/c/supervise", ask).want(http.StatusOK).into(&got)
	if got.Watch != "w" || got.SDP != "answer to offer" {
		t.Errorf("%+v", got)
	}
	h.do("sari", "PUT", "/api/calls/c/supervise/w", SuperviseMode{Mode: "barge", Purpose: registry.Quality}).want(http.StatusNoContent)
	h.do("sari", "DELETE", "/api/calls/c/supervise/w", nil).want(http.StatusNoContent)
	if want := []string{"listen by " + h.ids["sari"], "now barge by " + h.ids["sari"], "now  by " + h.ids["sari"]}; !slices.Equal(h.calls.calls, want) {
		t.Errorf("%v", h.calls.calls)
	}
	log := string(h.do("pia", "GET", "/api/audit", nil).want(http.StatusOK).body)
	for _, entry := range []string{registry.ActionSupervised, registry.ActionSuperviseRefused} {
		if !strings.Contains(log, entry) {
			t.Errorf("%s is not in the log", entry)
		}
	}
}

// Colleagues of other agencies are nobody's concern: a call goes to their queues.
func TestTargetsAreColleagues(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	for name, agencies := range map[string][]string{"of parks": {"parks", "ports"}, "of ports": {"ports"}, "of all": nil} {
		h.deps.Dispatch.SignIn(routing.Agent{ID: name, Seat: "A2", Agencies: agencies})
	}
	var out Targets
	h.do("anna", "GET", "/api/calls/targets", nil).want(http.StatusOK).into(&out)
	var got []string
	for _, a := range out.Agents {
		got = append(got, a.Person)
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"of all", "of parks"}) || len(out.Queues) != 2 {
		t.Errorf("%v, %+v", got, out.Queues)
	}
}
