package live

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"santra/internal/event"
)

type named string

type spelt string

func (s spelt) MarshalText() ([]byte, error) { return []byte("<" + string(s) + ">"), nil }

// same compares encode with encoding/json.
func same(t *testing.T, ev event.Event) {
	t.Helper()
	want, failed := json.Marshal(ev)
	got, err := encode(ev)
	if (err != nil) != (failed != nil) || failed == nil && string(got) != string(want) {
		t.Errorf("%+v:\n%s %v\nwant\n%s %v", ev, got, err, want, failed)
	}
}

func TestEventsAreWrittenAsEncodingJSONDoes(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 120_000_000, time.FixedZone("", 2*3600))
	values := []any{
		nil, "", "plain", "ä <b> & \"q\" \\ \n \u2028 \xff", true, 7, -7, uint64(math.MaxUint64), 1.5, int64(-3), named("talking"), named("<"), spelt("x"),
		at, at.UTC(),
		time.Time{},
		at.AddDate(9000, 0, 0), at.AddDate(-3000, 0, 0), at.In(time.FixedZone("", 7)), &at, time.Second,
		[]string{"a"},
		map[string]int{"b": 1},
		struct{ A int }{1},
		json.RawMessage(`{"x": 1}`), math.NaN(), make(chan int), (*time.Time)(nil),
	}
	same(t, event.Event{})
	same(t, event.Event{Kind: "call", ID: "01J", Version: 9, Fields: map[string]any{}})
	for _, v := range values {
		same(t, event.Event{Kind: "call", Fields: map[string]any{"v": v}})
		same(t, event.Event{Kind: "å", ID: "\x00", Fields: map[string]any{"z": 1, "<": v, "a": "b"}})
	}
}

func FuzzEventText(f *testing.F) {
	f.Add("kind", "key", "value", int64(0))
	f.Add("\xff<", "\u2028", "\\\"", int64(1<<62))
	f.Fuzz(func(t *testing.T, kind, key, value string, at int64) {
		same(t, event.Event{Kind: kind, ID: key, Fields: map[string]any{key: value, value: named(kind), "t": time.Unix(0, at)}})
	})
}

func benchEvent() event.Event {
	return event.Event{Kind: "call", ID: "01JABCDEFGHJKMNPQRSTVWXYZ0", Version: 17, Fields: map[string]any{
		"state": named("talking"), "queue": "kotihoito", "agency": "sote", "agent": "anna", "seat": "A-17", "since": time.Now(), "arrived": time.Now(),
		"recording": "on", "muted": false, "why": "longest idle", "direction": "in", "language": "fi", "outcome": "", "supervised": "", "consult": "", "failed": "",
	}}
}

func BenchmarkEncode(b *testing.B) {
	ev := benchEvent()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = encode(ev)
	}
}

func BenchmarkEncodingJSON(b *testing.B) {
	ev := benchEvent()
	b.ReportAllocs()
	for b.Loop() {
		_, _ = json.Marshal(ev)
	}
}
