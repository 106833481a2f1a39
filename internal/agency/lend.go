package agency

import "slices"

// Loan is an agency that is there for a while: a queue with number and mailbox, and a seat. The attestation makes its canary
// calls and mails with one, so that they touch no real agency (M25). It is found by its ids, number and mailbox; no list,
// description or stored version shows it.
type Loan struct {
	Agency Agency
	Queue  Queue
	Seat   Seat // with its password; kept in memory only
}

// Lend adds a loan until the function that it returns is called.
func (b *Book) Lend(l Loan) (giveBack func()) {
	l.Seat.digest(b.Current().SIPRealm)
	loan := &l
	b.mu.Lock()
	defer b.mu.Unlock()
	b.loans = append(b.loans, loan)
	b.index.Store(newIndex(*b.Current(), b.loans...))
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.loans = slices.DeleteFunc(slices.Clone(b.loans), func(x *Loan) bool { return x == loan })
		b.index.Store(newIndex(*b.Current(), b.loans...))
	}
}

func (x *index) addLoan(l *Loan) {
	x.agencies[l.Agency.ID] = &l.Agency
	x.lent[l.Queue.ID] = true
	x.addQueue(&l.Queue)
	x.addSeat(&l.Seat)
}

// Lent tells whether a queue is only lent: who is told of the city's queues does not know it.
func (b *Book) Lent(queue string) bool { return b.index.Load().lent[queue] }
