// Package carrier chooses trunks: by which a call goes out and in what order the others are tried, and which one a call comes by.
// It is pure: the configured trunks, which of them are up, and luck go in; names come out. It must not know SIP, sockets or time:
// who signals tells it what is up, and tries what it names.
package carrier

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"santra/internal/errs"
	"santra/internal/pii"
)

// Limits of a Table.
const (
	MaxTrunks   = 20
	MaxWeight   = 1000
	MaxPriority = 100
)

// Trunk is one way to the public telephone network, as far as choosing needs it.
type Trunk struct {
	Name      string
	Dials     bool           // calls can go out by it: it has an address or a domain
	Emergency bool           // it reaches the emergency centre for this place
	Priority  int            // the lowest goes first
	Weight    int            // share among those of the same priority; at least 1
	Reaches   []string       // E.164 prefixes of numbers that it takes; none: all
	Shows     []string       // E.164 numbers or their beginnings that it lets us show; none: all
	User      string         // calls from it log in as; "": they are known by their address
	Allow     []netip.Prefix // from where calls come; none with User: from anywhere
}

// Table is the trunks of one configuration. It never changes and may be shared.
type Table struct{ trunks []Trunk }

// New makes a table; errs.Invalid names what is wrong, "[2].name", where a call could not be told by which trunk it came or a
// choice would be none.
func New(trunks []Trunk) (*Table, error) {
	if len(trunks) > MaxTrunks {
		return nil, errs.New(errs.Invalid, "are over %d", MaxTrunks)
	}
	for i := range trunks {
		if err := trunks[i].check(trunks[:i], fmt.Sprintf("[%d]", i)); err != nil {
			return nil, err
		}
	}
	return &Table{slices.Clone(trunks)}, nil
}

func (t *Trunk) check(before []Trunk, at string) error {
	switch {
	case t.Name == "":
		return errs.At(errs.Invalid, at+".name", "is missing")
	case t.Priority < 0 || t.Priority > MaxPriority:
		return errs.At(errs.Invalid, at+".priority", "must be between 0, which goes first, and %d", MaxPriority)
	case t.Weight < 1 || t.Weight > MaxWeight:
		return errs.At(errs.Invalid, at+".weight", "must be between 1 and %d", MaxWeight)
	case t.Emergency && !t.Dials:
		return errs.At(errs.Invalid, at+".emergency", "needs an address or a domain: no call goes out by this trunk")
	}
	for _, o := range before {
		if o.Name == t.Name {
			return errs.At(errs.Invalid, at+".name", "is another trunk's")
		}
		if t.User != "" && o.User == t.User {
			return errs.At(errs.Invalid, at+".auth.user", "is that of trunk %s: calls could not be told apart", o.Name)
		}
		if t.User != "" || o.User != "" {
			continue
		}
		for j, p := range t.Allow {
			if slices.Contains(o.Allow, p) {
				return errs.At(errs.Invalid, fmt.Sprintf("%s.allow[%d]", at, j), "is that of trunk %s: calls could not be told apart", o.Name)
			}
		}
	}
	return nil
}

// Call is a call that is to go out.
type Call struct {
	Number    pii.Number // E.164, or a short number
	Show      string     // E.164, the number that is shown
	Emergency bool
}

// Route gives the trunks by which to try a call, in order: by priority and, within one, by lot in proportion to the weights
// (RFC 2782, "Weight"), those that are up; where none of them is, those that are not, for a trunk that does not answer OPTIONS may
// still take a call. None: no trunk takes this number or shows that one. A call to the emergency centre is tried by every
// trunk that dials: those for it first, the ones that are down at the end, whatever number they show or reach. draw gives a
// random number below n.
func (t *Table) Route(c Call, up func(name string) bool, draw func(n int) int) []string {
	type rank struct{ down, other bool }
	groups := map[rank][]Trunk{}
	for _, k := range t.trunks {
		if k.Dials && (c.Emergency || k.takes(c)) {
			r := rank{!up(k.Name), c.Emergency && !k.Emergency}
			groups[r] = append(groups[r], k)
		}
	}
	var names []string
	for _, r := range []rank{{false, false}, {false, true}, {true, false}, {true, true}} {
		if r.down && len(names) > 0 && !c.Emergency {
			break
		}
		names = append(names, ordered(groups[r], draw)...)
	}
	return names
}

func (t *Trunk) takes(c Call) bool {
	begins := func(s string) func(string) bool { return func(p string) bool { return strings.HasPrefix(s, p) } }
	return (len(t.Reaches) == 0 || slices.ContainsFunc(t.Reaches, begins(c.Number.Reveal()))) &&
		(len(t.Shows) == 0 || slices.ContainsFunc(t.Shows, begins(c.Show)))
}

// ordered sorts by priority, and by lot within one.
func ordered(all []Trunk, draw func(n int) int) (names []string) {
	slices.SortStableFunc(all, func(a, b Trunk) int { return cmp.Compare(a.Priority, b.Priority) })
	for len(all) > 0 {
		n, sum := 0, 0
		for n < len(all) && all[n].Priority == all[0].Priority {
			sum += all[n].Weight
			n++
		}
		lot, i := draw(sum), 0
		for lot >= all[i].Weight {
			lot -= all[i].Weight
			i++
		}
		names = append(names, all[i].Name)
		all = slices.Delete(all, i, i+1)
	}
	return names
}

// Admit tells by which trunk a request comes: for who has logged in (a digest that was right; RFC 3261 22) the trunk of that
// user, from where it may; for others the trunk without user whose network holds the address, the narrowest of several. false
// for everyone else.
func (t *Table) Admit(src netip.Addr, user string) (name string, ok bool) {
	src = src.Unmap().WithZone("")
	narrow := -1
	for _, k := range t.trunks {
		if k.User != user {
			continue
		}
		if user != "" && len(k.Allow) == 0 {
			return k.Name, true
		}
		for _, p := range k.Allow {
			if p.Contains(src) && p.Bits() > narrow {
				name, narrow = k.Name, p.Bits()
			}
		}
	}
	return name, narrow >= 0
}
