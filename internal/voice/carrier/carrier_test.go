package carrier

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/pii"
)

func nets(cidrs ...string) (all []netip.Prefix) {
	for _, c := range cidrs {
		all = append(all, netip.MustParsePrefix(c))
	}
	return all
}

func table(t interface{ Fatal(...any) }, trunks ...Trunk) *Table {
	made, err := New(trunks)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func dials(name string, change func(*Trunk)) Trunk {
	k := Trunk{Name: name, Dials: true, Weight: 1}
	if change != nil {
		change(&k)
	}
	return k
}

func allUp(string) bool { return true }
func first(int) int     { return 0 }
func last(n int) int    { return n - 1 }
func but(down ...string) func(string) bool {
	return func(name string) bool { return !slices.Contains(down, name) }
}

func TestTheOrderOfTrunks(t *testing.T) {
	tab := table(
		t,
		dials("main", nil),
		dials("spare", func(k *Trunk) { k.Priority = 1 }),
		dials("sweden", func(k *Trunk) { k.Reaches = []string{"+46"} }),
		dials("narrow", func(k *Trunk) { k.Shows = []string{"+3589123"}; k.Priority = 2 }),
		dials("help", func(k *Trunk) { k.Emergency = true; k.Priority = 5; k.Reaches = []string{"+35899"} }),
		Trunk{Name: "in", Weight: 1, Allow: nets("198.51.100.0/28")},
	)
	national := Call{Number: pii.NewNumber("+358401234567"), Show: "+358912340001"}
	sweden := Call{Number: pii.NewNumber("+46812345678"), Show: "+358501234567"}
	help := Call{Number: pii.NewNumber("112"), Emergency: true}
	for name, c := range map[string]struct {
		call Call
		up   func(string) bool
		draw func(int) int
		want []string
	}{
		"by priority":              {national, allUp, first, []string{"main", "spare", "narrow"}},
		"what is down is left out": {national, but("main"), first, []string{"spare", "narrow"}},
		"all down: tried all same": {national, but("main", "spare", "narrow"), first, []string{"main", "spare", "narrow"}},
		"a prefix of its own":      {sweden, allUp, first, []string{"main", "sweden", "spare"}},
		"by lot":                   {sweden, allUp, last, []string{"sweden", "main", "spare"}},
		"112":                      {help, allUp, first, []string{"help", "main", "sweden", "spare", "narrow"}},
		"112 with its trunk down":  {help, but("help"), first, []string{"main", "sweden", "spare", "narrow", "help"}},
		"112 with everything down": {help, but("help", "main", "sweden", "spare", "narrow"), first, []string{"help", "main", "sweden", "spare", "narrow"}},
	} {
		if got := tab.Route(c.call, c.up, c.draw); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	if got := table(t, dials("sweden", func(k *Trunk) { k.Reaches = []string{"+46"} })).Route(national, allUp, first); got != nil {
		t.Error(got)
	}
}

// TestRoutesAreWhole: each trunk at most once, priorities ascending, only what is up unless nothing is; and for 112 every trunk
// that dials, whatever is configured.
func TestRoutesAreWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var trunks []Trunk
		down := map[string]bool{}
		for i := range rapid.IntRange(0, MaxTrunks).Draw(t, "trunks") {
			k := dials(fmt.Sprint("t", i), func(k *Trunk) {
				k.Dials = rapid.Bool().Draw(t, "dials")
				k.Emergency = k.Dials && rapid.Bool().Draw(t, "emergency")
				k.Priority, k.Weight = rapid.IntRange(0, 3).Draw(t, "priority"), rapid.IntRange(1, MaxWeight).Draw(t, "weight")
				k.Reaches = rapid.SliceOfN(rapid.SampledFrom([]string{"+46", "+358", "112"}), 0, 2).Draw(t, "reaches")
			})
			trunks, down[k.Name] = append(trunks, k), rapid.Bool().Draw(t, "down")
		}
		tab := table(t, trunks...)
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "lot") }
		up := func(name string) bool { return !down[name] }
		by := func(name string) Trunk {
			return trunks[slices.IndexFunc(trunks, func(k Trunk) bool { return k.Name == name })]
		}
		call := Call{Number: pii.NewNumber("+46812345678"), Show: "+358912340001"}
		route := tab.Route(call, up, draw)
		for i, name := range route {
			if slices.Contains(route[:i], name) || !by(name).Dials || i > 0 && by(route[i-1]).Priority > by(name).Priority || down[name] != down[route[0]] {
				t.Fatalf("%v of %+v, down %v", route, trunks, down)
			}
		}
		able := slices.DeleteFunc(slices.Clone(trunks), func(k Trunk) bool { return !k.Dials || !k.takes(call) })
		if (len(route) == 0) != (len(able) == 0) {
			t.Fatalf("%v of %+v", route, able)
		}
		help := tab.Route(Call{Number: pii.NewNumber("112"), Emergency: true}, up, draw)
		for _, k := range trunks {
			if k.Dials != slices.Contains(help, k.Name) {
				t.Fatalf("112 by %v of %+v", help, trunks)
			}
		}
		if len(help) > 0 && !by(help[0]).Emergency && slices.ContainsFunc(trunks, func(k Trunk) bool { return k.Emergency && !down[k.Name] }) {
			t.Fatalf("112 goes first by %s", help[0])
		}
	})
}

