package refusal

import (
	"strings"
	"testing"
	"time"

	"santra/internal/agency/dialplan"
)

// Every reason has words in each language, and they are not each other's.
func TestEveryReasonHasWords(t *testing.T) {
	for _, reason := range dialplan.Reasons() {
		w := Of(&dialplan.Refusal{Reason: reason, Country: "46", Prefix: "+35860", Scope: dialplan.ScopeAgent, Window: dialplan.WindowHour}, time.UTC)
		for _, text := range []string{w.FI, w.SV, w.EN} {
			if !strings.HasSuffix(text, ".") || strings.Contains(text, "%!") {
				t.Errorf("%s: %q", reason, text)
			}
		}
		if w.FI == w.SV || w.SV == w.EN {
			t.Errorf("%s: %+v", reason, w)
		}
	}
	if w := Of(&dialplan.Refusal{Reason: "another"}, time.UTC); w != (Words{}) {
		t.Error(w)
	}
}

func TestAFullCapSaysWhenItFrees(t *testing.T) {
	helsinki, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Skip(err)
	}
	at := time.Date(2026, 3, 4, 11, 34, 10, 0, time.UTC)
	r := &dialplan.Refusal{Reason: dialplan.CapReached, Scope: dialplan.ScopeAgent, Window: dialplan.WindowHour, Limit: 60, Until: at}
	want := Words{
		"Sinun puheluraja tunnissa on täynnä (60); vapautuu 4.3. klo 13.35.", "Din samtalsgräns per timme är full (60); blir ledig 4.3 kl. 13.35.",
		"Your limit of calls in an hour is reached (60); it frees at 13:35 on 4 March.",
	}
	if got := Of(r, helsinki); got != want {
		t.Errorf("%+v", got)
	}
	for _, scope := range []string{dialplan.ScopeSeat, dialplan.ScopeQueue, dialplan.ScopeAgency, dialplan.ScopeCountry} {
		for _, window := range []string{dialplan.WindowDay, dialplan.WindowAtOnce} {
			w := Of(&dialplan.Refusal{Reason: dialplan.CapReached, Scope: scope, Window: window, Limit: 7}, helsinki)
			if strings.HasPrefix(w.EN, " ") || strings.Contains(w.EN, "  ") || !strings.Contains(w.EN, "(7); it frees when a call ends.") {
				t.Errorf("%s %s: %+v", scope, window, w)
			}
		}
	}
}
