package voice

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/routing"
	"santra/internal/voice/company"
	"santra/internal/voice/consult"
)

// walker does to a house, in any order, what three agents, their callers and outsiders may do.
type walker struct {
	*house
	rnd     *rand.Rand
	callers []*siptest.Call
	far     []*siptest.Phone // of outsiders
	done    []string
	phones  map[string]*siptest.Phone // of the agents
	lines   []*siptest.Call           // that ring or rang at them
	watches []watch
	outside []*siptest.Call
	offer   string // of a browser that never connects
}

// watch is a supervisor in a call.
type watch struct{ call, id string }

// agents of a walk; their telephones answer at once.
func walkers() []string { return []string{"anna", "bob", "carl"} }

func (w *walker) note(format string, args ...any) {
	w.done = append(w.done, fmt.Sprintf(format, args...))
}

// step does one thing. What is refused is refused with a kind; nothing else may go wrong.
func (w *walker) step() {
	agent := walkers()[w.rnd.IntN(3)]
	id := w.anyCall(agent)
	var err error
	switch n := w.rnd.IntN(24); n {
	case 16, 17:
		w.atTheDesk(agent)
		return
	case 18, 19:
		w.holds(w.callers)
		return
	case 20:
		w.signsOut(agent)
		return
	case 21, 22:
		err = w.supervises()
	case 23:
		w.outsiderHolds()
		return
	case 0, 1:
		c, dialled := w.phone(w.trunk, siptest.Config{}).Call(w.ctx(), waterNumber, numberOf(w.rnd))
		if dialled == nil {
			w.callers = append(w.callers, c)
		}
		w.note("a caller")
	case 2:
		if len(w.callers) > 0 {
			_ = w.callers[w.rnd.IntN(len(w.callers))].HangUp(w.ctx()) // it may be over
		}
		w.note("a caller leaves")
	case 3:
		_, err = w.svc.CallOut(w.ctx(), agent, Outgoing{Queue: "water-main", Number: w.anyNumber()})
		w.note("%s calls out: %v", agent, err)
	default:
		what, f := w.commands(id, agent)[n-4].what, w.commands(id, agent)[n-4].do
		err = f()
		w.note("%s: %s %s: %v", agent, what, id, err)
	}
	if err != nil && errs.KindOf(err) == errs.Internal {
		w.Errorf("%v\nafter %q", err, w.done)
	}
}

// deskTime bounds what a telephone asks for: it may be refused, or be about a call that has just ended.
const deskTime = 500 * time.Millisecond

// atTheDesk does what a desk phone does by itself: hold, take a second line, transfer by REFER, hang up.
func (w *walker) atTheDesk(agent string) {
	ctx, cancel := context.WithTimeout(w.Context(), deskTime)
	defer cancel()
	phone := w.phones[agent]
	for more := true; more; {
		select {
		case c := <-phone.Calls():
			w.lines = append(w.lines, c)
		default:
			more = false
		}
	}
	what := w.rnd.IntN(6)
	w.note("%s's desk phone: %d", agent, what)
	if what == 0 {
		if c, err := phone.Call(ctx, w.anyNumber(), pii.Number{}); err == nil {
			w.lines = append(w.lines, c)
		}
		return
	}
	if len(w.lines) == 0 {
		return
	}
	line, other := w.lines[w.rnd.IntN(len(w.lines))], w.lines[w.rnd.IntN(len(w.lines))]
	_ = []func() error{ // refused or too late: both are fine
		func() error { return line.Hold(ctx) }, func() error { return line.Resume(ctx) },
		func() error { return line.Transfer(ctx, w.anyNumber()) }, func() error { return line.TransferTo(ctx, other) },
		func() error { return line.HangUp(ctx) },
	}[what-1]()
}

// holds lets one of some telephones hold or resume.
func (w *walker) holds(all []*siptest.Call) {
	if len(all) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(w.Context(), deskTime)
	defer cancel()
	c := all[w.rnd.IntN(len(all))]
	if w.rnd.IntN(2) == 0 {
		_ = c.Hold(ctx) // it may be over
	} else {
		_ = c.Resume(ctx)
	}
	w.note("a caller holds or resumes")
}

// outsiderHolds lets somebody outside whom the house has called hold or resume.
func (w *walker) outsiderHolds() {
	for _, p := range w.far {
		select {
		case c := <-p.Calls():
			w.outside = append(w.outside, c)
		default:
		}
	}
	w.holds(w.outside)
}

// signsOut lets an agent leave the seat in the middle of whatever, and come back.
func (w *walker) signsOut(agent string) {
	w.note("%s signs out and in", agent)
	w.disp.SignOut(agent)
	w.comesBack(agent)
}

func (w *walker) comesBack(agent string) {
	n := slices.Index(walkers(), agent) + 1
	w.disp.SignIn(routing.Agent{
		ID: agent, Seat: fmt.Sprintf("A1%d", n), Skills: map[string]int{"water": 1}, Languages: []string{"fi", "sv", "en"},
	})
	_ = w.disp.SetState(agent, routing.Ready, "") // or when what is in hand has ended
}

