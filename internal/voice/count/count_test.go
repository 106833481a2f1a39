package count

import (
	"reflect"
	"testing"
)

// Each counter shows in its own figure, and in no other.
func TestEachCounterHasItsFigure(t *testing.T) {
	var none Counters
	if none.Stats() != (Stats{}) {
		t.Error("something was counted before anything happened")
	}
	for _, name := range []string{
		"Arrived", "Unknown", "NoCodec", "Unsafe", "Full", "Announced", "Abandoned", "Answered", "Diverted", "Promised", "Ended", "Failed",
	} {
		var n Counters
		reflect.ValueOf(&n).Elem().FieldByName(name).Addr().MethodByName("Add").Call([]reflect.Value{reflect.ValueOf(uint64(3))})
		figure := name
		if name == "Unknown" {
			figure = "UnknownCalls"
		}
		got, want := n.Stats(), Stats{}
		reflect.ValueOf(&want).Elem().FieldByName(figure).SetUint(3)
		if got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
