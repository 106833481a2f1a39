package email

import (
	"context"

	"santra/internal/email/archive"
	"santra/internal/errs"
)

// verifyPage is how many rows are compared at once.
const verifyPage = 1000

// Verify reads the whole archive back and compares it with the database: a message that the database knows and the archive
// has not whole counts as damaged (M14).
func Verify(ctx context.Context, a *archive.Archive, st Store) (archive.Report, error) {
	seen := map[string]string{}
	r, err := a.Each(ctx, func(st archive.Stored) { seen[st.ID] = st.Ref.SHA256 })
	if err != nil {
		return r, err
	}
	type place struct {
		agency string
		at     archive.Position
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
				r.Note(archive.Damage{Agency: m.Agency, At: m.Position, ID: m.ID, What: "missing or not the one that the database knows"})
			}
		}
	}
}

// VerifyAll is Verify of the service's archive and database.
func (s *Service) VerifyAll(ctx context.Context) (archive.Report, error) {
	return Verify(ctx, s.archive, s.cfg.Store)
}

// FindSHA256 finds a message by the hash of its bytes and reads it back whole; errs.NotFound without one.
func (s *Service) FindSHA256(ctx context.Context, hex string) (archive.Stored, error) {
	rows, err := s.cfg.Store.MessagesBySHA256(ctx, hex)
	if err != nil {
		return archive.Stored{}, err
	}
	for _, m := range rows {
		if st, err := s.archive.Read(ctx, m.Ref()); err == nil {
			return st, nil
		}
	}
	return s.archive.FindSHA256(ctx, hex)
}
