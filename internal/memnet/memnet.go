// Package memnet is an in-memory UDP and TCP network for unit tests: under testing/synctest its sockets block durably, so
// that virtual time runs while somebody waits for a packet. Loss, delay and reordering are configured and deterministic.
// It knows no protocol.
package memnet
