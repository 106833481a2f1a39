package email_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"santra/internal/dispatch"
	"santra/internal/email"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing"
	"santra/internal/store/storetest"
)

// desk is a router that writes down what it is told.
type desk struct {
	mu     sync.Mutex
	queued map[string]routing.Work
	inHand map[string]string
	marks  []mark
	gone   map[string]string // outcome by work
	told   chan struct{}
}

type mark struct {
	dispatch.Mark
	work  routing.Work
	agent string
}

func newDesk() *desk {
	return &desk{queued: map[string]routing.Work{}, inHand: map[string]string{}, gone: map[string]string{}, told: make(chan struct{}, 1)}
}

func (d *desk) do(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
	select {
	case d.told <- struct{}{}:
	default:
	}
}
func (d *desk) Enqueue(w routing.Work) error { d.do(func() { d.queued[w.ID] = w }); return nil }
func (d *desk) Remove(id, outcome string) {
	d.do(func() { delete(d.queued, id); d.gone[id] = outcome })
}

func (d *desk) AcceptOffer(o dispatch.Offer) error {
	d.do(func() { delete(d.queued, o.Work.ID); d.inHand[o.Work.ID] = o.Agent })
	return nil
}
func (d *desk) Decline(string, string) error { return nil }
func (d *desk) Finish(id, _ string)          { d.do(func() { delete(d.inHand, id) }) }
func (d *desk) Restore(w routing.Work, agent string) error {
	d.do(func() { d.inHand[w.ID] = agent })
	return nil
}

func (d *desk) Transfer(id, agent string, to routing.Work) error {
	err := errs.New(errs.Conflict, "not in hand")
	d.do(func() {
		if d.inHand[id] == agent {
			delete(d.inHand, id)
			to.Transferred = true
			d.queued[id], err = to, nil
		}
	})
	return err
}

func (d *desk) Mail(m dispatch.Mark, w routing.Work, agent string) {
	d.do(func() { d.marks = append(d.marks, mark{m, w, agent}) })
}

func (d *desk) work(id string) (routing.Work, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	w, ok := d.queued[id]
	return w, ok
}

// deskWorld is a room whose router is a desk.
func deskWorld(t *testing.T, dsn string) (*world, *desk) {
	d := newDesk()
	return newWorld(t, dsn, func(c *email.Config) { c.Router = d }), d
}

// taken offers the only waiting case to the agent, who takes it.
func (w *world) taken(d *desk, agent string) email.Case {
	w.t.Helper()
	rows := w.live()
	for _, row := range rows {
		if row.State != email.StateNew {
			continue
		}
		work, ok := d.work(row.ID)
		if !ok {
			w.t.Fatalf("%s does not wait", row.ID)
		}
		w.svc.Offered(dispatch.Offer{Work: work, Agent: agent, Seat: "A1"})
		p := agentNamed(agent)
		c, err := w.svc.Accept(w.t.Context(), p, row.ID)
		w.must(err)
		return c
	}
	w.t.Fatalf("nothing waits: %+v", rows)
	return email.Case{}
}

// M2: who had the case last is asked first when the customer writes again, after a restart too; who gave it back is not.
func TestWhoHadTheCaseIsAskedFirst(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		w, d := deskWorld(t, dsn)
		w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Keinu", "", "Hei"))
		first, _ := d.work(w.live()[0].ID)
		if first.Preferred != "" || first.Kind != routing.Mail || first.Queue != "parks" || first.Agency != "parks" || first.Ring != email.MailRing {
			t.Fatalf("%+v", first)
		}
		c := w.taken(d, "agent1")
		w.answered(agent(), c.ID, "Kiitos")
		again := func(subject string) routing.Work {
			t.Helper()
			w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", subject, "In-Reply-To: "+w.svc.MessageID("parks", c.ID, c.ID, "city.example")+"\n", "Vielä "+subject))
			work, ok := d.work(c.ID)
			if !ok || !work.Arrived.After(first.Arrived) {
				t.Fatalf("%+v %t", work, ok)
			}
			return work
		}
		if work := again("yksi"); work.Preferred != "agent1" || work.PreferredFor != 0 {
			t.Fatalf("answered: %+v", work)
		}
		w.restart()
		if work, _ := d.work(c.ID); work.Preferred != "agent1" {
			t.Fatalf("after a restart: %+v", work)
		}
		w.taken(d, "agent1")
		w.must(w.svc.Close(t.Context(), agent(), c.ID))
		if work := again("kaksi"); work.Preferred != "agent1" {
			t.Fatalf("closed: %+v", work)
		}
		w.taken(d, "agent1")
		w.must(w.svc.Release(t.Context(), agent(), c.ID))
		if work, _ := d.work(c.ID); work.Preferred != "" || !work.Transferred {
			t.Fatalf("given back: %+v", work)
		}
		w.taken(d, "agent1")
		w.answered(agent(), c.ID, "Toinen kiitos")
		w.must(w.svc.Release(t.Context(), agent(), c.ID)) // answered, so not in hand
		if work, ok := d.work(c.ID); !ok || work.Preferred != "" || work.Transferred {
			t.Fatalf("given back when answered: %+v", work)
		}
	})
}

