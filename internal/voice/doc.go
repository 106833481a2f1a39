// Package voice is the telephone's room: a call and its legs, from the trunk's INVITE to the agent's wrap-up. It owns the
// running calls, one goroutine (actor) for each, which alone holds the call's SIP dialogs, media legs, recording session
// and the caller's number; whatever happens to a call comes to it through one bounded mailbox or channel, one at a time.
//
// It keeps these promises of the register description: a caller's number lives only in the actor, and only while the call
// lives (M3); a recording can be started only with a gate.Pass, which only an announcement played to its end hands out (M4);
// recordings go to another server over SIPREC and nothing of the audio stays here (M5); that server gets the last digits of
// the number and no other identity of the caller (M7).
//
// What one party, a dial, a recording, a consultation or the company of a call is by itself has a room of its own below this one, which
// knows no calls; DESIGN.md names them.
//
// It must not know how agents are chosen (dispatch), where recordings go (recorder), or who may do what (identity): the API
// above asks it on behalf of an agent, and it checks only that the agent is the call's own.
package voice
