// Package diff tells how two configurations of a city differ, field by field, in the words of the file: what an operator reads
// before a change and the history shows after it. It owns the form of a change, and that of a password nothing is told. It must
// not know which of the two runs, nor where they are kept.
package diff

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"santra/internal/agency"
)

// Sign says what a Change is.
type Sign string

// The signs of changes.
const (
	Added   Sign = "+"
	Removed Sign = "-"
	Altered Sign = "~"
)

// Change is one difference between two configurations, at a field as the file names it, with the ids of what is in lists:
// "city.queues[parking].cap".
type Change struct {
	Sign     Sign
	Field    string
	Old, New string // values; "" for what is a table or a list of tables
}

// String is the change on one line: `~ city.queues[parking].cap: 25 → 30`.
func (c Change) String() string {
	switch {
	case c.Sign == Altered:
		return fmt.Sprintf("~ %s: %s → %s", c.Field, c.Old, c.New)
	case c.Old+c.New == "":
		return fmt.Sprintf("%s %s", c.Sign, c.Field)
	}
	return fmt.Sprintf("%s %s: %s", c.Sign, c.Field, c.Old+c.New)
}

// Changes lists how two configurations differ, field by field, in the order of the file; the old one first. Of a seat's password
// it tells only that it is another. What was left out counts as its default.
func Changes(old, now *agency.City) []Change {
	a, b := old.WithDefaults(), now.WithDefaults()
	d := differ{}
	d.compare("city", reflect.ValueOf(a), reflect.ValueOf(b))
	return d.all
}

type differ struct{ all []Change }

func (d *differ) add(sign Sign, field, old, now string) {
	d.all = append(d.all, Change{sign, field, old, now})
}

// compare looks for differences; either value may be the zero Value, which is one that is not there.
func (d *differ) compare(field string, a, b reflect.Value) {
	a, b = pointed(a), pointed(b)
	t := a
	if !t.IsValid() {
		t = b
	}
	switch {
	case !t.IsValid():
	case t.Kind() == reflect.Struct:
		d.structs(field, t.Type(), a, b)
	case t.Kind() == reflect.Map:
		d.maps(field, a, b)
	case t.Kind() == reflect.Slice && isTable(t.Type().Elem()):
		d.lists(field, a, b)
	default:
		d.values(field, a, b)
	}
}

// pointed is what a pointer points at; the zero Value for nil.
func pointed(v reflect.Value) reflect.Value {
	if v.IsValid() && v.Kind() == reflect.Pointer {
		return v.Elem()
	}
	return v
}

func isTable(t reflect.Type) bool { return t.Kind() == reflect.Struct }

func (d *differ) structs(field string, t reflect.Type, a, b reflect.Value) {
	d.presence(field, a, b)
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
		if t == reflect.TypeFor[agency.Seat]() && t.Field(i).Name == "HA1SHA256" {
			d.password(field+".sip_password", fieldAt(a, i), fieldAt(b, i))
		}
		if name != "" && name != "-" {
			d.compare(field+"."+name, fieldAt(a, i), fieldAt(b, i))
		}
	}
}

// presence tells of a table that is there in one of the two alone.
func (d *differ) presence(field string, a, b reflect.Value) {
	switch {
	case !a.IsValid():
		d.add(Added, field, "", "")
	case !b.IsValid():
		d.add(Removed, field, "", "")
	}
}

// fieldAt is a field of a structure that may not be there.
func fieldAt(v reflect.Value, i int) reflect.Value {
	if !v.IsValid() {
		return v
	}
	return v.Field(i)
}

// password tells that a digest is another, and not which.
func (d *differ) password(field string, a, b reflect.Value) {
	if a.IsValid() && b.IsValid() && a.String() != b.String() {
		d.add(Altered, field, "a password", "another")
	}
}

func (d *differ) maps(field string, a, b reflect.Value) {
	keys := map[string]bool{}
	for _, m := range []reflect.Value{a, b} {
		if m.IsValid() {
			for _, k := range m.MapKeys() {
				keys[k.String()] = true
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		d.compare(field+"."+k, valueAt(a, k), valueAt(b, k))
	}
}

func valueAt(m reflect.Value, key string) reflect.Value {
	if !m.IsValid() {
		return m
	}
	return m.MapIndex(reflect.ValueOf(key).Convert(m.Type().Key()))
}

// lists compares lists of tables: by their ids where they have such, else by their places.
func (d *differ) lists(field string, a, b reflect.Value) {
	was, is := names(a), names(b)
	for _, n := range was {
		if !slices.Contains(is, n) {
			d.compare(field+"["+n+"]", named(a, was, n), reflect.Value{})
		}
	}
	for _, n := range is {
		d.compare(field+"["+n+"]", named(a, was, n), named(b, is, n))
	}
	both := func(other []string) func(string) bool {
		return func(n string) bool { return !slices.Contains(other, n) }
	}
	old, now := slices.DeleteFunc(slices.Clone(was), both(is)), slices.DeleteFunc(slices.Clone(is), both(was))
	if !slices.Equal(old, now) {
		d.add(Altered, field, "in the order "+strings.Join(old, ", "), strings.Join(now, ", "))
	}
}

// names gives what each table of a list is called: its id, code or number, else its place.
func names(list reflect.Value) (all []string) {
	if !list.IsValid() {
		return nil
	}
	for i := range list.Len() {
		name := fmt.Sprint(i)
		for _, key := range []string{"Number", "Code", "ID"} {
			if f := list.Index(i).FieldByName(key); f.IsValid() && f.String() != "" {
				name = f.String()
			}
		}
		all = append(all, name)
	}
	return all
}

func named(list reflect.Value, names []string, name string) reflect.Value {
	i := slices.Index(names, name)
	if i < 0 {
		return reflect.Value{}
	}
	return list.Index(i)
}

func (d *differ) values(field string, a, b reflect.Value) {
	old, now := written(a), written(b)
	switch {
	case old == now:
	case old == "":
		d.add(Added, field, "", now)
	case now == "":
		d.add(Removed, field, old, "")
	default:
		d.add(Altered, field, old, now)
	}
}

// written is a value as the file may have it; "" for one that is left out.
func written(v reflect.Value) string {
	switch {
	case !v.IsValid() || v.IsZero():
		return ""
	case v.Type() == reflect.TypeFor[time.Duration]():
		return time.Duration(v.Int()).String()
	case v.Kind() == reflect.Slice:
		items := make([]string, v.Len())
		for i := range items {
			items[i] = written(v.Index(i))
		}
		return "[" + strings.Join(items, ", ") + "]"
	case v.Kind() == reflect.String && strings.ContainsAny(v.String(), " :,\"'#\n"):
		return fmt.Sprintf("%q", v.String())
	}
	return fmt.Sprint(v.Interface())
}
