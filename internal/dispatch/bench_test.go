package dispatch

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"santra/internal/routing"
)

// BenchmarkTakeOver rebuilds an engine of 100,000 waiting calls in 1,000 queues and 10,000 agents from announcements. It is
// to take at most a second. cpu-s/op is the processor's time, the collector's included: a busy machine shows more ns/op.
func BenchmarkTakeOver(b *testing.B) {
	const waiting, queues, agents = 100_000, 1000, 10_000
	d := New(Config{})
	r := report{by: map[routing.Kind]bool{routing.Call: true}}
	var wish []routing.Queue
	for i := range queues {
		wish = append(wish, routing.Queue{ID: fmt.Sprint("q", i), Needs: []routing.Need{{Skill: fmt.Sprint("s", i%200), Level: 2}}})
	}
	if err := d.SetQueues(wish, nil); err != nil {
		b.Fatal(err)
	}
	for i := range agents {
		a := routing.Agent{ID: fmt.Sprint("a", i), Seat: "S", Skills: map[string]int{fmt.Sprint("s", i%200): 1}}
		d.SignIn(a)
		if err := d.SetState(a.ID, routing.Ready, ""); err != nil {
			b.Fatal(err)
		}
	}
	arrived := time.Now()
	for i := range waiting {
		r.work = append(r.work, Announcement{Work: routing.Work{
			ID: fmt.Sprint("c", i), Queue: fmt.Sprint("q", i%queues), Arrived: arrived.Add(time.Duration(i)), Priority: i % 10,
		}})
	}
	used := cpu(b)
	for b.Loop() {
		d.mu.Lock()
		d.books.resume(history{})
		d.rebuild(r)
		if len(d.items) != waiting {
			b.Fatal(len(d.items))
		}
		d.mu.Unlock()
	}
	b.ReportMetric((cpu(b)-used).Seconds()/float64(b.N), "cpu-s/op")
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
