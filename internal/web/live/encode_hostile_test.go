package live

import (
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/event"
)

type flag bool

type count int

type raw []byte

// loud has its own JSON by its pointer alone.
type loud string

func (*loud) MarshalJSON() ([]byte, error) { return []byte(`"!"`), nil }

type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { return nil, errors.New("on purpose") }

type markup struct{}

func (markup) MarshalJSON() ([]byte, error) { return []byte("{ \"a\" : \"<&>\u2028\" }"), nil }

type nested struct {
	At    time.Time      `json:"at,omitzero"`
	Any   any            `json:"<any>"`
	Deep  *nested        `json:"deep,omitempty"`
	Bytes []byte         `json:"bytes"`
	Map   map[string]any `json:"map"`
}

// Whatever an event holds, it is written as encoding/json writes it, or refused as that refuses it.
func TestOddValuesAreWrittenAsEncodingJSONDoes(t *testing.T) {
	l := loud("x")
	zone := func(offset int) time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 1, time.FixedZone("far", offset)) }
	for _, v := range []any{
		json.Number("12"), json.Number(""), json.Number("12; drop"), flag(true), count(-1), raw("\xff<"), []byte(nil), l, &l,
		broken{},
		&broken{},
		markup{},
		nested{Any: nested{}, Deep: &nested{Bytes: []byte("x")}, Map: map[string]any{"\xff": nil, "<": math.Inf(1)}},
		nested{Any: "\u2029", Map: map[string]any{"b": 1, "a": []any{nil, "</script>"}}},
		zone(24 * 3600), zone(-24 * 3600), zone(24*3600 - 60), zone(-24*3600 + 60), zone(100 * 3600), zone(59), zone(-59), zone(-3600 - 59),
		time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC), time.Date(10000, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600)),
		time.Now(), "\x7f", "\x00\x1f\b\f\t\r\n", "\xed\xa0\x80", "\ufffd", "\U0001F600", int8(1), uint8(200), float32(1e-7), 1e21, complex(1, 1),
		[2]string{"<", ">"},
		map[int]string{2: "b", 1: "a"},
		(*nested)(nil), json.Marshaler(nil), error(nil), errors.New("x"),
		struct{}{},
		[0]int{},
	} {
		same(t, event.Event{Kind: "call", Fields: map[string]any{"v": v}})
	}
}

// The same with any text, number and time, in any number of fields.
func TestAnyEventIsWrittenAsEncodingJSONDoes(t *testing.T) {
	text := rapid.Custom(func(t *rapid.T) string {
		return string(rapid.SliceOfN(rapid.SampledFrom([]byte("a <>&\"\\/\x00\x1f\x7f\xc3\xa4\xe2\x80\xa8\xa9\xff")), 0, 12).Draw(t, "bytes"))
	})
	value := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }), rapid.Map(text, func(s string) any { return named(s) }),
		rapid.Map(text, func(s string) any { return []string{s} }), rapid.Map(text, func(s string) any { return json.RawMessage(s) }),
		rapid.Map(rapid.Int(), func(n int) any { return n }), rapid.Map(rapid.Uint64(), func(n uint64) any { return n }),
		rapid.Map(rapid.Float64(), func(n float64) any { return n }), rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Custom(func(t *rapid.T) any {
			return time.Unix(rapid.Int64Range(-1<<37, 1<<38).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).
				In(time.FixedZone("", rapid.IntRange(-100_000, 100_000).Draw(t, "offset")))
		}),
	)
	rapid.Check(t, func(rt *rapid.T) {
		same(t, event.Event{
			Kind: text.Draw(rt, "kind"), ID: text.Draw(rt, "id"), Version: rapid.Uint64().Draw(rt, "version"),
			Fields: rapid.MapOfN(text, value, 0, 30).Draw(rt, "fields"),
		})
		if t.Failed() {
			rt.FailNow()
		}
	})
}
