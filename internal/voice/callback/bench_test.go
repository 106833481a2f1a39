package callback_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/id"
	"santra/internal/pii"
	"santra/internal/store/storetest"
	"santra/internal/voice/callback"
)

// BenchmarkRequest is a request of a queue that owes nearly as many callbacks as it may: each is asked whether it is of the same
// number. The reference is the same of a queue that owes none.
func BenchmarkRequest(b *testing.B) {
	for _, owed := range []int{0, callback.MaxOwedByQueue - 1} {
		b.Run(fmt.Sprintf("owed=%d", owed), func(b *testing.B) {
			h := benchHouse(b, owed)
			for b.Loop() {
				one := id.New()
				if _, err := h.Request(context.Background(), one, "advice", pii.NewNumber(number), agency.Finnish, time.Now().Add(time.Hour)); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := h.Cancel(context.Background(), one, "boss"); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

func benchHouse(b *testing.B, owed int) *house {
	b.Helper()
	h := &house{t: b, dsn: storetest.SQLite(b), dir: filepath.Join(b.TempDir(), "keys")}
	h.open()
	b.Cleanup(func() { _ = h.store.Close() })
	for i := range owed {
		h.ask(fmt.Sprintf("+35840%07d", i))
	}
	return h
}
