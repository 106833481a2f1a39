package routing

// heap is a binary heap of values ordered by less. Entries are never changed in place: an owner that changes its mind pushes
// anew and recognises the old entry as stale when it comes up.
type heap[T any] struct {
	less func(a, b T) bool
	s    []T
}

func (h *heap[T]) len() int { return len(h.s) }

func (h *heap[T]) push(v T) {
	h.s = append(h.s, v)
	for i := len(h.s) - 1; i > 0; {
		parent := (i - 1) / 2
		if !h.less(h.s[i], h.s[parent]) {
			return
		}
		h.s[i], h.s[parent] = h.s[parent], h.s[i]
		i = parent
	}
}

func (h *heap[T]) pop() {
	last := len(h.s) - 1
	h.s[0] = h.s[last]
	var zero T
	h.s[last] = zero // let what it held go
	h.s = h.s[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < last; c++ {
			if h.less(h.s[c], h.s[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		h.s[i], h.s[least] = h.s[least], h.s[i]
		i = least
	}
}

// top gives the first entry that live accepts, dropping stale ones before it.
func (h *heap[T]) top(live func(T) bool) (v T, ok bool) {
	for len(h.s) > 0 {
		if live(h.s[0]) {
			return h.s[0], true
		}
		h.pop()
	}
	return v, false
}

// sweep keeps only live entries, in place.
func (h *heap[T]) sweep(live func(T) bool) {
	old := h.s
	h.s = h.s[:0:0]
	for _, v := range old {
		if live(v) {
			h.push(v)
		}
	}
}
