package registry

import (
	"context"
	"net/netip"

	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/identity"
)

// Names in the log of live listening.
const (
	ActionSupervised       = "call.supervised"
	ActionSuperviseRefused = "call.supervise_refused"
)

// Supervision is a supervisor's wish to take part in a call that runs.
type Supervision struct {
	Call    string // its id; nothing of the customer
	Agency  string
	Mode    string // listen, whisper, barge
	Purpose string // of audio's closed list (M8)
	Reason  string
	From    netip.Addr
}

// Supervise allows a supervisor to take part in a call, after it is logged: whose call, how, what for. errs.Denied without the
// role for the agency or outside the premises (M9), which is logged too; errs.Invalid without a purpose.
func (s *Service) Supervise(ctx context.Context, p identity.Principal, v Supervision) error {
	if err := s.CheckPurpose(Audio, v.Purpose, v.Reason); err != nil {
		return err
	}
	err := p.May(identity.CallSupervise, v.Agency)
	if err == nil && !s.cfg.Book.MayListenFrom(v.From) {
		err = errs.New(errs.Denied, "calls are heard on the premises only: this network is not allowed")
	}
	e := audit.Entry{
		Action: ActionSupervised, Actor: p.Person, Agency: v.Agency, Object: v.Call, Purpose: v.Purpose, Reason: v.Reason,
		Detail: map[string]string{"mode": v.Mode, "from": v.From.String()}, Success: true,
	}
	if err != nil {
		e.Action, e.Success, e.Detail["why"] = ActionSuperviseRefused, false, err.Error()
	}
	if logged := s.cfg.Store.Do(ctx, e, func(Tx) error { return nil }); logged != nil {
		return logged
	}
	return err
}
