package centre_test

import (
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/email"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
)

func TestEmailStore(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		opened, err := centre.Open(t.Context(), dsn, centre.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = opened.Close() })
		s := mailSuite{t, opened.Email(), time.Now().UTC().Truncate(time.Microsecond)}
		s.refusesWithoutEntry()
		s.cases()
		s.messages()
		s.drafts()
		s.lexemes()
		s.cursors()
	})
}

// mailSuite is what every implementation of email.Store must do.
type mailSuite struct {
	t   *testing.T
	s   email.Store
	now time.Time
}

func (m mailSuite) do(f func(email.Tx) error) error {
	return m.s.Do(m.t.Context(), []audit.Entry{{Action: "mail.tested", Actor: audit.System, Success: true}}, f)
}

func (m mailSuite) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m mailSuite) refusesWithoutEntry() {
	err := m.s.Do(m.t.Context(), nil, func(tx email.Tx) error { return tx.SetCursor(m.t.Context(), "parks", archive.Position{Segment: 9}) })
	if !errs.Is(err, errs.Invalid) {
		m.t.Fatal(err)
	}
}

func (m mailSuite) kase(id string, age time.Duration) email.CaseRow {
	return email.CaseRow{ID: id, Agency: "parks", Queue: "parks", State: email.StateNew, Version: 1, Arrived: m.now.Add(-age), Changed: m.now, Sealed: []byte{0, 1, 255}}
}

func (m mailSuite) cases() {
	ctx := m.t.Context()
	young, old, closed := m.kase("young", 0), m.kase("old", time.Hour), m.kase("closed", 2*time.Hour)
	closed.State = email.StateClosed
	m.must(m.do(func(tx email.Tx) error {
		for _, c := range []email.CaseRow{young, old, closed} {
			if err := tx.AddCase(ctx, c); err != nil {
				return err
			}
		}
		return nil
	}))
	live, err := m.s.LiveCases(ctx, 10)
	if err != nil || len(live) != 2 || live[0].ID != "old" || string(live[0].Sealed) != string(old.Sealed) || !live[0].Arrived.Equal(old.Arrived) {
		m.t.Fatalf("%+v %v", live, err)
	}
	old.Version, old.Agent, old.State, old.Failed = 2, "a", email.StateOpen, true
	old.Queue, old.LastAgent, old.Language, old.Answered = "streets", "b", "sv", true
	m.must(m.do(func(tx email.Tx) error { return tx.SetCase(ctx, old) }))
	if err := m.do(func(tx email.Tx) error { return tx.SetCase(ctx, old) }); !errs.Is(err, errs.Conflict) {
		m.t.Fatal("a stale change", err)
	}
	got, err := m.s.Case(ctx, "old")
	if err != nil || got.Agent != "a" || got.State != email.StateOpen || !got.Failed || got.Version != 2 {
		m.t.Fatalf("%+v %v", got, err)
	}
	if got.Queue != "streets" || got.LastAgent != "b" || got.Language != "sv" || !got.Answered {
		m.t.Fatalf("%+v", got)
	}
	if _, err := m.s.Case(ctx, "none"); !errs.Is(err, errs.NotFound) {
		m.t.Fatal(err)
	}
	for range 2 { // twice is once
		m.must(m.do(func(tx email.Tx) error { return tx.AddParticipant(ctx, "old", []byte{1}) }))
	}
	yes, err := m.s.Participant(ctx, "old", []byte{1})
	no, err2 := m.s.Participant(ctx, "young", []byte{1})
	if !yes || no || err != nil || err2 != nil {
		m.t.Fatal(yes, no, err, err2)
	}
}

func (m mailSuite) message(id string, age time.Duration) email.MessageRow {
	return email.MessageRow{
		ID: id, CaseID: "old", Agency: "parks", Queue: "parks", Direction: archive.Out, Position: archive.Position{Segment: 3, Offset: 1 << 40}, Length: 5,
		SHA256: "ff" + id, At: m.now.Add(-age), Size: 7, Key: []byte("key"), Attachments: 2, Auto: true, Raw: true, Altered: true,
		Delivery: email.DeliveryRow{State: email.Queued, Next: m.now}, Sealed: []byte{0, 0},
	}
}

