package email_test

import (
	"testing"

	"santra/internal/email"
	"santra/internal/errs"
	"santra/internal/identity"
)

// TestAnEndedAgencyCantBeRead is M20: cases leave the desks, nothing of the agency can be read, another's is untouched, and a
// restart stays quiet about it.
func TestAnEndedAgencyCantBeRead(t *testing.T) {
	w := sqliteWorld(t)
	p := agent()
	w.receive("a@customer.example", "parks@city.example", "From: a@customer.example\nSubject: Keinu\n\nx\n")
	w.receive("b@customer.example", "tax@city.example", "From: b@customer.example\nSubject: Vero\n\ny\n")
	w.ready(p.Person)
	box, _ := w.boxes.Mailbox("parks@city.example")
	other, _ := w.boxes.Mailbox("tax@city.example")
	if box.Agency == other.Agency {
		t.Fatal("the test needs two agencies")
	}
	w.must(w.svc.EndAgency(t.Context(), box.Agency))
	for _, row := range w.live() {
		if row.Agency == box.Agency {
			t.Error("a case of the ended agency is on a desk")
		}
	}
	report, err := w.svc.VerifyAll(t.Context())
	if w.must(err); report.Destroyed != 1 || report.Messages != 1 || report.Damaged != 0 {
		t.Errorf("%+v", report)
	}
	if names, err := w.ring().List("agency/" + box.Agency); err != nil || len(names) != 0 {
		t.Error("keys are left:", names, err)
	}
	if len(w.entries(email.ActionEnded)) != 1 {
		t.Error("the log does not tell")
	}
	expert := person("e", identity.Expert, "")
	if _, err := w.svc.SearchArchive(t.Context(), expert, "clearing_up", "x", email.ArchiveFilter{Agency: "nobody"}); !errs.Is(err, errs.NotFound) {
		t.Error("an agency that never was:", err)
	}
	if names, err := w.ring().List("agency/nobody"); err != nil || len(names) != 0 {
		t.Error("a search made keys:", names, err)
	}
	w.restart()
	if n := len(w.live()); n != 1 {
		t.Error(n, "cases after a restart")
	}
	if err := w.svc.EndAgency(t.Context(), "../x"); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
