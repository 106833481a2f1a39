package email_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/email"
	"santra/internal/errs"
	"santra/internal/protocol/mail"
)

// started gives a world with one case that was answered, and the Message-ID of the answer.
func started(t *testing.T) (*world, email.Case, string) {
	t.Helper()
	w := sqliteWorld(t)
	p := agent()
	w.receive("aino@customer.example", "parks@city.example", "From: aino@customer.example\nSubject: Keinu\nMessage-ID: <first@customer.example>\n\nx\n")
	w.ready(p.Person)
	c := w.accepted(p)
	w.answered(p, c.ID, "Hei")
	w.wait("the submission", func() bool { return len(w.relay.all()) == 1 && w.messages(c.ID)[1].Delivery.State == email.Sent })
	w.must(w.router.SetState(p.Person, "break", ""))
	return w, c, mail.Parse(w.relay.all()[0].raw).MessageID
}

func TestThreads(t *testing.T) {
	for name, c := range map[string]struct {
		from, to, head string
		joins          bool
	}{
		"own token":                             {"aino@customer.example", "parks", "In-Reply-To: TOKEN", true},
		"own token from another address":        {"aino@work.example", "parks", "In-Reply-To: TOKEN", true},
		"own token in References alone":         {"x@work.example", "parks", "References: <a@b> TOKEN <c@d>", true},
		"own token in capitals":                 {"x@work.example", "parks", "In-Reply-To: UPPER", true},
		"known message and participant":         {"Aino@Customer.example", "parks", "In-Reply-To: <first@customer.example>", true},
		"known message, stranger":               {"evil@other.example", "parks", "In-Reply-To: <first@customer.example>", false},
		"forged token":                          {"aino@customer.example", "parks", "In-Reply-To: FORGED", false},
		"token without its MAC":                 {"aino@customer.example", "parks", "In-Reply-To: NOMAC", false},
		"no reference":                          {"aino@customer.example", "parks", "X: y", false},
		"unknown message":                       {"aino@customer.example", "parks", "In-Reply-To: <unknown@customer.example>", false},
		"own token to another queue":            {"aino@customer.example", "streets", "In-Reply-To: TOKEN", false},
		"own token to another agency":           {"aino@customer.example", "tax", "In-Reply-To: TOKEN", false},
		"known message to another queue":        {"aino@customer.example", "streets", "In-Reply-To: <first@customer.example>", false},
		"same subject, same sender, no headers": {"aino@customer.example", "parks", "Thread-Topic: Keinu", false},
	} {
		t.Run(name, func(t *testing.T) {
			w, first, token := started(t)
			parts := strings.Split(token, ".")
			forged := strings.Join([]string{parts[0], parts[1], parts[2], strings.Repeat("a", len(strings.Split(parts[3], "@")[0])) + "@city"}, ".") + ".example>"
			nomac := strings.Join(parts[:3], ".") + "@city.example>"
			head := strings.NewReplacer("TOKEN", token, "UPPER", strings.ToUpper(token), "FORGED", forged, "NOMAC", nomac).Replace(c.head)
			w.receive(c.from, c.to+"@city.example", "From: "+c.from+"\nSubject: Re: Keinu\n"+head+"\n\nmore\n")
			if joined := len(w.messages(first.ID)) == 3; joined != c.joins {
				t.Fatalf("joins: %v", joined)
			}
			if n := len(w.live()); (n == 1) != c.joins {
				t.Fatalf("%d cases", n)
			}
		})
	}
}

func TestOneMailToTwoMailboxesIsTwoCases(t *testing.T) {
	w := sqliteWorld(t)
	raw := "From: a@b.example\nMessage-ID: <same@b.example>\nSubject: x\n\ny\n"
	w.must(w.svc.Deliver(t.Context(), envelope("a@b.example", "parks@city.example", "PARKS@city.example", "streets@city.example", "tax@city.example"), strings.NewReader(raw)))
	w.must(w.svc.Settle())
	w.receive("a@b.example", "parks@city.example", raw)
	if live := w.live(); len(live) != 4 {
		t.Fatalf("%d cases", len(live)) // three mailboxes, and the same mail once more is no answer to itself
	}
}

func TestOutOfOfficeDoesNotOpenAgain(t *testing.T) {
	w, c, token := started(t)
	w.receive("aino@customer.example", "parks@city.example", "From: aino@customer.example\nSubject: Poissa\nAuto-Submitted: auto-replied\nIn-Reply-To: "+token+"\n\naway\n")
	row := w.live()[0]
	msgs := w.messages(c.ID)
	if row.State != email.StateWaiting || len(msgs) != 3 || !msgs[2].Auto || !msgs[2].Altered {
		t.Fatalf("%+v %+v", row, msgs[2])
	}
}

