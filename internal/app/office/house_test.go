package office

import (
	"bytes"
	"log/slog"
	"testing"

	"santra/internal/app/config/configtest"
	"santra/internal/audit"
	"santra/internal/store/centre"
)

// house is the example's city, and what its operator does in it.
type house struct{ configtest.House }

func newHouse(t *testing.T) house { return house{configtest.NewHouse(t)} }

func (h house) add(n NewUser) (string, error) {
	var out bytes.Buffer
	err := AddUser(h.T.Context(), h.Config, "tester", n, &out, slog.New(slog.DiscardHandler))
	return out.String(), err
}

// did gives the entries of the log of one action.
func (h house) did(action string) []audit.Row {
	h.T.Helper()
	store, err := centre.Open(h.T.Context(), "sqlite:"+h.Database(), centre.Options{})
	if err != nil {
		h.T.Fatal(err)
	}
	defer store.Close()
	rows, err := store.Audit().Search(h.T.Context(), audit.Filter{Action: action, Limit: audit.MaxPage})
	if err != nil {
		h.T.Fatal(err)
	}
	return rows
}
