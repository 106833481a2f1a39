// Package actor has what a goroutine needs that alone owns something: a bounded mailbox by which others reach it, alarms by
// which it reaches itself, and a table in which its like are found. It owns no goroutine and must not know what its actors
// are: telephony is a word for its users.
package actor
