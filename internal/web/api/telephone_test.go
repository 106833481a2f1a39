package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/protocol/media"
	"santra/internal/store/centre"
	"santra/internal/voice"
	"santra/internal/voice/callback"
	"santra/internal/voice/flow/rehearse"
	"santra/internal/voice/outcome"
	"santra/internal/web/api/figures"
	"santra/internal/web/api/telephone"
)

// The services that the API is made for.
var (
	_ figures.Outcomes = (*outcome.Service)(nil)
	_ Prompts          = (*prompts.Service)(nil)
	_ Versions         = (*agency.Book)(nil)
)

// counts are outcomes as they were counted.
type counts []outcome.Row

func (c counts) Table(_ context.Context, from, to time.Time) (rows []outcome.Row, err error) {
	for _, r := range c {
		if !r.Start.Before(from) && r.Start.Before(to) {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// owed are callbacks that wait.
type owed struct {
	all       []callback.View
	cancelled []string
}

func (o *owed) List(context.Context) ([]callback.View, error) { return o.all, nil }

func (o *owed) Get(_ context.Context, id string) (callback.View, error) {
	for _, v := range o.all {
		if v.ID == id {
			return v, nil
		}
	}
	return callback.View{}, errs.New(errs.NotFound, "none")
}

func (o *owed) CancelCallback(_ context.Context, id, by string) error {
	if v, _ := o.Get(context.Background(), id); v.State == callback.Opened {
		return errs.New(errs.Conflict, "is being made")
	}
	o.cancelled = append(o.cancelled, id+" by "+by)
	return nil
}

// stage rehearses with the built-in words.
type stage struct{ city func() *agency.City }

func (s stage) Words(l agency.Lang, name string) (string, bool) { return media.Text(string(l), name) }

func (s stage) Length(agency.Lang, string) (time.Duration, bool) { return 4 * time.Second, true }

func (s stage) Rehearse(number string, c rehearse.Call) (rehearse.Course, error) {
	world := rehearse.City{City: s.city()}
	f, ok := world.Find(number)
	if !ok {
		return rehearse.Course{}, errs.At(errs.NotFound, "number", "is nobody's")
	}
	return rehearse.Run(f, world, s, c), nil
}

func (s stage) Sounds() (func(lang, name string) telephone.Sound, error) {
	return func(lang, name string) telephone.Sound {
		words, ok := media.Text(lang, name)
		return telephone.Sound{Words: words, Length: 4 * time.Second, There: ok}
	}, nil
}

// office is a house with the callbacks that it owes.
func office(t *testing.T, change func(*agency.City)) (*house, *owed) {
	t.Helper()
	h := newHouse(t, change)
	return h, h.deps.Callbacks.(*owed)
}

// telephone adds what people manage of the telephone. Its speech command says back what it is told, which is no sound.
func (h *house) telephone(db *centre.Store, book *agency.Book) {
	h.deps.Callbacks, h.deps.Outcomes, h.deps.Versions = &owed{}, counts(nil), book
	h.deps.Flows = stage{book.Current}
	h.deps.Prompts = prompts.New(prompts.Config{Store: db.Prompts(), Speech: prompts.Command{"cat"}, City: book.Current})
}

func TestOutcomesOfTheOwnAgencies(t *testing.T) {
	h, _ := office(t, nil)
	h.person("sari", identity.Supervisor, "parks")
	h.person("mari", identity.Manager, "parks")
	h.person("anna", identity.Agent, "parks")
	row := func(queue, code string, hour, n int) outcome.Row {
		return outcome.Row{Queue: queue, Start: time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC), Code: code, N: n}
	}
	h.deps.Outcomes = counts{
		row("parks-main", "done", 7, 9), row("parks-main", "passed", 7, 2), row("parks-main", "done", 8, 20), row("parks-main", "wrong", 8, 30),
		row("ports-main", "done", 8, 7), row("gone", "done", 8, 70),
	}
	h.serve()
	ask := func(who, query string) (b struct{ Rows []telephone.OutcomeCount }) {
		h.do(who, "GET", "/api/outcomes?from=2026-11-23&to=2026-11-23"+query, nil).want(http.StatusOK).into(&b)
		return b
	}
	if got := fmt.Sprint(ask("sari", "").Rows); strings.Count(got, "parks-main") != 3 || !strings.Contains(got, "done 29 false") || !strings.Contains(got, "passed 2 false") || strings.Contains(got, "ports") || strings.Contains(got, "gone") {
		t.Error(got)
	}
	if got := ask("sari", "&interval=half_hour").Rows; len(got) != 4 || got[0].N != 9 {
		t.Errorf("%+v", got)
	}
	if got := fmt.Sprint(ask("mari", "").Rows); strings.Contains(got, "passed 2") || !strings.Contains(got, "passed 0 true") || !strings.Contains(got, "done 0 true") || !strings.Contains(got, "wrong 30 false") {
		t.Errorf("a small count is told to who does not lead: %s", got)
	}
	if got := ask("mari", "&interval=half_hour").Rows; len(got) != 0 {
		t.Errorf("half-hours tell what is hidden: %+v", got)
	}
	if got := ask("sari", "&queue=ports-main").Rows; len(got) != 0 {
		t.Errorf("%+v", got)
	}
	for _, who := range []string{"sari", "mari"} {
		a := h.do(who, "GET", "/api/outcomes.csv?from=2026-11-23&to=2026-11-23&interval=half_hour", nil).want(http.StatusOK)
		want := "day,queue,outcome,calls,hidden\r\n2026-11-23,parks-main,done,,true\r\n2026-11-23,parks-main,passed,,true\r\n2026-11-23,parks-main,wrong,30,false\r\n"
		if string(a.body) != want || !strings.HasPrefix(a.header.Get("Content-Type"), "text/csv") {
			t.Errorf("%s: %q", who, a.body)
		}
	}
	h.do("anna", "GET", "/api/outcomes?from=2026-11-23&to=2026-11-23", nil).want(http.StatusForbidden)
	for _, bad := range []string{"from=2026-11-23&to=2026-11-22", "from=x&to=2026-11-22", "from=2026-11-23"} {
		h.do("sari", "GET", "/api/outcomes?"+bad, nil).want(http.StatusUnprocessableEntity)
	}
}

func TestCallbacksAreShownWithoutNumbersAndCancelled(t *testing.T) {
	h, o := office(t, nil)
	h.person("sari", identity.Supervisor, "parks")
	h.person("outi", identity.Supervisor, "ports")
	h.person("anna", identity.Agent, "parks")
	h.person("ada", identity.Administrator, "")
	now := time.Now().UTC().Truncate(time.Second)
	view := func(id, agencyID string, state callback.State, until time.Duration) callback.View {
		return callback.View{ID: id, Queue: agencyID + "-main", Agency: agencyID, Language: "sv", State: state, Requested: now.Add(-time.Hour), Until: now.Add(until), Expires: now.Add(20 * time.Hour)}
	}
	o.all = []callback.View{view("w", "parks", callback.Waiting, -time.Minute), view("o", "parks", callback.Opened, time.Hour), view("x", "ports", callback.Waiting, time.Hour)}
	o.all[1].Agent, o.all[1].Tries = h.ids["anna"], 1
	var b struct {
		Callbacks []telephone.Callback
		Counts    telephone.CallbackCounts
	}
	h.do("sari", "GET", "/api/callbacks", nil).want(http.StatusOK).into(&b)
	if len(b.Callbacks) != 2 || !b.Callbacks[0].Overdue || b.Callbacks[1].Overdue || b.Callbacks[1].Agent != h.ids["anna"] || b.Counts.Waiting != 1 || b.Counts.Opened != 1 || b.Counts.Overdue != 1 || !b.Counts.Oldest.Equal(now.Add(-time.Hour)) {
		t.Errorf("%+v", b)
	}
	a := h.do("anna", "GET", "/api/callbacks", nil).want(http.StatusOK)
	if strings.Contains(string(a.body), h.ids["anna"]) {
		t.Error("an agent sees who calls back")
	}
	h.do("ada", "GET", "/api/callbacks", nil).want(http.StatusForbidden)
	for who, status := range map[string]int{"anna": http.StatusForbidden, "outi": http.StatusForbidden, "ada": http.StatusForbidden} {
		h.do(who, "DELETE", "/api/callbacks/w", nil).want(status)
	}
	h.do("sari", "DELETE", "/api/callbacks/none", nil).want(http.StatusNotFound)
	h.do("sari", "DELETE", "/api/callbacks/o", nil).want(http.StatusConflict)
	h.do("sari", "DELETE", "/api/callbacks/w", nil).want(http.StatusNoContent)
	if fmt.Sprint(o.cancelled) != "[w by "+h.ids["sari"]+"]" {
		t.Error(o.cancelled)
	}
}

// tone is a WAV file of a tone.
func tone(t *testing.T, length time.Duration) string {
	t.Helper()
	pcm := make([]byte, 2*int(length.Seconds()*8000))
	for i := 0; i < len(pcm); i += 2 {
		pcm[i+1] = byte(int8(20 - 40*(i/16%2))) // 500 Hz, square
	}
	var out bytes.Buffer
	spec := media.WAVSpec{Format: media.PCM16, Rate: 8000, Channels: 1}
	if err := media.WriteWAV(&out, media.WAV{WAVSpec: spec, Data: pcm}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func (h *house) prompt(who, lang, name string) telephone.Prompt {
	h.t.Helper()
	var b struct{ Prompts []telephone.Prompt }
	h.do(who, "GET", "/api/prompts", nil).want(http.StatusOK).into(&b)
	for _, p := range b.Prompts {
		if p.Lang == lang && p.Name == name {
			return p
		}
	}
	h.t.Fatalf("no %s/%s among %d", lang, name, len(b.Prompts))
	return telephone.Prompt{}
}

func TestPromptsAreHandedInAndChosen(t *testing.T) {
	h, _ := office(t, nil)
	h.person("kari", identity.Controller, "")
	h.person("sari", identity.Supervisor, "parks")
	h.person("anna", identity.Agent, "parks")
	h.person("petra", identity.PrivacyOfficer, "")
	wav := []string{"Content-Type", "audio/wav"}
	var kept telephone.PromptKept
	h.do("kari", "POST", "/api/prompts/fi/welcome?words=Tervetuloa", tone(t, 2*time.Second), wav...).want(http.StatusOK).into(&kept)
	v := kept.Version
	if v.Display != "Display kari" || v.Words != "Tervetuloa" || v.Source != "upload" || v.Seconds < 1 || v.Heard || kept.Gain == 0 {
		t.Errorf("%+v", kept)
	}
	if p := h.prompt("sari", "fi", "welcome"); p.Source != telephone.BuiltIn || len(p.Versions) != 1 || p.Versions[0].By != h.ids["kari"] {
		t.Errorf("%+v", p)
	}
	a := h.do("petra", "GET", "/api/prompt-versions/"+v.ID+"/audio", nil).want(http.StatusOK)
	if a.header.Get("Content-Type") != "audio/wav" || !strings.HasPrefix(string(a.body), "RIFF") || a.header.Get("Cache-Control") != "no-store" {
		t.Error(a.header, len(a.body))
	}
	h.do("kari", "PUT", "/api/prompt-versions/"+v.ID+"/heard", nil).want(http.StatusNoContent)
	if p := h.prompt("sari", "fi", "welcome"); p.Source != telephone.Own || p.Words != "Tervetuloa" || !p.Versions[0].Heard {
		t.Errorf("%+v", p)
	}
	h.do("kari", "DELETE", "/api/prompt-versions/"+v.ID, nil).want(http.StatusConflict)
	h.do("kari", "DELETE", "/api/prompts/fi/welcome/heard", nil).want(http.StatusNoContent)
	h.do("kari", "DELETE", "/api/prompt-versions/"+v.ID, nil).want(http.StatusNoContent)
	if p := h.prompt("sari", "fi", "welcome"); p.Source != telephone.BuiltIn || len(p.Versions) != 0 {
		t.Errorf("%+v", p)
	}
	var log struct{ Entries []AuditEntry }
	h.do("petra", "GET", "/api/audit?object=fi/welcome", nil).want(http.StatusOK).into(&log)
	if len(log.Entries) != 4 || log.Entries[0].Action != prompts.Removed || log.Entries[3].Actor != h.ids["kari"] {
		t.Errorf("not in the log: %+v", log.Entries)
	}
}

func TestPromptsThatAreRefused(t *testing.T) {
	h, _ := office(t, nil)
	h.person("kari", identity.Controller, "")
	h.person("sari", identity.Supervisor, "parks")
	h.person("anna", identity.Agent, "parks")
	wav := []string{"Content-Type", "audio/wav"}
	h.do("kari", "POST", "/api/prompts/fi/welcome", "no sound", wav...).want(http.StatusUnprocessableEntity)
	h.do("kari", "POST", "/api/prompts/de/welcome", tone(t, time.Second), wav...).want(http.StatusUnprocessableEntity)
	h.do("kari", "POST", "/api/prompts/fi/announcement", tone(t, 2*time.Second), wav...).want(http.StatusUnprocessableEntity) // M4: 4 s
	h.do("kari", "POST", "/api/prompts/fi/welcome/speak", PromptSpoken{"Hei"}).want(http.StatusUnprocessableEntity)           // no sound
	h.do("kari", "PUT", "/api/prompt-versions/none/heard", nil).want(http.StatusNotFound)
	h.do("kari", "GET", "/api/prompt-versions/none/audio", nil).want(http.StatusNotFound)
	h.do("sari", "POST", "/api/prompts/fi/welcome", tone(t, time.Second), wav...).want(http.StatusForbidden)
	h.do("anna", "GET", "/api/prompts", nil).want(http.StatusForbidden)
	if p := h.prompt("sari", "fi", "announcement"); !p.Notice || p.Source != telephone.BuiltIn || p.Words == "" {
		t.Errorf("%+v", p)
	}
}

func TestFlowsAreShownAndTried(t *testing.T) {
	h, _ := office(t, func(c *agency.City) { c.Queues[0].LanguageMenu = true })
	h.person("sari", identity.Supervisor, "parks")
	h.person("anna", identity.Agent, "parks")
	var b struct{ Flows []telephone.Flow }
	h.do("sari", "GET", "/api/flows", nil).want(http.StatusOK).into(&b)
	if len(b.Flows) != 2 || b.Flows[0].Queue != "parks-main" || b.Flows[0].Numbers[0] != "+358912340001" || b.Flows[0].Steps[0].Kind != agency.KindLanguage {
		t.Errorf("%+v", b)
	}
	var course telephone.FlowCourse
	h.do("sari", "POST", "/api/flows/run", telephone.FlowRun{Number: "0912340001", At: "2026-11-30T08:15", Lang: "sv"}).want(http.StatusOK).into(&course)
	notice, _ := media.Text("sv", media.Announcement)
	said := false
	for _, l := range course.Lines {
		said = said || l.What == rehearse.Notice && l.Lang == "sv" && l.Text == notice
	}
	if !said || course.End != rehearse.Answer || course.At.UTC().Hour() != 6 {
		t.Errorf("%+v", course)
	}
	h.do("sari", "POST", "/api/flows/run", telephone.FlowRun{Number: "+358999999999"}).want(http.StatusNotFound)
	for _, bad := range []telephone.FlowRun{{Number: "0912340001", At: "tomorrow"}, {Number: "0912340001", Keys: "x"}, {Number: "0912340001", Lang: "de"}} {
		h.do("sari", "POST", "/api/flows/run", bad).want(http.StatusUnprocessableEntity)
	}
	h.do("anna", "GET", "/api/flows", nil).want(http.StatusForbidden)
	h.do("anna", "POST", "/api/flows/run", telephone.FlowRun{Number: "1"}).want(http.StatusForbidden)
}

func TestVersionsOfTheCity(t *testing.T) {
	h, _ := office(t, nil)
	h.person("kari", identity.Controller, "")
	h.person("sari", identity.Supervisor, "parks")
	book := h.deps.City.(*agency.Book)
	c := city()
	c.Queues[0].Record, c.Seats[0].SIPPassword = false, "another secret"
	if _, err := book.Apply(t.Context(), h.ids["kari"], c); err != nil {
		t.Fatal(err)
	}
	var all struct{ Versions []CityVersion }
	h.do("kari", "GET", "/api/city/versions", nil).want(http.StatusOK).into(&all)
	if len(all.Versions) != 2 || all.Versions[0].Number != 2 || all.Versions[0].Display != "Display kari" || fmt.Sprint(all.Versions[0].Parts) != "[queues seats]" || len(all.Versions[1].Parts) != 0 {
		t.Errorf("%+v", all)
	}
	a := h.do("kari", "GET", "/api/city/versions/2", nil).want(http.StatusOK)
	if !strings.Contains(string(a.body), "- city.queues[parks-main].record: true") || strings.Contains(string(a.body), "secret") {
		t.Errorf("%s", a.body)
	}
	h.do("kari", "GET", "/api/city/versions/3", nil).want(http.StatusNotFound)
	h.do("sari", "GET", "/api/city/versions", nil).want(http.StatusForbidden)
}

func TestCityTellsOutcomesListeningAndPlaces(t *testing.T) {
	h, _ := office(t, func(c *agency.City) {
		c.Queues[0].Listening = true
		c.Outcomes = []agency.Outcome{{ID: "done", Name: agency.Text{"fi": "Hoidettu", "sv": "Klart", "en": "Done"}, Agencies: []string{"parks"}}}
		c.Seats[0].Location = "Puistokatu 1, 3. krs"
	})
	h.person("sari", identity.Supervisor, "parks")
	h.person("anna", identity.Agent, "parks")
	var c City
	h.do("sari", "GET", "/api/city", nil).want(http.StatusOK).into(&c)
	if len(c.Outcomes) != 1 || c.Outcomes[0].Name.SV != "Klart" || c.Outcomes[0].Agencies[0] != "parks" || !c.Queues[0].Listening || c.Queues[1].Listening || c.Seats[0].Location != "Puistokatu 1, 3. krs" {
		t.Errorf("%+v", c)
	}
	if a := h.do("anna", "GET", "/api/city", nil).want(http.StatusOK); strings.Contains(string(a.body), "Puistokatu") {
		t.Error("an agent sees where others sit")
	}
}

var _ = (*voice.Service)(nil).CancelCallback // what app gives to Callbacks
