package recorder

import (
	"context"
	"crypto/ed25519"
	"net/netip"
	"time"

	"santra/internal/errs"
)

type service struct {
	Options
	public ed25519.PublicKey
}

// Store is the catalogue's database.
type Store interface{}

// Play is one person's hearing of one recording.
type Play struct{}

var errSoon = errs.New(errs.Unavailable, "not built yet")

func newService(o Options) (*Service, error)                        { return nil, errSoon }
func (s *service) start(context.Context) error                      { return errSoon }
func (s *service) stop(context.Context) error                       { return nil }
func (s *service) sipAddr() netip.AddrPort                          { return netip.AddrPort{} }
func (s *service) active() int                                      { return 0 }
func (s *service) confirmClock(context.Context, string) error       { return errSoon }
func (s *service) health(context.Context) error                     { return errSoon }
func (s *service) revoke(context.Context, string) (int, error)      { return 0, errSoon }
func (s *service) get(context.Context, string, string) (Row, error) { return Row{}, errSoon }
func (s *service) openPlay(context.Context, string, netip.Addr) (*Play, error) {
	return nil, errSoon
}
func (s *service) findPlay(context.Context, string, netip.Addr) (*Play, error) {
	return nil, errSoon
}
func (s *service) renewPlay(context.Context, string, string, netip.Addr) error { return errSoon }
func (s *service) search(context.Context, string, Filter) ([]Row, error)       { return nil, errSoon }
func (s *service) evidence(context.Context, string, []string) (string, error)  { return "", errSoon }
func (s *service) destroy(context.Context, time.Time) (Destroyed, error) {
	return Destroyed{}, errSoon
}
