package voice

import (
	"bytes"
	"context"
	"crypto/ed25519"
	gotls "crypto/tls"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/audit"
	"santra/internal/dispatch"
	"santra/internal/event"
	"santra/internal/lease"
	"santra/internal/pii"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/siptest"
	"santra/internal/protocol/sip/siptest/certs"
	"santra/internal/protocol/webrtc"
	"santra/internal/routing"
	"santra/internal/routing/measure"
	"santra/internal/voice/callback"
	"santra/internal/voice/site"
	"santra/internal/voice/state"
)

// What is heard in the tests, each with a tone of its own (Hz).
const (
	toneCaller  = 1000.0
	toneAgent   = 1600.0
	toneMusic   = 440.0
	toneMenu    = 500.0
	toneFinnish = 700.0
	toneSwedish = 800.0
	toneEnglish = 900.0
	toneGoodbye = 600.0
	toneBusy    = 2000.0
	toneOffer   = 2600.0
	toneConfirm = 2800.0
)

const (
	callerNumber = "+358405551234"
	waterNumber  = "+358931012345"
	menuNumber   = "+358931012346"
	patience     = 20 * time.Second
)

// prompts are short tones: the tests do not wait for speech.
type prompts struct {
	announcement time.Duration
	mute         []string // that are not there
}

func (p prompts) Prompt(lang, name string) (media.Clip, bool) {
	const loud = 9000
	if slices.Contains(p.mute, name) {
		return media.Clip{}, false
	}
	tones := map[string]float64{"fi": toneFinnish, "sv": toneSwedish, "en": toneEnglish}
	switch name {
	case media.Announcement, media.AnnouncementListening:
		return media.Tone(tones[lang], p.announcement, loud), true
	case media.LanguageMenu:
		return media.Tone(toneMenu, 100*time.Millisecond, loud), true
	case media.Closed:
		return media.Tone(1.5*tones[lang], 800*time.Millisecond, loud), true
	case media.Busy:
		return media.Tone(toneBusy, 800*time.Millisecond, loud), true
	case media.Goodbye:
		return media.Tone(toneGoodbye, 900*time.Millisecond, loud), true
	case media.CallbackOffer:
		return media.Tone(toneOffer, 1500*time.Millisecond, loud), true
	case media.CallbackConfirm:
		return media.Tone(toneConfirm, 1500*time.Millisecond, loud), true
	case media.Music:
		return media.Tone(toneMusic, time.Second, loud), true
	}
	return media.Clip{}, false
}

// cityStore holds one version of the city.
type cityStore struct{ body []byte }

func (cityStore) Do(context.Context, audit.Entry, func(agency.Tx) error) error { return nil }
func (s cityStore) Newest(context.Context) (agency.Version, []byte, error) {
	return agency.Version{Number: 1}, s.body, nil
}

func (s cityStore) Body(context.Context, int) (agency.Version, []byte, error) {
	return agency.Version{Number: 1}, s.body, nil
}
func (cityStore) Versions(context.Context, int) ([]agency.Version, error) { return nil, nil }

func testCity() agency.City {
	seats := make([]agency.Seat, 2)
	for i := range seats {
		user := fmt.Sprintf("phone%d", i+1)
		seats[i] = agency.Seat{Code: fmt.Sprintf("A1%d", i+1), SIPUser: user, HA1MD5: digest.HA1(digest.MD5, user, agency.DefaultRealm, "secret")}
	}
	queue := agency.Queue{
		ID: "water-main", Agency: "water", Name: agency.Text{"fi": "Vesi"}, Number: waterNumber, Skills: []string{"water"},
		Languages: []agency.Lang{"fi"}, NoAnswer: 5 * time.Second, WrapUp: 200 * time.Millisecond, Record: true,
	}
	menu := queue
	menu.ID, menu.Number, menu.Languages, menu.LanguageMenu = "water-menu", menuNumber, agency.Langs(), true
	return agency.City{
		Agencies: []agency.Agency{{ID: "water", FragmentDigits: 4}}, Queues: []agency.Queue{queue, menu}, Seats: seats,
	}.WithDefaults()
}

// log collects what is logged and published, as text.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
	news []event.Event
	wake chan struct{}
}

func newLogbook() *logbook { return &logbook{wake: make(chan struct{}, 1)} }

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logbook) Publish(e event.Event) {
	body, _ := json.Marshal(e)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.news = append(l.news, e)
	fmt.Fprintf(&l.text, "%s %v %+v\n", body, e, e)
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *logbook) all() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// find looks for an event of a call.
func (l *logbook) find(is func(event.Event) bool) (event.Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.news {
		if e.Kind == "call" && is(e) {
			return e, true
		}
	}
	return event.Event{}, false
}