// The measures hear of the first reply once, of each closing, and of what comes after one.
func TestMarksForTheMeasures(t *testing.T) {
	w, d := deskWorld(t, storetest.SQLite(t))
	w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Keinu", "", "Hei"))
	c := w.taken(d, "agent1")
	w.answered(agent(), c.ID, "Kiitos")
	token := "In-Reply-To: " + w.svc.MessageID("parks", c.ID, c.ID, "city.example") + "\n"
	w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Re: Keinu", token, "Lisää"))
	w.taken(d, "agent1")
	w.answered(agent(), c.ID, "Vielä kerran")
	w.must(w.svc.Close(t.Context(), agent(), c.ID))
	w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Re: Re: Keinu", token, "Taas rikki"))
	w.restart()
	d.mu.Lock()
	defer d.mu.Unlock()
	want := []dispatch.Mark{dispatch.FirstResponse, dispatch.Resolved, dispatch.Reopened}
	if len(d.marks) != len(want) {
		t.Fatalf("%+v", d.marks)
	}
	for i, m := range d.marks {
		if m.Mark != want[i] || m.work.ID != c.ID || m.work.Queue != "parks" || m.work.Agency != "parks" || m.work.Arrived.IsZero() {
			t.Errorf("%d: %+v", i, m)
		}
	}
	if d.marks[0].agent != "agent1" || d.marks[1].agent != "agent1" || d.marks[2].agent != "" {
		t.Errorf("%+v", d.marks)
	}
}

// The language is that of the words, where they tell it and the mailbox answers in it.
func TestTheLanguageIsASkill(t *testing.T) {
	w, d := deskWorld(t, storetest.SQLite(t))
	box := w.boxes["parks@city.example"]
	box.Languages = []string{"fi", "sv"}
	w.boxes["parks@city.example"] = box
	said := func(subject, text string) string {
		t.Helper()
		before := len(w.live())
		w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", subject, "", text))
		rows := w.live()
		if len(rows) != before+1 {
			t.Fatalf("%d cases", len(rows))
		}
		work, _ := d.work(rows[before].ID)
		return work.Language
	}
	if l := said("a", "Hej, gungan är trasig och jag undrar om ni kan laga den."); l != "sv" {
		t.Errorf("Swedish: %q", l)
	}
	if l := said("b", "The swing is broken and you should have it repaired, thank you."); l != "" {
		t.Errorf("English, in which the mailbox does not answer: %q", l)
	}
	if l := said("c", "???"); l != "" {
		t.Errorf("no words: %q", l)
	}
	box.Language = "fi"
	w.boxes["parks@city.example"] = box
	if l := said("d", "!!!!"); l != "fi" {
		t.Errorf("no words, and a mailbox of one language: %q", l)
	}
}

// An overflow hands a case over within the agency: its people have it from then on, and the thread goes on from either mailbox.
func TestMovedWithinTheAgency(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		w, d := deskWorld(t, dsn)
		w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Keinu", "", "Hei"))
		first := w.taken(d, "agent1")
		out := w.answered(agent(), first.ID, "Kiitos")
		token := "In-Reply-To: " + w.svc.MessageID("parks", first.ID, out.ID, "city.example") + "\n"
		w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Re: Keinu", token, "Lisää"))
		work, _ := d.work(first.ID)
		w.svc.Moved(work, "streets", "waited")
		w.wait("the move", func() bool { return w.live()[0].Queue == "streets" })
		if n := len(w.entries(email.ActionMoved)); n != 1 {
			t.Errorf("%d entries", n)
		}
		c := w.taken(d, "agent1")
		if c.Queue != "streets" || c.Mailbox != "streets@city.example" || len(c.Messages) != 3 {
			t.Fatalf("%+v", c)
		}
		later := w.answered(agent(), c.ID, "Kadut vastaa")
		w.wait("the submission", func() bool { return len(w.relay.all()) == 2 })
		if from := w.relay.all()[1].from; from != "streets@city.example" {
			t.Errorf("answered from %s", from)
		}
		w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "old address", token, "Vanhaan osoitteeseen"))
		token = "In-Reply-To: " + w.svc.MessageID("parks", first.ID, later.ID, "city.example") + "\n"
		w.receive("aino@customer.example", "streets@city.example", letter("aino@customer.example", "new address", token, "Uuteen"))
		if rows := w.live(); len(rows) != 1 || len(w.messages(first.ID)) != 6 || rows[0].Queue != "streets" {
			t.Fatalf("%+v, %d messages", rows, len(w.messages(first.ID)))
		}
		w.restart()
		if work, ok := d.work(first.ID); !ok || work.Queue != "streets" {
			t.Fatalf("%+v", work)
		}
	})
}

