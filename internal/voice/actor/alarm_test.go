package actor

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a Alarm
		if a.C() != nil {
			t.Fatal("an alarm that was not set can ring")
		}
		rang := ""
		a.Set(time.Second, func() { rang += "a" })
		a.Set(2*time.Second, func() { rang += "b" })
		began := time.Now()
		<-a.C()
		a.Ring()
		if rang != "b" || time.Since(began) != 2*time.Second || a.C() != nil {
			t.Errorf("rang %q after %v", rang, time.Since(began))
		}
		a.Set(time.Second, func() { rang += "c" })
		a.Stop()
		time.Sleep(time.Hour)
		if a.Ring(); rang != "b" {
			t.Errorf("a stopped alarm rang: %q", rang)
		}
	})
}

// What rings may plan the next.
func TestAlarmSetsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a Alarm
		n := 0
		var again func()
		again = func() {
			if n++; n < 3 {
				a.Set(time.Second, again)
			}
		}
		a.Set(time.Second, again)
		for a.C() != nil {
			<-a.C()
			a.Ring()
		}
		if n != 3 {
			t.Errorf("rang %d times", n)
		}
	})
}

// The soonest alarm rings first, whichever was set first; one that was stopped or put off does not count as it was.
func TestSoonest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rang []string
		ring := func(name string) func() { return func() { rang = append(rang, name) } }
		var a, b, c, d Alarm
		soonest := func() *Alarm { return Soonest(&a, &b, &c, &d) }
		if soonest() != nil || soonest().C() != nil {
			t.Error("an alarm before one was set")
		}
		a.Set(4*time.Second, ring("a"))
		b.Set(time.Second, ring("b"))
		c.Set(2*time.Second, ring("c"))
		d.Set(time.Second/2, ring("d"))
		d.Stop()
		b.Set(5*time.Second, ring("b"))
		for due := soonest(); due != nil; due = soonest() {
			<-due.C()
			due.Ring()
		}
		if len(rang) != 3 || rang[0] != "c" || rang[1] != "a" || rang[2] != "b" {
			t.Error(rang)
		}
	})
}
