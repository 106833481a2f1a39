package bench

import (
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"santra/internal/routing/load"
)

// openLoad is the load without a city.
func openLoad(t *testing.T) *Load {
	t.Helper()
	l := newLoad()
	if err := l.Open(OpenArgs{Trunk: "127.0.0.1:1", Phones: "127.0.0.1:1"}, &Nothing{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = l.Drop(Nothing{}, &Nothing{})
		_ = l.callers.Close(t.Context())
		_ = l.phones.Close(t.Context())
		_ = l.sink.Close()
	})
	return l
}

// speakThroughRelay lets two calls speak through the bare relay for a while.
func speakThroughRelay(t *testing.T, l *Load) Window {
	t.Helper()
	const calls = 2
	var parties, at []string
	var r Relay
	if err := l.Streams(StreamsArgs{N: 2 * calls}, &parties); err != nil {
		t.Fatal(err)
	}
	if err := r.Open(parties, &at); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, s := range r.sockets {
			_ = s.Close()
		}
	})
	if err := l.Aim(at, &Nothing{}); err != nil {
		t.Fatal(err)
	}
	var w Window
	_ = l.Begin(Nothing{}, &Nothing{})
	eventually(t, func() bool { return l.driver.received.Load() > 40 })
	_ = l.End(Nothing{}, &w)
	return w
}

func eventually(t *testing.T, f func() bool) {
	t.Helper()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for deadline := time.Now().Add(20 * time.Second); !f(); <-look.C {
		if time.Now().After(deadline) {
			t.Fatal("not in time")
		}
	}
}

func TestPartiesSpeakThroughTheBareRelay(t *testing.T) {
	w := speakThroughRelay(t, openLoad(t))
	if w.Sent < w.Received || w.P50 <= 0 || w.P99 < w.P50 || w.P99 > 10*time.Second {
		t.Fatalf("%+v", w)
	}
}

func TestDroppedStreamsAreForgotten(t *testing.T) {
	l := openLoad(t)
	var parties []string
	if err := l.Streams(StreamsArgs{N: 3}, &parties); err != nil {
		t.Fatal(err)
	}
	if err := l.Drop(Nothing{}, &Nothing{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return len(l.driver.snapshot()) == 0 })
	if err := l.Aim([]string{"127.0.0.1:1"}, &Nothing{}); err == nil {
		t.Error("an address without a stream is taken")
	}
}

func TestOnlyOwnPacketsCount(t *testing.T) {
	b := make([]byte, headBytes+frameSamples)
	b[0] = 0x80
	if _, _, ok := marked(b); ok {
		t.Error("music counts as a party's packet")
	}
	binary.BigEndian.PutUint64(b[headBytes:], mark)
	binary.BigEndian.PutUint64(b[headBytes+8:], 77)
	binary.BigEndian.PutUint64(b[headBytes+16:], 3)
	if at, number, ok := marked(b); !ok || at != 77 || number != 3 {
		t.Error("a party's packet is not found:", at)
	}
	b[0] |= 15 // fifteen contributing sources: the payload is elsewhere
	if _, _, ok := marked(b); ok {
		t.Error("contributing sources are not skipped")
	}
	for n := range 30 {
		marked(b[:n])
	}
}

func TestGapsCountAsLost(t *testing.T) {
	var s stream
	var lost uint64
	for _, n := range []uint64{7, 8, 11, 10, 12} { // it begins anywhere; 9 and 10 are missing, and 10 comes too late
		lost += s.missed(n)
	}
	if lost != 2 {
		t.Fatal(lost)
	}
}

func TestArrivedAt(t *testing.T) {
	oob := make([]byte, 32)
	binary.NativeEndian.PutUint64(oob[16:], 2)
	binary.NativeEndian.PutUint64(oob[24:], 5)
	if got := arrivedAt(oob); got != 2_000_000_005 {
		t.Fatal(got)
	}
	if got := arrivedAt(nil); time.Since(time.Unix(0, got)) > time.Minute {
		t.Fatal("without a stamp it is not now:", got)
	}
}

func TestSetUpsThroughTheBarePair(t *testing.T) {
	l := openLoad(t)
	var desk, at string
	_ = l.Phones(Nothing{}, &desk)
	var p Pair
	if err := p.Open(desk, &at); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.ep.Close(t.Context()) })
	var s SetUps
	if err := l.SetUp(SetUpArgs{Number: "1", At: at, Rate: 20, For: time.Second / 2}, &s); err != nil {
		t.Fatal(err)
	}
	if s.Placed != 10 || s.Through != 10 || s.Taken != 10 || s.P50 <= 0 {
		t.Fatalf("%+v", s)
	}
	if l.trunk.Port() != 1 {
		t.Error("the trunk is not what it was")
	}
	if !s.clean() || (SetUps{Placed: 1000, Through: 998}).clean() || (SetUps{Placed: 1, Through: 1, P99: cleanP99 + 1}).clean() {
		t.Error("what is clean is not told from what is not")
	}
}

func TestMailIntoTheSink(t *testing.T) {
	dir := t.TempDir()
	var s Sink
	var at string
	if err := s.Open(dir, &at); err != nil {
		t.Fatal(err)
	}
	var appended, mails uint64
	if err := s.Append(AppendArgs{100 * time.Millisecond}, &appended); err != nil || appended == 0 {
		t.Fatal(appended, err)
	}
	if err := newLoad().Mails(MailArgs{at, "x@y.example", 300 * time.Millisecond}, &mails); err != nil || mails == 0 {
		t.Fatal(mails, err)
	}
	info, err := os.Stat(filepath.Join(dir, "sink"))
	if err != nil || info.Size() < int64(appended+mails)*mailBytes {
		t.Fatal(info, err)
	}
}

func TestMailToNobody(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	_ = l.Close()
	var n uint64
	if err := newLoad().Mails(MailArgs{at, "x@y.example", time.Second}, &n); err == nil {
		t.Fatal("mail to nobody is sent")
	}
}

func TestTheFloorStaysFull(t *testing.T) {
	f := newFloor()
	for i := range 3000 {
		f.step(i)
	}
	if len(f.work) != load.Full().Waiting {
		t.Fatal(len(f.work))
	}
}
