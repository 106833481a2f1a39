// Package recorder is the session recording server (M5): another process than the contact centre, with its own storage,
// keys, catalogue and log. It takes SIPREC calls that carry a gate token (M4), seals the audio from the first second,
// keeps it for six calendar months (M6) and lets it be heard against a signed grant from an allowed network (M9). It knows
// nothing of the centre but its public key, and nothing of who called but up to four last digits (M7).
package recorder

import (
	"context"
	"crypto/ed25519"
	"iter"
	"log/slog"
	"net/netip"
	"time"

	"santra/internal/audit"
	"santra/internal/keys"
	"santra/internal/pii"
)

// Blobs keeps objects: recordings that grow and finished ones. Keys are slash-separated paths of [a-z0-9._-]. Implemented
// by package blob; standard types only, so that it needs no import of this one.
type Blobs interface {
	// Create begins a growing object; errs.Conflict where the key is taken.
	Create(ctx context.Context, key string) error
	// Append adds to a growing object; errs.Unavailable when the store is full. After an error what was there before stays.
	Append(ctx context.Context, key string, p []byte) error
	// Sync makes durable what was made, appended and finished before, of all objects at once.
	Sync(ctx context.Context) error
	// Truncate cuts a growing object to size bytes (recovery), durably.
	Truncate(ctx context.Context, key string, size int64) error
	// Finish makes a growing object immutable; the next Sync makes that durable.
	Finish(ctx context.Context, key string) error
	// Growing lists the objects that were created and not finished.
	Growing(ctx context.Context) iter.Seq2[string, error]
	// List lists the finished objects under a prefix, in lexical order.
	List(ctx context.Context, prefix string) iter.Seq2[string, error]
	// Size gives the bytes of an object, growing or finished; errs.NotFound without one.
	Size(ctx context.Context, key string) (int64, error)
	// ReadAt reads like io.ReaderAt, from a growing or a finished object.
	ReadAt(ctx context.Context, key string, p []byte, off int64) (int, error)
	// Delete removes an object in either state, durably; removing what is not there is no error.
	Delete(ctx context.Context, key string) error
	// Free gives the bytes that can still be written; a negative number where nobody knows.
	Free(ctx context.Context) (int64, error)
}

// Options are what a recorder is made of.
type Options struct {
	Config
	Store Store        // the catalogue
	Blobs Blobs        // the recordings
	Keys  *keys.Ring   // identities of agency and day, and the recorder's own signing key
	Log   *slog.Logger // nil discards
	// Traces looks for a canary's number in folders; nil: pii.Traces, which a process with a SQLite catalogue must not call.
	Traces func(ctx context.Context, folders []string, number string) (pii.Trace, error)
}

// Service is the recorder. Its methods may be called without Start (the command line does).
type Service struct{ service }

// New checks the configuration and makes a recorder. It listens and writes nothing before Start.
func New(o Options) (*Service, error) { return newService(o) }

// Start recovers what a dead process left, then serves SIP and begins the jobs of destruction and of the clock.
func (s *Service) Start(ctx context.Context) error { return s.start(ctx) }

// Stop ends the recordings that run (each is finished, none lost), then everything else.
func (s *Service) Stop(ctx context.Context) error { return s.stop(ctx) }

// SIPAddr is where SIPREC calls are taken, once started.
func (s *Service) SIPAddr() netip.AddrPort { return s.sipAddr() }

// SIPTLSAddr is where they are taken over TLS, once started; invalid where they are not.
func (s *Service) SIPTLSAddr() netip.AddrPort { return s.sipTLSAddr() }

// PublicKey is the recorder's own key, which signs its evidence; the centre's configuration names it.
func (s *Service) PublicKey() ed25519.PublicKey { return s.public }

// Active counts the recordings that grow.
func (s *Service) Active() int { return s.active() }

// OpenPlay admits a grant (token.DomainPlay) from an address: signature, single use, agency, network (M9). Refusals go to
// the recorder's log. errs.Denied, errs.NotFound (also for another agency's), errs.Gone after destruction.
func (s *Service) OpenPlay(ctx context.Context, grant string, from netip.Addr) (*Play, error) {
	return s.openPlay(ctx, grant, from)
}

// RenewPlay prolongs a play by a fresh grant whose Renews names the one before.
func (s *Service) RenewPlay(ctx context.Context, id, grant string, from netip.Addr) error {
	return s.renewPlay(ctx, id, grant, from)
}

// FindPlay finds a running play by its random id, again checking from where it is heard. errs.Gone once it has ended.
func (s *Service) FindPlay(ctx context.Context, id string, from netip.Addr) (*Play, error) {
	return s.findPlay(ctx, id, from)
}

// Revoke ends the plays that a token of token.DomainRevoke names and refuses their later renewals; it says how many ended.
func (s *Service) Revoke(ctx context.Context, signed string) (int, error) {
	return s.revoke(ctx, signed)
}

// Search finds rows of the agency of a token of token.DomainAsk; f.Agency must be the same. Newest first.
func (s *Service) Search(ctx context.Context, ask string, f Filter) ([]Row, error) {
	return s.search(ctx, ask, f)
}

// Get gives one row; errs.NotFound for one of another agency than the ask's.
func (s *Service) Get(ctx context.Context, ask, key string) (Row, error) {
	return s.get(ctx, ask, key)
}

// Evidence answers an ask with agency "" by a token of token.DomainTell over Evidence. Canaries are made-up numbers whose
// traces it looks for on its own disk.
func (s *Service) Evidence(ctx context.Context, ask string, canaries []string) (string, error) {
	return s.evidence(ctx, ask, canaries)
}

// Destroyed tells what one run of the destruction job did.
type Destroyed struct {
	Keys       int      // keys of agency and day
	Recordings int      // objects and rows
	Late       int      // were due before yesterday's end: an alarm went to the log
	Held       int      // kept by a legal hold
	IDs        []string // opaque keys of the destroyed
}

// Destroy destroys what is due at now: first the key of agency and day, then the objects, then the rows, each with a record
// in the recorder's log (M6). Where now is not the machine's own time it is refused (errs.Denied) unless the data folder
// was made by the demo; where the clock jumped over MaxClockJump since the last signed checkpoint it halts with an alarm
// (errs.Unavailable) until ConfirmClock.
func (s *Service) Destroy(ctx context.Context, now time.Time) (Destroyed, error) {
	return s.destroy(ctx, now)
}

// EndAgency destroys all of an agency that leaves (M20), by a token of token.DomainEnd over token.End. errs.Conflict, and
// nothing destroyed, while one of its recordings is under a legal hold or still being made.
func (s *Service) EndAgency(ctx context.Context, signed string) (Destroyed, error) {
	return s.endAgency(ctx, signed)
}

// ConfirmClock signs the machine's present time after a person has checked it; by is that person's opaque id.
func (s *Service) ConfirmClock(ctx context.Context, by string) error { return s.confirmClock(ctx, by) }

// SetHold sets or lifts a legal hold: a held recording outlives its destruction day. Who may do so, and why, is e's to tell.
func (s *Service) SetHold(ctx context.Context, e audit.Entry, key string, on bool) error {
	return s.setHold(ctx, e, key, on)
}

// VerifyAll opens every finished recording piece by piece; it gives how many hold and the keys of those that do not.
func (s *Service) VerifyAll(ctx context.Context) (held int, altered []string, err error) {
	return s.verifyAll(ctx)
}

// Health is nil while recordings can be taken; errs.Unavailable with the reason otherwise.
func (s *Service) Health(ctx context.Context) error { return s.health(ctx) }
