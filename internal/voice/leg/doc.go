// Package leg is one party of a call: its sound, how it is signalled (a SIP dialog or a browser's peer connection), what its
// session descriptions may say and have come to (RFC 3264), whether it still lives, and how it sounds. It owns the media port
// and, once there is one, the dialog.
//
// It must not know calls, queues or who talks with whom: who owns a leg bridges it, and decides what a hold or a key means.
package leg