func (m mailSuite) messages() {
	ctx := m.t.Context()
	one, two := m.message("m1", time.Minute), m.message("m2", 0)
	two.Delivery.Next = m.now.Add(time.Hour)
	m.must(m.do(func(tx email.Tx) error {
		if err := tx.AddMessage(ctx, one); err != nil {
			return err
		}
		return tx.AddMessage(ctx, two)
	}))
	if err := m.do(func(tx email.Tx) error { return tx.AddMessage(ctx, one) }); !errs.Is(err, errs.Conflict) {
		m.t.Fatal("the same twice", err)
	}
	got, err := m.s.Message(ctx, "m1")
	if err != nil || got.Ref() != one.Ref() || !got.Auto || got.Bounce || !got.Raw || !got.Altered || got.Attachments != 2 || !got.At.Equal(one.At) || got.Delivery != one.Delivery {
		m.t.Fatalf("%+v %v", got, err)
	}
	m.count("of case", 2, func() ([]email.MessageRow, error) { return m.s.Messages(ctx, "old", 10) })
	m.count("by key", 2, func() ([]email.MessageRow, error) { return m.s.MessagesByKey(ctx, "parks", []byte("key")) })
	m.count("by another agency's key", 0, func() ([]email.MessageRow, error) { return m.s.MessagesByKey(ctx, "tax", []byte("key")) })
	m.count("by hash", 1, func() ([]email.MessageRow, error) { return m.s.MessagesBySHA256(ctx, "ffm1") })
	m.count("between", 1, func() ([]email.MessageRow, error) {
		return m.s.MessagesBetween(ctx, "parks", m.now, m.now.Add(time.Hour), 10)
	})
	m.count("after", 1, func() ([]email.MessageRow, error) { return m.s.MessagesAfter(ctx, "m1", 10) })
	m.count("queued", 1, func() ([]email.MessageRow, error) { return m.s.Queued(ctx, m.now, 10) })
	d := email.DeliveryRow{State: email.Unsure, Attempts: 3, Trying: true, Unsure: true, Reply: "451"}
	m.must(m.do(func(tx email.Tx) error { return tx.SetDelivery(ctx, "m1", d) }))
	if got, err := m.s.Message(ctx, "m1"); err != nil || got.Delivery != d {
		m.t.Fatalf("%+v %v", got.Delivery, err)
	}
	m.count("queued", 0, func() ([]email.MessageRow, error) { return m.s.Queued(ctx, m.now, 10) })
}

func (m mailSuite) count(what string, want int, f func() ([]email.MessageRow, error)) {
	m.t.Helper()
	if rows, err := f(); err != nil || len(rows) != want {
		m.t.Fatalf("%s: %d, want %d, %v", what, len(rows), want, err)
	}
}

func (m mailSuite) drafts() {
	ctx := m.t.Context()
	d := email.DraftRow{CaseID: "old", Version: 1, Agent: "a", Saved: m.now, Sealed: []byte("x")}
	m.must(m.do(func(tx email.Tx) error { return tx.PutDraft(ctx, d) }))
	d.Version, d.Sealed = 2, []byte("y")
	m.must(m.do(func(tx email.Tx) error { return tx.PutDraft(ctx, d) }))
	m.must(m.do(func(tx email.Tx) error { return tx.DropDraft(ctx, "old", 1) }))
	if got, err := m.s.Draft(ctx, "old"); err != nil || got.Version != 2 || string(got.Sealed) != "y" || !got.Saved.Equal(m.now) {
		m.t.Fatalf("%+v %v", got, err)
	}
	m.must(m.do(func(tx email.Tx) error { return tx.DropDraft(ctx, "old", 2) }))
	if _, err := m.s.Draft(ctx, "old"); !errs.Is(err, errs.NotFound) {
		m.t.Fatal(err)
	}
}

func (m mailSuite) lexemes() {
	ctx := m.t.Context()
	m.unlexed(2)
	row, err := m.s.Message(ctx, "m1")
	m.must(err)
	m.must(m.do(func(tx email.Tx) error { return tx.AddLexemes(ctx, row, []int64{-5, 7, 7, 1 << 62}) }))
	m.unlexed(1)
	hits, err := m.s.WithLexeme(ctx, "parks", -5, time.Time{}, m.now, 10)
	if err != nil || len(hits) != 1 || hits[0].Message != "m1" || !hits[0].At.Equal(row.At) {
		m.t.Fatalf("%+v %v", hits, err)
	}
	if hits, err := m.s.WithLexeme(ctx, "tax", -5, time.Time{}, m.now, 10); err != nil || len(hits) != 0 {
		m.t.Fatal(hits, err)
	}
}

func (m mailSuite) unlexed(want int) {
	m.t.Helper()
	m.count("unlexed", want, func() ([]email.MessageRow, error) { return m.s.Unlexed(m.t.Context(), 10) })
}

func (m mailSuite) cursors() {
	ctx := m.t.Context()
	if p, err := m.s.Cursor(ctx, "parks"); err != nil || p != (archive.Position{}) {
		m.t.Fatal(p, err)
	}
	for _, p := range []archive.Position{{Segment: 1, Offset: 2}, {Segment: 2, Offset: 1 << 40}} {
		m.must(m.do(func(tx email.Tx) error { return tx.SetCursor(ctx, "parks", p) }))
		if got, err := m.s.Cursor(ctx, "parks"); err != nil || got != p {
			m.t.Fatal(got, err)
		}
	}
}
