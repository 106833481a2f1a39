package api

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/dispatch"
	"santra/internal/identity"
	"santra/internal/routing"
)

// floor is a house with a supervisor and an agent of each agency at a seat, and a supervisor of all.
func floor(t *testing.T) *house {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	h.person("bo", identity.Agent, "ports")
	h.person("sari", identity.Supervisor, "parks")
	h.person("pete", identity.Supervisor, "ports")
	h.person("all", identity.Supervisor, "")
	h.person("pia", identity.PrivacyOfficer, "")
	h.do("anna", "PUT", "/api/me/seat", SeatChoice{"A1"}).want(http.StatusOK)
	h.do("bo", "PUT", "/api/me/seat", SeatChoice{"A2"}).want(http.StatusOK)
	return h
}

func (h *house) explained() {
	now := time.Now()
	h.routing.work["w1"] = routing.Explanation{
		WorkID: "w1", Queue: "parks-main", Kind: routing.Call, Place: 2, Waited: 93 * time.Second, Ring: 2, NextRing: now.Add(time.Minute),
		KeptFor: h.ids["anna"], KeptUntil: now.Add(time.Second), Needs: []routing.Need{{Skill: "language:sv", Level: 3}, {Skill: "parks"}},
		Able:    map[routing.State]int{routing.Busy: 2, routing.Break: 1, routing.Ready: 0},
		Missing: []string{"boats"}, Estimate: routing.Estimate{Place: 2, Known: true, Low: 61 * time.Second, High: 200 * time.Second},
	}
	h.routing.work["w2"] = routing.Explanation{
		WorkID: "w2", Queue: "parks-main", Kind: routing.Mail, Offered: h.ids["bo"], Taken: true,
		Estimate: routing.Estimate{Place: 1, Low: time.Hour, High: time.Hour, Why: routing.TooFewStarts},
	}
	h.routing.work["w3"] = routing.Explanation{WorkID: "w3", Queue: "ports-main"}
	h.routing.work["lost"] = routing.Explanation{WorkID: "lost", Queue: "nobody-configured"}
}

func TestSupervisorsSeeWhyWorkWaits(t *testing.T) {
	h := floor(t)
	h.explained()
	var all struct{ Explanations []Explanation }
	h.do("sari", "GET", "/api/queues/parks-main/explanations", nil).want(http.StatusOK).into(&all)
	if len(all.Explanations) != 2 {
		t.Fatalf("%+v", all)
	}
	x := all.Explanations[0]
	if x.Work != "w1" || x.Kind != "call" || x.Place != 2 || x.WaitedSeconds != 93 || x.Ring != 2 || x.NextRing == nil || x.KeptForDisplay != "Display anna" ||
		!slices.Equal(x.Needs, []Need{{"language:sv", 3, false}, {"parks", 1, false}}) || !slices.Equal(x.Missing, []string{"boats"}) ||
		!slices.Equal(x.Able, []AbleAgents{{"break", 1}, {"busy", 2}}) || x.Estimate != (Estimate{Place: 2, Known: true, LowSeconds: 61, HighSeconds: 200}) {
		t.Errorf("%+v", x)
	}
	if y := all.Explanations[1]; y.Offered != "" || y.OfferedDisplay != "" || !y.Taken || y.Estimate != (Estimate{Place: 1, Why: routing.TooFewStarts}) {
		t.Errorf("an agent of another agency is named, or an unknown estimate told: %+v", y)
	}
	h.do("all", "GET", "/api/queues/parks-main/explanations", nil).want(http.StatusOK).into(&all)
	if all.Explanations[1].OfferedDisplay != "Display bo" {
		t.Errorf("%+v", all.Explanations[1])
	}
	var one Explanation
	h.do("sari", "GET", "/api/work/w1/why", nil).want(http.StatusOK).into(&one)
	if one.Work != "w1" {
		t.Errorf("%+v", one)
	}
}

func TestNobodyElseSeesWhyWorkWaits(t *testing.T) {
	h := floor(t)
	h.explained()
	for _, c := range []struct {
		who, path string
		status    int
	}{
		{"sari", "/api/queues/ports-main/explanations", http.StatusForbidden},
		{"sari", "/api/queues/none/explanations", http.StatusNotFound},
		{"sari", "/api/work/w3/why", http.StatusNotFound}, // not even that it is there
		{"sari", "/api/work/none/why", http.StatusNotFound},
		{"all", "/api/work/lost/why", http.StatusNotFound},
		{"anna", "/api/work/w1/why", http.StatusForbidden},
		{"anna", "/api/queues/parks-main/explanations", http.StatusForbidden},
		{"pia", "/api/work/w1/why", http.StatusForbidden},
		{"sari", "/api/work/" + strings.Repeat("x", 65) + "/why", http.StatusUnprocessableEntity},
		{"sari", "/api/work/%2e%2e%2f%00'%22/why", http.StatusNotFound},
		{"sari", "/api/queues/%ff%fe/explanations", http.StatusNotFound},
	} {
		a := h.do(c.who, "GET", c.path, nil).want(c.status)
		if strings.Contains(string(a.body), "w3") {
			t.Errorf("%s repeats what was asked: %s", c.path, a.body)
		}
	}
}

