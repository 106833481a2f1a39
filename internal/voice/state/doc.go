// Package state says what a call can be and what may be shown of it: its states with every legal transition, whence it comes,
// the stages of a consultation, and the view that agents and supervisors get. It is pure, and there is nothing in it of the
// caller (M3). It must not know how a call comes to a state.
package state
