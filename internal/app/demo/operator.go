package demo

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"santra/internal/protocol/sip/siptest"
	"santra/internal/run"
)

// How the people whom the demonstration city calls behave.
const (
	pickUpAfter = 2 * time.Second
	humAtLeast  = 20 * time.Second
	humAtMost   = 40 * time.Second
	calledTone  = 350.0 // Hz, their voice
)

// operator is the other end of the demonstration city's calls out: whatever is dialled rings, is answered, hums for a while and
// hangs up, 112 too. Nothing leaves this machine.
type operator struct {
	phone *siptest.Phone
	stop  context.CancelFunc
}

// startOperator begins to answer at an address.
func startOperator(ctx context.Context, at string) (*operator, error) {
	phone, err := siptest.NewPhone(siptest.Config{
		Addr: at, User: "operaattori", Answer: pickUpAfter, Tone: calledTone, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	o := &operator{phone: phone, stop: stop}
	go o.answer(ctx)
	return o, nil
}

func (o *operator) answer(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case c := <-o.phone.Calls():
			go o.hum(ctx, c)
		case <-o.phone.Rings():
		}
	}
}

func (o *operator) hum(ctx context.Context, c *siptest.Call) {
	select {
	case <-ctx.Done():
		return
	case <-c.Ended():
		return
	case <-time.After(humAtLeast + rand.N(humAtMost-humAtLeast)):
	}
	ctx, cancel := context.WithTimeout(ctx, run.StopWithin)
	defer cancel()
	_ = c.HangUp(ctx)
}

// Close implements io.Closer.
func (o *operator) Close() error {
	o.stop()
	return o.phone.Close()
}
