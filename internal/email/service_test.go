package email_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"santra/internal/email"
	"santra/internal/email/archive"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
	"santra/internal/store/storetest"
)

// M2, M12, M13, M14: a letter comes, is answered, goes on, is closed, and is looked into afterwards.
func TestAnEmailGoesAllTheWay(t *testing.T) {
	storetest.EachDSN(t, func(t *testing.T, dsn string) {
		w := newWorld(t, dsn, nil)
		p := agent()
		w.receive("aino@customer.example", "parks@city.example", letter("Aino <aino@customer.example>", "Keinu rikki", "Content-Type: text/html\n",
			"<p>Keinut ovat <b>rikki</b><img src=https://track.example/1.png><script>x</script></p>"))
		w.ready(p.Person)

		offered := w.offered(p)
		if offered.Subject != "Keinu rikki" || offered.Customer.Address.Reveal() != "aino@customer.example" || len(offered.Messages) != 0 {
			t.Fatalf("%+v", offered)
		}
		_, err := w.svc.Message(t.Context(), p, offered.ID, offered.ID)
		wantKind(t, err, errs.Denied) // not before it is accepted
		c := w.accepted(p)
		if c.State != email.StateOpen || c.Agent != p.Person || len(c.Messages) != 1 || c.Messages[0].Snippet != "Keinut ovat rikki" {
			t.Fatalf("%+v", c)
		}
		m, err := w.svc.Message(t.Context(), p, c.ID, c.Messages[0].ID)
		w.must(err)
		if m.HTML != "<p>Keinut ovat <b>rikki</b></p>" || m.Blocked != 1 || !strings.Contains(m.Text, "rikki") || m.Envelope.From.Reveal() != "aino@customer.example" {
			t.Fatalf("%+v", m)
		}
		sent := w.answered(p, c.ID, "Kiitos, korjaamme.")
		w.wait("the submission", func() bool { return len(w.relay.all()) == 1 })
		out := w.relay.all()[0]
		raw, err := w.svc.Raw(t.Context(), p, c.ID, sent.ID)
		w.must(err)
		if !bytes.Equal(raw, out.raw) || out.from != "parks@city.example" || out.to[0] != "aino@customer.example" {
			t.Fatalf("%+v", out)
		}
		reply := mail.Parse(out.raw)
		if reply.Subject != "Re: Keinu rikki" || len(reply.InReplyTo) != 1 || !strings.Contains(reply.Text, "korjaamme") || reply.Auto {
			t.Fatalf("%+v", reply)
		}
		w.wait("delivery", func() bool { return w.messages(c.ID)[1].Delivery.State == email.Sent })

		w.receive("aino@home.example", "parks@city.example", letter("Aino <aino@home.example>", "SV: Keinu rikki", "In-Reply-To: "+reply.MessageID+"\n", "Vielä yksi asia"))
		again := w.accepted(p)
		if again.ID != c.ID || len(again.Messages) != 3 || again.Messages[2].Changed {
			t.Fatalf("%+v", again)
		}
		w.must(w.svc.Close(t.Context(), p, c.ID))
		checkClosed(t, w, c.ID, c.Messages[0].ID)
		checkArchive(t, w, c.Messages[0].ID)
	})
}

// checkClosed: the agent who closed the case sees nothing of it any more (M13).
func checkClosed(t *testing.T, w *world, caseID, messageID string) {
	t.Helper()
	p := agent()
	_, err := w.svc.Case(t.Context(), p, caseID)
	wantKind(t, err, errs.Denied)
	_, err = w.svc.Message(t.Context(), p, caseID, messageID)
	wantKind(t, err, errs.Denied)
	_, err = w.svc.Raw(t.Context(), p, caseID, messageID)
	wantKind(t, err, errs.Denied)
	_, err = w.svc.SaveDraft(t.Context(), p, caseID, email.Draft{})
	wantKind(t, err, errs.Denied)
	wantKind(t, w.svc.Close(t.Context(), p, caseID), errs.Denied)
	list, err := w.svc.Cases(t.Context(), p, email.Filter{})
	if err != nil || len(list) != 0 {
		t.Fatal(list, err)
	}
	_, err = w.svc.OpenArchived(t.Context(), p, "complaint", "", messageID)
	wantKind(t, err, errs.Denied)
}

