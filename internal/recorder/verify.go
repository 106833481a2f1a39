package recorder

import (
	"context"
	"strings"

	"santra/internal/errs"
)

// verifyAll walks the objects, not the rows: an object without a row is an altered catalogue.
func (s *service) verifyAll(ctx context.Context) (held int, altered []string, err error) {
	for key, err := range s.Blobs.List(ctx, "recordings/") {
		if err != nil {
			return held, altered, err
		}
		id := key[strings.LastIndexByte(key, '/')+1:]
		if err := s.verifyOne(ctx, id); errs.Is(err, errs.Unavailable) || ctx.Err() != nil {
			return held, altered, err
		} else if err != nil {
			altered = append(altered, id)
			continue
		}
		held++
	}
	return held, altered, nil
}

func (s *service) verifyOne(ctx context.Context, id string) error {
	r, err := s.Store.Recording(ctx, id)
	if err != nil {
		return err
	}
	o, err := openObject(ctx, s.Blobs, s.vault, r)
	if err != nil {
		return err
	}
	if _, err := o.verify(ctx); err != nil {
		return err
	}
	sum, err := o.sum(ctx)
	if err == nil && sum != r.Hash {
		err = errs.New(errs.Internal, "recorder: the object is not the one in the catalogue")
	}
	return err
}
