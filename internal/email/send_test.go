package email_test

import (
	"context"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"santra/internal/email"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
	"santra/internal/store/storetest"
)

// opened gives a world in which the agent has one case in hand.
func opened(t *testing.T, change func(*email.Config)) (*world, identity.Principal, email.Case) {
	t.Helper()
	w := newWorld(t, storetest.SQLite(t), change)
	p := agent()
	w.receive("aino@customer.example", "parks@city.example", "From: aino@customer.example\nReply-To: answer@customer.example\nSubject: Keinu\nMessage-ID: <1@c>\n\nx\n")
	w.ready(p.Person)
	return w, p, w.accepted(p)
}

func TestDraftVersions(t *testing.T) {
	w, p, c := opened(t, nil)
	d, err := w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Text: "one", HTML: "<p>one<script>x</script></p>"})
	w.must(err)
	if d.Version != 1 || d.HTML != "<p>one</p>" || d.Saved.IsZero() {
		t.Fatalf("%+v", d)
	}
	_, err = w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Text: "stale"})
	wantKind(t, err, errs.Conflict)
	d.Text = "two"
	d, err = w.svc.SaveDraft(t.Context(), p, c.ID, d)
	w.must(err)
	got, err := w.svc.Case(t.Context(), p, c.ID)
	if err != nil || got.Draft == nil || got.Draft.Text != "two" || got.Draft.Version != 2 {
		t.Fatalf("%+v %v", got.Draft, err)
	}
	_, err = w.svc.Send(t.Context(), p, c.ID, 1)
	wantKind(t, err, errs.Conflict)
	_, err = w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Version: 2, Text: strings.Repeat("x", email.MaxDraftBytes+1)})
	wantKind(t, err, errs.TooLarge)
	_, err = w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Version: 2, To: make([]pii.Address, email.MaxReplyTo+1)})
	wantKind(t, err, errs.TooLarge)
	w.restart()
	got, err = w.svc.Case(t.Context(), p, c.ID)
	if err != nil || got.Draft.Text != "two" {
		t.Fatal("draft lost in a restart")
	}
}

func TestOneDraftIsSentOnce(t *testing.T) {
	w, p, c := opened(t, nil)
	d, err := w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Text: "Hei", HTML: "<p>Hei</p>"})
	w.must(err)
	var sent atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := w.svc.Send(t.Context(), p, c.ID, d.Version)
			if err == nil {
				sent.Add(1)
			} else if !errs.Is(err, errs.Conflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if sent.Load() != 1 || len(w.messages(c.ID)) != 2 {
		t.Fatalf("%d sent, %d messages", sent.Load(), len(w.messages(c.ID)))
	}
	w.wait("the submission", func() bool { return len(w.relay.all()) == 1 })
	if to := w.relay.all()[0].to; len(to) != 1 || to[0] != "answer@customer.example" {
		t.Fatal(to)
	}
	if parsed := mail.Parse(w.relay.all()[0].raw); parsed.HTML != "<p>Hei</p>" || parsed.Text != "Hei" || parsed.References[0] != "<1@c>" {
		t.Fatalf("%+v", parsed)
	}
}

func TestSendTo(t *testing.T) {
	w, p, c := opened(t, nil)
	d, err := w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Text: "x", Subject: "Uusi\r\nBcc: evil@x", To: []pii.Address{pii.NewAddress("b@c.example")}, Cc: []pii.Address{pii.NewAddress("d@e.example")}})
	w.must(err)
	_, err = w.svc.Send(t.Context(), p, c.ID, d.Version)
	w.must(err)
	w.wait("the submission", func() bool { return len(w.relay.all()) == 1 })
	out := w.relay.all()[0]
	if strings.Join(out.to, " ") != "b@c.example d@e.example" || strings.Contains(string(out.raw), "\r\nBcc:") {
		t.Fatalf("%v\n%s", out.to, out.raw)
	}
	d, err = w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Text: "x", To: []pii.Address{pii.NewAddress("no address")}})
	w.must(err)
	_, err = w.svc.Send(t.Context(), p, c.ID, d.Version)
	wantKind(t, err, errs.Invalid)
	_, err = w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Version: d.Version, Text: "x"}) // and it is still there to be mended
	w.must(err)
}

// outsideSink is a relay that is an SMTP server of its own.
type outsideSink struct {
	mu   sync.Mutex
	fail []error
	raws [][]byte
	came chan struct{} // may be nil
}

