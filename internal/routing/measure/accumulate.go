package measure

import (
	"iter"
)

// Accumulator adds up records. What a record adds depends on that record alone. The zero Accumulator is empty and ready.
type Accumulator struct {
	queues map[QueueKey]*QueueRow
	agents map[AgentKey]*AgentRow
}

// Add adds one record.
func (a *Accumulator) Add(r Record) {}

// Rows gives what was added, sorted.
func (a *Accumulator) Rows() Rows { return Rows{} }

// Rollup makes the rows of records.
func Rollup(records iter.Seq[Record]) Rows {
	var a Accumulator
	for r := range records {
		a.Add(r)
	}
	return a.Rows()
}
