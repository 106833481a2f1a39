package registry

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"santra/internal/errs"
)

// AttestTimeout bounds the whole attestation.
const AttestTimeout = 40 * time.Second

// State is what an attestation says of a promise.
type State string

// The states.
const (
	Holds   State = "holds"   // checked on the running system
	Fails   State = "fails"   // broken, or without the check that it needs
	Vouched State = "vouched" // people must vouch for it; the evidence says for what
)

// Evidence is what a room found out about a promise. Text holds no personal data.
type Evidence struct {
	Holds bool
	Text  string // in English: what was checked and what was found
}

// Witness checks one promise on the running system. Several may speak for the same promise: all must hold. An error means
// that it could not check.
type Witness interface {
	ID() string // "M3"
	Evidence(ctx context.Context) (Evidence, error)
}

// WitnessFunc makes a witness of a function.
func WitnessFunc(id string, f func(context.Context) (Evidence, error)) Witness {
	return witness{id, f}
}

type witness struct {
	id string
	f  func(context.Context) (Evidence, error)
}

func (w witness) ID() string                                     { return w.id }
func (w witness) Evidence(ctx context.Context) (Evidence, error) { return w.f(ctx) }

// Promise is a row of a report.
type Promise struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	State     State  `json:"state"`
	Evidence  string `json:"evidence"`
	Unchecked bool   `json:"unchecked,omitempty"` // fails because its check could not run
}

// Report is an attestation of every promise (M25).
type Report struct {
	At       time.Time `json:"at"`
	Promises []Promise `json:"promises"`
}

// promise is what is promised. Witnessed ones fail without a witness; of the others, vouch says what people vouch for.
type promise struct {
	id, title string
	witnessed bool
	vouch     string
}

func promises() []promise {
	return []promise{
		{"M1", "customers' calls are handled", false, "a person calls each published number and is answered"},
		{"M2", "customers' e-mail is handled", false, "a person writes to each published address and is answered"},
		{"M3", "no customer data about calls is saved", true, ""},
		{"M4", "the caller is told of the recording first", true, ""},
		{"M5", "recordings are kept outside the contact centre", true, ""},
		{"M6", "recordings are destroyed after the promised time", true, ""},
		{"M7", "a recording is identified by date, seat code and part of the number", true, ""},
		{"M8", "recordings are used for the promised purposes only", false, "supervisors see that the stated purposes are true; the list is closed and nothing is heard without one"},
		{"M9", "recordings are heard on the premises only", false, "the allowed networks are those of the premises; requests from others are refused and logged"},
		{"M10", "an agency hears its own recordings only, on written request or by grant", false, "each grant rests on a written request of the agency"},
		{"M11", "recordings form no customer register", false, "no list of callers is kept beside the system; the API has no search by person or number"},
		{"M12", "every e-mail is archived", true, ""},
		{"M13", "only experts and managers look into messages afterwards", false, "those with the roles expert and manager are the right people"},
		{"M14", "e-mails are kept as the customer sent them", true, ""},
		{"M15", "no customer register is formed of e-mails", false, "no address book is kept beside the system; the API has no contacts or profiles"},
		{"M16", "the only source is what customers sent", false, "nobody copies data from elsewhere into cases; the system has no import"},
		{"M17", "nothing is used for marketing, research or directories", false, "exports that the law demands are not used for anything else; the system has no campaigns or address lists"},
		{"M18", "nothing leaves the EU or EEA", true, ""},
		{"M19", "whoever changes data logs in personally", false, "nobody lends out an account; where a second factor is configured, nobody shares it"},
		{"M20", "data are kept as long as the agency is a customer", false, "the end of an agency's contract is entered in the system on its day"},
		{"M21", "inspection and disclosure follow the law", false, "identity was checked and the legal ground examined in each case"},
		{"M22", "demands for correction are answered with reasons", false, "each demand was answered"},
		{"M23", "the description on view is what the system does", true, ""},
		{"M24", "the controller decides and staff are trained", false, "the trainings that are recorded took place"},
		{"M25", "this attestation checks every row", false, "the machine runs the released program; a person compares its checksum"},
	}
}

// Attest asks the witnesses and gives a row for each promise, in order. It never fails as a whole: what could not be checked
// is in its row.
func Attest(ctx context.Context, witnesses []Witness, now time.Time) Report {
	ctx, cancel := context.WithTimeout(ctx, AttestTimeout)
	defer cancel()
	rep := Report{At: now.UTC()}
	for _, p := range promises() {
		own := slices.DeleteFunc(slices.Clone(witnesses), func(w Witness) bool { return w.ID() != p.id })
		rep.Promises = append(rep.Promises, p.attest(ctx, own))
	}
	return rep
}

func (p promise) attest(ctx context.Context, own []Witness) Promise {
	row := Promise{ID: p.id, Title: p.title, State: Vouched}
	if len(own) == 0 && p.witnessed {
		row.State, row.Unchecked, row.Evidence = Fails, true, "nothing in the system witnesses this promise"
		return row
	}
	var said []string
	for _, w := range own {
		state, unchecked, text := verdict(ctx, w)
		said = append(said, text)
		if worse(state, unchecked) > worse(row.State, row.Unchecked) {
			row.State, row.Unchecked = state, unchecked
		}
	}
	if p.vouch != "" {
		said = append(said, "to be vouched for: "+p.vouch)
	}
	row.Evidence = strings.Join(said, "; ")
	return row
}

// verdict is one witness's word.
func verdict(ctx context.Context, w Witness) (s State, unchecked bool, text string) {
	ev, err := ask(ctx, w)
	switch {
	case err != nil:
		return Fails, true, "could not be checked: " + err.Error()
	case !ev.Holds:
		return Fails, false, ev.Text
	}
	return Holds, false, ev.Text
}

// worse orders verdicts: one failure outweighs every witness who saw nothing, and a missing check outweighs one that held.
func worse(s State, unchecked bool) int {
	switch {
	case s == Fails && !unchecked:
		return 3
	case s == Fails:
		return 2
	case s == Holds:
		return 1
	}
	return 0
}

// ask guards against a witness that panics: its promise fails, the others are still attested.
func ask(ctx context.Context, w Witness) (ev Evidence, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = errs.New(errs.Internal, "its check panicked (%T)", v)
		}
	}()
	return w.Evidence(ctx)
}

// Exit codes of an attestation.
const (
	ExitHolds     = 0 // nothing fails; vouched rows included
	ExitFails     = 1 // a promise is broken
	ExitUnchecked = 2 // nothing is known to be broken, yet something could not be checked
)

// Exit gives the exit code.
func (r Report) Exit() int {
	code := ExitHolds
	for _, p := range r.Promises {
		if p.State == Fails && !p.Unchecked {
			return ExitFails
		}
		if p.State == Fails {
			code = ExitUnchecked
		}
	}
	return code
}

// WriteText writes the report for people, a promise a line.
func (r Report) WriteText(w io.Writer) error {
	count := map[State]int{}
	for _, p := range r.Promises {
		count[p.State]++
		if _, err := fmt.Fprintf(w, "%-4s %-8s %s\n              %s\n", p.ID, p.State, p.Title, p.Evidence); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(w, "%s: %d hold, %d fail, %d are for people to vouch for\n",
		r.At.Format(time.RFC3339), count[Holds], count[Fails], count[Vouched])
	return err
}
