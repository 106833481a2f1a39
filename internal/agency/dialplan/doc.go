// Package dialplan is the city's number plan: what a dialled string means (a seat or queue of the house, a number of the own
// country, one abroad, the emergency number), whether it may be called, which number is shown, and how much was called
// already (Meter). It is pure: configuration, time and what was dialled go in, decisions come out. It owns the counters of
// calls out. It must not know calls, trunks or the words in which a refusal is told: codes only, the edge has the texts.
//
// 112 comes before everything else: Plan.Decide looks for it first, by a function that reads no list and has no way to fail,
// on a nil Plan too, and nothing afterwards can take it back.
package dialplan
