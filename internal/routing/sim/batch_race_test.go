//go:build race

package sim

// callsABatch is smaller with the race detector, under which all takes ten times as long; the intervals are wider then.
const callsABatch = 400
