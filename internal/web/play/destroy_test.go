package play_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"santra/internal/audit"
	"santra/internal/blob"
	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/recorder"
	"santra/internal/remote"
	"santra/internal/token"
)

// spoil changes every finished object.
func spoil(t *testing.T, r *rig, f func([]byte) []byte) {
	t.Helper()
	root := filepath.Join(r.cfg.Data, "recordings", "finished")
	must(t, filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(path, f(b), 0o600))
	}))
}

// demo marks the folder as the demo's, where time may be played with.
func demo(c *recorder.Config) {
	_ = os.MkdirAll(c.Data, 0o700)
	_ = os.WriteFile(filepath.Join(c.Data, recorder.DemoMarker), nil, 0o600)
}

func later(months, days int) time.Time { return time.Now().AddDate(0, months, days) }

func TestDestruction(t *testing.T) {
	r := newRig(t, demo)
	row := r.record("water")
	if d, err := r.s.Destroy(t.Context(), later(5, 0)); err != nil || d.Recordings != 0 || d.Keys != 0 {
		t.Fatal("too early:", d, err)
	}
	due, err := time.Parse("2006-01-02", row.Destroy)
	must(t, err)
	d, err := r.s.Destroy(t.Context(), due.Add(12*time.Hour))
	must(t, err)
	if d.Recordings != 1 || d.Keys != 1 || d.Late != 0 || d.IDs[0] != row.Key {
		t.Errorf("%+v", d)
	}
	if n := objects(t, r); n != 0 {
		t.Error(n, "objects left")
	}
	if _, err := r.client.Get(t.Context(), remote.Who{}, "water", row.Key); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if _, code := r.openPlay(r.browser(), r.grant(row)); code != 404 {
		t.Error("play:", code)
	}
	records, err := r.store.Destructions(t.Context(), 10)
	if err != nil || len(records) != 1 || records[0].Key != row.Key || records[0].Due != row.Destroy || !strings.HasPrefix(records[0].Rule, "6 calendar") {
		t.Errorf("%+v %v", records, err)
	}
	if n := r.entries("recording.destroyed"); n != 1 {
		t.Error(n, "entries")
	}
	if d, err := r.s.Destroy(t.Context(), due.Add(13*time.Hour)); err != nil || d.Recordings+d.Keys != 0 {
		t.Error("again:", d, err)
	}
}

// TestBackupsCantBeReadAfterDestruction: blobs and catalogue were copied before; the key is in no backup.
func TestBackupsCantBeReadAfterDestruction(t *testing.T) {
	r := newRig(t, demo)
	row := r.record("water")
	backup := t.TempDir()
	must(t, os.CopyFS(backup, os.DirFS(r.cfg.Data)))
	if r.heard(row) == nil {
		t.Fatal("not heard before")
	}
	_, err := r.s.Destroy(t.Context(), later(6, 1))
	must(t, err)
	restored := &rig{t: t, key: r.key, cfg: r.cfg}
	restored.cfg.Data, restored.cfg.Database = backup, "sqlite:"+filepath.Join(backup, "catalogue.db")
	restored.open()
	defer restored.stop()
	if _, err := restored.store.Recording(t.Context(), row.Key); err != nil {
		t.Fatal("the backup has no row:", err)
	}
	b := restored.browser()
	o, code := restored.openPlay(b, restored.grant(row))
	if code != 200 {
		t.Fatal(code)
	}
	if res, _, err := restored.fetch(b, o.URL, ""); err != nil || res.StatusCode != 410 {
		t.Error("heard from a backup:", res.StatusCode, err)
	}
	if ok, altered, err := restored.s.VerifyAll(t.Context()); ok != 0 || len(altered) != 1 || err != nil {
		t.Error(ok, altered, err)
	}
}

// TestKeyFirst: when the bytes can't be removed, the key is gone already, and the next run goes on.
func TestKeyFirst(t *testing.T) {
	r := newRig(t, demo)
	row := r.record("water")
	ring, err := keys.Open(r.cfg.Keys)
	must(t, err)
	s, err := recorder.New(recorder.Options{Config: r.cfg, Store: r.store, Blobs: stuck{r.blobs}, Keys: ring})
	must(t, err)
	if _, err := s.Destroy(t.Context(), later(6, 2)); err == nil {
		t.Fatal("destroyed what can't be")
	}
	if _, err := ring.Get(row.KeyRef); !errs.Is(err, errs.NotFound) {
		t.Error("the key is there:", err)
	}
	d, err := r.s.Destroy(t.Context(), later(6, 2))
	if err != nil || d.Recordings != 1 || d.Late != 1 {
		t.Errorf("%+v %v", d, err)
	}
	if !strings.Contains(r.logs.String(), "alarm=true") {
		t.Error("no alarm for a late one")
	}
}