// house is a whole room on loopback with real SIP, RTP and dispatch.
type house struct {
	*testing.T
	svc           *Service
	trunk, phones *sip.Endpoint
	disp          *dispatch.Dispatcher
	book          *logbook
	public        ed25519.PublicKey
	browsers      *webrtc.Server
	world         *world
	callbacks     *callback.Service
	panics        bool // one is meant to happen
	authority     *certs.Authority
}

// plan changes what a house is made of.
type plan struct {
	announcement time.Duration
	recorder     *tapeDeck
	city         func(*agency.City)
	browsers     bool
	maxCalls     int
	mute         []string // prompts that are not there
	open         dispatch.OpenFunc
	lease        lease.Config // who decides; without a Store always this dispatcher
	journal      measure.Journal
	connect      time.Duration // of browsers
	tls          bool          // telephones may signal by TLS
	codecs       []string      // of the trunk
	digests      []string      // of the telephones
	srtp         sdp.Security  // of the trunk
	callbacks    bool
	ports        uint16  // the first of 64 for sound; 0: any
	bubble       *bubble // virtual time; nil: the real one, with real sockets
}

func newHouse(t *testing.T, p plan) *house {
	t.Helper()
	t.Parallel() // they mostly wait
	return houseOf(t, p)
}

func houseOf(t *testing.T, p plan) *house {
	t.Helper()
	if p.announcement == 0 {
		p.announcement = 200 * time.Millisecond
	}
	h := &house{T: t, book: newLogbook()}
	h.authority = certs.New(t)
	h.trunk, h.phones = h.listen(p.bubble.network(), nil), h.listen(p.bubble.network(), h.speaksTLS(p))
	h.world = &world{trunk: h.trunk, srtp: p.srtp}
	log := slog.New(slog.NewTextHandler(h.book, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h.disp = dispatch.New(dispatch.Config{Log: log, Events: h.book, Lease: p.lease, Journal: p.journal})
	pool, err := p.bubble.pool()
	h.must(err)
	var key ed25519.PrivateKey
	h.public, key, err = ed25519.GenerateKey(nil)
	h.must(err)
	cfg := site.Config{
		Trunk: h.trunk, Phones: h.phones, Ports: pool, Book: h.city(p), Dispatch: h.disp, Events: h.book, GateKey: key,
		Prompts: prompts{p.announcement, p.mute}, Log: log, MaxCalls: p.maxCalls,
		Carrier: h.world, Outcomes: &h.world.outcomes, Tally: &h.world.sums, Codecs: p.codecs, PhoneDigests: p.digests,
		TrunkSRTP: func(*sip.Incoming) sdp.Security { return p.srtp },
	}
	if p.ports != 0 {
		cfg.Ports, err = rtp.NewPool(rtp.PoolConfig{Min: p.ports, Max: p.ports + 63})
		h.must(err)
	}
	if p.recorder != nil {
		p.recorder.public = h.public
		cfg.Recorder = p.recorder.target()
	}
	if p.bubble != nil {
		cfg.Recorder = p.bubble.recorder()
	}
	if p.callbacks {
		h.callbacks = h.promises(cfg.Book)
		cfg.Callbacks = h.callbacks
	}
	if p.browsers {
		h.browsers, err = webrtc.NewServer(webrtc.Config{UDPAddr: "127.0.0.1:0", Connect: p.connect, Log: log})
		h.must(err)
		t.Cleanup(func() { _ = h.browsers.Close() })
		cfg.Browsers = h.browsers
	}
	h.svc, err = New(cfg)
	h.must(err)
	h.must(h.disp.SetQueues(dispatch.Queues(cfg.Book.Current()), p.open))
	h.must(h.svc.Start(t.Context()))
	h.must(h.disp.Start(t.Context()))
	t.Cleanup(h.stop)
	return h
}

// speaksTLS is how the telephones' endpoint speaks TLS; nil: it does not.
func (h *house) speaksTLS(p plan) *sip.TLS {
	if !p.tls {
		return nil
	}
	return &sip.TLS{Addr: "127.0.0.1:0", Config: &gotls.Config{
		Certificates: []gotls.Certificate{h.authority.For([]string{"127.0.0.1"})}, RootCAs: h.authority.Pool(),
	}}
}

func (h *house) listen(network sip.Network, tls *sip.TLS) *sip.Endpoint {
	h.Helper()
	e, err := sip.Listen(sip.Config{Addr: "127.0.0.1:0", Network: network, TLS: tls, Log: slog.New(slog.NewTextHandler(h.book, nil))})
	h.must(err)
	h.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = e.Close(ctx)
	})
	return e
}

