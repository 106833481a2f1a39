package recorder

import (
	"context"
	"encoding/binary"
	"errors"
	"io"

	"santra/internal/errs"
)

// blobKey is where a recording's object is; the day of its beginning keeps folders small.
func blobKey(r Row) string { return "recordings/" + r.Date + "/" + r.Key }

// object is one recording's object, open for reading.
type object struct {
	blobs  Blobs
	key    string // in blobs
	head   int64  // bytes before the first piece
	size   int64
	sealer *sealer
}

// openObject reads the head and unwraps the key. hold, where not nil, is the key of a recording under a legal hold.
func openObject(ctx context.Context, blobs Blobs, v vault, r Row) (*object, error) {
	o := &object{blobs: blobs, key: blobKey(r)}
	var err error
	if o.size, err = blobs.Size(ctx, o.key); err != nil {
		return nil, err
	}
	wrapped, err := o.readHead(ctx)
	if err != nil {
		return nil, err
	}
	key, err := v.keyOf(r, wrapped)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	o.sealer, err = newSealer(r.Key, key)
	return o, err
}

// keyOf unwraps a recording's key; one under a legal hold has its own copy in the ring.
func (v vault) keyOf(r Row, wrapped []byte) ([]byte, error) {
	if r.Hold {
		if key, err := v.ring.Get(holdPrefix + "/" + r.Key); !errs.Is(err, errs.NotFound) {
			return key, err
		}
	}
	return v.unwrap(r.KeyRef, wrapped)
}

func (o *object) readHead(ctx context.Context) ([]byte, error) {
	fixed := make([]byte, len(headMagic)+2)
	if err := o.readFull(ctx, fixed, 0); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint16(fixed[len(headMagic):])
	if string(fixed[:len(headMagic)]) != headMagic || n > maxWrapped {
		return nil, errs.New(errs.Internal, "recorder: not a recording's object")
	}
	wrapped := make([]byte, n)
	o.head = int64(len(fixed)) + int64(n)
	return wrapped, o.readFull(ctx, wrapped, int64(len(fixed)))
}

func (o *object) readFull(ctx context.Context, p []byte, off int64) error {
	n, err := o.blobs.ReadAt(ctx, o.key, p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return errs.New(errs.Internal, "recorder: the object is cut short")
	}
	return err
}

// readIndex reads the index and checks that the object is as long as it tells.
func (o *object) readIndex(ctx context.Context) (Index, error) {
	end := make([]byte, trailer)
	if o.size < o.head+int64(trailer) {
		return Index{}, errs.New(errs.Internal, "recorder: the object has no index")
	}
	if err := o.readFull(ctx, end, o.size-int64(trailer)); err != nil {
		return Index{}, err
	}
	n := int64(binary.BigEndian.Uint32(end))
	at := o.size - int64(trailer) - n
	if string(end[4:]) != indexMagic || n > maxIndex || at < o.head {
		return Index{}, errs.New(errs.Internal, "recorder: the object has no index")
	}
	sealed := make([]byte, n)
	if err := o.readFull(ctx, sealed, at); err != nil {
		return Index{}, err
	}
	x, err := o.sealer.openIndex(sealed)
	if err == nil && (o.head+sealedSize(x.Frames) != at || int64(x.Pieces) != (x.Frames+pieceFrames-1)/pieceFrames) {
		err = errs.New(errs.Internal, "recorder: the object is not as long as its index tells")
	}
	return x, err
}

// piece reads and opens one piece of so many frames.
func (o *object) piece(ctx context.Context, number int, frames int64) ([]byte, error) {
	sealed := make([]byte, frames*frameBytes+gcmTag)
	if err := o.readFull(ctx, sealed, o.head+int64(number)*pieceSealed); err != nil {
		return nil, err
	}
	return o.sealer.openPiece(number, sealed)
}

// verify opens every piece and the index.
func (o *object) verify(ctx context.Context) (Index, error) {
	x, err := o.readIndex(ctx)
	if err != nil {
		return x, err
	}
	for n := range x.Pieces {
		if _, err := o.piece(ctx, n, min(pieceFrames, x.Frames-int64(n)*pieceFrames)); err != nil {
			return x, err
		}
	}
	return x, nil
}
