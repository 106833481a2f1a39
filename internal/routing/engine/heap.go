package engine

// place is where a piece of work or an agent stands in a heap; it belongs to one of them and stays where it is in memory.
type place struct {
	agent *agent
	work  *work
	index int32 // in the heap, plus one; 0: in none
}

// node is an entry of a heap: two numbers to order by, then the agent's id.
type node struct {
	first  int64
	second uint64
	at     *place
}

func (n *node) before(m *node) bool {
	if n.first != m.first {
		return n.first < m.first
	}
	if n.second != m.second {
		return n.second < m.second
	}
	return n.at.agent != nil && m.at.agent != nil && n.at.agent.ID < m.at.agent.ID
}

// heap is a heap of four children a node, whose entries know where they are: so one can be taken out of the middle, and none
// is ever stale.
type heap []node

const arity = 4

func (h *heap) push(n node) {
	*h = append(*h, n)
	h.up(len(*h)-1, n)
}

// remove takes an entry out; one that is in no heap is no matter.
func (h *heap) remove(p *place) {
	i := int(p.index) - 1
	if i < 0 {
		return
	}
	p.index = 0
	s := *h
	end := len(s) - 1
	last := s[end]
	s[end] = node{}
	*h = s[:end]
	if i == end {
		return
	}
	if i > 0 && last.before(&s[(i-1)/arity]) {
		h.up(i, last)
		return
	}
	h.down(i, last)
}

func (h heap) up(i int, n node) {
	for i > 0 {
		parent := (i - 1) / arity
		if !n.before(&h[parent]) {
			break
		}
		h.set(i, h[parent])
		i = parent
	}
	h.set(i, n)
}

func (h heap) down(i int, n node) {
	for {
		child := h.least(i)
		if child < 0 || !h[child].before(&n) {
			break
		}
		h.set(i, h[child])
		i = child
	}
	h.set(i, n)
}

// least gives the first of a node's children, or -1.
func (h heap) least(i int) int {
	from := i*arity + 1
	if from >= len(h) {
		return -1
	}
	best := from
	for c := from + 1; c < min(from+arity, len(h)); c++ {
		if h[c].before(&h[best]) {
			best = c
		}
	}
	return best
}

func (h heap) set(i int, n node) {
	h[i] = n
	n.at.index = int32(i + 1)
}
