package email

import (
	"errors"

	"santra/internal/email/archive"
)

// FullDisk makes the archive of a service fail while full says so.
func FullDisk(cfg *Config, full func() bool) {
	cfg.openFile = func(path string) (archive.File, error) {
		f, err := archive.OpenFile(path)
		return fullFile{f, full}, err
	}
}

type fullFile struct {
	archive.File
	full func() bool
}

func (f fullFile) WriteAt(b []byte, at int64) (int, error) {
	if f.full() {
		return 0, errors.New("no space left on device")
	}
	return f.File.WriteAt(b, at)
}

// MessageID makes a token of a service, for tests of threading.
func (s *Service) MessageID(agency, caseID, messageID, domain string) string {
	out, err := s.messageID(agency, caseID, messageID, domain)
	if err != nil {
		panic(err)
	}
	return out
}

// Settle waits until all that is archived is indexed, submitted once where due, and searchable.
func (s *Service) Settle() error {
	if err := s.indexAll(s.ctx); err != nil {
		return err
	}
	return s.lexAll(s.ctx)
}

// SubmitDue submits what is due now.
func (s *Service) SubmitDue() error { return s.submitDue(s.ctx) }
