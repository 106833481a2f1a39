package dispatch

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/routing"
)

// clumsy is a room with a defect: it panics at the first offer it is told of.
type clumsy struct {
	desk
	fell bool
}

func (c *clumsy) Offered(o Offer) {
	if !c.fell {
		c.fell = true
		panic("a defect of the room")
	}
	c.desk.Offered(o)
}

// TestRoutingGoesOnAfterADefect: a room that panics does not stop what routing tells it afterwards.
func TestRoutingGoesOnAfterADefect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &clumsy{}
		d := New(Config{Log: slog.New(slog.DiscardHandler)})
		d.Handle(routing.Call, c)
		if err := d.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = d.Stop(context.Background()) }()
		ready(t, d, "anna")
		for _, id := range []string{"c1", "c2"} {
			if err := d.Enqueue(routing.Work{ID: id, Queue: "q"}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second) // the bubble's clock
		ready(t, d, "bo")
		want(t, &c.desk, "offer c2 bo")
	})
}
