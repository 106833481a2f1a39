package callback_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/keys"
	"santra/internal/pii"
	"santra/internal/store"
	"santra/internal/store/centre"
	"santra/internal/store/storetest"
	"santra/internal/voice/callback"
)

// house is a service with its database and its folder of keys.
type house struct {
	*callback.Service
	t     testing.TB
	dsn   string
	dir   string // of the keys
	store *centre.Store
	vault callback.Vault
	logs  strings.Builder
	since string // PostgreSQL: the write-ahead log's segment when the house was made
}

var errDenied = errs.New(errs.Denied, "may not be called")

// each runs f on a fresh house of each database.
func each(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	storetest.EachDSN(t, func(t *testing.T, dsn string) { f(t, newHouse(t, dsn)) })
}

func newHouse(t testing.TB, dsn string) *house {
	t.Helper()
	h := &house{t: t, dsn: dsn, dir: filepath.Join(t.TempDir(), "keys")}
	h.open()
	if h.store.DB().Dialect() == store.Postgres {
		h.ok(h.store.DB().Read().QueryRowContext(t.Context(), "select pg_walfile_name(pg_current_wal_lsn())").Scan(&h.since))
	}
	t.Cleanup(func() { _ = h.store.Close() })
	return h
}

// open opens database and keys anew, as a process does that starts.
func (h *house) open() {
	h.t.Helper()
	if h.store != nil {
		_ = h.store.Close()
	}
	var err error
	if h.store, err = centre.Open(h.t.Context(), h.dsn, centre.Options{}); err != nil {
		h.t.Fatal(err)
	}
	ring, err := keys.Open(h.dir)
	if err != nil {
		h.t.Fatal(err)
	}
	h.vault = ring
	h.Service = h.serve(h.store.Callbacks(), ring)
}

func (h *house) serve(s callback.Store, v callback.Vault) *callback.Service {
	h.t.Helper()
	service, err := callback.New(callback.Config{
		Store: s, Vault: v,
		Queue: func(q string) (agency.Queue, bool) {
			return agency.Queue{ID: q, Agency: "social", CallbackExpires: 20 * time.Hour}, q != "none"
		},
		Open:     func(string, time.Time) (bool, time.Time) { return true, time.Time{} },
		Estimate: func(string) callback.Estimate { return callback.Estimate{High: 10 * time.Minute, Known: true} },
		May: func(_ string, n pii.Number) error {
			if strings.HasPrefix(n.Reveal(), "+358600") {
				return errDenied
			}
			return nil
		},
		Log: slog.New(slog.NewTextHandler(&h.logs, nil)),
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return service
}

// ask requests a callback and gives its id.
func (h *house) ask(number string) string {
	h.t.Helper()
	view, err := h.request(h.Service, id.New(), number)
	h.ok(err)
	return view.ID
}

func (h *house) request(s *callback.Service, callID, number string) (callback.View, error) {
	return s.Request(h.t.Context(), callID, "advice", pii.NewNumber(number), agency.Swedish, time.Now().Add(time.Hour))
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) kind(err error, want errs.Kind) {
	h.t.Helper()
	if !errs.Is(err, want) {
		h.t.Fatalf("%v, want %v", err, want)
	}
}

// kept counts the records and the keys.
func (h *house) kept() (records, secrets int) {
	h.t.Helper()
	all, err := h.store.Callbacks().Callbacks(context.Background(), 2*callback.MaxOwed)
	h.ok(err)
	names, err := h.vault.List("callbacks")
	h.ok(err)
	return len(all), len(names)
}

func (h *house) nothing() {
	h.t.Helper()
	if records, secrets := h.kept(); records != 0 || secrets != 0 {
		h.t.Fatalf("%d records and %d keys are left", records, secrets)
	}
}

// trail gives the actions and outcomes in the audit log, oldest first: "callback.ended reached".
func (h *house) trail() (all []string) {
	h.t.Helper()
	rows, err := h.store.Audit().Search(context.Background(), audit.Filter{Limit: audit.MaxPage})
	h.ok(err)
	for i := range rows {
		e := rows[len(rows)-1-i].Entry()
		if after, ok := strings.CutPrefix(e.Action, "callback."); ok {
			all = append(all, strings.TrimSpace(after+" "+e.Detail["outcome"]))
		}
	}
	return all
}

func (h *house) left(want ...string) {
	h.t.Helper()
	if got := fmt.Sprint(h.trail()); got != fmt.Sprint(want) {
		h.t.Fatalf("the log has %v, want %v", got, want)
	}
}

// holds asks the witness.
func (h *house) holds(want bool) {
	h.t.Helper()
	e, err := h.Evidence(h.t.Context())
	if err != nil || e.Holds != want {
		h.t.Fatalf("%+v, %v", e, err)
	}
}

var errCrash = errors.New("killed")