// stuck can't delete.
type stuck struct{ *blob.Files }

func (stuck) Delete(context.Context, string) error { return errs.New(errs.Unavailable, "stuck") }

func TestAgenciesHaveTheirOwnKeys(t *testing.T) {
	r := newRig(t, demo)
	a, b := r.record("water"), r.record("parks")
	if a.KeyRef == b.KeyRef {
		t.Fatal("one key for two agencies")
	}
	d, err := r.s.Destroy(t.Context(), later(6, 1))
	if err != nil || d.Keys != 2 || d.Recordings != 2 {
		t.Errorf("%+v %v", d, err)
	}
}

func TestHold(t *testing.T) {
	r := newRig(t, demo)
	held, gone := r.record("water"), r.record("water")
	e := audit.Entry{Action: "recording.held", Actor: "p", Object: held.Key, Success: true}
	must(t, r.s.SetHold(t.Context(), e, held.Key, true))
	d, err := r.s.Destroy(t.Context(), later(6, 1))
	if err != nil || d.Recordings != 1 || d.Held != 1 || d.IDs[0] != gone.Key {
		t.Fatalf("%+v %v", d, err)
	}
	aligned(t, r.heard(held), 125)
	must(t, r.s.SetHold(t.Context(), e, held.Key, false))
	if d, err = r.s.Destroy(t.Context(), later(6, 1)); err != nil || d.Recordings != 1 {
		t.Errorf("%+v %v", d, err)
	}
	ring, err := keys.Open(r.cfg.Keys)
	must(t, err)
	if _, err := ring.Get("hold/" + held.Key); !errs.Is(err, errs.NotFound) {
		t.Error("the held copy of the key is there:", err)
	}
}

// TestNoPlayingWithTime outside the demo.
func TestNoPlayingWithTime(t *testing.T) {
	r := newRig(t)
	r.record("water")
	if _, err := r.s.Destroy(t.Context(), later(7, 0)); !errs.Is(err, errs.Denied) {
		t.Error(err)
	}
	if d, err := r.s.Destroy(t.Context(), time.Now()); err != nil || d.Recordings != 0 {
		t.Error(d, err)
	}
	if objects(t, r) != 1 {
		t.Error("destroyed")
	}
}

// TestForgedClock: a mark that the recorder did not sign halts destruction until a person confirms.
func TestForgedClock(t *testing.T) {
	r := newRig(t)
	if _, err := r.s.Destroy(t.Context(), time.Now()); err != nil {
		t.Fatal(err)
	}
	good, err := r.store.Clock(t.Context())
	must(t, err)
	for _, mark := range []string{"forged.mark", good[:len(good)-4] + "AAAA"} {
		must(t, r.store.Do(t.Context(), audit.Entry{Action: "test.forged", Actor: "x"}, func(tx recorder.Tx) error { return tx.SignClock(mark) }))
		if _, err := r.s.Destroy(t.Context(), time.Now()); !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
	}
	ev, err := r.client.Evidence(t.Context(), remote.Who{})
	if err != nil || !ev.ClockHalted {
		t.Error("not in the evidence:", err)
	}
	must(t, r.s.ConfirmClock(t.Context(), "person-1"))
	if _, err := r.s.Destroy(t.Context(), time.Now()); err != nil {
		t.Error(err)
	}
}

// TestClockJump: the last signed mark is two days from the machine's time, either way. Destruction halts, also after a
// restart, until a person confirms.
func TestClockJump(t *testing.T) {
	r := newRig(t)
	ring, err := keys.Open(r.cfg.Keys)
	must(t, err)
	seed, err := ring.Get("recorder/sign")
	must(t, err)
	for _, at := range []time.Time{time.Now().AddDate(0, 0, -2), time.Now().AddDate(0, 0, 2)} {
		mark, err := token.Sign(ed25519.NewKeyFromSeed(seed), "santra/clock/1", map[string]time.Time{"at": at, "exp": at.AddDate(9, 0, 0)})
		must(t, err)
		must(t, r.store.Do(t.Context(), audit.Entry{Action: "test.jumped", Actor: "x"}, func(tx recorder.Tx) error { return tx.SignClock(mark) }))
		r.restart()
		if _, err := r.s.Destroy(t.Context(), time.Now()); !errs.Is(err, errs.Unavailable) {
			t.Error(err)
		}
		if !strings.Contains(r.logs.String(), "destruction is halted") {
			t.Error("no alarm")
		}
		must(t, r.s.ConfirmClock(t.Context(), "person-1"))
		if _, err := r.s.Destroy(t.Context(), time.Now()); err != nil {
			t.Error(err)
		}
	}
}

