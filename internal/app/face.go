package app

import (
	"context"
	"net/http"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/app/config"
	"santra/internal/app/simulate"
	"santra/internal/identity"
	"santra/internal/recorder"
	"santra/internal/registry"
	"santra/internal/remote"
	"santra/internal/token"
	"santra/internal/web/api"
	"santra/internal/web/public"
	"santra/internal/web/ui"
)

// face is all that the contact centre serves over HTTP: the API, the public page and the desktop.
func (c *contactCentre) face() (http.Handler, error) {
	page, err := public.New(c.registry.Facts, c.log)
	if err != nil {
		return nil, err
	}
	desktop, err := ui.New(ui.Files(), c.server.Recorder.Origin)
	if err != nil {
		return nil, err
	}
	proxies, err := config.Networks("server.http.proxies", c.server.HTTP.Proxies)
	if err != nil {
		return nil, err
	}
	staff := func(ctx context.Context) ([]agency.Staff, error) {
		people, err := c.people.People(ctx, identity.Operator("routing"))
		return identity.Staff(people, time.Now()), err
	}
	ice, err := c.server.WebRTC.TURN.Servers()
	if err != nil {
		return nil, err
	}
	resources := api.New(api.Deps{
		ICE:    ice,
		People: c.people, City: c.book, Dispatch: c.dispatch, Calls: c.voice, Cases: c.mail, Registry: c.registry,
		Trunks: c.lines, Closings: agency.NewClosings(c.store.Closings()), Measures: c.store.Journal(),
		Planner: &simulate.Planner{City: c.book.Current, Measures: c.store.Journal()}, Audit: c.audit, Live: c.events, Health: c.healthy, Staff: staff,
		Outcomes: c.outcomes.counts, Tallies: c.tallies, Callbacks: owedCalls{c.callbacks, c.voice}, Versions: c.book,
		Prompts: prompts.New(prompts.Config{Store: c.store.Prompts(), Speech: c.server.Speech, City: c.book.Current}),
		Flows:   &Rehearser{City: c.book.Current, Read: c.knownSounds},
		Secure:  strings.HasPrefix(c.server.HTTP.PublicURL, "https:"), Proxies: proxies, Log: c.log,
	})
	mux := http.NewServeMux()
	mux.Handle("/api/", resources)
	mux.Handle("GET /healthz", resources)
	page.Routes(mux)
	mux.Handle("/", desktop)
	return mux, nil
}

// healthy is nil while the database answers; the recorder's absence is shown on calls, not here: calls go on without it.
func (c *contactCentre) healthy(ctx context.Context) error { return c.store.DB().Ping(ctx) }

// catalogue is the recorder as registry sees it.
type catalogue struct{ *remote.Recorder }

// Search asks the recorder's catalogue.
func (k catalogue) Search(ctx context.Context, person, purpose string, f registry.Filter) ([]registry.Recording, error) {
	rows, err := k.Recorder.Search(ctx, remote.Who{Person: person, Purpose: purpose}, recorder.Filter{
		Agency: f.Agency, From: f.From, To: f.To, Seat: f.Seat, Queue: f.Queue, Fragment: f.Fragment,
		MinLength: f.MinLength, MaxLength: f.MaxLength, State: recorder.State(f.State),
	})
	found := make([]registry.Recording, 0, len(rows))
	for _, r := range rows {
		found = append(found, recordingOf(r))
	}
	return found, err
}

// Get asks for one row of an agency.
func (k catalogue) Get(ctx context.Context, person, purpose, agencyID, key string) (registry.Recording, error) {
	r, err := k.Recorder.Get(ctx, remote.Who{Person: person, Purpose: purpose}, agencyID, key)
	return recordingOf(r), err
}

// Revoke ends plays at once.
func (k catalogue) Revoke(ctx context.Context, v token.Revoke) error {
	_, err := k.Recorder.Revoke(ctx, v)
	return err
}

func recordingOf(r recorder.Row) registry.Recording {
	return registry.Recording{
		Key: r.Key, Name: r.ID, Agency: r.Agency, Queue: r.Queue, Seat: r.Seat, Fragment: r.Fragment, Session: r.Session,
		Language: r.Language, Announcement: r.Announcement, State: string(r.State), Part: r.Part, Gaps: r.Gaps,
		Started: r.Started, Length: time.Duration(r.Length), Hold: r.Hold, Destroys: r.Destroy,
	}
}
