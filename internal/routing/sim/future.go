package sim

import "time"

// what is going to happen.
type what uint8

const (
	hangsUp    what = iota // the caller's patience is over [call]
	answers                // the agent takes the offer [call, agent, offer]
	hangsUpEnd             // the conversation is over [call, agent]
	callsBack              // the caller accepts a callback [call]
	comes                  // a shift begins [agent]
	goes                   // a shift ends [agent]
	getsReady              // the agent chooses Ready [agent]
	changes                // a queue opens or closes [call: index of the change]
)

// happening is an entry of the future.
type happening struct {
	at    time.Duration
	seq   uint64
	what  what
	call  int32
	agent int32
	offer uint32 // of answers; of goes: how often it was put off
}

func (a *happening) before(b *happening) bool {
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

// future is a binary heap of what is going to happen, the first on top; what is planned first goes first among equals.
type future struct {
	heap []happening
	seq  uint64
}

func (f *future) add(h happening) {
	f.seq++
	h.seq = f.seq
	f.heap = append(f.heap, h)
	for i := len(f.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !f.heap[i].before(&f.heap[parent]) {
			return
		}
		f.heap[i], f.heap[parent] = f.heap[parent], f.heap[i]
		i = parent
	}
}

// next removes the first.
func (f *future) next() happening {
	first := f.heap[0]
	last := len(f.heap) - 1
	f.heap[0] = f.heap[last]
	f.heap = f.heap[:last]
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < last; c++ {
			if f.heap[c].before(&f.heap[least]) {
				least = c
			}
		}
		if least == i {
			return first
		}
		f.heap[i], f.heap[least] = f.heap[least], f.heap[i]
		i = least
	}
}
