package app

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"santra/internal/app/config"
	"santra/internal/app/config/configtest"
	"santra/internal/audit"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/keys"
)

// TestTheLogsNameCanNotChange: a start under another name is refused with the one that is right.
func TestTheLogsNameCanNotChange(t *testing.T) {
	h := configtest.NewHouse(t)
	c := opened(t, h)
	if _, err := c.book.Import(t.Context(), c.config.City); err != nil { // the first entry of the log
		t.Fatal(err)
	}
	store := c.store
	if err := sameLog(t.Context(), store.Audit(), "any.example"); err != nil {
		t.Error("nothing is signed yet:", err)
	}
	ring, err := keys.Open(filepath.Join(h.Dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	log, err := audit.New(audit.Config{Store: store.Audit(), Keys: ring, Origin: "old.example" + auditOrigin})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := sameLog(t.Context(), store.Audit(), "old.example"); err != nil {
		t.Error(err)
	}
	err = sameLog(t.Context(), store.Audit(), "new.example")
	if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), `server.mail.hostname: is "new.example", but the log was signed so far as "old.example"`) {
		t.Error(err)
	}
}

// TestAProxyIsBelieved: the log names the browser that a known proxy speaks for, and the stranger who says to be one.
func TestAProxyIsBelieved(t *testing.T) {
	c := opened(t, configtest.NewHouse(t))
	c.server.HTTP.Proxies, c.server.WebRTC.TURN = []string{"10.0.0.1/32"}, config.TURN{} // its secret is not on this host
	face, err := c.face()
	if err != nil {
		t.Fatal(err)
	}
	for _, from := range []string{"10.0.0.1:1", "10.0.0.2:1"} {
		r := httptest.NewRequest(http.MethodPost, "/api/login", strings.NewReader(`{"name":"nobody","password":"wrong"}`))
		r.RemoteAddr = from
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Forwarded-For", "192.0.2.7")
		w := httptest.NewRecorder()
		if face.ServeHTTP(w, r); w.Code != http.StatusUnauthorized {
			t.Fatal(w.Code, w.Body)
		}
	}
	rows, err := c.store.Audit().Search(t.Context(), audit.Filter{Action: identity.SessionRefused, Limit: audit.MaxPage})
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, row := range rows {
		said = append(said, fmt.Sprint(row.Entry().Detail))
	}
	slices.Sort(said)
	if len(said) != 2 || !strings.Contains(said[0], "10.0.0.2") || !strings.Contains(said[1], "192.0.2.7") {
		t.Error(said)
	}
}
