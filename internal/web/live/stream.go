package live

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"santra/internal/event"
)

// Who reads a stream: the person, the session, and in which agencies the person has a role that works now. Further, where
// set, narrows by the event's kind.
type Who struct {
	Person, Session string
	InAgency        func(agency string) bool
	Further         func(event.Event) bool
}

// Authorise says who asks, as of now; it is asked again at each heartbeat, and an error ends the stream.
type Authorise func(context.Context) (Who, error)

// may tells whether an event is for the reader: To names persons, Agency those with a role there; with neither, everybody.
func (w Who) may(ev event.Event) bool {
	if len(ev.To) > 0 {
		return slices.Contains(ev.To, w.Person)
	}
	if w.Further != nil && !w.Further(ev) {
		return false
	}
	return ev.Agency == "" || (w.InAgency != nil && w.InAgency(ev.Agency))
}

// Names of the stream's own events.
const (
	Hello = "hello" // the first line of a stream: its id is the place to continue from
	Reset = "reset" // something was missed: read everything again
)

// Serve writes the stream until the browser leaves, the session ends or the hub closes. An error comes before anything was
// written.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, auth Authorise) error {
	who, err := auth(r.Context())
	if err != nil {
		return err
	}
	rd, missed, seq, reset, err := h.enter(who, r.Header.Get("Last-Event-ID"))
	if err != nil {
		return err
	}
	defer h.leave(rd)
	s := &stream{hub: h, reader: rd, out: w, ctl: http.NewResponseController(w), who: who, auth: auth}
	s.head()
	if s.begin(missed, seq, reset) == nil {
		s.loop(r.Context())
	}
	return nil
}

type stream struct {
	hub    *Hub
	reader *reader
	out    http.ResponseWriter
	ctl    *http.ResponseController
	who    Who
	auth   Authorise
	seen   uint64 // the newest event that was sent or was not for this reader
}

func (s *stream) head() {
	hd := s.out.Header()
	hd.Set("Content-Type", "text/event-stream")
	hd.Set("Cache-Control", "no-store")
	hd.Set("X-Accel-Buffering", "no")
	s.out.WriteHeader(http.StatusOK)
}

func (s *stream) begin(missed []item, seq uint64, reset bool) error {
	name := Hello
	if reset {
		name = Reset
	}
	if len(missed) > 0 {
		seq = missed[0].seq - 1
	}
	s.seen = seq
	if err := s.write("retry: %d\nid: %s\nevent: %s\ndata: {}\n\n", ReconnectAfter.Milliseconds(), s.hub.id(seq), name); err != nil {
		return err
	}
	for _, it := range missed {
		if err := s.send(it); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) loop(ctx context.Context) {
	beat := time.NewTicker(Heartbeat)
	defer beat.Stop()
	for s.step(ctx, beat.C) == nil {
	}
}

func (s *stream) step(ctx context.Context, beat <-chan time.Time) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.reader.end:
		return io.EOF
	default:
	}
	if seq, lagged := s.hub.takeLag(s.reader); lagged {
		s.seen = seq
		return s.write("id: %s\nevent: %s\ndata: {}\n\n", s.hub.id(seq), Reset)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-s.reader.end:
		return io.EOF
	case it := <-s.reader.items:
		return s.send(it)
	case <-beat:
		return s.beat(ctx)
	}
}

func (s *stream) beat(ctx context.Context) error {
	who, err := s.auth(ctx)
	if err != nil || who.Person != s.who.Person {
		return io.EOF
	}
	s.who = who
	// An id without data moves the browser's Last-Event-ID and wakes no listener (HTML 9.2.6), so that somebody for whom
	// nothing happened can still continue.
	return s.write(": \nid: %s\n\n", s.hub.id(s.seen))
}

func (s *stream) send(it item) error {
	s.seen = it.seq
	if !s.who.may(it.ev) {
		return nil
	}
	return s.write("id: %s\nevent: %s\ndata: %s\n\n", s.hub.id(it.seq), it.ev.Kind, it.data)
}

// write writes and flushes. A writer without deadlines (in tests) is served without.
func (s *stream) write(format string, args ...any) error {
	_ = s.ctl.SetWriteDeadline(time.Now().Add(WriteTimeout))
	if _, err := fmt.Fprintf(s.out, format, args...); err != nil {
		return err
	}
	return s.ctl.Flush()
}
