package demo

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"santra/internal/pii"
	"santra/internal/protocol/mail"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/run"
)

// The pace of the demonstration city.
const (
	callEvery     = 25 * time.Second // on average
	callPatience  = 90 * time.Second // then a customer hangs up
	talkAtLeast   = 10 * time.Second
	talkAtMost    = 40 * time.Second
	mailEvery     = 60 * time.Second
	maxCustomers  = 6 // calls at the same time
	simulatedPart = 2 // one seat in so many has a simulated agent, the last ones first
	maxSimulated  = 6
	watchEvery    = 2 * time.Second // how soon simulated agents make room for a person
	answerAfter   = 3 * time.Second
	handleMail    = 12 * time.Second // how long a simulated agent thinks about an e-mail
)

// traffic keeps a quiet city going: customers who call over SIP and RTP and write over SMTP, and simulated agents who
// answer them through the same API and phones as people do, unless a person is ready.
type traffic struct {
	ready  Ready
	log    *slog.Logger
	trunk  netip.AddrPort
	seats  map[string]bool // codes of the simulated agents' seats
	person atomic.Bool     // somebody who is not simulated is at work
	slots  chan struct{}
}

func newTraffic(r Ready, log *slog.Logger) *traffic {
	trunk, _ := netip.ParseAddrPort(r.SIP)
	return &traffic{ready: r, log: log, trunk: trunk, seats: map[string]bool{}, slots: make(chan struct{}, maxCustomers)}
}

func (t *traffic) run(ctx context.Context) {
	var wg sync.WaitGroup
	n := min(maxSimulated, len(t.ready.Seats)/simulatedPart)
	for _, s := range t.ready.Seats[len(t.ready.Seats)-n:] {
		t.seats[s.Code] = true
	}
	wg.Go(func() { t.keep(ctx, "supervisor", func() error { return t.watch(ctx) }) })
	for i := len(t.ready.Seats) - n; i < len(t.ready.Seats); i++ {
		wg.Go(func() { t.keep(ctx, "agent", func() error { return t.agent(ctx, t.ready.Users[i], t.ready.Seats[i]) }) })
	}
	wg.Go(func() { t.nowAndThen(ctx, callEvery, func() { t.customerCalls(ctx) }) })
	wg.Go(func() { t.nowAndThen(ctx, mailEvery, func() { t.customerWrites(ctx) }) })
	wg.Wait()
}

// keep runs f again when it fails, as when the contact centre is started anew.
func (t *traffic) keep(ctx context.Context, what string, f func() error) {
	for ctx.Err() == nil {
		if err := f(); err != nil && ctx.Err() == nil {
			t.log.Warn("simulated "+what, "error", err)
		}
		run.Pause(ctx, watchEvery)
	}
}

func (t *traffic) nowAndThen(ctx context.Context, every time.Duration, f func()) {
	for ctx.Err() == nil {
		go f()
		run.Pause(ctx, every/2+rand.N(every))
	}
}

// customerCalls places one call and talks for a while.
func (t *traffic) customerCalls(ctx context.Context) {
	select {
	case t.slots <- struct{}{}:
		defer func() { <-t.slots }()
	default:
		return
	}
	phone, err := siptest.NewPhone(siptest.Config{Server: t.trunk, Tone: 300 + rand.Float64()*400, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.log.Warn("simulated customer", "error", err)
		return
	}
	defer phone.Close()
	queue := t.ready.Queues[rand.IntN(len(t.ready.Queues))]
	caller := pii.NewNumber(fmt.Sprintf("+35840%07d", rand.IntN(10_000_000)))
	ctx, cancel := context.WithTimeout(ctx, callPatience)
	defer cancel()
	call, err := phone.Call(ctx, queue.Number, caller)
	if err != nil {
		return
	}
	select {
	case <-call.Ended():
		return
	case <-ctx.Done():
	case <-time.After(talkAtLeast + rand.N(talkAtMost)):
	}
	end, done := context.WithTimeout(context.WithoutCancel(ctx), run.StopWithin)
	defer done()
	_ = call.HangUp(end)
}

// customerWrites sends one e-mail to a mailbox of the city.
func (t *traffic) customerWrites(ctx context.Context) {
	client, err := mail.NewClient(mail.ClientConfig{Addr: t.ready.SMTP, Security: mail.Plain, Hello: "asiakas.example"})
	if err != nil {
		t.log.Warn("simulated customer", "error", err)
		return
	}
	queue := t.ready.Queues[rand.IntN(len(t.ready.Queues))]
	from, raw := demoMail(queue.Mailbox)
	if err := client.Submit(ctx, from, []string{queue.Mailbox}, raw); err != nil && ctx.Err() == nil {
		t.log.Warn("simulated customer's mail", "error", err)
	}
}

// demoMail writes a customer's letter.
func demoMail(to string) (from string, raw []byte) {
	letters := []struct{ name, subject, body string }{
		{"Pirkko Nieminen", "Kysymys asukaspysäköinnistä", "Hei,\n\nmuutin juuri ja tarvitsisin asukaspysäköintitunnuksen. Mitä papereita pitää olla mukana?\n\nTerveisin\nPirkko"},
		{"Bengt Öhman", "Öppettider", "Hej!\n\nNär har ni öppet under helgen? Jag hittar det inte på webben.\n\nVänliga hälsningar\nBengt"},
		{"Amina Yusuf", "Home care for my father", "Dear Sir or Madam,\n\nmy father needs help in the mornings. Whom should I call?\n\nKind regards\nAmina"},
		{"Jouko Räsänen", "Lumenauraus Koivutiellä", "Hei!\n\nKoivutien päätä ei ole aurattu kolmeen päivään. Milloin aura tulee?\n\nJouko"},
	}
	l := letters[rand.IntN(len(letters))]
	from = strings.ToLower(strings.NewReplacer(" ", ".", "Ö", "o", "ö", "o", "ä", "a").Replace(l.name)) + "@asiakas.example"
	text := fmt.Sprintf("From: =?utf-8?q?%s?= <%s>\nTo: %s\nSubject: =?utf-8?q?%s?=\nDate: %s\nMessage-ID: <%x@asiakas.example>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n%s\n",
		quoted(l.name), from, to, quoted(l.subject), time.Now().Format(time.RFC1123Z), rand.Uint64(), l.body)
	return from, []byte(strings.ReplaceAll(text, "\n", "\r\n"))
}

// quoted is RFC 2047's Q encoding of all but plain letters.
func quoted(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "=%02X", c)
		}
	}
	return b.String()
}

