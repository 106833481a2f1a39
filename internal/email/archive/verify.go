package archive

import (
	"context"
	"errors"
	"path/filepath"

	"santra/internal/errs"
)

// MaxDamages bounds how many damaged messages a report names; Damaged counts on.
const MaxDamages = 1000

// Report is what reading the whole archive back found.
type Report struct {
	Messages  int      // read back whole, hash and seal right
	Bytes     int64    // of them, as sent
	Damaged   int      // altered, torn or missing
	Damages   []Damage // at most MaxDamages of them
	Destroyed int      // unreadable because the agency's key was destroyed (M20)
	Torn      []string // files with unfinished writes that were set aside: never acknowledged
}

// VerifyAll reads every message back and checks seal and hash.
func (a *Archive) VerifyAll(ctx context.Context) (Report, error) {
	return a.Each(ctx, func(Stored) {})
}

// Each is VerifyAll that shows every whole message to each.
func (a *Archive) Each(ctx context.Context, each func(Stored)) (Report, error) {
	var r Report
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
func (r *Report) add(s Stored, err error) error {
	if d, ok := errors.AsType[*Damage](err); ok {
		r.Note(*d)
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

// Note counts a damage, and names it while there is room.
func (r *Report) Note(d Damage) {
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
