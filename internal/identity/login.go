package identity

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
)

const tokenSize = 32 // random bytes of a session token

// Login opens a session; the token is 256 random bits in base64url, kept only as a hash. remote is the client's address
// ("host:port"). errs.Unauthenticated for a wrong name or password and for a disabled person alike, errs.Limited while the
// account must wait from this address.
func (s *Service) Login(ctx context.Context, name, password, remote string) (string, Principal, error) {
	name, from, now := canonical(name), remoteKey(remote), time.Now()
	if s.throttle.wait(name, from, now) > 0 {
		return "", Principal{}, errs.New(errs.Limited, "too many failed log-ins: wait up to %v", MaxPause)
	}
	p, ok, err := s.check(ctx, name, password)
	if err != nil {
		return "", Principal{}, err
	}
	if !ok {
		s.throttle.failed(name, from, now)
		return "", Principal{}, s.refuse(ctx, p, from)
	}
	s.throttle.succeeded(name, from)
	return s.open(ctx, p, from, now)
}

// check finds the person and compares the password; it takes as long for a name that does not exist.
func (s *Service) check(ctx context.Context, name, password string) (Person, bool, error) {
	if len(password) > MaxPasswordLen*4 { // bytes: no need to hash what can't be right
		password = ""
	}
	p, hash, err := s.store.Named(ctx, name)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return Person{}, false, err
	}
	ok, err := s.hasher.verify(ctx, password, hash)
	return p, ok && !p.Disabled && p.ID != "", err
}

// refuse audits a failed log-in. The name that was typed is not kept: people type passwords there.
func (s *Service) refuse(ctx context.Context, p Person, from string) error {
	skipped, audited := s.refusals.take(time.Now())
	if !audited {
		return errRefused()
	}
	e := audit.Entry{Action: SessionRefused, Actor: audit.System, Object: p.ID, Detail: map[string]string{"from": from}}
	if skipped > 0 {
		e.Detail["not_logged_before"] = strconv.Itoa(skipped)
	}
	if err := s.store.Do(ctx, e, func(Tx) error { return nil }); err != nil {
		return err
	}
	return errRefused()
}

func (s *Service) open(ctx context.Context, p Person, from string, now time.Time) (string, Principal, error) {
	raw := make([]byte, tokenSize)
	_, _ = rand.Read(raw)
	token := base64.RawURLEncoding.EncodeToString(raw)
	session := Session{Hash: hashOf(token), ID: id.New(), Person: p.ID, Created: now, Seen: now}
	e := audit.Entry{Action: SessionStarted, Actor: p.ID, Object: session.ID, Detail: map[string]string{"from": from}, Success: true}
	err := s.store.Do(ctx, e, func(tx Tx) error {
		if err := tx.DropSessions(ctx, now.Add(-SessionIdle), now.Add(-SessionLife)); err != nil {
			return err
		}
		return tx.AddSession(ctx, session)
	})
	if err != nil {
		return "", Principal{}, err
	}
	principal := p.Principal(now)
	principal.Session = session.ID
	return token, principal, nil
}

// Authenticate gives who a token belongs to, with the roles that are active now; errs.Unauthenticated for anything else.
func (s *Service) Authenticate(ctx context.Context, token string) (Principal, error) {
	p, session, err := s.session(ctx, token)
	if err != nil {
		return Principal{}, err
	}
	now := time.Now()
	if now.Sub(session.Seen) >= SeenGrain {
		if err := s.store.Seen(ctx, session.Hash, now); err != nil {
			return Principal{}, err
		}
	}
	principal := p.Principal(now)
	principal.Session = session.ID
	return principal, nil
}

func (s *Service) session(ctx context.Context, token string) (Person, Session, error) {
	none := errs.New(errs.Unauthenticated, "log in")
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenSize) {
		return Person{}, Session{}, none
	}
	session, err := s.store.Session(ctx, hashOf(token))
	if errs.Is(err, errs.NotFound) || err == nil && !session.live(time.Now()) {
		return Person{}, Session{}, none
	}
	if err != nil {
		return Person{}, Session{}, err
	}
	p, err := s.store.Person(ctx, session.Person)
	if err == nil && p.Disabled {
		err = none
	}
	return p, session, err
}

// Logout ends the session of a token. Ending one that is not there is no error.
func (s *Service) Logout(ctx context.Context, token string) error {
	p, session, err := s.session(ctx, token)
	if errs.Is(err, errs.Unauthenticated) {
		return nil
	}
	if err != nil {
		return err
	}
	e := audit.Entry{Action: SessionEnded, Actor: p.ID, Object: session.ID, Success: true}
	return s.store.Do(ctx, e, func(tx Tx) error { return tx.EndSession(ctx, session.Hash) })
}

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// canonical is the form in which names are stored and compared.
func canonical(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
