package engine

import "slices"

// entry is work that waits in a line; it is nil where it has gone.
type entry struct {
	arrived int64
	seq     uint64
	work    *work
}

// fifo holds what waits in a line, in the order Arrived, seq. New work nearly always goes to the end and is taken from the front, and
// what comes back goes to the front, where it left room: each is a step. Anything else is found by bisection. What leaves from the
// middle leaves a gap, so that entries need not know where they are.
type fifo struct {
	entries []entry // those before head are free
	head    int
	gaps    int
}

func (f *fifo) size() int { return len(f.entries) - f.head - f.gaps }

// first gives who is next; there must be somebody.
func (f *fifo) first() *entry { return &f.entries[f.head] }

func (f *fifo) push(n entry) {
	last := len(f.entries) - 1
	switch {
	case f.size() == 0:
		f.entries, f.head, f.gaps = append(f.entries[:0], n), 0, 0
	case !earlier(n.arrived, n.seq, f.entries[last].arrived, f.entries[last].seq):
		f.makeRoom()
		f.entries = append(f.entries, n)
	case f.head > 0 && earlier(n.arrived, n.seq, f.first().arrived, f.first().seq):
		f.head--
		f.entries[f.head] = n
	default:
		f.entries = slices.Insert(f.entries, f.find(n.arrived, n.seq), n)
	}
}

// makeRoom moves all to the beginning instead of growing, where a quarter is free there.
func (f *fifo) makeRoom() {
	if len(f.entries) < cap(f.entries) || 4*f.head < len(f.entries) || f.head == 0 {
		return
	}
	n := copy(f.entries, f.entries[f.head:])
	clear(f.entries[n:])
	f.entries, f.head = f.entries[:n], 0
}

// find gives where an entry is, or would be.
func (f *fifo) find(arrived int64, seq uint64) int {
	low, high := f.head, len(f.entries)
	for low < high {
		middle := int(uint(low+high) / 2)
		if e := &f.entries[middle]; earlier(e.arrived, e.seq, arrived, seq) {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// remove takes an entry out, which must be there.
func (f *fifo) remove(arrived int64, seq uint64) {
	i := f.head
	if e := f.first(); e.arrived != arrived || e.seq != seq {
		i = f.find(arrived, seq)
	}
	f.entries[i].work = nil
	f.gaps++
	for f.head < len(f.entries) && f.entries[f.head].work == nil {
		f.head++
		f.gaps--
	}
	for last := len(f.entries) - 1; last >= f.head && f.entries[last].work == nil; last-- {
		f.entries = f.entries[:last]
		f.gaps--
	}
	if 2*f.gaps > len(f.entries)-f.head {
		f.close()
	}
}

// close closes the gaps.
func (f *fifo) close() {
	kept := slices.DeleteFunc(f.entries[f.head:], func(e entry) bool { return e.work == nil })
	f.entries, f.gaps = f.entries[:f.head+len(kept)], 0
}

// all gives what waits, in order, as an iterator.
func (f *fifo) all(yield func(*work) bool) {
	for i := f.head; i < len(f.entries); i++ {
		if w := f.entries[i].work; w != nil && !yield(w) {
			return
		}
	}
}
