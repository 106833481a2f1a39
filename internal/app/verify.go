package app

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"santra/internal/app/demo"
	"santra/internal/audit"
	"santra/internal/email"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/run"
	"santra/internal/store/centre"
)

// archiveDir is the mail archive's folder in the contact centre's data.
const archiveDir = "archive"

// verification is what reading everything back found.
type verification struct {
	mail archive.Report
	log  audit.Report
}

// verifyAll reads back every message, compares them with what the database knows, and every entry of the log (M14).
func verifyAll(ctx context.Context, mail *archive.Archive, store *centre.Store, log *audit.Log) (verification, error) {
	var v verification
	var err error
	if v.mail, err = email.Verify(ctx, mail, store.Email()); err != nil {
		return v, err
	}
	v.log, err = log.Verify(ctx)
	return v, err
}

// problems names what is not as it was; empty when all is.
func (v verification) problems() (all []string) {
	for _, d := range v.mail.Damages {
		all = append(all, "archive: "+d.Error())
	}
	if hidden := v.mail.Damaged - len(v.mail.Damages); hidden > 0 {
		all = append(all, fmt.Sprintf("archive: %d more", hidden))
	}
	if f := v.log.First; f != nil {
		all = append(all, fmt.Sprintf("log: entry %d (%s): %s", f.Leaf, f.ID, f.What))
	}
	return all
}

// String says what was read.
func (v verification) String() string {
	s := fmt.Sprintf("%d messages (%d bytes) and %d log entries were read back and are what they were; %d entries are not yet in the signed tree",
		v.mail.Messages, v.mail.Bytes, v.log.Checked, v.log.Waiting)
	if v.mail.Destroyed > 0 {
		s += fmt.Sprintf("; %d messages can't be read any more: the key of their agency was destroyed", v.mail.Destroyed)
	}
	return s
}

// Verify reads back the archive and the log of a demonstration city, which may be running. With a hash it only looks for
// that message. The error is a run.Exit 1 when something was altered or is not there, 2 when it could not be checked.
func Verify(ctx context.Context, readyFile, sha256 string, out io.Writer) error {
	ready, err := demo.ReadReady(readyFile)
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	ring, err := keys.Open(filepath.Join(ready.Data, "keys"))
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	mail, err := archive.Open(archive.Config{Dir: filepath.Join(ready.Data, archiveDir), Keys: ring, ReadOnly: true})
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	defer mail.Close()
	if sha256 != "" {
		return findMessage(ctx, mail, strings.ToLower(sha256), out)
	}
	store, err := centre.Open(ctx, "sqlite:"+filepath.Join(ready.Data, "santra.db"), centre.Options{})
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	defer store.Close()
	log, err := audit.New(audit.Config{Store: store.Audit(), Keys: ring, Origin: demo.Hostname + auditOrigin, Export: filepath.Join(ready.Data, checkpointFile)})
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	v, err := verifyAll(ctx, mail, store, log)
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	if problems := v.problems(); len(problems) > 0 {
		return run.NewExit(1, "altered:\n  "+strings.Join(problems, "\n  "))
	}
	_, err = fmt.Fprintln(out, v)
	return err
}

func findMessage(ctx context.Context, mail *archive.Archive, sha256 string, out io.Writer) error {
	stored, err := mail.FindSHA256(ctx, sha256)
	if errs.Is(err, errs.NotFound) {
		return run.NewExit(1, "no stored message has this hash")
	}
	if err != nil {
		return run.NewExit(2, err.Error())
	}
	_, err = fmt.Fprintf(out, "found: %d bytes, read back whole, the hash matches\n", len(stored.Raw))
	return err
}
