package api

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"santra/internal/identity"
)

var update = flag.Bool("update", false, "write web/openapi.json")

const committed = "../../../web/openapi.json"

// document is what the tests read of the OpenAPI document.
type document struct {
	Paths      map[string]map[string]operation
	Components struct {
		Schemas map[string]struct{ Properties map[string]any }
	}
}

type operation struct {
	ID     string `json:"operationId"`
	Action string `json:"x-action"`
	Scope  string `json:"x-scope"`
	Body   any    `json:"requestBody"`
}

func described(t *testing.T) (document, []byte) {
	t.Helper()
	text, err := New(Deps{}).OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d, text
}

func TestCommittedDocumentIsCurrent(t *testing.T) {
	_, text := described(t)
	if *update {
		if err := os.WriteFile(committed, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(committed)
	if err != nil || string(have) != string(text) {
		t.Fatalf("web/openapi.json is not what the API describes (%v): go test ./internal/web/api -update", err)
	}
}

func TestEveryOperationDeclaresItsAction(t *testing.T) {
	d, _ := described(t)
	public := []string{}
	for path, methods := range d.Paths {
		for method, o := range methods {
			known := slices.Contains(identity.Actions(), identity.Action(o.Action))
			switch o.Scope {
			case "public":
				public = append(public, o.ID)
			case "self":
				known = o.Action == "self"
			case "any", "agency", "room":
			default:
				known = false
			}
			if o.ID == "" || (!known && o.Scope != "public") {
				t.Errorf("%s %s: operation %q, action %q, scope %q", method, path, o.ID, o.Action, o.Scope)
			}
		}
	}
	slices.Sort(public)
	if !slices.Equal(public, []string{"health", "login"}) {
		t.Errorf("without log-in: %v", public)
	}
}

// personal are the words by which a field about a customer would be called.
func personal() []string {
	return []string{"caller", "customer", "contact", "number", "phone", "address", "email", "mail", "profile", "history", "birth", "ssn", "hetu", "note", "tag"}
}

// M3, M11, M15: what the API knows of customers is this list and nothing else: the number of the call that an agent has now,
// and the parties of the messages that a person works on.
func TestNoCustomerRegister(t *testing.T) {
	allowed := []string{
		"Agency.address", "Seat.phone", "Queue.number", "Queue.mailbox", // the city's own
		"Caller.number",                  // while the call lives
		"Case.customer", "Party.address", // of one case's messages
		"ArchiveQuery.address",                                                                                                                // an exact address, for inspection
		"Purposes.mail", "Me.mails", "AgentState.mails", "QueueState.waiting_mails", "QueueState.open_mails", "QueueState.longest_mail_since", // counts
		"Capacity.mails", "Capacity.mail_during_call", // of an agent
		"SimulatedAnswer.notes",              // what a simulation assumed
		"OutgoingCall.number", "Whom.number", // to be called now, kept nowhere
		"Consultation.stage",                                                                                // no tag
		"Flow.numbers", "FlowStep.number", "FlowRun.number", "UnqueuedMeasure.number", "CityVersion.number", // the city's own; a count
	}
	d, _ := described(t)
	for schema, s := range d.Components.Schemas {
		for key := range s.Properties {
			name := schema + "." + key
			suspicious := slices.ContainsFunc(personal(), func(w string) bool { return strings.Contains(strings.ToLower(key), w) })
			if suspicious && !slices.Contains(allowed, name) {
				t.Errorf("%s looks like a customer's: allow it here or drop it", name)
			}
		}
	}
	forbidden := []string{"customer", "contact", "profile", "campaign", "export", "import", "bulk", "directory", "survey"}
	for path := range d.Paths {
		if slices.ContainsFunc(forbidden, func(w string) bool { return strings.Contains(path, w) }) {
			t.Errorf("%s: M11, M15, M16 and M17 want no such thing", path)
		}
	}
}

// M11: recordings are found by date, time, seat, queue, fragment, length and completeness only.
func TestRecordingsAreFoundByTheListOnly(t *testing.T) {
	d, _ := described(t)
	want := []string{"agency", "fragment", "from", "max_seconds", "min_seconds", "purpose", "queue", "reason", "seat", "state", "to"}
	var have []string
	for key := range d.Components.Schemas["RecordingQuery"].Properties {
		have = append(have, key)
	}
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("recordings are searched by %v, want %v", have, want)
	}
	for key := range d.Components.Schemas["Recording"].Properties {
		if slices.Contains([]string{"number", "caller", "customer", "text", "call"}, key) {
			t.Errorf("a recording tells %s", key)
		}
	}
}

func TestNothingIsLoadedFromElsewhere(t *testing.T) {
	_, text := described(t)
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "://") {
			t.Errorf("the document names another place: %s", strings.TrimSpace(line))
		}
	}
}
