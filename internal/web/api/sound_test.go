package api

import (
	"net/http"
	"slices"
	"testing"

	"santra/internal/identity"
	"santra/internal/protocol/webrtc"
	"santra/internal/voice/state"
)

// The quality of a call is for its agent and for supervisors of its agency; a restart is for whose browser it is.
func TestSoundOfACall(t *testing.T) {
	h := newHouse(t, nil)
	h.person("sari", identity.Supervisor, "parks")
	h.person("toni", identity.Supervisor, "ports")
	h.person("anna", identity.Agent, "parks")
	h.person("bo", identity.Agent, "parks")
	h.calls.view = state.View{ID: "c", Agency: "parks", Queue: "parks-main", Agent: h.ids["anna"], State: state.Talking}
	for _, stranger := range []string{"bo", "toni"} {
		h.do(stranger, "GET", "/api/calls/c/quality", nil).want(http.StatusNotFound)
		h.do(stranger, "POST", "/api/calls/c/restart", SessionDescription{"offer"}).want(http.StatusNotFound)
	}
	h.do("anna", "POST", "/api/calls/c/supervise/w/restart", SessionDescription{"offer"}).want(http.StatusForbidden)
	if len(h.calls.calls) != 0 {
		t.Fatalf("a stranger was let in: %v", h.calls.calls)
	}
	var got struct{ Legs []LegQuality }
	h.do("anna", "GET", "/api/calls/c/quality", nil).want(http.StatusOK).into(&got)
	if want := (LegQuality{Leg: "customer", Loss: 0.05, JitterMS: 12.5, RTTMS: 40, MOS: 4.1}); len(got.Legs) != 1 || got.Legs[0] != want {
		t.Errorf("%+v", got)
	}
	h.do("sari", "GET", "/api/calls/c/quality", nil).want(http.StatusOK)
	var answer SessionDescription
	h.do("anna", "POST", "/api/calls/c/restart", SessionDescription{"offer"}).want(http.StatusOK).into(&answer)
	if answer.SDP != "answer to offer" {
		t.Errorf("%+v", answer)
	}
	h.do("sari", "POST", "/api/calls/c/supervise/w/restart", SessionDescription{"offer"}).want(http.StatusOK)
	want := []string{
		"quality for " + h.ids["anna"], "quality for " + h.ids["sari"] + ", a supervisor", "restart by " + h.ids["anna"], "restart of w by " + h.ids["sari"],
	}
	if !slices.Equal(h.calls.calls, want) {
		t.Errorf("%v", h.calls.calls)
	}
}

func TestICEServers(t *testing.T) {
	h := newHouse(t, nil)
	h.person("anna", identity.Agent, "parks")
	var got struct {
		Servers []ICEServer `json:"ice_servers"`
	}
	a := h.do("anna", "GET", "/api/webrtc/ice", nil).want(http.StatusOK)
	if a.into(&got); got.Servers == nil || len(got.Servers) != 0 || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%+v %v", got, a.header)
	}
	h.do("", "GET", "/api/webrtc/ice", nil).want(http.StatusUnauthorized)
	api := &API{deps: Deps{ICE: func() []webrtc.ICEServer {
		return []webrtc.ICEServer{{URLs: []string{"turn:x"}, Username: "1:a", Credential: "s"}}
	}}}
	out, err := api.getICE(t.Context(), nil, nil)
	if err != nil || len(out.Body.Servers) != 1 || out.Body.Servers[0].Credential != "s" {
		t.Errorf("%+v, %v", out, err)
	}
}
