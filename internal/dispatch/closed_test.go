package dispatch

import (
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/routing"
)

func TestClosedByHoursAndInAnEmergency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := start(t)
		opens := time.Now().Add(time.Hour)
		hours := func(_ string, at time.Time) (bool, time.Time) {
			if at.Before(opens) {
				return false, opens
			}
			return true, time.Time{}
		}
		if err := d.SetQueues([]routing.Queue{{ID: "q"}}, hours); err != nil {
			t.Fatal(err)
		}
		if !d.Closed("q") || d.Closed("elsewhere") {
			t.Error("before the hours")
		}
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		if d.Closed("q") {
			t.Error("within the hours")
		}
		if err := d.Close("q", "water", time.Time{}); err != nil || !d.Closed("q") {
			t.Error("in an emergency", err)
		}
		if err := d.Reopen("q"); err != nil || d.Closed("q") {
			t.Error("after it", err)
		}
	})
}
