package agency

import "testing"

// TestALoanIsFoundAndNeverShown: its number, mailbox and seat answer, lists do not have it, and it goes without a trace.
func TestALoanIsFoundAndNeverShown(t *testing.T) {
	b := &Book{}
	b.index.Store(newIndex(City{Agencies: []Agency{{ID: "real"}}}.WithDefaults()))
	giveBack := b.Lend(Loan{
		Agency: Agency{ID: "canary"},
		Queue:  Queue{ID: "canary", Agency: "canary", Number: "+358999000001", Mailbox: "Canary@x.example"},
		Seat:   Seat{Code: "Z99", SIPUser: "z99", SIPPassword: "secret"},
	})
	q, byNumber := b.QueueByNumber("+358999000001")
	_, byMailbox := b.QueueByMailbox("canary@x.example")
	s, byCode := b.Seat("z99")
	if !byNumber || !byMailbox || !byCode || q.ID != "canary" || s.HA1MD5 == "" || s.SIPPassword != "" {
		t.Fatalf("%v %v %v %+v", byNumber, byMailbox, byCode, s)
	}
	first, second := b.Zone(), b.Zone()
	if first.String() != b.Current().Location().String() || first != second {
		t.Error("the book's zone is not the city's, or is read anew each time:", b.Zone())
	}
	if c := b.Current(); len(c.Agencies) != 1 || len(c.Queues) != 0 || len(c.Seats) != 0 {
		t.Fatalf("a list shows the loan: %+v", c)
	}
	b.set(City{Agencies: []Agency{{ID: "other"}}}.WithDefaults())
	if _, still := b.Agency("canary"); !still {
		t.Fatal("a change of the city must not end a loan")
	}
	if !b.Lent("canary") || b.Lent("other") {
		t.Fatal("it is not known as lent, or more is")
	}
	giveBack()
	giveBack()
	if _, still := b.QueueByNumber("+358999000001"); still {
		t.Fatal("it is still there")
	}
	if b.Lent("canary") {
		t.Fatal("given back, and lent")
	}
}