func (h *house) city(p plan) *agency.Book {
	h.Helper()
	city := testCity()
	if p.city != nil {
		p.city(&city)
	}
	body, err := json.Marshal(city)
	h.must(err)
	b, err := agency.Open(h.Context(), agency.Config{Store: cityStore{body}})
	h.must(err)
	return b
}

func (h *house) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if err := h.svc.Stop(ctx); err != nil {
		h.Error(err)
	}
	_ = h.disp.Stop(ctx)
	text := h.book.all()
	for _, canary := range []string{callerNumber[1:], callerNumber[4:], "0" + callerNumber[4:]} {
		if strings.Contains(text, canary) {
			h.Errorf("the caller's number is in logs or events:\n%s", text)
		}
	}
	if !h.panics && strings.Contains(text, "panic") {
		h.Error(text)
	}
	if h.Failed() {
		h.Log(text)
	}
}

func (h *house) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *house) ctx() context.Context {
	ctx, cancel := context.WithTimeout(h.Context(), patience)
	h.Cleanup(cancel)
	return ctx
}

// phone opens a telephone; server is the endpoint that it calls.
func (h *house) phone(server *sip.Endpoint, cfg siptest.Config) *siptest.Phone {
	h.Helper()
	cfg.Server = server.Addr()
	p, err := siptest.NewPhone(cfg)
	h.must(err)
	h.Cleanup(func() { _ = p.Close() })
	return p
}

// agent signs a person in at a seat, with a registered telephone, and makes them ready.
func (h *house) agent(name string, n int, cfg siptest.Config) *siptest.Phone {
	h.Helper()
	cfg.User, cfg.Password = fmt.Sprintf("phone%d", n), "secret"
	if cfg.Tone == 0 {
		cfg.Tone = toneAgent
	}
	p := h.phone(h.phones, cfg)
	h.must(p.Register(h.ctx()))
	h.signIn(name, n)
	return p
}

func (h *house) signIn(name string, n int) {
	h.Helper()
	h.disp.SignIn(routing.Agent{
		ID: name, Seat: fmt.Sprintf("A1%d", n), Skills: map[string]int{"water": 1}, Languages: []string{"fi", "sv", "en"},
	})
	h.must(h.disp.SetState(name, routing.Ready, ""))
}

// call calls a number from the trunk.
func (h *house) call(number string, cfg siptest.Config) *siptest.Call {
	h.Helper()
	if cfg.Tone == 0 {
		cfg.Tone = toneCaller
	}
	c, err := h.phone(h.trunk, cfg).Call(h.ctx(), number, pii.NewNumber(callerNumber))
	h.must(err)
	return c
}

// answered gives the agent's next answered call.
func (h *house) answered(p *siptest.Phone) *siptest.Call {
	h.Helper()
	select {
	case c := <-p.Calls():
		return c
	case <-h.ctx().Done():
		h.Fatal("the telephone got no call")
		return nil
	}
}

// view waits until the only call's view is as wanted.
func (h *house) view(what string, is func(state.View) bool) state.View {
	h.Helper()
	var last []state.View
	for ctx := h.ctx(); ctx.Err() == nil; h.breathe() {
		last = h.svc.Running("")
		for _, v := range last {
			if is(v) {
				return v
			}
		}
	}
	h.Fatalf("no call is %s: %+v", what, last)
	return state.View{}
}

func (h *house) state(s state.State) state.View {
	h.Helper()
	return h.view(string(s), func(v state.View) bool { return v.State == s })
}

// empty waits until no call is left.
func (h *house) empty() {
	h.Helper()
	for ctx := h.ctx(); ctx.Err() == nil; h.breathe() {
		if len(h.svc.Running("")) == 0 {
			return
		}
	}
	h.Fatalf("a call is left: %+v", h.svc.Running(""))
}

// breathe lets the real sockets work until the next look; there is no fake time beside real ones.
func (h *house) breathe() {
	select {
	case <-h.Context().Done():
	case <-time.After(2 * time.Millisecond):
	}
}

func (h *house) hears(c *siptest.Call, hz float64) {
	h.Helper()
	if err := c.WaitHears(h.ctx(), hz); err != nil {
		h.Fatalf("%v Hz is not heard: %v", hz, err)
	}
}

// hearsToo waits until a tone is a good part of what is heard, beside others.
func (h *house) hearsToo(c *siptest.Call, hz float64) {
	h.Helper()
	for ctx := h.ctx(); ctx.Err() == nil; h.breathe() {
		if c.Share(hz) > 0.3 {
			return
		}
	}
	h.Fatalf("%v Hz is not heard among others: %v", hz, c.Share(hz))
}

func (h *house) ended(c *siptest.Call) {
	h.Helper()
	select {
	case <-c.Ended():
	case <-h.ctx().Done():
		h.Fatal("the call was not hung up")
	}
}
