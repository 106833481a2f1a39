package centre_test

import (
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/store"
	"santra/internal/store/centre"
)

func closing(queue string, left time.Duration) agency.Closing {
	return agency.Closing{Queue: queue, Agency: "social", Reason: " Palohälytys ", By: "p1", Until: time.Now().Add(left)}
}

func inForce(t *testing.T, s *agency.Closings) []agency.Closing {
	t.Helper()
	all, err := s.InForce(t.Context(), time.Now())
	ok(t, err)
	return all
}

func TestClosingsAreKeptAndLogged(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc, a := agency.NewClosings(s.Closings()), &trail{t: t, s: s}
		first, err := svc.Close(ctx, closing("water", time.Hour))
		ok(t, err)
		_, err = svc.Close(ctx, closing("parks", time.Minute))
		ok(t, err)
		a.left(agency.QueueClosed, agency.QueueClosed)
		rows, err := s.Audit().Search(ctx, audit.Filter{Object: "water", Limit: 1})
		ok(t, err)
		if e := rows[0].Entry(); e.Actor != "p1" || e.Agency != "social" || e.Reason != "Palohälytys" || e.Detail["until"] != first.Until.Format(time.RFC3339) {
			t.Errorf("%+v", e)
		}
		again := agency.NewClosings(s.Closings()) // after a restart
		if all := inForce(t, again); len(all) != 2 || all[1] != first || all[0].Queue != "parks" || all[1].Since.IsZero() {
			t.Fatalf("%+v", all)
		}
		longer, err := again.Close(ctx, closing("water", 2*time.Hour))
		ok(t, err)
		if all := inForce(t, svc); len(all) != 2 || all[1] != longer {
			t.Fatalf("%+v", all)
		}
		ok(t, again.Reopen(ctx, "p2", "social", "water"))
		a.left(agency.QueueClosed, agency.QueueReopened)
		kind(t, svc.Reopen(ctx, "p2", "social", "water"), errs.NotFound)
		kind(t, svc.Reopen(ctx, "p2", "social", "none"), errs.NotFound)
		a.left()
	})
}

func TestClosingsEnd(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		ctx := t.Context()
		svc := agency.NewClosings(s.Closings())
		_, err := svc.Close(ctx, closing("water", time.Hour))
		ok(t, err)
		ok(t, s.DB().Write(ctx, func(c store.Conn) error {
			_, err := c.ExecContext(ctx, `update queue_closing set until = $1`, store.Micros(time.Now()))
			return err
		}))
		if all := inForce(t, svc); len(all) != 0 {
			t.Errorf("%+v", all)
		}
		kind(t, svc.Reopen(ctx, "p", "social", "water"), errs.NotFound)
		_, err = svc.Close(ctx, closing("parks", time.Hour))
		ok(t, err)
		var n int
		ok(t, s.DB().Read().QueryRowContext(ctx, `select count(*) from queue_closing`).Scan(&n))
		if n != 1 {
			t.Errorf("%d closings are kept", n)
		}
	})
}

func TestWrongClosingsAreRefused(t *testing.T) {
	each(t, func(t *testing.T, s *centre.Store) {
		svc, a := agency.NewClosings(s.Closings()), &trail{t: t, s: s}
		for name, c := range map[string]agency.Closing{
			"past":      closing("water", -time.Second),
			"for ever":  closing("water", agency.MaxClosing+time.Minute),
			"no end":    {Queue: "water", By: "p", Reason: "x"},
			"year 9999": {Queue: "water", By: "p", Reason: "x", Until: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)},
			"no reason": {Queue: "water", By: "p", Reason: "  ", Until: time.Now().Add(time.Hour)},
			"long":      {Queue: "water", By: "p", Reason: strings.Repeat("ä", agency.MaxClosingReason+1), Until: time.Now().Add(time.Hour)},
			"two lines": {Queue: "water", By: "p", Reason: "a\nb", Until: time.Now().Add(time.Hour)},
			"no text":   {Queue: "water", By: "p", Reason: "\xff", Until: time.Now().Add(time.Hour)},
			"nul":       {Queue: "water", By: "p", Reason: "a\x00b", Until: time.Now().Add(time.Hour)},
			"by nobody": {Queue: "water", Reason: "x", Until: time.Now().Add(time.Hour)},
		} {
			if _, err := svc.Close(t.Context(), c); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		a.left()
		if all := inForce(t, svc); len(all) != 0 {
			t.Errorf("%+v", all)
		}
	})
}
