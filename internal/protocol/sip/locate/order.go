package locate

import (
	"cmp"
	"slices"
)

// Order puts SRV records into the order in which to try them (RFC 2782): by priority, and within one at random by weight. draw
// gives a random number from 0 to n-1.
func Order(all []SRV, draw func(n int) int) []SRV {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), cmp.Compare(a.Weight, b.Weight)) // weight 0 first, as the RFC has it
	})
	for rest := all; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(r SRV) bool { return r.Priority != rest[0].Priority })
		if n < 0 {
			n = len(rest)
		}
		shuffle(rest[:n], draw)
		rest = rest[n:]
	}
	return all
}

// shuffle orders records of one priority: each place goes to the first whose running sum of weights reaches a number drawn up
// to the sum of all. It is drawn from 0 only where there is a weight of 0, which gets that small chance; the letter of the RFC
// would otherwise give the lightest record one share too many (two of three draws between two of weight 1).
func shuffle(group []SRV, draw func(n int) int) {
	for ; len(group) > 1; group = group[1:] {
		sum := 0
		for _, r := range group {
			sum += int(r.Weight)
		}
		at, reach := 0, 0
		if group[0].Weight == 0 {
			at = draw(sum + 1)
		} else {
			at = 1 + draw(sum)
		}
		i := slices.IndexFunc(group, func(r SRV) bool { reach += int(r.Weight); return reach >= at })
		taken := group[i]
		copy(group[1:i+1], group[:i]) // the others keep their order
		group[0] = taken
	}
}
