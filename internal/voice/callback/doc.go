// Package callback keeps the promise to call somebody back, and the number for it: the one exception to M3. It owns the
// promised callbacks: rows in the database, in which a number is sealed under a random key of its own, and those keys, each
// a file outside the database and its backups. At the end, whatever it is, the key is destroyed first; what is left in a
// backup, a log of the database or a lost disk is unreadable from then on.
//
// It must not know calls, trunks or how agents are chosen: the telephone's room (voice) asks it on a caller's behalf, makes
// the call, and says how it went. DESIGN.md has the steps and what a crash between two of them leaves.
package callback