func TestBounceComesBackToTheQueue(t *testing.T) {
	w, c, token := started(t)
	w.must(w.svc.Close(t.Context(), agent(), c.ID))
	w.receive("", "parks@city.example", "From: MAILER-DAEMON@relay.example\nSubject: Undelivered\nContent-Type: multipart/report; boundary=b\nAuto-Submitted: auto-replied\n\n--b\n\nno such user\n--b\nContent-Type: message/rfc822\n\nMessage-ID: "+token+"\n\nx\n--b--\n")
	live := w.live()
	if len(live) != 1 || live[0].ID != c.ID || live[0].State != email.StateNew || !live[0].Failed {
		t.Fatalf("%+v", live)
	}
	msgs := w.messages(c.ID)
	if len(msgs) != 3 || !msgs[2].Bounce || msgs[1].Delivery.State != email.Bounced {
		t.Fatalf("%+v", msgs)
	}
}

func TestNoAutomaticMailIsSent(t *testing.T) {
	w := sqliteWorld(t)
	for _, head := range []string{"Auto-Submitted: auto-replied", "Precedence: bulk", "X: y"} {
		w.receive("a@b.example", "parks@city.example", "From: a@b.example\n"+head+"\n\nx\n")
	}
	if len(w.relay.all()) != 0 {
		t.Fatal("something was sent")
	}
}

// No mix of references made of anything but a true token lets a stranger into a case.
func TestStrangersNeverJoin(t *testing.T) {
	w, c, token := started(t)
	body := strings.Trim(token, "<>")
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		var refs []string
		for range rapid.IntRange(1, 4).Draw(rt, "n") {
			b := []byte(body)
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0: // one character altered, in what the MAC covers or in the MAC
				i := rapid.IntRange(len("santra."), strings.LastIndex(body, "@")-1).Draw(rt, "at")
				if b[i] == '.' {
					i++
				}
				old := b[i]
				for b[i] == old {
					b[i] = "abcdefghijklmnopqrstuvwxyz234567"[rapid.IntRange(0, 31).Draw(rt, "letter")]
				}
			case 1:
				b = b[:rapid.IntRange(0, strings.LastIndex(body, "@")-1).Draw(rt, "cut")]
			case 2:
				b = []byte("first@customer.example")
			case 3:
				b = fmt.Appendf(nil, "santra.%s.%s.%s@city.example", c.ID, c.ID, rapid.StringMatching("[a-z2-7]{26}").Draw(rt, "mac"))
			}
			refs = append(refs, "<"+string(b)+">")
		}
		w.receive("stranger@other.example", "parks@city.example", "From: stranger@other.example\nSubject: Re: Keinu\nReferences: "+strings.Join(refs, " ")+"\n\nx\n")
		n++
		if len(w.messages(c.ID)) != 2 {
			rt.Fatalf("joined by %v", refs)
		}
	})
}

func TestSubjects(t *testing.T) {
	w, c, token := started(t)
	for subject, changed := range map[string]bool{"Re: Keinu": false, "VS: SV: re[2]: keinu": false, "Keinu": false, "Something else": true, "Re: Keinu rikki": true} {
		w.receive("aino@customer.example", "parks@city.example", "From: aino@customer.example\nSubject: "+subject+"\nIn-Reply-To: "+token+"\n\nx\n")
		msgs := w.messages(c.ID)
		if got := msgs[len(msgs)-1].Altered; got != changed {
			t.Errorf("%q: %v", subject, got)
		}
	}
}

func TestCaseStates(t *testing.T) {
	w := sqliteWorld(t)
	p, other := agent(), person("agent2", "agent", "")
	w.receive("a@b.example", "parks@city.example", letter("a@b.example", "one", "", "x"))
	id := w.live()[0].ID
	_, err := w.svc.Accept(t.Context(), p, id)
	wantKind(t, err, errs.Conflict) // not offered
	w.ready(p.Person)
	w.offered(p)
	_, err = w.svc.Accept(t.Context(), other, id)
	wantKind(t, err, errs.Conflict)
	_, err = w.svc.Accept(t.Context(), person(p.Person, "agent", "tax"), id)
	wantKind(t, err, errs.Denied)
	_, err = w.svc.Case(t.Context(), other, id)
	wantKind(t, err, errs.Denied)
	wantKind(t, w.svc.Decline(t.Context(), other, id), errs.Conflict)
	w.must(w.svc.Decline(t.Context(), p, id))
	w.ready(other.Person)
	c := w.accepted(other)
	w.must(w.svc.Release(t.Context(), other, c.ID))
	if w.live()[0].State != email.StateNew {
		t.Fatal("not released")
	}
	watch, err := w.svc.Cases(t.Context(), person("s", "supervisor", "parks"), email.Filter{})
	if err != nil || len(watch) != 1 || watch[0].Subject != "" || !watch[0].Customer.Address.IsZero() {
		t.Fatalf("%+v %v", watch, err)
	}
	hidden, err := w.svc.Cases(t.Context(), person("s", "supervisor", "tax"), email.Filter{})
	if err != nil || len(hidden) != 0 {
		t.Fatal(hidden, err)
	}
	_, err = w.svc.Cases(t.Context(), person("d", "administrator", ""), email.Filter{})
	wantKind(t, err, errs.Denied)
	_, err = w.svc.Case(t.Context(), p, "unknown")
	wantKind(t, err, errs.NotFound)
}
