package demo

import (
	"testing"
)

func TestTuningChangesOnlyWhatItNames(t *testing.T) {
	city, plain := demoCity(nil), demoCity(nil)
	Tuning{NoRecord: []string{"kotihoito"}, NoWrapUp: true}.apply(&city)
	for i, q := range city.Queues {
		if q.Record == (q.ID == "kotihoito") || q.WrapUp != 0 || q.NoAnswer != plain.Queues[i].NoAnswer {
			t.Errorf("%+v", q)
		}
	}
	Tuning{}.apply(&plain)
	for _, q := range plain.Queues {
		if !q.Record || q.WrapUp != demoWrapUp {
			t.Errorf("no tuning changes %+v", q)
		}
	}
	if f := (Tuning{}).flags(); f != nil {
		t.Error(f)
	}
}
