package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/webrtc/webrtctest"
)

// How calls of agents in browsers are measured.
const (
	fewBrowsers  = relayFew
	manyBrowsers = 150                    // of sound that passes as it is: a packet gets cheaper as more come; with coders the load has no room for them
	offersEvery  = 200 * time.Millisecond // an agent's browser asks for its calls while none is there
)

// BrowseArgs say how many customers call, and whose browsers answer: with which codec, on whose behalf.
type BrowseArgs struct {
	CallsArgs
	URL    string   // of the contact centre's API
	Tokens []string // of one agent each
	Codec  media.Codec
}

// Browse sets calls up that agents answer in their browsers, and returns once all of them are connected. Telephones ring and
// are not answered. It ends with HangUp, as calls of telephones do.
func (l *Load) Browse(args BrowseArgs, _ *Nothing) error {
	l.desk.rings.Store(true)
	defer l.desk.rings.Store(false)
	ctx, cancel := context.WithTimeout(context.Background(), callWithin)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return l.place(ctx, args.CallsArgs) })
	for _, token := range args.Tokens[:args.N] {
		group.Go(func() error { return l.browse(ctx, args, token) })
	}
	return group.Wait()
}

// browse waits for one call, answers it and speaks.
func (l *Load) browse(ctx context.Context, args BrowseArgs, token string) error {
	call, err := offered(ctx, args.URL, token)
	if err != nil {
		return err
	}
	s := newVoice(args.Codec)
	if s == nil {
		return errs.New(errs.Internal, "nothing to say in %s", args.Codec.Name())
	}
	b, err := webrtctest.New(ctx, webrtctest.Config{Codec: args.Codec, Heard: func(packet []byte) { l.driver.take(s, packet, nil) }})
	if err != nil {
		return err
	}
	l.mu.Lock()
	l.browsers, l.voices = append(l.browsers, b), append(l.voices, s)
	l.mu.Unlock()
	var answer struct{ SDP string }
	if err := ask(ctx, args.URL, token, "POST", "/api/calls/"+call+"/answer", map[string]string{"sdp": b.Offer()}, &answer); err != nil {
		return err
	}
	if err := b.Connect(ctx, answer.SDP); err != nil {
		return fmt.Errorf("a browser did not connect: %w", err)
	}
	s.say = b.Say
	l.driver.add(s)
	return nil
}

// offered is the call that an agent is offered, once there is one.
func offered(ctx context.Context, url, token string) (id string, err error) {
	for {
		var answer struct{ Calls []struct{ ID, State string } }
		if err := ask(ctx, url, token, "GET", "/api/calls", nil, &answer); err != nil {
			return "", err
		}
		for _, c := range answer.Calls {
			if c.State == "offered" {
				return c.ID, nil
			}
		}
		if pause(ctx, offersEvery); ctx.Err() != nil {
			return "", errs.New(errs.Unavailable, "an agent was offered no call within %s", callWithin)
		}
	}
}

// browsers measures calls between customers and agents' browsers through a queue that is not recorded, beside the bare relay of as many
// packets. With A-law they pass as they are, the others are transcoded.
func (b *bench) browsers(ctx context.Context) error {
	if err := b.browserCity(ctx, fewBrowsers, media.PCMA, media.G722, media.Opus); err != nil {
		return err
	}
	return b.browserCity(ctx, manyBrowsers, media.PCMA)
}

// browserCity measures so many calls in a city of its own, where each agent has one.
func (b *bench) browserCity(ctx context.Context, calls int, codecs ...media.Codec) error {
	city := &bench{Options: b.Options, dir: fmt.Sprintf("%s/browsers-%d", b.dir, calls)}
	defer city.stop()
	if err := city.open(ctx, calls); err != nil {
		return err
	}
	if err := city.staff(ctx); err != nil {
		return err
	}
	for _, codec := range codecs {
		if err := b.browserRow(ctx, city, codec, calls); err != nil {
			return fmt.Errorf("%s: %w", codec.Name(), err)
		}
	}
	b.noise.join(city.noise)
	return nil
}

func (b *bench) browserRow(ctx context.Context, city *bench, codec media.Codec, calls int) error {
	var ours, bare []float64
	arrived := 1.0
	for i := range rounds {
		b.say("browsers: %d calls, %s, round %d of %d", calls, codec.Name(), i+1, rounds)
		o, share, err := city.browse(ctx, codec, calls)
		if err != nil {
			return err
		}
		l, err := city.bare(ctx, calls)
		if err != nil {
			return err
		}
		ours, bare = append(ours, o), append(bare, l.cpu)
		arrived = min(arrived, share)
	}
	name := fmt.Sprintf("%d calls to browsers, %s", calls, codec.Name())
	if codec != media.PCMA {
		name += ", transcoded"
	}
	note := fmt.Sprintf("%.0f calls for a core; at least %.1f %% of the packets arrived", 1000/median(ours), 100*arrived)
	b.add(row{name, "CPU ms for a second of a call", ours, "bare relay", bare, note})
	return nil
}

// browse is one round: its cost, and the share of the packets that arrived. What is transcoded has no marks any more.
func (b *bench) browse(ctx context.Context, codec media.Codec, calls int) (cost, arrived float64, err error) {
	args := BrowseArgs{CallsArgs{b.city.number(plainQueue), calls, callsASecond}, b.city.PublicURL, b.city.tokens, codec}
	if err := b.load.call(ctx, "Load.Browse", args, &Nothing{}); err != nil {
		return 0, 0, err
	}
	pause(ctx, settle)
	var w window
	var heard Window
	err = b.city.profiled(func() (err error) {
		w, heard, err = b.listen(ctx, b.city.servers()...)
		return err
	})
	err = errors.Join(err, b.load.call(ctx, "Load.HangUp", Nothing{}, &Nothing{}))
	arrived = min(float64(heard.Received+heard.Played)/float64(max(heard.Sent, 1)), 1)
	return roundOf(w, heard, calls).whole(), arrived, err
}