func TestEvidence(t *testing.T) {
	r := newRig(t)
	r.record("water")
	ev, err := r.client.Evidence(t.Context(), remote.Who{Person: "dpo"}, caller)
	must(t, err)
	if ev.Counts[recorder.Complete] != 1 || ev.Late != 0 || ev.WithoutGate != 0 || ev.MaxFragment != 4 || ev.Months != 6 || ev.Country != "FI" ||
		!ev.Encrypted || !ev.LogVerified || ev.ClockHalted || ev.ClockSigned.IsZero() || len(ev.RowFields) != 21 || len(ev.Networks) != 2 ||
		ev.Canaries["0"] != 0 || ev.OldestDestroy == "" || len(ev.Problems) != 0 {
		t.Errorf("%+v", ev)
	}
	stranger, err := remote.New(remote.Config{URL: r.http.URL, CentreKey: r.key, RecorderKey: r.key.Public().(ed25519.PublicKey)})
	must(t, err)
	if _, err := stranger.Evidence(t.Context(), remote.Who{}); !errs.Is(err, errs.Denied) {
		t.Error("evidence that another key signed:", err)
	}
}

// TestAgenciesSeeTheirOwn: neither by search nor by key (M10).
func TestAgenciesSeeTheirOwn(t *testing.T) {
	r := newRig(t)
	row := r.record("water")
	who := remote.Who{Person: "p", Purpose: "quality"}
	if rows, err := r.client.Search(t.Context(), who, recorder.Filter{Agency: "parks"}); err != nil || len(rows) != 0 {
		t.Error(rows, err)
	}
	if _, err := r.client.Get(t.Context(), who, "parks", row.Key); !errs.Is(err, errs.NotFound) {
		t.Error(err)
	}
	if got, err := r.client.Get(t.Context(), who, "water", row.Key); err != nil || got != row {
		t.Error(got, err)
	}
	for name, f := range map[string]recorder.Filter{"fragment": {Fragment: "98765"}, "limit": {Limit: 10_000}, "seat": {Seat: "358401239876"}} {
		f.Agency = "water"
		if _, err := r.client.Search(t.Context(), who, f); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	found, err := r.client.Search(t.Context(), who, recorder.Filter{
		Agency: "water", Seat: "A12", Fragment: "9876", Queue: "water-queue",
		From: row.Started, To: row.Started.Add(time.Second), MinLength: time.Second, MaxLength: 3 * time.Second, State: recorder.Complete,
	})
	if err != nil || len(found) != 1 {
		t.Error(found, err)
	}
}

// TestAnAgencyEndsWithItsKeys is M20 at the recorder: its recordings go, another's stay, a forged order does nothing.
func TestAnAgencyEndsWithItsKeys(t *testing.T) {
	r := newRig(t)
	r.record("water")
	kept := r.record("schools")
	_, stranger, _ := ed25519.GenerateKey(nil)
	forged, err := token.Sign(stranger, token.DomainEnd, token.End{Agency: "water", Expires: later(0, 1)})
	must(t, err)
	if _, err := r.s.EndAgency(t.Context(), forged); !errs.Is(err, errs.Denied) {
		t.Fatal("a stranger ends an agency:", err)
	}
	n, err := r.client.EndAgency(t.Context(), token.End{Agency: "water", Person: "p", Audit: "a"})
	if must(t, err); n != 1 {
		t.Error(n, "recordings were destroyed")
	}
	if rows, err := r.client.Search(t.Context(), remote.Who{}, recorder.Filter{Agency: "water"}); err != nil || len(rows) != 0 {
		t.Error(rows, err)
	}
	if _, err := r.client.Get(t.Context(), remote.Who{}, "schools", kept.Key); err != nil {
		t.Error("another agency's recording:", err)
	}
	if r.entries("agency.ended") != 1 || r.entries("recording.destroyed") != 1 {
		t.Error("the log does not tell")
	}
}

// TestALegalHoldKeepsAnAgency: nothing is destroyed while one of its recordings is held.
func TestALegalHoldKeepsAnAgency(t *testing.T) {
	r := newRig(t)
	row := r.record("water")
	must(t, r.s.SetHold(t.Context(), audit.Entry{Action: "recording.held", Actor: "p", Agency: "water", Object: row.Key, Success: true}, row.Key, true))
	if _, err := r.client.EndAgency(t.Context(), token.End{Agency: "water", Person: "p"}); !errs.Is(err, errs.Conflict) {
		t.Fatal(err)
	}
	if _, err := r.client.Get(t.Context(), remote.Who{}, "water", row.Key); err != nil {
		t.Error(err)
	}
}
