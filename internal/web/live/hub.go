// Package live is the one event stream (SSE) of each browser. It owns the ring of recent events, from which a browser that
// comes back continues, and the readers' bounded buffers. Who may get an event is asked when it is sent, live or replayed.
// An event holds nothing personal (package event); live must not know what the kinds mean.
package live

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/event"
	"santra/internal/id"
)

// Limits of the hub.
const (
	RingSize       = 4096             // events that a browser can catch up on
	ReaderBuffer   = 256              // events that wait for one slow browser; then it is told to reset
	MaxReaders     = 4096             // streams in all
	MaxPerPerson   = 8                // streams of one person
	Heartbeat      = 15 * time.Second // also how often the session is checked again
	WriteTimeout   = 10 * time.Second // a browser that takes nothing for so long is gone
	ReconnectAfter = 2 * time.Second  // told to browsers
)

// Hub takes events and gives them to the readers who may have them. It implements event.Publisher.
type Hub struct {
	log  *slog.Logger
	boot string

	mu        sync.Mutex
	seq       uint64
	ring      []item // of at most RingSize; see at
	readers   map[*reader]struct{}
	perPerson map[string]int
	closed    bool
}

type item struct {
	seq  uint64
	ev   event.Event
	data []byte
}

// reader is one stream. Its channel is closed when it is to end; lagged says that it missed something.
type reader struct {
	who    Who
	items  chan item
	end    chan struct{}
	ended  bool
	lagged bool
}

// New makes a hub; ids of an earlier one are unknown to it.
func New(log *slog.Logger) *Hub {
	return &Hub{log: log, boot: id.New(), readers: map[*reader]struct{}{}, perPerson: map[string]int{}}
}

// Publish hands an event to every reader's buffer; it never blocks.
func (h *Hub) Publish(ev event.Event) {
	data, err := encode(ev)
	if err == nil && strings.ContainsAny(ev.Kind, "\r\n") {
		err = errors.New("line break in its kind")
	}
	if err != nil {
		h.log.Error("event dropped", "kind", fmt.Sprintf("%q", ev.Kind), "err", err)
		return
	}
	ev.To = slices.Clone(ev.To)
	ev.Fields = nil // they are in data; thousands of maps in the ring were a part of each call's memory
	h.mu.Lock()
	h.seq++
	it := item{h.seq, ev, data}
	h.keep(it)
	for r := range h.readers {
		r.offer(it)
	}
	h.mu.Unlock()
}

// keep keeps an event in the place of the oldest: a ring that moves along its memory is copied again and again.
func (h *Hub) keep(it item) {
	if len(h.ring) < RingSize {
		h.ring = append(h.ring, it)
		return
	}
	h.ring[at(it.seq)] = it
}

// at is the place of an event in the ring; the first has number 1.
func at(seq uint64) int { return int((seq - 1) % RingSize) }

// offer is called with the hub locked.
func (r *reader) offer(it item) {
	select {
	case r.items <- it:
	default:
		r.lagged = true
	}
}

// enter begins a stream after the event named last; reset says that what was between is not known any more.
func (h *Hub) enter(who Who, last string) (r *reader, missed []item, seq uint64, reset bool, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, nil, 0, false, errs.New(errs.Unavailable, "shutting down")
	}
	if len(h.readers) >= MaxReaders || h.perPerson[who.Person] >= MaxPerPerson {
		return nil, nil, 0, false, errs.New(errs.Limited, "too many event streams")
	}
	missed, reset = h.since(last)
	r = &reader{who: who, items: make(chan item, ReaderBuffer), end: make(chan struct{})}
	h.readers[r] = struct{}{}
	h.perPerson[who.Person]++
	return r, missed, h.seq, reset, nil
}

// since gives the events after an id; reset where the id is of another boot, from the future, or too old.
func (h *Hub) since(last string) (missed []item, reset bool) {
	if last == "" {
		return nil, false
	}
	boot, n, _ := strings.Cut(last, ":")
	seq, err := strconv.ParseUint(n, 10, 64)
	oldest := h.seq - uint64(len(h.ring)) + 1
	if err != nil || boot != h.boot || seq > h.seq || seq+1 < oldest {
		return nil, true
	}
	missed = make([]item, 0, h.seq-seq)
	for n := seq + 1; n <= h.seq; n++ {
		missed = append(missed, h.ring[at(n)])
	}
	return missed, false
}

func (h *Hub) leave(r *reader) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := h.readers[r]; !ok {
		return
	}
	delete(h.readers, r)
	if h.perPerson[r.who.Person]--; h.perPerson[r.who.Person] <= 0 {
		delete(h.perPerson, r.who.Person)
	}
}

// takeLag tells whether the reader missed something, and starts it anew after the present event.
func (h *Hub) takeLag(r *reader) (seq uint64, lagged bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !r.lagged {
		return 0, false
	}
	r.lagged = false
	for len(r.items) > 0 {
		<-r.items
	}
	return h.seq, true
}

// EndSession closes the streams of a session that has ended.
func (h *Hub) EndSession(session string) {
	h.endIf(func(w Who) bool { return w.Session == session })
}

// EndPerson closes the streams of a person whose roles changed; their browser comes back with the new ones.
func (h *Hub) EndPerson(person string) {
	h.endIf(func(w Who) bool { return w.Person == person })
}

// Close ends every stream and refuses new ones. Idempotent.
func (h *Hub) Close() {
	h.mu.Lock()
	h.closed = true
	h.mu.Unlock()
	h.endIf(func(Who) bool { return true })
}

func (h *Hub) endIf(match func(Who) bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for r := range h.readers {
		if match(r.who) && !r.ended {
			r.ended = true
			close(r.end)
		}
	}
}

// Readers counts the open streams.
func (h *Hub) Readers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.readers)
}

func (h *Hub) id(seq uint64) string { return h.boot + ":" + strconv.FormatUint(seq, 10) }
