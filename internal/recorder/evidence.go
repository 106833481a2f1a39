package recorder

import (
	"context"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/token"
)

// Limits of the evidence.
const (
	EvidenceLife = time.Minute
	MaxCanaries  = 16
	maxObjects   = 10_000 // looked at for their form
)

func (s *service) evidence(ctx context.Context, ask string, canaries []string) (string, error) {
	a, err := s.openAsk(ask, "")
	if err != nil {
		s.refuse(audit.Entry{Action: "evidence.refused", Actor: "unknown"}, err)
		return "", err
	}
	if len(canaries) > MaxCanaries {
		return "", errs.At(errs.Invalid, "canaries", "at most %d", MaxCanaries)
	}
	now := time.Now()
	e := Evidence{
		Ask: a.ID, At: now.UTC(), Expires: now.Add(EvidenceLife), Country: s.Country, Months: s.Months,
		Refused: s.refused.Load(), Canaries: map[string]int{}, Encrypted: true,
	}
	for _, p := range s.networks {
		e.Networks = append(e.Networks, p.String())
	}
	s.tellCatalogue(ctx, now, &e)
	s.tellClock(ctx, now, &e)
	s.tellLog(ctx, &e)
	s.tellDisk(ctx, canaries, &e)
	return token.Sign(s.sign, token.DomainTell, e)
}

func (e *Evidence) problem(what string, err error) {
	if err != nil {
		e.Problems = append(e.Problems, what+": "+err.Error())
	}
}

func (s *service) tellCatalogue(ctx context.Context, now time.Time, e *Evidence) {
	f, err := s.Store.Facts(ctx, s.rules.Day(now))
	e.problem("catalogue", err)
	e.Counts, e.OldestDestroy, e.Late, e.Held = f.Counts, f.OldestDestroy, f.Late, f.Held
	e.Destroyed, e.MaxFragment, e.WithoutGate, e.RowFields = f.Destroyed, f.MaxFragment, f.WithoutGate, f.Columns
}

func (s *service) tellClock(ctx context.Context, now time.Time, e *Evidence) {
	e.problem("clock", s.checkClock(ctx, now))
	e.ClockHalted = s.halted.Load()
	var err error
	e.ClockSigned, err = s.clockMark(ctx)
	e.problem("clock", err)
}

func (s *service) tellLog(ctx context.Context, e *Evidence) {
	report, err := s.audit.Verify(ctx)
	e.problem("log", err)
	e.LogSize, e.LogVerified = report.Size, err == nil && report.OK()
	if report.First != nil {
		e.Problems = append(e.Problems, "log: "+report.First.What)
	}
}

func (s *service) tellDisk(ctx context.Context, canaries []string, e *Evidence) {
	free, err := s.Blobs.Free(ctx)
	e.problem("disk", err)
	e.FreeBytes = free
	e.problem("objects", s.checkObjects(ctx, e))
	for i, c := range canaries {
		trace, err := s.Traces(ctx, s.scanned(), c)
		e.Canaries[strconv.Itoa(i)], e.Scanned = trace.Count(), trace.Read
		e.problem("canary", err)
	}
}

// scanned are the folders in which no trace of a number may be.
func (s *service) scanned() []string {
	var folders []string
	for _, also := range []string{s.Config.Keys, filepath.Dir(strings.TrimPrefix(s.Database, "sqlite:"))} {
		if also != "." && !strings.Contains(also, ":") && !strings.HasPrefix(filepath.Clean(also)+"/", filepath.Clean(s.Data)+"/") {
			folders = append(folders, also)
		}
	}
	return append(folders, s.Data)
}

// checkObjects looks at the beginning of every object, finished or growing: each is a sealed one.
func (s *service) checkObjects(ctx context.Context, e *Evidence) error {
	n := 0
	for _, seq := range []func(func(string, error) bool){s.Blobs.List(ctx, ""), s.Blobs.Growing(ctx)} {
		for key, err := range seq {
			if err != nil {
				return err
			}
			if n++; n > maxObjects {
				return nil
			}
			begin := make([]byte, len(headMagic))
			if _, err := s.Blobs.ReadAt(ctx, key, begin, 0); err == nil && string(begin) != headMagic {
				e.Encrypted = false
				return errs.New(errs.Internal, "an object is not sealed")
			}
		}
	}
	return nil
}
