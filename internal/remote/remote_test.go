package remote

import (
	"crypto/ed25519"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/recorder"
	"santra/internal/token"
)

func keyPair(t *testing.T) (ed25519.PublicKey, ed25519.PrivateKey) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return pub, key
}

// to makes a client of a recorder that a test plays.
func to(t *testing.T, key ed25519.PrivateKey, recorderKey ed25519.PublicKey, h http.HandlerFunc) *Recorder {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	r, err := New(Config{URL: s.URL + "/", CentreKey: key, RecorderKey: recorderKey})
	if err != nil {
		t.Fatal(err)
	}
	if r.Origin() != s.URL {
		t.Error(r.Origin())
	}
	return r
}

func TestConfigIsChecked(t *testing.T) {
	_, key := keyPair(t)
	for _, url := range []string{"", "recorder", "ftp://x", "http://", "http://x/path", "://"} {
		if _, err := New(Config{URL: url, CentreKey: key}); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := New(Config{URL: "http://x"}); !errs.Is(err, errs.Invalid) {
		t.Error("no key:", err)
	}
}

// TestQuestionsAreSigned for the agency that is asked about, by whom and for what.
func TestQuestionsAreSigned(t *testing.T) {
	pub, key := keyPair(t)
	var got token.Ask
	r := to(t, key, nil, func(w http.ResponseWriter, req *http.Request) {
		if err := token.Open(pub, token.DomainAsk, req.Header.Get(askHeader), time.Now(), &got); err != nil {
			t.Error(err)
		}
		_, _ = w.Write([]byte("[]"))
	})
	rows, err := r.Search(t.Context(), Who{Person: "p", Purpose: "quality"}, recorder.Filter{Agency: "water"})
	if err != nil || rows == nil || got.Agency != "water" || got.Person != "p" || got.Purpose != "quality" || time.Until(got.Expires) > token.AskLife {
		t.Error(rows, err, got)
	}
	if _, err := r.Search(t.Context(), Who{}, recorder.Filter{}); !errs.Is(err, errs.Invalid) {
		t.Error("no agency:", err)
	}
	if _, err := r.Get(t.Context(), Who{}, "water", "../evidence"); !errs.Is(err, errs.NotFound) {
		t.Error("a key that is none:", err)
	}
}

func TestGrant(t *testing.T) {
	pub, key := keyPair(t)
	r := to(t, key, nil, nil)
	text, signed, err := r.Grant(token.Play{Recording: "r", Person: "p"})
	var got token.Play
	if err != nil || token.Open(pub, token.DomainPlay, text, time.Now(), &got) != nil || got.ID != signed.ID || !id.Valid(got.ID) {
		t.Fatal(err, got)
	}
	if life := time.Until(got.Expires); life > token.PlayLife || life < token.PlayLife-time.Second {
		t.Error(life)
	}
}

func TestRefusalsKeepTheirKind(t *testing.T) {
	_, key := keyPair(t)
	for status, kind := range map[int]errs.Kind{
		400: errs.Invalid, 403: errs.Denied, 404: errs.NotFound, 410: errs.Gone, 413: errs.TooLarge,
		429: errs.Limited, 500: errs.Unavailable, 502: errs.Unavailable, 503: errs.Unavailable, 302: errs.Unavailable,
	} {
		r := to(t, key, nil, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"detail":"why"}`))
		})
		if err := r.Health(t.Context()); !errs.Is(err, kind) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestUnreachableAndBroken(t *testing.T) {
	_, key := keyPair(t)
	gone := to(t, key, nil, nil)
	gone.cfg.URL = "http://127.0.0.1:1"
	broken := to(t, key, nil, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) })
	endless := to(t, key, nil, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, MaxAnswer+1)) })
	for name, r := range map[string]*Recorder{"gone": gone, "broken": broken, "endless": endless} {
		if _, err := r.Search(t.Context(), Who{}, recorder.Filter{Agency: "a"}); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEvidenceMustAnswerThisQuestion, signed by the recorder and fresh.
func TestEvidenceMustAnswerThisQuestion(t *testing.T) {
	pub, key := keyPair(t)
	theirs, theirKey := keyPair(t)
	tell := func(f func(*recorder.Evidence)) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, req *http.Request) {
			var a token.Ask
			if err := token.Open(pub, token.DomainAsk, req.Header.Get(askHeader), time.Now(), &a); err != nil || a.Agency != "" {
				t.Error(err, a)
			}
			e := recorder.Evidence{Ask: a.ID, Expires: time.Now().Add(time.Minute), Months: 6}
			f(&e)
			text, _ := token.Sign(theirKey, token.DomainTell, e)
			_, _ = w.Write([]byte(`{"evidence":"` + text + `"}`))
		}
	}
	good := to(t, key, theirs, tell(func(*recorder.Evidence) {}))
	if e, err := good.Evidence(t.Context(), Who{}, "+358401239876"); err != nil || e.Months != 6 {
		t.Error(e, err)
	}
	for name, r := range map[string]*Recorder{
		"old":          to(t, key, theirs, tell(func(e *recorder.Evidence) { e.Expires = time.Now() })),
		"another's":    to(t, key, theirs, tell(func(e *recorder.Evidence) { e.Ask = id.New() })),
		"another key":  to(t, key, pub, tell(func(*recorder.Evidence) {})),
		"no known key": to(t, key, nil, tell(func(*recorder.Evidence) {})),
	} {
		if e, err := r.Evidence(t.Context(), Who{}); !errs.Is(err, errs.Denied) || e.Months != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRevokeTellsWhom(t *testing.T) {
	pub, key := keyPair(t)
	r := to(t, key, nil, func(w http.ResponseWriter, req *http.Request) {
		body := make([]byte, 1<<12)
		n, _ := req.Body.Read(body)
		text := strings.TrimSuffix(strings.TrimPrefix(string(body[:n]), `{"revoke":"`), `"}`)
		var v token.Revoke
		if err := token.Open(pub, token.DomainRevoke, text, time.Now(), &v); err != nil || v.Person != "p" {
			t.Error(err, v)
		}
		_, _ = w.Write([]byte(`{"ended":2}`))
	})
	if n, err := r.Revoke(t.Context(), token.Revoke{Person: "p"}); n != 2 || err != nil {
		t.Error(n, err)
	}
}
