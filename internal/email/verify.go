package email

import (
	"context"
	"errors"
	"path/filepath"

	"santra/internal/errs"
)

// MaxDamages bounds how many damaged messages a report names; Damaged counts on.
const MaxDamages = 1000

// VerifyReport is what reading the whole archive back found.
type VerifyReport struct {
	Messages  int      // read back whole, hash and seal right
	Bytes     int64    // of them, as sent
	Damaged   int      // altered, torn or missing
	Damages   []Damage // at most MaxDamages of them
	Destroyed int      // unreadable because the agency's key was destroyed (M20)
	Torn      []string // files with unfinished writes that were set aside: never acknowledged
}

// VerifyAll reads every message back and checks seal and hash.
func (a *Archive) VerifyAll(ctx context.Context) (VerifyReport, error) {
	return a.verify(ctx, func(Stored) {})
}

func (a *Archive) verify(ctx context.Context, each func(Stored)) (VerifyReport, error) {
	var r VerifyReport
	agencies, err := a.Agencies()
	if err != nil {
		return r, err
	}
	for _, agency := range agencies {
		torn, err := filepath.Glob(filepath.Join(a.cfg.Dir, agency, "*.torn-*"))
		if err != nil {
			return r, unavailable(err)
		}
		for _, path := range torn {
			r.Torn = append(r.Torn, agency+"/"+filepath.Base(path))
		}
		for s, err := range a.Scan(ctx, agency, Position{}) {
			if err := r.add(s, err); err != nil {
				return r, err
			}
			if err == nil {
				each(s)
			}
		}
	}
	return r, nil
}

// add counts one message; it returns the error that is no finding.
func (r *VerifyReport) add(s Stored, err error) error {
	if d, ok := errors.AsType[*Damage](err); ok {
		r.damage(*d)
		return nil
	}
	if errs.Is(err, errs.Gone) {
		r.Destroyed++
		return nil
	}
	if err == nil {
		r.Messages++
		r.Bytes += int64(len(s.Raw))
	}
	return err
}

func (r *VerifyReport) damage(d Damage) {
	if r.Damaged++; len(r.Damages) < MaxDamages {
		r.Damages = append(r.Damages, d)
	}
}

// FindSHA256 finds a message by the hash of its bytes (64 hex digits, lower case) and reads it back whole; errs.NotFound
// without one. It reads the whole archive: the Service asks the database first.
func (a *Archive) FindSHA256(ctx context.Context, hex string) (Stored, error) {
	agencies, err := a.Agencies()
	if err != nil {
		return Stored{}, err
	}
	for _, agency := range agencies {
		for s, err := range a.Scan(ctx, agency, Position{}) {
			if err == nil && s.Ref.SHA256 == hex {
				return s, nil
			}
			if _, hurt := errors.AsType[*Damage](err); err != nil && !hurt && !errs.Is(err, errs.Gone) {
				return Stored{}, err
			}
		}
	}
	return Stored{}, errs.New(errs.NotFound, "no stored message has that hash")
}

// verifyPage is how many rows are compared at once.
const verifyPage = 1000

// Verify reads the whole archive back and compares it with the database: a message that the database knows and the archive
// has not whole counts as damaged (M14).
func Verify(ctx context.Context, a *Archive, st Store) (VerifyReport, error) {
	seen := map[string]string{}
	r, err := a.verify(ctx, func(st Stored) { seen[st.ID] = st.Ref.SHA256 })
	if err != nil {
		return r, err
	}
	type place struct {
		agency string
		at     Position
	}
	named, nameless := map[string]bool{}, map[place]int{}
	for i, d := range r.Damages {
		if named[d.ID] = true; d.ID == "" {
			nameless[place{d.Agency, d.At}] = i
		}
	}
	for after := ""; ; {
		rows, err := st.MessagesAfter(ctx, after, verifyPage)
		if err != nil || len(rows) == 0 {
			return r, err
		}
		for _, m := range rows {
			after = m.ID
			if seen[m.ID] == m.SHA256 || named[m.ID] {
				continue
			}
			if i, ok := nameless[place{m.Agency, m.Position}]; ok { // the database knows which it was
				r.Damages[i].ID = m.ID
				continue
			}
			if _, err := a.Read(ctx, m.Ref()); err != nil && !errs.Is(err, errs.Gone) { // else it came while we were reading
				r.damage(*damaged(m.Agency, m.Position, m.ID, "missing or not the one that the database knows"))
			}
		}
	}
}

// VerifyAll is Verify of the service's archive and database.
func (s *Service) VerifyAll(ctx context.Context) (VerifyReport, error) {
	return Verify(ctx, s.archive, s.cfg.Store)
}

// FindSHA256 finds a message by the hash of its bytes and reads it back whole; errs.NotFound without one.
func (s *Service) FindSHA256(ctx context.Context, hex string) (Stored, error) {
	rows, err := s.cfg.Store.MessagesBySHA256(ctx, hex)
	if err != nil {
		return Stored{}, err
	}
	for _, m := range rows {
		if st, err := s.archive.Read(ctx, m.Ref()); err == nil {
			return st, nil
		}
	}
	return s.archive.FindSHA256(ctx, hex)
}
