package voice

import (
	"sync"
	"testing"

	"santra/internal/errs"
)

func TestMailboxRefusesWhenFull(t *testing.T) {
	m := newMailbox()
	for range MailboxSize {
		if m.put(func() {}) != nil {
			t.Fatal("refused before it was full")
		}
	}
	if err := m.put(func() {}); !errs.Is(err, errs.Limited) {
		t.Fatalf("took more than its size: %v", err)
	}
	select {
	case <-m.jam:
		t.Fatal("jammed by what may be refused")
	default:
	}
	for range 2 {
		if m.must(func() {}) {
			t.Fatal("took more than its size")
		}
	}
	<-m.jam
}

// Nothing that was taken is lost, whatever the order of putting and closing.
func TestMailboxLosesNothing(t *testing.T) {
	m := newMailbox()
	var wg sync.WaitGroup
	var taken, ran int
	var mu sync.Mutex
	for range MailboxSize / 2 {
		wg.Go(func() {
			if m.must(func() { ran++ }) {
				mu.Lock()
				taken++
				mu.Unlock()
			}
		})
	}
	rest := m.close()
	wg.Wait()
	for _, f := range rest {
		f()
	}
	if taken != ran {
		t.Fatalf("took %d, ran %d", taken, ran)
	}
	if err := m.put(func() {}); m.must(func() {}) || !errs.Is(err, errs.Gone) {
		t.Fatalf("took something after its end: %v", err)
	}
}
