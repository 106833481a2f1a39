// Package refusal has the words, in fi, sv and en, for a call out that the number plan does not make. It decides nothing.
package refusal

import (
	"fmt"
	"time"

	"santra/internal/agency/dialplan"
)

// Words are one sentence in the languages of the desktop.
type Words struct{ FI, SV, EN string }

// Of says why a call is not made and, of a cap, when it frees, in a zone. The zero value: there are no words for that reason.
func Of(r *dialplan.Refusal, zone *time.Location) Words {
	switch r.Reason {
	case dialplan.BlockedPrefix:
		return filled(Words{
			"Kaupunki on estänyt numerot, joiden alku on %s.", "Staden har spärrat nummer som börjar med %s.", "The city has blocked numbers that begin with %s.",
		}, r.Prefix)
	case dialplan.CountryRefused:
		return filled(Words{
			"Maahan, jonka maatunnus on +%s, ei soiteta.", "Till landet med landsnummer +%s ringer man inte.", "Calls to the country with the code +%s are not made.",
		}, r.Country)
	case dialplan.CapReached:
		return full(r, zone)
	}
	return plain()[r.Reason]
}

func filled(w Words, with string) Words {
	return Words{fmt.Sprintf(w.FI, with), fmt.Sprintf(w.SV, with), fmt.Sprintf(w.EN, with)}
}

func plain() map[string]Words {
	return map[string]Words{
		dialplan.Empty:       {"Anna numero.", "Ange ett nummer.", "Enter a number."},
		dialplan.Incomplete:  {"Numero on vajaa: suuntanumero puuttuu.", "Numret är ofullständigt: riktnumret saknas.", "The number is incomplete: its area code is missing."},
		dialplan.BadNumber:   {"Tämä ei ole puhelinnumero.", "Detta är inget telefonnummer.", "This is no telephone number."},
		dialplan.NoQueue:     {"Tämä on talon numero, johon mikään jono ei vastaa.", "Detta är ett av husets nummer, och ingen kö svarar där.", "This is a number of the house at which no queue answers."},
		dialplan.PremiumRate: {"Maksullisiin palvelunumeroihin ei soiteta.", "Till betaltjänstnummer ringer man inte.", "Premium-rate numbers are not called."},
		dialplan.NoCallerID: {
			"Jonolla, virastolla ja kaupungilla ei ole numeroa, joka näytettäisiin.", "Varken kön, ämbetsverket eller staden har ett nummer att visa.",
			"Neither queue, agency nor city has a number to show.",
		},
		dialplan.MeterFull: {"Puheluita ei voi juuri nyt laskea. Yritä myöhemmin uudelleen.", "Samtalen kan inte räknas just nu. Försök senare.", "Calls can't be counted right now. Try again later."},
		dialplan.NoTrunk: {
			"Mikään yhdysjohto ei vie puheluita tähän numeroon.", "Ingen förbindelse tar samtal till detta nummer.", "No trunk takes calls to this number.",
		},
	}
}

// full says which cap is reached and when it frees: to the next minute, so that the promise holds.
func full(r *dialplan.Refusal, zone *time.Location) Words {
	whose, per, until := scopes()[r.Scope], windows()[r.Window], frees(r.Until, zone)
	return Words{
		fmt.Sprintf("%s %s on täynnä (%d)%s.", whose.FI, per.FI, r.Limit, until.FI),
		fmt.Sprintf("%s %s är full (%d)%s.", whose.SV, per.SV, r.Limit, until.SV),
		fmt.Sprintf("%s %s is reached (%d)%s.", whose.EN, per.EN, r.Limit, until.EN),
	}
}

func scopes() map[string]Words {
	return map[string]Words{
		dialplan.ScopeAgent:   {"Sinun", "Din", "Your"},
		dialplan.ScopeSeat:    {"Paikan", "Platsens", "The seat's"},
		dialplan.ScopeQueue:   {"Jonon", "Köns", "The queue's"},
		dialplan.ScopeAgency:  {"Viraston", "Ämbetsverkets", "The agency's"},
		dialplan.ScopeCountry: {"Maan", "Landets", "The country's"},
	}
}

func windows() map[string]Words {
	return map[string]Words{
		dialplan.WindowHour:   {"puheluraja tunnissa", "samtalsgräns per timme", "limit of calls in an hour"},
		dialplan.WindowDay:    {"puheluraja vuorokaudessa", "samtalsgräns per dygn", "limit of calls in a day"},
		dialplan.WindowAtOnce: {"samanaikaisten puheluiden raja", "gräns för samtidiga samtal", "limit of calls at once"},
	}
}

func frees(at time.Time, zone *time.Location) Words {
	if at.IsZero() {
		return Words{"; vapautuu, kun puhelu päättyy", "; blir ledig när ett samtal slutar", "; it frees when a call ends"}
	}
	at = at.Add(time.Minute - time.Nanosecond).Truncate(time.Minute).In(zone)
	return Words{
		at.Format("; vapautuu 2.1. klo 15.04"), at.Format("; blir ledig 2.1 kl. 15.04"), at.Format("; it frees at 15:04 on 2 January"),
	}
}
