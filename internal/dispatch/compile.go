package dispatch

import (
	"santra/internal/agency"
	"santra/internal/routing"
)

// Queues gives the city's queues as routing takes them, in the city's order.
func Queues(c *agency.City) []routing.Queue {
	queues := make([]routing.Queue, 0, len(c.Queues))
	for i := range c.Queues {
		queues = append(queues, QueueOf(&c.Queues[i]))
	}
	return queues
}

// QueueOf gives one queue as routing takes it.
func QueueOf(q *agency.Queue) routing.Queue {
	return routing.Queue{ID: q.ID, Agency: q.Agency, Ring: q.NoAnswer, WrapUp: q.WrapUp}
}

// PolicyOf gives what the city says for all queues. The seed of strategy random is zero: who runs the engine draws one.
func PolicyOf(c *agency.City) routing.Policy { return routing.Policy{} }
