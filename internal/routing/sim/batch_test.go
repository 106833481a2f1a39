//go:build !race

package sim

// callsABatch is how many calls a batch of a steady state has.
const callsABatch = 2000