// checkArchive: role × agency × purpose, each look logged, refusals too.
func checkArchive(t *testing.T, w *world, messageID string) {
	t.Helper()
	w.must(w.svc.Settle())
	for _, c := range []struct {
		p       identity.Principal
		purpose string
		want    errs.Kind
		ok      bool
	}{
		{person("m", identity.Manager, "parks"), "complaint", 0, true},
		{person("e", identity.Expert, ""), "complaint", 0, true},
		{person("m", identity.Manager, "parks"), "", errs.Invalid, false},
		{person("x", identity.Manager, "tax"), "complaint", errs.Denied, false},
		{person("s", identity.Supervisor, ""), "complaint", errs.Denied, false},
		{person("a", identity.Agent, ""), "complaint", errs.Denied, false},
		{person("d", identity.Administrator, ""), "complaint", errs.Denied, false},
		{identity.Principal{}, "complaint", errs.Unauthenticated, false},
	} {
		before := len(w.entries(email.ActionRead))
		m, err := w.svc.OpenArchived(t.Context(), c.p, c.purpose, "selvitys", messageID)
		if c.ok != (err == nil) || (!c.ok && !errs.Is(err, c.want)) {
			t.Fatalf("%+v: %v", c, err)
		}
		found, err := w.svc.SearchArchive(t.Context(), c.p, c.purpose, "selvitys", email.ArchiveFilter{Agency: "parks", Text: "keinulle rikkinäinen"})
		if c.ok != (err == nil) || (!c.ok && !errs.Is(err, c.want)) {
			t.Fatalf("search %+v: %v", c, err)
		}
		logged := len(w.entries(email.ActionRead)) - before
		if (c.ok || c.want == errs.Denied) != (logged == 1) {
			t.Fatalf("%+v: %d entries", c, logged)
		}
		if c.ok && (m.Subject != "Keinu rikki" || len(found) > 3) {
			t.Fatalf("%+v %d", m, len(found))
		}
	}
}

