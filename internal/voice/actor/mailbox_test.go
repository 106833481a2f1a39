package actor

import (
	"sync"
	"testing"

	"santra/internal/errs"
)

func TestMailboxRefusesWhenFull(t *testing.T) {
	m := NewMailbox("call")
	for range MailboxSize {
		if m.Put(func() {}) != nil {
			t.Fatal("refused before it was full")
		}
	}
	if err := m.Put(func() {}); !errs.Is(err, errs.Limited) {
		t.Fatalf("took more than its size: %v", err)
	}
	select {
	case <-m.Jam():
		t.Fatal("jammed by what may be refused")
	default:
	}
	for range 2 {
		if m.Must(func() {}) {
			t.Fatal("took more than its size")
		}
	}
	<-m.Jam()
}

// Nothing that was taken is lost, whatever the order of putting and closing.
func TestMailboxLosesNothing(t *testing.T) {
	m := NewMailbox("call")
	var wg sync.WaitGroup
	var taken, ran int
	var mu sync.Mutex
	for range MailboxSize / 2 {
		wg.Go(func() {
			if m.Must(func() { ran++ }) {
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	rest := m.Close()
	wg.Wait()
	for _, f := range rest {
		f()
	}
	if taken != ran {
		t.Fatalf("took %d, ran %d", taken, ran)
	}
	if err := m.Put(func() {}); m.Must(func() {}) || !errs.Is(err, errs.Gone) {
		t.Fatalf("took something after its end: %v", err)
	}
}

// What is asked is answered, by the actor or by what it leaves; one that breaks answers too.
func TestAsk(t *testing.T) {
	m := NewMailbox("call")
	done := make(chan error)
	ask := func(f func() error) { go func() { done <- m.Ask(f) }() }
	ask(func() error { return errs.New(errs.Conflict, "no") })
	(<-m.Next())()
	if err := <-done; !errs.Is(err, errs.Conflict) {
		t.Errorf("%v", err)
	}
	ask(func() error { panic("broken") })
	broken := <-m.Next()
	func() {
		defer func() { _ = recover() }()
		broken()
	}()
	if err := <-done; !errs.Is(err, errs.Internal) {
		t.Errorf("%v", err)
	}
	m.Close()
	if err := m.Ask(func() error { return nil }); !errs.Is(err, errs.Gone) {
		t.Errorf("%v", err)
	}
}