// supervises lets a supervisor join a call, change the mode, or leave.
func (w *walker) supervises() error {
	if n := len(w.watches); n > 0 && w.rnd.IntN(2) == 0 {
		k := w.watches[w.rnd.IntN(n)]
		m := []company.Mode{company.Listening, company.Whispering, company.Barging, ""}[w.rnd.IntN(4)]
		w.note("a supervisor: %q", m)
		return w.svc.SetMode(k.call, k.id, "sari", m)
	}
	all := w.svc.Running("")
	if len(all) == 0 {
		return nil
	}
	id := all[w.rnd.IntN(len(all))].ID
	watch, _, err := w.svc.Supervise(w.ctx(), id, "sari", company.Listening, w.offer)
	w.note("a supervisor comes: %v", err)
	if err == nil {
		w.watches = append(w.watches, struct{ call, id string }{id, watch})
	}
	return err
}

type command struct {
	what string
	do   func() error
}

func (w *walker) commands(id, agent string) []command {
	s := w.svc
	return []command{
		{"hold", func() error { return s.Hold(id, agent) }},
		{"resume", func() error { return s.Resume(id, agent) }},
		{"consult", func() error { return s.Consult(id, agent, w.anybody()) }},
		{"consult", func() error { return s.Consult(id, agent, w.anybody()) }},
		{"swap", func() error { return s.Swap(id, agent) }},
		{"join", func() error { return s.Join(id, agent) }},
		{"complete", func() error { return s.Complete(id, agent) }},
		{"cancel", func() error { return s.CancelConsult(id, agent) }},
		{"transfer", func() error { return s.Transfer(id, agent, w.anybody()) }},
		{"hang up", func() error { return s.HangUp(id, agent) }},
		{"pause", func() error { return s.PauseRecording(id, agent) }},
		{"wrap up", func() error { return w.disp.WrapUpDone(agent) }},
	}
}

func (w *walker) anyCall(agent string) string {
	all := w.svc.Calls(agent)
	if len(all) == 0 {
		return "none"
	}
	return all[w.rnd.IntN(len(all))].ID
}

func (w *walker) anyNumber() string {
	return []string{doctor, nobody, premium, emergency}[w.rnd.IntN(4)]
}

func (w *walker) anybody() consult.Whom {
	return []consult.Whom{
		{Agent: walkers()[w.rnd.IntN(3)]}, {Queue: "water-main"}, {Queue: "water-menu"}, {Seat: "A12"}, {Number: doctor}, {Number: nobody}, {Number: emergency},
	}[w.rnd.IntN(7)]
}

// rest ends everything and looks that nothing is left.
func (w *walker) rest() {
	for _, c := range w.callers {
		_ = c.HangUp(w.ctx()) // it may be over
	}
	for _, c := range append(w.lines, w.outside...) {
		_ = c.HangUp(w.ctx())
	}
	for _, name := range walkers() {
		w.comesBack(name)
	}
	for ctx := w.ctx(); len(w.svc.Running("")) > 0; w.breathe() {
		w.outsidersLeave()
		for _, v := range w.svc.Running("") {
			_ = w.svc.HangUp(v.ID, v.Agent)
			_ = w.disp.WrapUpDone(v.Agent)
		}
		if ctx.Err() != nil {
			w.Fatalf("calls are left: %+v\nafter %q", w.svc.Running(""), w.done)
		}
	}
	for ctx := w.ctx(); ; w.breathe() {
		free := w.world.left() == 0
		for _, name := range walkers() {
			a, ok := w.disp.Agent(name)
			free = free && ok && a.Work == "" && a.State != routing.Busy
			_ = w.disp.WrapUpDone(name)
		}
		if free {
			return
		}
		if ctx.Err() != nil {
			w.Fatalf("%d ways and agents %+v are not free\nafter %q", w.world.left(), w.disp.Agents(), w.done)
		}
	}
}

// outsidersLeave hangs up all that outsiders have answered.
func (w *walker) outsidersLeave() {
	for _, p := range w.far {
		for more := true; more; {
			select {
			case c := <-p.Calls():
				_ = c.HangUp(w.ctx()) // it may be over
			default:
				more = false
			}
		}
	}
}

// Whatever agents, callers and outsiders do in whatever order: every call ends, every agent is free again, every way out is given
// back, and what is refused says why.
func TestAnyOrderOfCommands(t *testing.T) {
	walks, steps := 4, 30
	if n, _ := strconv.Atoi(os.Getenv("SANTRA_NIGHTLY")); n > 0 {
		walks, steps = n, 200
	}
	for seed := range walks {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			deck := newTapeDeck(t)
			h := newHouse(t, plan{recorder: deck, browsers: true, city: func(c *agency.City) {
				c.Queues[0].Listening = true
				c.Seats = append(c.Seats, agency.Seat{Code: "A13", SIPUser: "phone3", HA1MD5: digestOf("phone3")})
				c.Queues[1].LanguageMenu = false
			}})
			far := []*siptest.Phone{h.outside(doctor, siptest.Config{}), h.outside(emergency, siptest.Config{})}
			phones := map[string]*siptest.Phone{}
			for i, name := range walkers() {
				phones[name] = h.agent(name, i+1, siptest.Config{})
			}
			w := &walker{house: h, far: far, phones: phones, offer: newBrowser(h).offerTone(toneBoss), rnd: rand.New(rand.NewPCG(uint64(seed), 4))}
			for range steps {
				w.step()
				select {
				case <-time.After(time.Duration(w.rnd.IntN(60)) * time.Millisecond): // the house has sockets: no fake time
				case <-t.Context().Done():
				}
			}
			w.rest()
		})
	}
}

func digestOf(user string) string { return digest.HA1(digest.MD5, user, agency.DefaultRealm, "secret") }

func numberOf(r *rand.Rand) pii.Number { return pii.NewNumber(fmt.Sprintf("+35840%07d", r.IntN(1e7))) }