func (o *outsideSink) Recipient(_ context.Context, address string) error {
	if strings.HasPrefix(address, "nobody@") {
		return errs.New(errs.NotFound, "unknown")
	}
	return nil
}

func (o *outsideSink) Deliver(_ context.Context, _ mail.Envelope, r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.fail) > 0 {
		err, o.fail = o.fail[0], o.fail[1:]
		return err
	}
	o.raws = append(o.raws, raw)
	select {
	case o.came <- struct{}{}:
	default:
	}
	return nil
}

func (o *outsideSink) count() int { o.mu.Lock(); defer o.mu.Unlock(); return len(o.raws) }

// withSink runs a room against a real SMTP server.
func withSink(t *testing.T, o *outsideSink) func(*email.Config) {
	t.Helper()
	server, err := mail.NewServer(mail.ServerConfig{Addr: "127.0.0.1:0", Backend: o})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop(context.Background()) })
	client, err := mail.NewClient(mail.ClientConfig{Addr: server.Addr().String(), Security: mail.Plain})
	if err != nil {
		t.Fatal(err)
	}
	return func(c *email.Config) { c.Relay = client }
}

func TestTemporaryRefusalsAreTriedAgain(t *testing.T) {
	o := &outsideSink{fail: []error{errs.New(errs.Unavailable, "full"), errs.New(errs.Internal, "odd")}}
	w, p, c := opened(t, withSink(t, o))
	sent := w.answered(p, c.ID, "Hei")
	w.poke("delivery", func() bool { return w.messages(c.ID)[1].Delivery.State == email.Sent })
	m := w.messages(c.ID)[1]
	raw, err := w.svc.Raw(t.Context(), p, c.ID, sent.ID)
	w.must(err)
	if m.Delivery.Attempts != 3 || o.count() != 1 || string(o.raws[0]) != string(raw) || len(w.entries(email.ActionRefused)) != 2 || len(w.entries(email.ActionSubmitted)) != 1 {
		t.Fatalf("%+v, %d got", m.Delivery, o.count())
	}
}

func TestPermanentRefusalComesBackToTheQueue(t *testing.T) {
	for name, to := range map[string]string{"at the end": "aino@customer.example", "recipient": "nobody@customer.example"} {
		t.Run(name, func(t *testing.T) {
			o := &outsideSink{fail: []error{errs.New(errs.Denied, "no")}}
			w, p, c := opened(t, withSink(t, o))
			d, err := w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Text: "x", To: []pii.Address{pii.NewAddress(to)}})
			w.must(err)
			_, err = w.svc.Send(t.Context(), p, c.ID, d.Version)
			w.must(err)
			w.poke("failure", func() bool { return w.messages(c.ID)[1].Delivery.State == email.Failed })
			again := w.accepted(p)
			if again.ID != c.ID || !again.Failed || again.Messages[1].Delivery != email.Failed || !strings.HasPrefix(again.Messages[1].Reply, "55") {
				t.Fatalf("%+v", again)
			}
		})
	}
}

// A submission whose end nobody knows is tried again, and marked as possibly sent twice.
func TestUnsureSubmission(t *testing.T) {
	w, p, c := opened(t, nil)
	w.relay.fail = func(n int) error {
		if n == 1 {
			return &mail.SubmitError{Class: mail.Connection, Stage: "end", Unsure: true}
		}
		return nil
	}
	w.answered(p, c.ID, "Hei")
	w.poke("delivery", func() bool { return w.messages(c.ID)[1].Delivery.State == email.Unsure })
}

func TestProcessDiesWhileItSubmits(t *testing.T) {
	block := make(chan struct{})
	w, p, c := opened(t, func(cfg *email.Config) { cfg.Relay = blocking{block} })
	w.answered(p, c.ID, "Hei")
	<-block // the relay has it, its answer never comes
	w.change = nil
	w.restart()
	w.wait("delivery", func() bool { return w.messages(c.ID)[1].Delivery.State == email.Unsure })
	if len(w.relay.all()) != 1 {
		t.Fatal(len(w.relay.all()))
	}
}

type blocking struct{ begun chan struct{} }

func (b blocking) Submit(ctx context.Context, _ string, _ []string, _ []byte) error {
	close(b.begun)
	<-ctx.Done()
	return ctx.Err()
}

func TestBackoffGrowsToALimit(t *testing.T) {
	last := time.Duration(0)
	for attempt := range 50 {
		d := email.Backoff(attempt)
		if d < last || d > 4*time.Hour || d < time.Minute {
			t.Fatalf("%d: %v", attempt, d)
		}
		last = d
	}
}
