package voice

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/voice/dial"
	"santra/internal/voice/notes"
)

const (
	doctor  = "+358501112222" // who may be called
	nobody  = "+358509990000" // whom no trunk reaches
	premium = "+358600123456" // whom the city does not call
)

// world is what lies behind the trunk: telephones by number, and the rules of who may be called.
type world struct {
	trunk    *sip.Endpoint
	outcomes ledger
	sums     sums
	srtp     sdp.Security

	mu      sync.Mutex
	first   []dial.Route // tried before the others
	phones  map[string]interface{ Addr() netip.AddrPort }
	asked   []dial.Want
	longest time.Duration // of a call out
	open    int           // ways that are not done yet
}

// Way implements Carrier.
func (w *world) Way(_ context.Context, want dial.Want) (dial.Way, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, want)
	switch {
	case want.Number == premium:
		return dial.Way{}, errs.At(errs.Denied, "number", "premium numbers are not called")
	case want.Number == waterNumber:
		return dial.Way{Inside: "water-main"}, nil
	}
	way := dial.Way{
		Number: pii.NewNumber(want.Number), Shown: pii.NewNumber(waterNumber), Emergency: want.Number == emergency, Longest: w.longest,
		Done: func() { w.mu.Lock(); defer w.mu.Unlock(); w.open-- },
	}
	w.open++
	if p := w.phones[want.Number]; p != nil {
		at := p.Addr()
		dead := dial.Route{Trunk: "dead", Endpoint: w.trunk, Target: sip.Target{URI: "sip:x@127.0.0.1:1;transport=tcp", Transport: "tcp"}}
		live := dial.Route{Trunk: "live", Endpoint: w.trunk, Target: sip.Target{URI: "sip:" + want.Number + "@" + at.String(), Route: at}, SRTP: w.srtp}
		way.Routes = slices.Concat(w.first, []dial.Route{dead, live})
	}
	return way, nil
}

// left is how many ways were not given back.
func (w *world) left() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open
}

// outside puts a telephone behind the trunk.
func (h *house) outside(number string, cfg siptest.Config) *siptest.Phone {
	h.Helper()
	if cfg.Tone == 0 {
		cfg.Tone = toneDoctor
	}
	p := h.phone(h.trunk, cfg)
	h.world.put(number, p)
	return p
}

// put lets a number ring a telephone.
func (w *world) put(number string, p interface{ Addr() netip.AddrPort }) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.phones == nil {
		w.phones = map[string]interface{ Addr() netip.AddrPort }{}
	}
	w.phones[number] = p
}

const (
	toneDoctor = 1300.0
	emergency  = "112"
)

// ledger counts outcomes.
type ledger struct {
	mu   sync.Mutex
	done []notes.Done
}

func (*ledger) Known(_, code string) bool { return code == "advised" || code == "referred" }

func (l *ledger) Count(d notes.Done) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done = append(l.done, d)
}

func (l *ledger) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []string
	for _, d := range l.done {
		all = append(all, d.Agent+":"+d.Outcome)
	}
	return strings.Join(all, " ")
}
