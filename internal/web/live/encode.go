package live

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"time"

	"santra/internal/event"
)

// usualFields is how many fields an event has at most without a list of its keys being allocated.
const usualFields = 24

// encode writes an event as encoding/json does, some five times faster: a call tells of itself a dozen times, and most of what
// that cost was reflection over a map. What is not of the usual kinds goes through encoding/json.
func encode(ev event.Event) ([]byte, error) {
	b := make([]byte, 0, 64+32*len(ev.Fields))
	b = append(b, `{"kind":`...)
	b = appendText(b, ev.Kind)
	b = append(b, `,"id":`...)
	b = appendText(b, ev.ID)
	b = append(b, `,"version":`...)
	b = strconv.AppendUint(b, ev.Version, 10)
	if len(ev.Fields) > 0 {
		var err error
		b = append(b, `,"fields":`...)
		if b, err = appendFields(b, ev.Fields); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

// appendFields writes an object, its keys in order.
func appendFields(b []byte, fields map[string]any) (_ []byte, err error) {
	keys := make([]string, 0, usualFields)
	for k := range fields {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for i, k := range keys {
		b = append(b, "{,"[min(i, 1)])
		b = append(appendText(b, k), ':')
		if b, err = appendValue(b, fields[k]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendValue(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case string:
		return appendText(b, v), nil
	case bool:
		return strconv.AppendBool(b, v), nil
	case int:
		return strconv.AppendInt(b, int64(v), 10), nil
	case uint64:
		return strconv.AppendUint(b, v, 10), nil
	case time.Time:
		return appendTime(b, v)
	case json.Marshaler:
		return appendOther(b, v)
	}
	if r := reflect.ValueOf(v); r.Kind() == reflect.String && r.Type() != reflect.TypeFor[json.Number]() && !r.Type().Implements(marshals()) {
		return appendText(b, r.String()), nil
	}
	return appendOther(b, v)
}

// marshals is the kind of value that has its own text.
func marshals() reflect.Type { return reflect.TypeFor[interface{ MarshalText() ([]byte, error) }]() }

func appendOther(b []byte, v any) ([]byte, error) {
	text, err := json.Marshal(v)
	return append(b, text...), err
}

// dayOffset is from where on a zone is none that RFC 3339 can write, in seconds.
const dayOffset = 24 * 60 * 60

// appendTime writes a time of the years that have four digits and of zones of whole minutes within a day; the others are encoding/json's to
// refuse.
func appendTime(b []byte, t time.Time) ([]byte, error) {
	_, offset := t.Zone()
	if y := t.Year(); y < 0 || y > 9999 || offset%60 != 0 || offset >= dayOffset || offset <= -dayOffset {
		return appendOther(b, t)
	}
	b = append(b, '"')
	return append(t.AppendFormat(b, time.RFC3339Nano), '"'), nil
}

// appendText writes a string; one that has to be escaped is encoding/json's.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // of a string it never fails
			return append(b, text...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