// TestWeights: over every lot each comes first as often as its weight says.
func TestWeights(t *testing.T) {
	weights := map[string]int{"a": 1, "b": 3, "c": 6}
	tab := table(t, dials("a", nil), dials("b", func(k *Trunk) { k.Weight = 3 }), dials("c", func(k *Trunk) { k.Weight = 6 }))
	got := map[string]int{}
	for lot := range 10 {
		route := tab.Route(Call{Number: pii.NewNumber("+46812345678")}, allUp, func(n int) int { return lot % n })
		got[route[0]]++
	}
	for name, w := range weights {
		if got[name] != w {
			t.Errorf("%s comes first %d times, weight %d", name, got[name], w)
		}
	}
}

func TestWhoMayCall(t *testing.T) {
	tab := table(
		t,
		Trunk{Name: "wide", Weight: 1, Allow: nets("198.51.100.0/24", "2001:db8::/32")},
		Trunk{Name: "narrow", Weight: 1, Allow: nets("198.51.100.16/28")},
		Trunk{Name: "host", Weight: 1, Allow: nets("192.0.2.128/32")},
		Trunk{Name: "net", Weight: 1, Allow: nets("192.0.2.128/25")},
		Trunk{Name: "login", Weight: 1, User: "operator"},
		Trunk{Name: "both", Weight: 1, User: "careful", Allow: nets("203.0.113.0/24")},
	)
	for _, c := range []struct{ src, user, want string }{
		{"198.51.100.1", "", "wide"},
		{"::ffff:198.51.100.1", "", "wide"},
		{"2001:db8::1", "", "wide"},
		{"198.51.100.17", "", "narrow"},
		{"192.0.2.128", "", "host"},
		{"192.0.2.129", "", "net"},
		{"192.0.2.1", "", ""},
		{"192.0.2.1", "operator", "login"},
		{"198.51.100.1", "operator", "login"},
		{"192.0.2.1", "careful", ""},
		{"203.0.113.5", "careful", "both"},
		{"203.0.113.5", "", ""},
		{"203.0.113.5", "Operator", ""},
		{"198.51.100.1", "stranger", ""},
	} {
		name, ok := tab.Admit(netip.MustParseAddr(c.src), c.user)
		if name != c.want || ok != (c.want != "") {
			t.Errorf("%s as %q comes by %q %v, want %q", c.src, c.user, name, ok, c.want)
		}
	}
	if _, ok := table(t).Admit(netip.MustParseAddr("127.0.0.1"), ""); ok {
		t.Error("no trunk admits")
	}
	if _, ok := tab.Admit(netip.Addr{}, ""); ok {
		t.Error("no address is admitted")
	}
}

func TestWrongTablesAreRefused(t *testing.T) {
	good := Trunk{Name: "a", Weight: 1, Dials: true, Allow: nets("198.51.100.0/24")}
	for field, change := range map[string]func(*Trunk){
		"[1].name":      func(k *Trunk) { k.Name = "a" },
		"[1].weight":    func(k *Trunk) { k.Weight = 0 },
		"[1].priority":  func(k *Trunk) { k.Priority = MaxPriority + 1 },
		"[1].allow[1]":  func(k *Trunk) { k.Allow = nets("192.0.2.0/24", "198.51.100.0/24") },
		"[1].emergency": func(k *Trunk) { k.Emergency, k.Dials = true, false },
	} {
		other := Trunk{Name: "b", Weight: 1, Dials: true}
		change(&other)
		_, err := New([]Trunk{good, other})
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Kind != errs.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	login := func(name string) Trunk { return Trunk{Name: name, Weight: 1, User: "u", Allow: good.Allow} }
	if _, err := New([]Trunk{good, login("b")}); err != nil {
		t.Error("the same network, once with a password:", err)
	}
	if _, err := New([]Trunk{login("a"), login("b")}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := New([]Trunk{{Weight: 1}}); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := New(make([]Trunk, MaxTrunks+1)); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
