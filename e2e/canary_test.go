//go:build e2e

package e2e

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"santra/internal/agency"
	"santra/internal/app/config"
	"santra/internal/protocol/sip/siptest"
)

const (
	outsideTone  = 700.0           // Hz, whoever is called outside
	erasedWithin = time.Minute     // after a callback has expired
	slack        = time.Second     // between what a test does and what a recording may have of it
	toldAtLeast  = 4 * time.Second // the announcement
	joinedFor    = 3 * time.Second
)

// applied changes the running city as config apply does.
func (c *city) applied(t *testing.T, change func(*agency.City)) {
	t.Helper()
	config, err := config.Read(filepath.Join(c.dir, "santra.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	change(&config.City)
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(t.TempDir(), "santra.yaml")
	if err := os.WriteFile(own, text, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, code := santra(t, "config", "apply", own); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
}

// outside is a city whose calls out are answered by a telephone of the test.
type outside struct {
	*city
	operator *siptest.Phone
	agents   []*agent
}

func startOutside(t *testing.T, seats int, args ...string) *outside {
	t.Helper()
	o := &outside{city: start(t, append([]string{"--seats", "4"}, args...)...)}
	o.operator = newPhone(t, siptest.Config{Server: addr(t, o.SIP), User: "operator", Tone: outsideTone})
	o.operatorAt(t, o.operator.Addr())
	for i := range seats { // after the restart, which forgets who sits where
		o.agents = append(o.agents, o.agent(t, i, siptest.Config{Tone: agentTone}))
	}
	return o
}

// rings waits until a telephone has answered and gives its call.
func rings(ctx context.Context, t *testing.T, p *siptest.Phone, whose string) *siptest.Call {
	t.Helper()
	select {
	case call := <-p.Calls():
		return call
	case <-ctx.Done():
		t.Fatalf("%s did not ring", whose)
		return nil
	}
}

// TestNumbersOfTheNewWays is M3 and M4 for calls out, conferences and callbacks: whom they concern is in no file afterwards,
// and nobody is recorded before the announcement has been heard to its end.
func TestNumbersOfTheNewWays(t *testing.T) {
	t.Parallel()
	o := startOutside(t, 1)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	o.callbackNumbers(t)
	forgotten := o.promised(ctx, t, "+358931012052")
	o.expire(t)
	t.Run("a call out that is hung up in the announcement", func(t *testing.T) { o.hungUpInTheAnnouncement(ctx, t) })
	t.Run("a call out", func(t *testing.T) { o.calledOut(ctx, t) })
	t.Run("a conference with somebody outside", func(t *testing.T) { o.conference(ctx, t) })
	t.Run("a callback", func(t *testing.T) { o.calledBack(ctx, t) })
	t.Run("a callback that nobody made", func(t *testing.T) { o.forgets(t, forgotten, erasedWithin+soon) })
}

// callbackNumbers gives the city two numbers that promise callbacks: of pysakointi, and of a queue that nobody serves.
func (o *outside) callbackNumbers(t *testing.T) {
	t.Helper()
	o.applied(t, func(c *agency.City) {
		c.Queues = append(c.Queues, agency.Queue{
			ID: "kukaan", Agency: "kaupunkiymparisto", Name: agency.Text{"fi": "Ei kukaan"}, Skills: []string{"taito-jota-ei-ole"}, Languages: []agency.Lang{"fi"},
			Number: "+358931012059",
		})
		for number, queue := range map[string]string{"+358931012051": "pysakointi", "+358931012052": "kukaan"} {
			c.Flows = append(c.Flows, agency.Flow{
				ID: "soitto-" + queue, Agency: "kaupunkiymparisto", Languages: []agency.Lang{"fi"}, Steps: []agency.Step{
					{ID: "lupaus", Callback: &agency.CallbackStep{Queue: queue, Otherwise: "loppu"}}, {ID: "loppu", HangUp: &agency.HangUpStep{}},
				},
			})
			c.Numbers = append(c.Numbers, agency.Number{Number: number, Flow: "soitto-" + queue})
		}
	})
	boss := o.logIn(t, "supervisor", "")
	eventually(t, soon, "the new queue is there", func() bool { _, ok := boss.queue("kukaan"); return ok })
}

// expire lets the day pass that a callback has.
func (o *outside) expire(t *testing.T) {
	t.Helper()
	database, err := sql.Open("sqlite", filepath.Join(o.Data, "santra.db")+"?_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer database.Close()
	done, err := database.ExecContext(t.Context(), "update callback set until = 1, expires = 2")
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := done.RowsAffected(); n != 1 {
		t.Errorf("%d callbacks", n)
	}
}

// callbackKeys are the files that keep callbacks' keys.
func (o *outside) callbackKeys(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(o.Data, "keys", "callbacks", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// owed is a callback that was promised: the caller's number, and the file of its key.
type owed struct{ number, key string }

// promised calls a number that promises to call back.
func (o *outside) promised(ctx context.Context, t *testing.T, dialled string) (k owed) {
	t.Helper()
	before := o.callbackKeys(t)
	number, caller := newCaller()
	k.number = number
	call, err := customer(t, o.city, "udp").Call(ctx, dialled, caller)
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "a key keeps the number", func() bool {
		for _, path := range o.callbackKeys(t) {
			if !slices.Contains(before, path) {
				k.key = path
			}
		}
		return k.key != ""
	})
	select {
	case <-call.Ended(): // told until when, and good-bye
	case <-ctx.Done():
		t.Fatal("the caller is not let go")
	}
	nothingKeeps(t, o.city, k.number)
	return k
}

// forgets waits until the key of a callback is gone, and looks for its number.
func (o *outside) forgets(t *testing.T, k owed, within time.Duration) {
	t.Helper()
	eventually(t, within, "the key of the number is erased", func() bool {
		_, err := os.Stat(k.key)
		return errors.Is(err, fs.ErrNotExist)
	})
	nothingKeeps(t, o.city, k.number)
}

// over waits until the agent's call has ended, and ends the wrap-up.
func (a *agent) over(t *testing.T) {
	t.Helper()
	eventually(t, soon, "the agent is ready again", func() bool {
		var me struct{ State string }
		if a.must("GET", "/api/me", nil, &me); me.State == "wrap_up" {
			_ = a.try("POST", "/api/me/wrapup/done", nil, nil) // or it has just ended by itself
		}
		return me.State == "ready" && len(a.calls()) == 0
	})
}

func (o *outside) hungUpInTheAnnouncement(ctx context.Context, t *testing.T) {
	a := o.agents[0]
	number, _ := newCaller()
	a.callOut(t, "pysakointi", number)
	rings(ctx, t, a.phone, "the own telephone")
	called := rings(ctx, t, o.operator, "the operator")
	during(t, toldAtLeast/2)
	if a.recordingState() == "on" {
		t.Error("it is recorded in the announcement")
	}
	if err := called.HangUp(ctx); err != nil {
		t.Error(err)
	}
	a.over(t)
	during(t, slack)
	if found := o.logIn(t, "manager", "kaupunkiymparisto").recordings("kaupunkiymparisto"); len(found) != 0 {
		t.Errorf("%d recordings", len(found))
	}
	nothingKeeps(t, o.city, number)
}

func (o *outside) calledOut(ctx context.Context, t *testing.T) {
	a := o.agents[0]
	number, _ := newCaller()
	a.callOut(t, "pysakointi", number)
	desk := rings(ctx, t, a.phone, "the own telephone")
	called := rings(ctx, t, o.operator, "the operator")
	o.heard(ctx, t, called, desk)
	eventually(t, soon, "recording is on", func() bool { return a.recordingState() == "on" })
	during(t, 2*time.Second)
	if err := called.HangUp(ctx); err != nil {
		t.Error(err)
	}
	a.over(t)
	rows := o.recorded(t, "kaupunkiymparisto", 1)
	outsider, _ := sides(t, play(t, o.logIn(t, "manager", "kaupunkiymparisto"), rows[0].ID))
	if share := outsider.has(outsideTone); share < 0.8 {
		t.Errorf("the recording has the called person in %.2f of its time", share)
	}
	nothingKeeps(t, o.city, number)
}

// heard waits until the called person and the agent hear each other, which is after the announcement.
func (o *outside) heard(ctx context.Context, t *testing.T, called, desk *siptest.Call) {
	t.Helper()
	answered := time.Now()
	if err := called.WaitHears(ctx, agentTone); err != nil {
		t.Fatal("the called person does not hear the agent:", err)
	}
	if d := time.Since(answered); d < toldAtLeast {
		t.Errorf("the announcement lasted only %s", d)
	}
	if err := desk.WaitHears(ctx, outsideTone); err != nil {
		t.Fatal("the agent does not hear the called person:", err)
	}
}

// conference adds somebody outside twice: once they hang up in the announcement, once they stay.
func (o *outside) conference(ctx context.Context, t *testing.T) {
	a := o.agents[0]
	before := len(o.recorded(t, "kaupunkiymparisto", 0))
	call, _, caller := o.talk(ctx, t, a, customer(t, o.city, "udp"))
	first, firstCall := o.consulted(ctx, t, a)
	o.joins(ctx, t, a)
	during(t, toldAtLeast/2)
	if err := firstCall.HangUp(ctx); err != nil {
		t.Error(err)
	}
	eventually(t, soon, "the first has gone", func() bool { all := a.calls(); return len(all) == 1 && all[0].Consult == nil })
	second, secondCall := o.consulted(ctx, t, a)
	o.joins(ctx, t, a)
	eventually(t, soon, "the second has joined", func() bool {
		all := a.calls()
		return len(all) == 1 && all[0].Consult != nil && all[0].Consult.Stage == "joined"
	})
	joined := time.Now()
	eventually(t, soon, "the customer hears both", func() bool { return call.Share(agentTone) > 0.25 && call.Share(outsideTone) > 0.25 })
	eventually(t, soon, "the second hears both", func() bool { return secondCall.Share(agentTone) > 0.25 && secondCall.Share(customerTone) > 0.25 })
	during(t, joinedFor)
	if err := call.HangUp(ctx); err != nil {
		t.Error(err)
	}
	together := time.Since(joined)
	_ = secondCall.HangUp(ctx) // or it has ended with the call
	a.over(t)
	o.onlyWhileJoined(t, before, together)
	for _, number := range []string{caller, first, second} {
		nothingKeeps(t, o.city, number)
	}
}

// consulted asks somebody outside, who answers.
func (o *outside) consulted(ctx context.Context, t *testing.T, a *agent) (number string, called *siptest.Call) {
	t.Helper()
	number, _ = newCaller()
	a.must("POST", "/api/calls/"+a.calls()[0].ID+"/consult", map[string]string{"number": number}, nil)
	called = rings(ctx, t, o.operator, "the operator")
	if err := called.WaitHears(ctx, agentTone); err != nil {
		t.Fatal("who is consulted does not hear the agent:", err)
	}
	return number, called
}

// joins begins a conference: the announcement plays to who is added.
func (o *outside) joins(_ context.Context, t *testing.T, a *agent) {
	t.Helper()
	a.must("POST", "/api/calls/"+a.calls()[0].ID+"/join", nil, nil)
	if k := a.calls()[0].Consult; k == nil || k.Stage != "announcing" {
		t.Errorf("the outsider is %+v", k)
	}
}

// onlyWhileJoined: the recordings of the call have the outsider's voice for as long as they were joined, and no longer.
func (o *outside) onlyWhileJoined(t *testing.T, before int, together time.Duration) {
	t.Helper()
	manager := o.logIn(t, "manager", "kaupunkiymparisto")
	rows := o.recorded(t, "kaupunkiymparisto", before+2)
	newest := slices.MaxFunc(rows, func(x, y recording) int { return x.Part - y.Part }) // only this call has parts
	var heard, all time.Duration
	for _, r := range rows {
		if r.Session != newest.Session {
			continue
		}
		customer, agent := sides(t, play(t, manager, r.ID))
		all += customer.length()
		heard += time.Duration(max(customer.has(outsideTone), agent.has(outsideTone)) * float64(customer.length()))
	}
	t.Logf("%s of %s have the outsider, who was there for %s", heard, all, together)
	if heard > together+slack || heard < together/2 || all <= heard {
		t.Error("that is not as long as they were joined")
	}
}

func (o *outside) calledBack(ctx context.Context, t *testing.T) {
	a := o.agents[0]
	a.must("PUT", "/api/me/state", map[string]string{"state": "break"}, nil)
	k := o.promised(ctx, t, "+358931012051")
	a.must("PUT", "/api/me/state", map[string]string{"state": "ready"}, nil)
	desk := rings(ctx, t, a.phone, "the agent's telephone")
	called := rings(ctx, t, o.operator, "the operator")
	o.heard(ctx, t, called, desk)
	if err := desk.HangUp(ctx); err != nil {
		t.Error(err)
	}
	a.over(t)
	o.forgets(t, k, soon)
}
