//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"santra/internal/agency"
	"santra/internal/app/config"
	"santra/internal/protocol/mail"
	"santra/internal/protocol/sip/siptest"
)

// How the city of these tests routes.
const (
	overflowAfter = 3 * time.Second
	preferredFor  = time.Minute
	closedFor     = 24 * time.Hour
)

// routed is the demonstration city with hours and overflow: rakentaminen is closed today and tomorrow, pysakointi gives calls
// to lisavoima (same agency, same announcement) when they have waited, and keeps e-mails for who had them.
func routed(t *testing.T, c *city) {
	t.Helper()
	path := filepath.Join(c.dir, "santra.yaml")
	config, err := config.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range config.City.Queues {
		switch q := &config.City.Queues[i]; q.ID {
		case "rakentaminen":
			q.Hours = "kiinni"
		case "pysakointi":
			q.PreferredFor = preferredFor
			q.Overflow = []agency.Overflow{{When: agency.WhenWaited, After: overflowAfter, To: agency.Target{Queue: "lisavoima"}}}
		}
	}
	config.City.Queues = append(config.City.Queues, agency.Queue{
		ID: "lisavoima", Agency: "kaupunkiymparisto", Name: agency.Text{"fi": "Lisävoima"}, Number: "+358931012009", Skills: []string{"rakentaminen"},
		Languages: []agency.Lang{"fi"}, Record: true,
	})
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	const none = "\n  hours: {}\n"
	if !strings.Contains(string(text), none) {
		t.Fatalf("the demonstration city has hours: %s", text)
	}
	text = []byte(strings.Replace(string(text), none, closedNow(config.City.Location()), 1))
	own := filepath.Join(t.TempDir(), "santra.yaml")
	if err := os.WriteFile(own, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := santra(t, "config", "apply", own); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
}

// closedNow is hours "kiinni", closed from today on, though it would be open every day.
func closedNow(zone *time.Location) string {
	today := time.Now().In(zone)
	return fmt.Sprintf(`
  hours:
    kiinni:
      week: {mon-sun: ["00:00-24:00"]}
      holidays: none
      exceptions:
        - from: %s
          to: %s
          closed: true
          reason: {fi: Muutto, sv: Flytt, en: Moving}
`, today.Format(time.DateOnly), today.Add(closedFor).Format(time.DateOnly))
}

// routedCity starts a demonstration city, gives it the routing of these tests and waits until it is in force.
func routedCity(t *testing.T, seats string) *city {
	t.Helper()
	c := start(t, "--seats", seats)
	routed(t, c)
	boss := c.logIn(t, "supervisor", "")
	eventually(t, soon, "the queue is closed", func() bool {
		q, ok := boss.queue("rakentaminen")
		return ok && !q.Open
	})
	return c
}

type queueState struct {
	ID    string
	Open  bool
	Today struct{ Offered, Overflowed, Answered int }
}

func (p *person) queue(id string) (queueState, bool) {
	p.t.Helper()
	var all struct{ Queues []queueState }
	p.must("GET", "/api/queues", nil, &all)
	for _, q := range all.Queues {
		if q.ID == id {
			return q, true
		}
	}
	return queueState{}, false
}

// skills changes what an agent can do, as an administrator does on the page People.
func (c *city) skills(t *testing.T, name string, skills ...string) {
	t.Helper()
	admin := c.logIn(t, "administrator", "")
	var all struct{ People []struct{ ID, Name string } }
	admin.must("GET", "/api/people", nil, &all)
	list := []map[string]any{}
	for _, s := range skills {
		list = append(list, map[string]any{"id": s, "level": 3})
	}
	for _, p := range all.People {
		if p.Name == name {
			admin.must("PATCH", "/api/people/"+p.ID, map[string]any{"skills": list}, nil)
			return
		}
	}
	t.Fatalf("no %s among %+v", name, all.People)
}

// TestRouting is the "where else" and "whom" from outside: the test has a configuration of its own.
func TestRouting(t *testing.T) {
	t.Parallel()
	c := routedCity(t, "2")
	t.Run("closed", func(t *testing.T) { aClosedQueueHangsUp(t, c) })
	t.Run("overflow", func(t *testing.T) { overflowRingsElsewhere(t, c) })
	t.Run("preferred", func(t *testing.T) { theCaseComesBack(t, c) })
}

// aClosedQueueHangsUp: an agent is there and could answer, but the queue is closed. The caller hears it, in both languages of
// the number, and is hung up; nothing is recorded.
func aClosedQueueHangsUp(t *testing.T, c *city) {
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	_, caller := newCaller()
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	call, err := customer(t, c, "udp").Call(ctx, c.queue(t, "rakentaminen").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	answered := time.Now()
	select {
	case <-call.Ended():
	case <-a.phone.Rings():
		t.Fatal("an agent's phone rings for a closed queue")
	case <-ctx.Done():
		t.Fatal("the call was not hung up")
	}
	if d := time.Since(answered); d < 8*time.Second {
		t.Errorf("nobody can have said in %s, in two languages, that it is closed", d)
	}
	if n := call.Stats().Received; n < 100 {
		t.Errorf("the caller heard only %d packets", n)
	}
	q, _ := c.logIn(t, "supervisor", "").queue("rakentaminen")
	if q.Today.Overflowed != 1 || q.Today.Answered != 0 {
		t.Errorf("%+v", q)
	}
	if rows := c.logIn(t, "manager", "kaupunkiymparisto").recordings("kaupunkiymparisto"); len(rows) != 0 {
		t.Errorf("recorded: %+v", rows)
	}
}

// overflowRingsElsewhere: nobody who can serve the queue is there; after three seconds the call rings at an agent of another
// queue of the agency, and is recorded as that queue's, for its announcement is the one that was heard.
func overflowRingsElsewhere(t *testing.T, c *city) {
	c.skills(t, c.Users[1].Name, "rakentaminen")
	a := c.agent(t, 1, siptest.Config{Tone: agentTone})
	number, caller := newCaller()
	ctx, cancel := context.WithTimeout(t.Context(), 2*soon)
	defer cancel()
	call, err := customer(t, c, "tcp").Call(ctx, c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	select {
	case <-a.phone.Calls():
	case <-ctx.Done():
		t.Fatal("the phone of the other queue's agent did not ring")
	}
	if d := time.Since(began); d < overflowAfter {
		t.Errorf("it came after %s, before it overflowed", d)
	}
	if err := call.WaitHears(ctx, agentTone); err != nil {
		t.Fatal(err)
	}
	var calls struct {
		Calls []struct{ ID, Queue, Recording string }
	}
	eventually(t, soon, "it is recorded", func() bool {
		a.must("GET", "/api/calls", nil, &calls)
		return len(calls.Calls) == 1 && calls.Calls[0].Recording == "on"
	})
	if k := calls.Calls[0]; k.Queue != "lisavoima" {
		t.Errorf("%+v", k)
	}
	if err := call.HangUp(ctx); err != nil {
		t.Fatal(err)
	}
	manager := c.logIn(t, "manager", "kaupunkiymparisto")
	eventually(t, soon, "the recording is in the catalogue", func() bool {
		for _, r := range manager.recordings("kaupunkiymparisto") {
			if r.State == "complete" && r.Queue == "lisavoima" && strings.HasSuffix(r.Identification, number[len(number)-4:]) {
				return true
			}
		}
		return false
	})
}

// theCaseComesBack: of two agents who could, the one who answered gets the customer's next mail, though the other has been
// idle for longer.
func theCaseComesBack(t *testing.T, c *city) {
	c.skills(t, c.Users[1].Name, "rakentaminen", "pysakointi")
	first := c.agent(t, 0, siptest.Config{NoMedia: true})
	box := c.queue(t, "pysakointi").Mailbox
	const subject = "Tunnus vanhenee"
	if err := c.submit(t, letter(box, subject, "Miten uusin tunnuksen?"), box); err != nil {
		t.Fatal(err)
	}
	k := first.offered(t, subject)
	first.must("POST", "/api/cases/"+k.ID+"/accept", nil, nil)
	other := c.agent(t, 1, siptest.Config{NoMedia: true})
	var saved struct{ Version uint64 }
	first.must("PUT", "/api/cases/"+k.ID+"/draft", map[string]any{"subject": "Re: " + subject, "text": "Verkossa, uusimissivulla.", "version": 0}, &saved)
	first.must("POST", "/api/cases/"+k.ID+"/send", map[string]any{"version": saved.Version}, nil)
	reply := c.outbox(t, "uusimissivulla")
	first.must("PUT", "/api/me/state", map[string]string{"state": "break"}, nil)
	first.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil) // idle for less time than the other
	again := strings.Replace(string(letter(box, "Re: "+subject, "Sivu ei aukea.")), "Subject:", "In-Reply-To: "+mail.Parse(reply).MessageID+"\r\nSubject:", 1)
	if err := c.submit(t, []byte(again), box); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "the case is offered to who had it", func() bool {
		mine := first.cases("?mine=true")
		return len(mine) == 1 && mine[0].ID == k.ID && mine[0].State == "offered"
	})
	if others := other.cases("?mine=true"); len(others) != 0 {
		t.Errorf("the other agent got %+v", others)
	}
}
