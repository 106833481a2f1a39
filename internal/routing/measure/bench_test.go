package measure

import (
	"fmt"
	"testing"
	"time"

	"santra/internal/routing"
)

// A call from arrival to the end of its wrap-up: what recording adds to each event of routing.
func BenchmarkRecordACall(b *testing.B) {
	r, now := NewRecorder("bench"), nine()
	r.Record(routing.Event{Type: routing.SignedIn, At: now, Agent: &routing.Agent{ID: "aino"}}, []routing.Decision{is("aino", routing.Ready)})
	for i := range b.N {
		w := routing.Work{ID: fmt.Sprint(i), Queue: "parking"}
		now = now.Add(time.Second)
		r.Record(routing.Event{Type: routing.Arrived, At: now, Work: &w}, []routing.Decision{{Type: routing.Offer, WorkID: w.ID, AgentID: "aino"}, is("aino", routing.Offered)})
		r.Record(routing.Event{Type: routing.Accepted, At: now, WorkID: w.ID, AgentID: "aino"}, []routing.Decision{is("aino", routing.Busy)})
		r.Record(routing.Event{Type: routing.Finished, At: now, WorkID: w.ID}, []routing.Decision{is("aino", routing.WrapUp), {Type: routing.Ended, WorkID: w.ID}})
		r.Record(routing.Event{Type: routing.Tick, At: now}, []routing.Decision{is("aino", routing.Ready)})
		if i%1000 == 999 {
			r.Take(MaxPending)
		}
	}
}
