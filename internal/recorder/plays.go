package recorder

import (
	"context"
	"crypto/subtle"
	"net/netip"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/token"
)

// Limits of playing.
const (
	MaxPlays       = 1000 // at the same time
	MaxRevocations = 1000 // remembered, each for a grant's life
)

// Play is one person's hearing of one recording, from a grant until it expires, is revoked or the service stops.
type Play struct {
	ID     string // random; the path under which it is streamed
	Secret string // random; the cookie of the browser that opened it
	Row    Row
	s      *service
	done   chan struct{}
	timer  *time.Timer

	// guarded by s.mu
	first, last string // ids of the grants
	person      string
	expires     time.Time
	over        bool
}

// plays are those that run, and what was revoked while grants signed before may still come. Guarded by service.mu.
type plays struct {
	running map[string]*Play
	revoked []revocation
}

type revocation struct {
	token.Revoke
	at time.Time
}

// hits tells whether a revocation ends what a grant began.
func (v revocation) hits(person, agency, first string) bool {
	if v.Grant != "" {
		return v.Grant == first
	}
	return v.Person != "" && v.Person == person && (v.Agency == "" || v.Agency == agency)
}

func (s *service) openPlay(ctx context.Context, grant string, from netip.Addr) (*Play, error) {
	now := time.Now()
	g, err := s.readGrant(grant, from, now)
	if err == nil && g.Renews != "" {
		err = errs.New(errs.Denied, "a renewal opens nothing")
	}
	var r Row
	if err == nil {
		r, err = s.grantedRow(ctx, g)
	}
	if err == nil {
		err = s.useGrant(ctx, g, "recording.played")
	}
	if err != nil {
		s.refusePlay(g, err)
		return nil, err
	}
	p := &Play{ID: id.New(), Secret: id.New(), Row: r, s: s, done: make(chan struct{}), first: g.ID, last: g.ID, person: g.Person, expires: g.Expires}
	return p, s.admitPlay(p, now)
}

// readGrant checks network, signature, life and revocations. The network comes first: from elsewhere even a good grant tells nothing.
func (s *service) readGrant(grant string, from netip.Addr, now time.Time) (token.Play, error) {
	var g token.Play
	if !inside(s.networks, from) {
		return g, errs.New(errs.Denied, "recordings are not heard from this network")
	}
	if err := token.Open(s.centre, token.DomainPlay, grant, now, &g); err != nil {
		return token.Play{}, err
	}
	if g.ID == "" || g.Person == "" || g.Purpose == "" || g.Audit == "" {
		return g, errs.New(errs.Denied, "the grant names no person, purpose or audit entry")
	}
	if g.Expires.After(now.Add(token.PlayLife + lifeSlack)) {
		return g, errs.New(errs.Denied, "the grant lives too long")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.plays.revoked {
		if v.hits(g.Person, g.Agency, g.ID) && !g.Expires.After(v.at.Add(token.PlayLife)) {
			return g, errs.New(errs.Denied, "the grant was revoked")
		}
	}
	return g, nil
}

// grantedRow finds the recording of a grant; another agency's is not found.
func (s *service) grantedRow(ctx context.Context, g token.Play) (Row, error) {
	r, err := s.Store.Recording(ctx, g.Recording)
	if err == nil && r.Agency != g.Agency {
		err = errs.New(errs.NotFound, "no such recording")
	}
	if err == nil && (r.State == Recording || r.Hash == "") {
		err = errs.New(errs.Unavailable, "the recording is not finished")
	}
	return r, err
}

// useGrant admits a grant once and logs it: before the first byte, or not at all (M9).
func (s *service) useGrant(ctx context.Context, g token.Play, action string) error {
	e := audit.Entry{
		Action: action, Actor: g.Person, Agency: g.Agency, Object: g.Recording, Purpose: g.Purpose, Success: true,
		Detail: map[string]string{"grant": g.ID, "audit": g.Audit},
	}
	return s.Store.Do(ctx, e, func(tx Tx) error { return tx.UsePlay(g.ID, g.Expires) })
}

func (s *service) refusePlay(g token.Play, cause error) {
	actor := g.Person
	if actor == "" {
		actor = "unknown"
	}
	s.refuse(audit.Entry{Action: "recording.play_refused", Actor: actor, Agency: g.Agency, Object: g.Recording, Purpose: g.Purpose}, cause)
}

func (s *service) admitPlay(p *Play, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.plays.running) >= MaxPlays {
		return errs.New(errs.Limited, "%d recordings are being heard already", MaxPlays)
	}
	if s.plays.running == nil {
		s.plays.running = map[string]*Play{}
	}
	s.plays.running[p.ID] = p
	p.timer = time.AfterFunc(p.expires.Sub(now), p.end)
	return nil
}

