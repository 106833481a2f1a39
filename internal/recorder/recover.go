package recorder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"santra/internal/errs"
)

// recoverAll finishes what a dead process left. A recording that can't be is marked Broken and told of; it stops nothing.
func (s *service) recoverAll(ctx context.Context) error {
	rows, err := s.Store.Unfinished(ctx)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := s.recoverOne(ctx, r); err != nil {
			s.Log.Error("recorder: a recording could not be recovered", "recording", r.Key, "err", err)
		}
	}
	return ctx.Err()
}

// recoverOne finishes one. Unwrapping its key here is allowed: see resumeObject.
func (s *service) recoverOne(ctx context.Context, r Row) error {
	_, err := s.Blobs.Size(ctx, blobKey(r))
	if errs.Is(err, errs.NotFound) {
		return s.discard(ctx, r) // died before the first byte
	}
	if err != nil {
		return err
	}
	o, err := openObject(ctx, s.Blobs, s.vault, r)
	if err != nil {
		return s.broken(ctx, r, err)
	}
	if x, err := o.readIndex(ctx); err == nil { // died between the index and the row
		return s.recoverWhole(ctx, r, o, x)
	}
	w, err := resumeObject(ctx, s.Blobs, s.vault, r)
	if err != nil {
		return s.broken(ctx, r, err)
	}
	if w.index.Pieces == 0 {
		return s.discard(ctx, r)
	}
	sum, err := w.finish(ctx, marks{})
	if err == nil {
		err = s.Blobs.Sync(ctx)
	}
	if err != nil {
		return err // a full disk: it stays as it is until the next start
	}
	return s.closeRow(ctx, r, outcome{Recovered, w.index, sum})
}

func (s *service) recoverWhole(ctx context.Context, r Row, o *object, x Index) error {
	sum, err := o.sum(ctx)
	if err != nil {
		return err
	}
	if err := s.Blobs.Finish(ctx, o.key); err != nil && !errs.Is(err, errs.NotFound) { // finished already
		return err
	}
	if err := s.Blobs.Sync(ctx); err != nil {
		return err
	}
	return s.closeRow(ctx, r, outcome{Complete, x, sum})
}

// broken marks a recording whose object can't be read; the bytes stay for people to look at, until their day.
func (s *service) broken(ctx context.Context, r Row, cause error) error {
	return errors.Join(cause, s.closeRow(ctx, r, outcome{state: Broken}))
}

// closeRow completes a row, or takes it away where nothing was recorded.
func (s *service) closeRow(ctx context.Context, r Row, o outcome) error {
	ch := s.closeChange(r, o, nil)
	return s.Store.Do(ctx, ch.entry, ch.apply)
}

// discard removes a recording in which nothing was recorded.
func (s *service) discard(ctx context.Context, r Row) error {
	if err := s.Blobs.Delete(ctx, blobKey(r)); err != nil {
		return err
	}
	return s.closeRow(ctx, r, outcome{})
}

// sum is the SHA-256 of a whole object.
func (o *object) sum(ctx context.Context) (string, error) {
	h := sha256.New()
	buf := make([]byte, pieceSealed)
	for at := int64(0); at < o.size; {
		n, err := o.blobs.ReadAt(ctx, o.key, buf, at)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		if n == 0 {
			return "", errs.New(errs.Internal, "recorder: the object is cut short")
		}
		h.Write(buf[:n])
		at += int64(n)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
