package live

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/event"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// browser is a stream read through memory.
type browser struct {
	header http.Header
	mu     sync.Mutex
	text   strings.Builder
	block  chan struct{} // while set, writes wait for it
	cancel context.CancelFunc
	done   chan error
}

func (b *browser) Header() http.Header { return b.header }
func (b *browser) WriteHeader(int)     {}
func (b *browser) FlushError() error   { return nil }
func (b *browser) Write(p []byte) (int, error) {
	if b.block != nil {
		<-b.block
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *browser) read() string {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.text.String()
	b.text.Reset()
	return s
}

func person(name string, agencies ...string) Authorise {
	return func(context.Context) (Who, error) {
		return Who{Person: name, Session: "s-" + name, InAgency: func(a string) bool {
			return slices.Contains(agencies, a)
		}}, nil
	}
}

func open(h *Hub, auth Authorise, last string, block chan struct{}) *browser {
	ctx, cancel := context.WithCancel(context.Background())
	b := &browser{header: http.Header{}, cancel: cancel, done: make(chan error, 1), block: block}
	r := httptest.NewRequestWithContext(ctx, "GET", "/api/events", nil)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	go func() { b.done <- h.Serve(b, r, auth) }()
	return b
}

// names gives the events of a text with their ids' sequence numbers: "call@3".
func names(text string) string {
	var out []string
	var seq, name string
	sc := bufio.NewScanner(strings.NewReader(text))
	for sc.Scan() {
		line := sc.Text()
		if v, ok := strings.CutPrefix(line, "id: "); ok {
			_, seq, _ = strings.Cut(v, ":")
		}
		if v, ok := strings.CutPrefix(line, "event: "); ok {
			name = v
		}
		if strings.HasPrefix(line, "data: ") {
			out = append(out, name+"@"+seq)
		}
	}
	return strings.Join(out, " ")
}

func expect(t *testing.T, b *browser, want string) {
	t.Helper()
	if got := names(b.read()); got != want {
		t.Fatalf("stream says %q, want %q", got, want)
	}
}

func TestEventsReachThoseWhoMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(quiet())
		anna, bo := open(h, person("anna", "parks"), "", nil), open(h, person("bo", "ports"), "", nil)
		expect(t, anna, "hello@0")
		expect(t, bo, "hello@0")
		h.Publish(event.Event{Kind: "call", ID: "c", To: []string{"anna"}})
		h.Publish(event.Event{Kind: "queue", ID: "q", Agency: "ports"})
		h.Publish(event.Event{Kind: "recorder", ID: "r"})
		expect(t, anna, "call@1 recorder@3")
		expect(t, bo, "queue@2 recorder@3")
		h.Close()
		if err := errors.Join(<-anna.done, <-bo.done); err != nil || h.Readers() != 0 {
			t.Fatal(err, h.Readers())
		}
	})
}

func TestComingBackContinues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(quiet())
		for i := range 5 {
			h.Publish(event.Event{Kind: "queue", ID: fmt.Sprint(i), Agency: []string{"parks", "ports"}[i%2]})
		}
		b := open(h, person("anna", "parks"), h.id(1), nil)
		expect(t, b, "hello@1 queue@3 queue@5") // 2 and 4 are the ports': not replayed either
		h.Publish(event.Event{Kind: "queue", Agency: "parks"})
		expect(t, b, "queue@6")
		b.cancel()
		<-b.done
	})
}

func TestUnknownPlacesReset(t *testing.T) {
	h := New(quiet())
	for range RingSize + 10 {
		h.Publish(event.Event{Kind: "queue"})
	}
	for _, last := range []string{"otherboot:3", h.id(RingSize + 11), h.id(3), "garbage", h.boot + ":-1", h.boot + ":" + strings.Repeat("9", 40)} {
		if missed, reset := h.since(last); !reset || missed != nil {
			t.Errorf("%q: %d events, reset %v", last, len(missed), reset)
		}
	}
	for last, want := range map[string]int{h.id(10): RingSize, h.id(RingSize + 10): 0, h.id(RingSize + 9): 1} {
		if missed, reset := h.since(last); reset || len(missed) != want {
			t.Errorf("%q: %d events (want %d), reset %v", last, len(missed), want, reset)
		}
	}
}

func TestSlowBrowserIsReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(quiet())
		block := make(chan struct{})
		b := open(h, person("anna"), "", block)
		synctest.Wait()
		for range ReaderBuffer + 5 {
			h.Publish(event.Event{Kind: "queue"}) // never blocks
		}
		close(block)
		expect(t, b, fmt.Sprintf("hello@0 reset@%d", ReaderBuffer+5))
		h.Publish(event.Event{Kind: "queue"})
		expect(t, b, fmt.Sprintf("queue@%d", ReaderBuffer+6))
		h.Close()
		<-b.done
	})
}

func TestHeartbeatAsksAgainWhoThisIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(quiet())
		var invalid atomic.Bool
		b := open(h, func(ctx context.Context) (Who, error) {
			if invalid.Load() {
				return Who{}, errs.New(errs.Unauthenticated, "ended")
			}
			return person("anna")(ctx)
		}, "", nil)
		b.read()
		h.Publish(event.Event{Kind: "call", To: []string{"bo"}})
		time.Sleep(Heartbeat)
		if got := b.read(); got != ": \nid: "+h.id(1)+"\n\n" {
			t.Fatalf("heartbeat is %q", got)
		}
		invalid.Store(true)
		time.Sleep(Heartbeat)
		if err := <-b.done; err != nil || h.Readers() != 0 {
			t.Fatal("the stream outlived its session")
		}
	})
}

func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(quiet())
		anna, bo := open(h, person("anna"), "", nil), open(h, person("bo"), "", nil)
		synctest.Wait()
		h.EndSession("s-anna")
		h.EndSession("s-anna")
		<-anna.done
		h.EndPerson("bo")
		<-bo.done
		h.Close()
		if err := h.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), person("anna")); !errs.Is(err, errs.Unavailable) {
			t.Fatal(err)
		}
	})
}

func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(quiet())
		for range MaxPerPerson {
			open(h, person("anna"), "", nil)
		}
		synctest.Wait()
		err := h.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), person("anna"))
		if !errs.Is(err, errs.Limited) {
			t.Fatal(err)
		}
		h.Publish(event.Event{Kind: "x\ndata: forged"})
		h.Publish(event.Event{Kind: "x", Fields: map[string]any{"f": func() {}}})
		if h.seq != 0 {
			t.Fatal("a malformed event was sent")
		}
		h.Close()
	})
}

func TestNarrowedByKind(t *testing.T) {
	w := Who{Person: "anna", Further: func(ev event.Event) bool { return ev.Kind != "agent" || ev.ID == "anna" }}
	for _, c := range []struct {
		ev   event.Event
		want bool
	}{
		{event.Event{Kind: "agent", ID: "anna"}, true},
		{event.Event{Kind: "agent", ID: "bo"}, false},
		{event.Event{Kind: "agent", ID: "bo", To: []string{"anna"}}, true},
		{event.Event{Kind: "case", Agency: "parks"}, false},
	} {
		if w.may(c.ev) != c.want {
			t.Errorf("%+v: not %v", c.ev, c.want)
		}
	}
}

func TestOverHTTP(t *testing.T) {
	h := New(quiet())
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h.Serve(w, r, person("anna")); err != nil {
			t.Error(err)
		}
	}))
	defer srv.Close()
	defer h.Close()
	res, err := http.Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if ct, cc := res.Header.Get("Content-Type"), res.Header.Get("Cache-Control"); ct != "text/event-stream" || cc != "no-store" {
		t.Fatal(ct, cc)
	}
	h.Publish(event.Event{Kind: "case", ID: "k1", Version: 7})
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() && lines.Text() != `data: {"kind":"case","id":"k1","version":7}` {
	}
	h.Close()
	if rest, err := io.ReadAll(res.Body); lines.Err() != nil || err != nil || strings.TrimSpace(string(rest)) != "" {
		t.Fatalf("%v %v %q", lines.Err(), err, rest)
	}
}

// Whatever the place a reader left at, what it then gets is all that came after, or a reset.
func TestNothingIsMissedUnsaid(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := New(quiet())
		n := rapid.IntRange(0, RingSize+50).Draw(t, "published")
		for range n {
			h.Publish(event.Event{Kind: "queue"})
		}
		left := rapid.IntRange(0, RingSize+60).Draw(t, "left at")
		missed, reset := h.since(h.id(uint64(left)))
		if !reset && left+len(missed) != n {
			t.Fatalf("left at %d of %d: got %d and no reset", left, n, len(missed))
		}
	})
}

func FuzzLastEventID(f *testing.F) {
	h := New(quiet())
	h.Publish(event.Event{Kind: "queue"})
	f.Add(h.id(0))
	f.Add("x:1")
	f.Add("::")
	f.Fuzz(func(t *testing.T, last string) {
		if missed, reset := h.since(last); reset && missed != nil {
			t.Fatal("both")
		}
	})
}