func TestAuditAndMerkleHash(t *testing.T) {
	w := sqliteWorld(t)
	raw := "Subject: x\r\n\r\nhei\r\n"
	w.must(w.svc.Deliver(t.Context(), envelope("a@b.example", "parks@city.example"), strings.NewReader(raw)))
	w.must(w.svc.Settle())
	sum := sha256.Sum256([]byte(raw))
	want := hex.EncodeToString(sum[:])
	entries := w.entries(email.ActionArchived)
	if len(entries) != 1 || entries[0].Entry().Detail["sha256"] != want {
		t.Fatalf("%+v", entries)
	}
	st, err := w.svc.FindSHA256(t.Context(), want)
	if err != nil || string(st.Raw) != raw {
		t.Fatal(err)
	}
	if r, err := w.svc.VerifyAll(t.Context()); err != nil || r.Damaged != 0 || r.Messages != 1 {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestVerifyNamesWhatIsAlteredOrMissing(t *testing.T) {
	w := sqliteWorld(t)
	for _, s := range []string{"one", "two", "three"} {
		w.receive("a@b.example", "parks@city.example", letter("a@b.example", s, "", s))
	}
	path := filepath.Join(w.dir, "archive", "parks", "00000001.seg")
	b, err := os.ReadFile(path)
	w.must(err)
	rows, err := w.store.Email().MessagesBetween(t.Context(), "parks", time.Time{}, time.Now().Add(time.Hour), 10)
	w.must(err)
	last := rows[0]
	b[last.Position.Offset+last.Length-3] ^= 1
	w.must(os.WriteFile(path, b, 0o600))
	r, err := w.svc.VerifyAll(t.Context())
	if err != nil || r.Damaged != 1 || r.Damages[0].ID != last.ID {
		t.Fatalf("%+v %v", r, err)
	}
	w.must(os.WriteFile(path, b[:last.Position.Offset], 0o600))
	r, err = w.svc.VerifyAll(t.Context())
	if err != nil || r.Damaged != 1 || r.Damages[0].ID != last.ID {
		t.Fatalf("missing: %+v %v", r, err)
	}
}

// Whatever was acknowledged and not indexed is indexed at the next start, and waits for an agent again.
func TestRestartLosesNothing(t *testing.T) {
	w := sqliteWorld(t)
	w.receive("a@b.example", "parks@city.example", letter("a@b.example", "known", "", "x"))
	w.stop()
	ring := w.ring()
	a, err := archive.Open(archive.Config{Dir: filepath.Join(w.dir, "archive"), Keys: ring})
	w.must(err)
	for _, agency := range []string{"parks", "tax"} { // acknowledged by a process that died then
		_, err = a.Append(t.Context(), []archive.Record{{Agency: agency, Direction: archive.In, Envelope: envelope("c@d.example", agency+"@city.example"), Raw: []byte("Subject: late\r\n\r\nx\r\n")}})
		w.must(err)
	}
	w.must(a.Close())
	w.start()
	if live := w.live(); len(live) != 3 {
		t.Fatalf("%d cases", len(live))
	}
	w.ready("agent1")
	seen := map[string]bool{}
	for range 3 {
		seen[w.accepted(agent()).Subject] = true
	}
	if !seen["known"] || !seen["late"] {
		t.Fatal(seen)
	}
	w.restart()
	list, err := w.svc.Cases(t.Context(), agent(), email.Filter{Mine: true, State: email.StateOpen})
	if err != nil || len(list) != 3 {
		t.Fatal(len(list), err) // what is in hand stays in hand
	}
}

// A lost database is made again from the archive: the same cases with the same ids, so that answers still find them.
func TestDatabaseIsMadeAgainFromTheArchive(t *testing.T) {
	w := sqliteWorld(t)
	p := agent()
	w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Keinu", "", "x"))
	w.ready(p.Person)
	c := w.accepted(p)
	w.answered(p, c.ID, "Hei")
	w.wait("the submission", func() bool { return len(w.relay.all()) == 1 })
	token := mail.Parse(w.relay.all()[0].raw).MessageID
	w.stop()
	w.dsn = storetest.SQLite(t)
	w.relay.fail = func(int) error { return errDown } // what was sent is sent again: held back here
	w.start()
	w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Re: Keinu", "In-Reply-To: "+token+"\n", "kiitos"))
	live := w.live()
	if len(live) != 1 || live[0].ID != c.ID || len(w.messages(c.ID)) != 3 {
		t.Fatalf("%+v", live)
	}
}

func TestFullDiskIsNeverAcknowledged(t *testing.T) {
	var full atomic.Bool
	w := newWorld(t, storetest.SQLite(t), func(c *email.Config) { email.FullDisk(c, full.Load) })
	w.receive("a@b.example", "parks@city.example", letter("a@b.example", "before", "", "x"))
	full.Store(true)
	err := w.svc.Deliver(t.Context(), envelope("a@b.example", "parks@city.example"), strings.NewReader("lost"))
	wantKind(t, err, errs.Unavailable)
	full.Store(false)
	w.receive("a@b.example", "parks@city.example", letter("a@b.example", "after", "", "x"))
	if live := w.live(); len(live) != 2 {
		t.Fatal(len(live))
	}
}

func TestNothingPersonalIsInTheDatabaseInClear(t *testing.T) {
	w := sqliteWorld(t)
	p := agent()
	w.receive("canaryaddress@customer.example", "parks@city.example", letter("Canaryname <canaryaddress@customer.example>", "Canarysubject", "", "Canarytext here"))
	w.ready(p.Person)
	c := w.accepted(p)
	_, err := w.svc.SaveDraft(t.Context(), p, c.ID, email.Draft{Text: "Canarydraft"})
	w.must(err)
	found, err := w.svc.SearchArchive(t.Context(), person("m", identity.Manager, "parks"), "complaint", "", email.ArchiveFilter{Agency: "parks", Text: "canarytext"})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	w.stop()
	files, err := filepath.Glob(strings.TrimPrefix(w.dsn, "sqlite:") + "*")
	w.must(err)
	inArchive, err := filepath.Glob(filepath.Join(w.dir, "archive", "*", "*"))
	w.must(err)
	for _, f := range append(files, inArchive...) {
		b, err := os.ReadFile(f)
		w.must(err)
		if bytes.Contains(bytes.ToLower(b), []byte("canary")) {
			t.Errorf("%s holds something personal", filepath.Base(f))
		}
	}
}

func TestEventsHoldNothingPersonal(t *testing.T) {
	w := sqliteWorld(t)
	p := agent()
	w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", "Keinu", "", "x"))
	w.ready(p.Person)
	w.accepted(p)
	w.events.mu.Lock()
	defer w.events.mu.Unlock()
	states := map[any]bool{}
	for _, e := range w.events.all {
		if e.Kind != "case" || e.ID == "" || e.Agency != "parks" {
			t.Errorf("%+v", e)
		}
		for k := range e.Fields {
			if !strings.Contains(" agency queue state failed case_version expires ", " "+k+" ") {
				t.Errorf("field %s", k)
			}
		}
		states[e.Fields["state"]] = true
	}
	if !states[email.StateNew] || !states[email.StateOffered] || !states[email.StateOpen] {
		t.Error(states)
	}
}

func TestSearch(t *testing.T) {
	w := sqliteWorld(t)
	for subject, text := range map[string]string{"Keinut": "Puiston keinuista on pudonnut rengas", "Gungor": "Gungorna i parken är trasiga", "Benches": "The benches were painted", "Vero": "Veroilmoitus"} {
		w.receive("aino@customer.example", "parks@city.example", letter("aino@customer.example", subject, "", text))
	}
	w.receive("other@customer.example", "tax@city.example", letter("other@customer.example", "Keinut", "", "keinu"))
	m := person("m", identity.Manager, "parks")
	find := func(f email.ArchiveFilter) (subjects []string) {
		t.Helper()
		f.Agency = "parks"
		list, err := w.svc.SearchArchive(t.Context(), m, "complaint", "r", f)
		w.must(err)
		for _, s := range list {
			subjects = append(subjects, s.Subject)
		}
		return subjects
	}
	for text, want := range map[string]string{"keinu": "Keinut", "keinuista renkaan": "", "pudonnut KEINUSTA": "Keinut", "gunga": "Gungor", "gungor parken": "Gungor", "bench": "Benches", "painting benches": "Benches", "nothing": "", "keinu benches": ""} {
		if got := find(email.ArchiveFilter{Text: text}); strings.Join(got, " ") != want {
			t.Errorf("%q finds %v, want %q", text, got, want)
		}
	}
	if got := find(email.ArchiveFilter{}); len(got) != 4 {
		t.Errorf("all: %v", got)
	}
	if got := find(email.ArchiveFilter{Queue: "streets"}); len(got) != 0 {
		t.Errorf("other queue: %v", got)
	}
	if got := find(email.ArchiveFilter{Address: pii.NewAddress("AINO@customer.example"), Text: "veroilmoitus"}); len(got) != 1 {
		t.Errorf("by address: %v", got)
	}
	if got := find(email.ArchiveFilter{Address: pii.NewAddress("other@customer.example")}); len(got) != 0 {
		t.Errorf("another agency's: %v", got)
	}
}

// What an agency that has left had not yet indexed does not stop the others.
func TestDestroyedKeyDoesNotStopTheStart(t *testing.T) {
	w := sqliteWorld(t)
	w.stop()
	a, err := archive.Open(archive.Config{Dir: filepath.Join(w.dir, "archive"), Keys: w.ring()})
	w.must(err)
	for _, agency := range []string{"parks", "tax"} {
		_, err = a.Append(t.Context(), []archive.Record{{Agency: agency, Direction: archive.In, Envelope: envelope("c@d.example", agency+"@city.example"), Raw: []byte("Subject: x\r\n\r\nx\r\n")}})
		w.must(err)
	}
	w.must(a.Close())
	w.must(w.ring().Destroy("agency/parks/archive"))
	w.start()
	if live := w.live(); len(live) != 1 || live[0].Agency != "tax" {
		t.Fatalf("%+v", live)
	}
}

// The same at the first moment of an agency: many connections bring its first messages at once.
func TestFirstMessagesAtOnce(t *testing.T) {
	w := sqliteWorld(t)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			to := []string{"parks@city.example", "tax@city.example"}[i%2]
			if err := w.svc.Deliver(t.Context(), envelope("a@b.example", to), strings.NewReader("Subject: x\r\n\r\nx\r\n")); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.must(w.svc.Settle())
	if n := len(w.live()); n != 20 {
		t.Fatal(n)
	}
}