func TestTheAgentSeesWhyTheOfferCame(t *testing.T) {
	h := floor(t)
	type offered struct{ Offer *WorkOffer }
	var none offered
	h.do("anna", "GET", "/api/me/offer", nil).want(http.StatusOK).into(&none)
	if none.Offer != nil {
		t.Errorf("%+v", none)
	}
	h.routing.offer = dispatch.Offer{
		Work: routing.Work{ID: "w1", Queue: "parks-main", Agency: "parks", Kind: routing.Callback}, Agent: h.ids["anna"], Expires: time.Now().Add(time.Minute),
		Reasons: routing.Why{
			Queue: "parks-main", Strategy: routing.Tiers, Candidates: 1, Ring: 2, RingFor: 30 * time.Second, Tier: 1, Language: "sv",
			Needs: []routing.Need{{Skill: "language:sv", Level: 3, Preferred: true}}, Idle: 61 * time.Second, Waited: 92500 * time.Millisecond,
		},
	}
	var got offered
	h.do("anna", "GET", "/api/me/offer", nil).want(http.StatusOK).into(&got)
	want := Why{
		Queue: "parks-main", Strategy: "tiers", Candidates: 1, Ring: 2, RingSeconds: 30, Tier: 1, Language: "sv",
		Needs: []Need{{"language:sv", 3, true}}, IdleSeconds: 61, WaitedSeconds: 93,
	}
	w := got.Offer
	if w == nil || w.Work != "w1" || w.Kind != "callback" || w.Agency != "parks" || !slices.Equal(w.Why.Needs, want.Needs) {
		t.Fatalf("%+v", got)
	}
	w.Why.Needs, want.Needs = nil, nil
	if w.Why.Queue != want.Queue || w.Why.Strategy != want.Strategy || w.Why.RingSeconds != 30 || w.Why.IdleSeconds != 61 || w.Why.WaitedSeconds != 93 {
		t.Errorf("%+v", w.Why)
	}
	h.do("bo", "GET", "/api/me/offer", nil).want(http.StatusOK).into(&none)
	if none.Offer != nil {
		t.Errorf("an offer to another: %+v", none.Offer)
	}
	h.do("pia", "GET", "/api/me/offer", nil).want(http.StatusForbidden)
}

// With the engine itself: what waits for a skill that nobody has says so.
func TestRealWorkExplainsItself(t *testing.T) {
	h := floor(t)
	if err := h.routing.Enqueue(routing.Work{ID: "c1", Queue: "parks-main", Agency: "parks", Skills: []string{"boats"}}); err != nil {
		t.Fatal(err)
	}
	var x Explanation
	h.do("sari", "GET", "/api/work/c1/why", nil).want(http.StatusOK).into(&x)
	if x.Queue != "parks-main" || x.Place != 1 || x.Taken || !slices.Equal(x.Missing, []string{"boats"}) || x.Estimate.Known || x.Estimate.Why == "" {
		t.Errorf("%+v", x)
	}
	h.do("pete", "GET", "/api/work/c1/why", nil).want(http.StatusNotFound)
	if q := h.state("sari", "parks-main"); q.WaitingCalls != 1 || q.Estimate.Known {
		t.Errorf("%+v", q)
	}
	h.do("anna", "PUT", "/api/me/state", StateChange{State: "ready"}).want(http.StatusOK)
	if err := h.routing.Enqueue(routing.Work{ID: "c2", Queue: "parks-main", Agency: "parks", Language: "sv"}); err != nil {
		t.Fatal(err)
	}
	var got struct{ Offer *WorkOffer }
	h.do("anna", "GET", "/api/me/offer", nil).want(http.StatusOK).into(&got)
	if o := got.Offer; o == nil || o.Work != "c2" || o.Why.Candidates != 1 || o.Why.Language != "sv" || o.Why.Strategy != "longest_idle" {
		t.Fatalf("%+v", got)
	}
	h.do("sari", "GET", "/api/work/c2/why", nil).want(http.StatusOK).into(&x)
	if x.OfferedDisplay != "Display anna" || x.Taken {
		t.Errorf("%+v", x)
	}
}
