package figures

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/identity"
	"santra/internal/routing/sim"
	"santra/internal/web/api/frame"
)

func FuzzDay(f *testing.F) {
	f.Add("2026-11-23")
	f.Add("2026-02-30")
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		day, err := dayOf("from", text, zone)
		if err == nil && (day.Format(time.DateOnly) != text || day.Year() < 2000) {
			t.Fatal(text, day)
		}
	})
}

func TestLongSimulationsAreGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &answerer{deps: Deps{City: book{city: agency.City{Queues: []agency.Queue{{ID: "trees", Number: "+358931012345"}}}}, Planner: endless{}}, planning: make(chan struct{}, 1)}
		who := &frame.Caller{Principal: identity.Principal{Person: "p", Roles: []identity.RoleGrant{{Role: identity.Supervisor}}, Training: true}}
		_, err := a.simulate(t.Context(), who, &simulationInput{Body: SimulationRequest{Date: "2026-11-27", Weeks: 4}})
		if !errs.Is(err, errs.TooLarge) {
			t.Error(err)
		}
	})
}

// book is a city that has only what a simulation asks it for.
type book struct {
	Book
	city agency.City
}

func (b book) Current() *agency.City { return &b.city }

// endless is a planner that never comes to an end by itself.
type endless struct{}

func (endless) Simulate(ctx context.Context, _ sim.Request) (sim.Answer, error) {
	<-ctx.Done()
	return sim.Answer{}, fmt.Errorf("simulation: %w", ctx.Err())
}