func (s *service) renewPlay(ctx context.Context, id, grant string, from netip.Addr) error {
	now := time.Now()
	g, err := s.readGrant(grant, from, now)
	var p *Play
	if err == nil {
		p, err = s.findPlay(ctx, id, from)
	}
	if err == nil {
		err = p.renewable(g)
	}
	if err == nil {
		err = s.useGrant(ctx, g, "recording.play_renewed")
	}
	if err != nil {
		s.refusePlay(g, err)
		return err
	}
	return p.prolong(g, now)
}

func (p *Play) renewable(g token.Play) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if g.Recording != p.Row.Key || g.Agency != p.Row.Agency || g.Person != p.person || (g.Renews != p.first && g.Renews != p.last) {
		return errs.New(errs.Denied, "the grant renews another play")
	}
	return nil
}

func (p *Play) prolong(g token.Play, now time.Time) error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.over {
		return errs.New(errs.Gone, "the play has ended")
	}
	p.last, p.expires = g.ID, g.Expires
	p.timer.Reset(g.Expires.Sub(now))
	return nil
}

func (s *service) findPlay(_ context.Context, id string, from netip.Addr) (*Play, error) {
	s.mu.Lock()
	p := s.plays.running[id]
	s.mu.Unlock()
	if !inside(s.networks, from) {
		err := errs.New(errs.Denied, "recordings are not heard from this network")
		s.refuse(audit.Entry{Action: "recording.play_refused", Actor: "unknown"}, err)
		return nil, err
	}
	if p == nil || p.Check() != nil {
		return nil, errs.New(errs.Gone, "no such play, or it has ended")
	}
	return p, nil
}

// Belongs tells whether a cookie's value is this play's.
func (p *Play) Belongs(secret string) bool {
	return subtle.ConstantTimeCompare([]byte(secret), []byte(p.Secret)) == 1
}

// Done is closed when the play is over: what streams must stop at once.
func (p *Play) Done() <-chan struct{} { return p.done }

// Check is nil while the play may go on; errs.Gone afterwards.
func (p *Play) Check() error {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if p.over || !time.Now().Before(p.expires) {
		return errs.New(errs.Gone, "the play has ended")
	}
	return nil
}

// Audio opens the recording. errs.Gone when it was destroyed, errs.Internal when it was altered.
func (p *Play) Audio(ctx context.Context) (*Audio, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	o, err := openObject(ctx, p.s.Blobs, p.s.vault, p.Row)
	if err != nil {
		return nil, err
	}
	x, err := o.readIndex(ctx)
	if err != nil {
		return nil, err
	}
	return newAudio(ctx, o, x, p.Check), nil
}

// end ends a play; a timer that fired while the play was prolonged, or a little before the wall clock, is set again.
func (p *Play) end() {
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if left := time.Until(p.expires); left > 0 && !p.over {
		p.timer.Reset(left)
		return
	}
	p.endLocked()
}

func (p *Play) endLocked() {
	if p.over {
		return
	}
	p.over = true
	p.timer.Stop()
	close(p.done)
	delete(p.s.plays.running, p.ID)
}

func (s *service) endPlays() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.plays.running {
		p.endLocked()
	}
}

func (s *service) revoke(ctx context.Context, signed string) (int, error) {
	var v token.Revoke
	now := time.Now()
	if err := token.Open(s.centre, token.DomainRevoke, signed, now, &v); err != nil {
		return 0, err
	}
	if v.Grant == "" && v.Person == "" {
		return 0, errs.New(errs.Invalid, "the revocation names neither a grant nor a person")
	}
	n := s.endRevoked(revocation{v, now})
	e := audit.Entry{
		Action: "recording.play_revoked", Actor: audit.System, Agency: v.Agency, Object: v.Grant, Success: true,
		Detail: map[string]string{"person": v.Person},
	}
	return n, s.Store.Do(ctx, e, nil)
}

func (s *service) endRevoked(v revocation) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.plays.revoked[:0]
	for _, old := range s.plays.revoked {
		if v.at.Sub(old.at) < token.PlayLife+lifeSlack && len(kept) < MaxRevocations {
			kept = append(kept, old)
		}
	}
	s.plays.revoked = append(kept, v)
	n := 0
	for _, p := range s.plays.running {
		if v.hits(p.person, p.Row.Agency, p.first) {
			p.endLocked()
			n++
		}
	}
	return n
}