// agent is a simulated agent: at a seat with a phone, ready unless a person is.
func (t *traffic) agent(ctx context.Context, u ReadyUser, seat ReadySeat) error {
	c, err := logIn(ctx, t.ready.PublicURL, u.Name, u.Password)
	if err != nil {
		return err
	}
	if err := c.do(ctx, "PUT", "/api/me/seat", map[string]string{"code": seat.Code}, nil); err != nil {
		return err
	}
	server, err := netip.ParseAddrPort(t.ready.PhonesSIP)
	if err != nil {
		return err
	}
	phone, err := siptest.NewPhone(siptest.Config{
		Server: server, User: seat.SIPUser, Password: seat.SIPPassword, Tone: 800, Answer: answerAfter,
		HangUp: talkAtMost, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	defer phone.Close()
	if err := phone.Register(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := t.choose(ctx, c); err != nil {
			return err
		}
		if err := t.answerMail(ctx, c); err != nil {
			return err
		}
		run.Pause(ctx, watchEvery)
	}
	return nil
}

// choose makes the simulated agent ready, or lets them rest while a person is ready or busy.
func (t *traffic) choose(ctx context.Context, c *client) error {
	var me struct {
		State string `json:"state"`
	}
	if err := c.do(ctx, "GET", "/api/me", nil, &me); err != nil {
		return err
	}
	person := t.person.Load()
	switch {
	case person && me.State == "ready":
		return c.do(ctx, "PUT", "/api/me/state", map[string]string{"state": "break"}, nil)
	case !person && slices.Contains([]string{"break", "offline", "not_answering"}, me.State):
		return c.do(ctx, "PUT", "/api/me/state", map[string]string{"state": "ready"}, nil)
	}
	return nil
}

// watch asks, as the supervisor, whether somebody who is not simulated is at work.
func (t *traffic) watch(ctx context.Context) error {
	i := slices.IndexFunc(t.ready.Users, func(u ReadyUser) bool { return slices.Contains(u.Roles, "supervisor") })
	c, err := logIn(ctx, t.ready.PublicURL, t.ready.Users[i].Name, t.ready.Users[i].Password)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		var team struct {
			Agents []struct{ Seat, State string } `json:"agents"`
		}
		if err := c.do(ctx, "GET", "/api/agents", nil, &team); err != nil {
			return err
		}
		atWork := false
		for _, a := range team.Agents {
			atWork = atWork || !t.seats[a.Seat] && slices.Contains([]string{"ready", "offered", "busy", "wrap_up"}, a.State)
		}
		t.person.Store(atWork)
		run.Pause(ctx, watchEvery)
	}
	return nil
}

// answerMail takes one case that is offered, thinks, replies and closes it.
func (t *traffic) answerMail(ctx context.Context, c *client) error {
	var list struct {
		Cases []struct {
			ID      string `json:"id"`
			State   string `json:"state"`
			Subject string `json:"subject"`
		} `json:"cases"`
	}
	if err := c.do(ctx, "GET", "/api/cases?mine=true", nil, &list); err != nil {
		return err
	}
	for _, k := range list.Cases {
		if k.State == "closed" {
			continue
		}
		if k.State == "offered" {
			if err := c.do(ctx, "POST", "/api/cases/"+k.ID+"/accept", nil, nil); err != nil {
				continue // somebody was quicker
			}
			run.Pause(ctx, handleMail)
		}
		return t.reply(ctx, c, k.ID)
	}
	return nil
}

func (t *traffic) reply(ctx context.Context, c *client, id string) error {
	var opened struct {
		Draft *struct {
			Version uint64 `json:"version"`
		} `json:"draft"`
		Subject string `json:"subject"`
	}
	if err := c.do(ctx, "GET", "/api/cases/"+id, nil, &opened); err != nil {
		return err
	}
	draft := map[string]any{"subject": "Re: " + opened.Subject, "text": "Hei,\n\nkiitos viestistäsi. Asia on hoidossa ja palaamme siihen tarvittaessa.\n\nYstävällisin terveisin\nSantalan palvelukeskus", "version": 0}
	if opened.Draft != nil {
		draft["version"] = opened.Draft.Version
	}
	var saved struct {
		Version uint64 `json:"version"`
	}
	if err := c.do(ctx, "PUT", "/api/cases/"+id+"/draft", draft, &saved); err != nil {
		return err
	}
	if err := c.do(ctx, "POST", "/api/cases/"+id+"/send", map[string]any{"version": saved.Version}, nil); err != nil {
		return err
	}
	return c.do(ctx, "POST", "/api/cases/"+id+"/close", nil, nil)
}
