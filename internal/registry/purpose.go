package registry

import (
	"slices"
	"strings"

	"santra/internal/errs"
)

// Medium is what a purpose is stated for.
type Medium string

// The media.
const (
	Audio Medium = "audio"
	Mail  Medium = "mail"
)

// The purposes. The two lists are closed: nothing else is a reason to listen or to read (M8, M13, M17).
const (
	Quality         = "quality"           // audio: the service's quality (M8)
	UnclearContact  = "unclear_contact"   // audio: at an agency's recorded request (M8)
	Answering       = "answering"         // mail: answering the customer (M20)
	ClearingUp      = "clearing_up"       // mail: clearing up what was written
	Inspection      = "inspection"        // both: the customer's right of inspection (M21)
	DisclosureByLaw = "disclosure_by_law" // both: a right to information that is grounded in law (M21)
)

// Purpose is one of a closed list, with its names in the interface's languages.
type Purpose struct {
	ID          string
	FI, SV, EN  string
	NeedsReason bool // the request, case or legal ground must be stated
}

// Purposes gives the closed list of a medium, in the order to show.
func Purposes(m Medium) []Purpose {
	inspection := Purpose{Inspection, "Tarkastuspyyntö", "Begäran om insyn", "Request for inspection", true}
	law := Purpose{DisclosureByLaw, "Lakiin perustuva luovutus", "Utlämnande enligt lag", "Disclosure grounded in law", true}
	switch m {
	case Audio:
		return []Purpose{
			{Quality, "Palvelun laadun kehittäminen", "Utveckling av tjänstens kvalitet", "Quality of the service", false},
			{UnclearContact, "Epäselvän yhteydenoton selvittäminen tilaajan pyynnöstä", "Utredning av en oklar kontakt på beställarens begäran", "Clearing up an unclear contact at the agency's request", true},
			inspection, law,
		}
	case Mail:
		return []Purpose{
			{Answering, "Asiakkaalle vastaaminen", "Svar till kunden", "Answering the customer", false},
			{ClearingUp, "Yhteydenoton selvittäminen", "Utredning av en kontakt", "Clearing up a contact", false},
			inspection, law,
		}
	}
	return nil
}

// CheckPurpose refuses (errs.Invalid) a purpose that is not on the medium's list, and one without the reason that it needs.
func CheckPurpose(m Medium, purpose, reason string) error {
	list := Purposes(m)
	i := slices.IndexFunc(list, func(p Purpose) bool { return p.ID == purpose })
	if i < 0 {
		ids := make([]string, 0, len(list))
		for _, p := range list {
			ids = append(ids, p.ID)
		}
		return errs.At(errs.Invalid, "purpose", "must be one of %s", strings.Join(ids, ", "))
	}
	if list[i].NeedsReason && strings.TrimSpace(reason) == "" {
		return errs.At(errs.Invalid, "reason", "this purpose needs a reason: the request, the case or the legal ground")
	}
	return nil
}
