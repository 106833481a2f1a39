package reactor

import (
	"log/slog"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

func open(t *testing.T) *Socket {
	t.Helper()
	s, err := Open(netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestEachSocketIsServed: what is sent to it is read, and the goroutine ends with the last socket.
func TestEachSocketIsServed(t *testing.T) {
	r := New(slog.New(slog.DiscardHandler))
	from, heard := open(t), make(chan byte, 2)
	var to []*Socket
	for range 2 {
		s := open(t)
		to = append(to, s)
		if err := r.Add(s, func() {
			var b [16]byte
			for {
				n, _, err := unix.Recvfrom(s.FD, b[:], unix.MSG_DONTWAIT)
				if err != nil {
					return
				}
				if n == 1 {
					heard <- b[0]
				}
			}
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range to {
		d := NewDestination(s.Local)
		if err := from.Send([]byte{byte(i)}, &d); err != nil {
			t.Fatal(err)
		}
		if got := <-heard; got != byte(i) {
			t.Error(got, i)
		}
	}
	for _, s := range append(to, from) {
		s.Close()
		<-s.Closed
	}
	r.Wait()
	if d := NewDestination(to[0].Local); from.Send([]byte{1}, &d) == nil {
		t.Error("a closed socket sends")
	}
}

// TestTheLastReferenceCloses: who still uses the descriptor keeps it from becoming another's.
func TestTheLastReferenceCloses(t *testing.T) {
	s, ended := open(t), false
	s.AfterEnd = func() { ended = true }
	if !s.Acquire() {
		t.Fatal("an open socket gives no reference")
	}
	s.Close()
	if s.Acquire() || ended {
		t.Error("given after Close, or ended while it is used")
	}
	s.Release()
	if <-s.Closed; !ended {
		t.Error("nobody is told of the end")
	}
	s.Close() // again does nothing
}
