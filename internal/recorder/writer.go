package recorder

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"santra/internal/errs"
)

// writer makes one recording's object, piece by piece. It is used by one goroutine.
type writer struct {
	blobs  Blobs
	key    string
	sealer *sealer
	hash   hash.Hash
	index  Index
	seal   *scratch
	short  bool // the last piece was not a whole one: none may follow
}

// scratch is where pieces are sealed, one after the other: memory for the writers of one goroutine.
type scratch struct{ buf []byte }

// beginObject makes a fresh key, wraps it for the row's agency and destruction day, and writes the head. The key lives in
// the writer alone, as long as the recording grows. Nothing of it is durable before the blobs' next Sync.
func beginObject(ctx context.Context, blobs Blobs, v vault, r Row, seal *scratch) (*writer, error) {
	key := make([]byte, recordingKeySize)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the program instead
	defer clear(key)
	wrapped, err := v.wrap(r.Agency, r.Destroy, key)
	if err != nil {
		return nil, err
	}
	s, err := newSealer(r.Key, key)
	if err != nil {
		return nil, err
	}
	w := &writer{blobs: blobs, key: blobKey(r), sealer: s, hash: sha256.New(), seal: seal}
	if err := blobs.Create(ctx, w.key); err != nil {
		return nil, err
	}
	return w, w.append(ctx, head(wrapped))
}

// piece seals and appends one piece.
func (w *writer) piece(ctx context.Context, plain []byte) error {
	if w.short || len(plain) > piecePlain || len(plain)%frameBytes != 0 {
		return errs.New(errs.Internal, "recorder: a piece after the last or of a wrong length")
	}
	w.seal.buf = w.sealer.piece(w.seal.buf[:0], w.index.Pieces, plain)
	if err := w.append(ctx, w.seal.buf); err != nil {
		return err
	}
	w.count(plain)
	return nil
}

func (w *writer) count(plain []byte) {
	w.short = len(plain) < piecePlain
	w.index.Pieces++
	w.index.Frames += int64(len(plain) / frameBytes)
	w.index.Peaks = append(w.index.Peaks, peaksOf(plain)...)
}

func (w *writer) append(ctx context.Context, b []byte) error {
	if err := w.blobs.Append(ctx, w.key, b); err != nil {
		return err
	}
	w.hash.Write(b)
	return nil
}

// finish writes the index and closes the object; it gives its SHA-256.
func (w *writer) finish(ctx context.Context, m marks) (string, error) {
	w.index.Gaps, w.index.Pauses = m.gaps, m.pauses
	sealed, err := w.sealer.index(w.index)
	if err != nil {
		return "", err
	}
	if err := w.append(ctx, sealed); err != nil {
		return "", err
	}
	return w.sum(), w.blobs.Finish(ctx, w.key)
}

// salvage closes an object to which an append failed: it cuts what is not a whole piece, which also makes room for the index.
func (w *writer) salvage(ctx context.Context, v vault, r Row, m marks) (*writer, string, error) {
	again, err := resumeObject(ctx, w.blobs, v, r)
	if err != nil {
		return w, "", err
	}
	sum, err := again.finish(ctx, m.until(again.index.Frames))
	return again, sum, err
}

func (w *writer) sum() string { return hex.EncodeToString(w.hash.Sum(nil)) }

// resumeObject reads an object that was not finished up to its last whole piece, drops the rest and gives a writer that can
// finish it. Reading needs the recording's key, which the dead process took with it: this is the one place of the ingesting
// side that unwraps, and only for what was left unfinished.
func resumeObject(ctx context.Context, blobs Blobs, v vault, r Row) (*writer, error) {
	o, err := openObject(ctx, blobs, v, r)
	if err != nil {
		return nil, err
	}
	w := &writer{blobs: blobs, key: o.key, sealer: o.sealer, hash: sha256.New(), seal: &scratch{}}
	begin := make([]byte, o.head)
	if err := o.readFull(ctx, begin, 0); err != nil {
		return nil, err
	}
	w.hash.Write(begin)
	at, err := w.reread(ctx, o)
	if err != nil {
		return nil, err
	}
	return w, blobs.Truncate(ctx, o.key, at)
}

// reread takes in the pieces that hold; it gives where they end. The first that does not hold was being written.
func (w *writer) reread(ctx context.Context, o *object) (int64, error) {
	at := o.head
	for sealed := make([]byte, pieceSealed); at+pieceSealed <= o.size; at += pieceSealed {
		if err := o.readFull(ctx, sealed, at); err != nil {
			return 0, err
		}
		plain, err := o.sealer.openPiece(w.index.Pieces, sealed)
		if err != nil {
			break
		}
		w.hash.Write(sealed)
		w.count(plain)
	}
	return at, nil
}