// Another agency's people never get a case, whatever the configuration says, and neither does a queue without a mailbox.
func TestMovedAcrossAgenciesIsRefused(t *testing.T) {
	w, d := deskWorld(t, storetest.SQLite(t))
	w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Keinu", "", "Hei"))
	row := w.live()[0]
	for _, to := range []string{"tax", "calls-only"} {
		work, _ := d.work(row.ID)
		w.svc.Offered(dispatch.Offer{Work: work, Agent: "taxman"})
		w.svc.Moved(work, to, "no_agents")
		again, ok := d.work(row.ID)
		if !ok || again.Queue != "parks" || !again.Arrived.Equal(work.Arrived) || again.Past == nil || again.Past.Hops < routing.MaxHops || again.Past.Fired != 1<<16-1 {
			t.Fatalf("%s: %+v", to, again)
		}
		if d.gone[row.ID] != routing.Closed {
			t.Errorf("%+v", d.gone)
		}
		list, err := w.svc.Cases(t.Context(), agentNamed("taxman"), email.Filter{Mine: true})
		if err != nil || len(list) != 0 {
			t.Errorf("still offered: %+v, %v", list, err)
		}
	}
	w.svc.Diverted(row2work(row), routing.Target{Kind: routing.ToAnnouncement, Name: "closed"}, "closed")
	w.svc.Expired(row2work(row))
	if again, ok := d.work(row.ID); !ok || again.Past == nil {
		t.Errorf("diverted: %+v", again)
	}
	if row := w.live()[0]; row.Queue != "parks" || row.State != email.StateNew {
		t.Errorf("%+v", row)
	}
}

func row2work(c email.CaseRow) routing.Work {
	return routing.Work{ID: c.ID, Kind: routing.Mail, Queue: c.Queue, Agency: c.Agency, Arrived: c.Arrived}
}

// At a take-over: what waits, what rings under which epoch, what is in whose hands; nothing of what is answered or closed.
func TestAnnounceFromTheDatabase(t *testing.T) {
	w, d := deskWorld(t, storetest.SQLite(t))
	for _, s := range []string{"answered", "open", "rings", "waits"} {
		w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", s, "", s))
	}
	first := w.taken(d, "agent1")
	w.answered(agent(), first.ID, "Kiitos")
	open := w.taken(d, "agent1")
	rows := w.live()
	until := time.Now().Add(time.Minute)
	rings, _ := d.work(rows[2].ID)
	w.svc.Offered(dispatch.Offer{Work: rings, Agent: "agent2", Expires: until, Epoch: 7})
	list := w.svc.Announce()
	if len(list) != 3 {
		t.Fatalf("%+v", list)
	}
	for i, want := range []dispatch.Announcement{{Agent: "agent1"}, {Agent: "agent2", Until: until, Epoch: 7}, {}} {
		want.Work.ID = rows[i+1].ID
		if a := list[i]; a.Work.ID != want.Work.ID || a.Agent != want.Agent || !a.Until.Equal(want.Until) || a.Epoch != want.Epoch || a.Work.Kind != routing.Mail {
			t.Errorf("%d: %+v, want %+v", i, a, want)
		}
	}
	if list[0].Work.ID != open.ID || !list[0].Work.Arrived.Equal(rows[1].Arrived) {
		t.Errorf("%+v", list[0])
	}
	w.svc.Withdrawn(dispatch.Offer{Work: rings, Agent: "agent2", Epoch: 6}, routing.Forced)
	if got := w.svc.Announce(); got[1].Agent != "agent2" {
		t.Errorf("a former owner took the offer back: %+v", got[1])
	}
	w.svc.Withdrawn(dispatch.Offer{Work: rings, Agent: "agent2", Epoch: 7}, routing.Forced)
	if got := w.svc.Announce(); got[1].Agent != "" {
		t.Errorf("%+v", got[1])
	}
}

// A database that is down at the take-over: what waits is told as soon as it is back.
func TestAnnounceWhenTheDatabaseIsDown(t *testing.T) {
	d := newDesk()
	var down atomic.Bool
	w := newWorld(t, storetest.SQLite(t), func(c *email.Config) {
		c.Router, c.Store = d, brittle{c.Store, &down}
	})
	w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Keinu", "", "Hei"))
	row := w.live()[0]
	d.Remove(row.ID, "")
	down.Store(true)
	if list := w.svc.Announce(); len(list) != 0 {
		t.Fatalf("%+v", list)
	}
	down.Store(false)
	timeout := time.After(20 * time.Second)
	for {
		if _, ok := d.work(row.ID); ok {
			return
		}
		select {
		case <-d.told:
		case <-timeout:
			t.Fatal("it was not told")
		}
	}
}

// brittle is a store whose database can be down.
type brittle struct {
	email.Store
	down *atomic.Bool
}

func (b brittle) LiveCases(ctx context.Context, limit int) ([]email.CaseRow, error) {
	if b.down.Load() {
		return nil, errDown
	}
	return b.Store.LiveCases(ctx, limit)
}

func agentNamed(id string) identity.Principal { return person(id, identity.Agent, "") }
