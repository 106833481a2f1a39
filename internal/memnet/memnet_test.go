package memnet

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func packetPair(t *testing.T, f Faults) (*Network, net.PacketConn, net.PacketConn) {
	t.Helper()
	n := New(f)
	a, err := n.Host("192.0.2.1").ListenPacket(":5060")
	if err != nil {
		t.Fatal(err)
	}
	b, err := n.Host("192.0.2.2").ListenPacket("192.0.2.2:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return n, a, b
}

func read(t *testing.T, c net.PacketConn) (string, net.Addr) {
	t.Helper()
	buf := make([]byte, 100)
	n, from, err := c.ReadFrom(buf)
	if err != nil {
		t.Fatal(err)
	}
	return string(buf[:n]), from
}

func TestPacketsTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := packetPair(t, Faults{Delay: 30 * time.Millisecond})
		start := time.Now()
		for _, s := range []string{"one", "two"} {
			if _, err := a.WriteTo([]byte(s), b.LocalAddr()); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range []string{"one", "two"} {
			got, from := read(t, b)
			if got != want || from.String() != "192.0.2.1:5060" {
				t.Errorf("got %q from %v, want %q", got, from, want)
			}
		}
		if d := time.Since(start); d != 30*time.Millisecond {
			t.Errorf("took %v", d)
		}
	})
}

func TestLateAreOvertaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n, a, b := packetPair(t, Faults{Reorder: 1, Late: time.Second})
		_, _ = a.WriteTo([]byte("late"), b.LocalAddr())
		n.SetFaults(Faults{})
		_, _ = a.WriteTo([]byte("soon"), b.LocalAddr())
		first, _ := read(t, b)
		second, _ := read(t, b)
		if first != "soon" || second != "late" {
			t.Errorf("got %q, %q", first, second)
		}
	})
}

func TestLossIsTheSameEachTime(t *testing.T) {
	count := func() (n int) {
		synctest.Test(t, func(t *testing.T) {
			_, a, b := packetPair(t, Faults{Loss: 0.3, Seed: 7})
			for range 1000 {
				_, _ = a.WriteTo([]byte("x"), b.LocalAddr())
			}
			_ = b.SetReadDeadline(time.Now().Add(time.Second))
			for buf := make([]byte, 1); ; n++ {
				if _, _, err := b.ReadFrom(buf); err != nil {
					if !errors.Is(err, os.ErrDeadlineExceeded) {
						t.Error(err)
					}
					return
				}
			}
		})
		return n
	}
	first, second := count(), count()
	if first != second || first < 600 || first > 800 {
		t.Errorf("%d and %d of 1000 arrived", first, second)
	}
}

func TestDropChooses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, b := packetPair(t, Faults{Drop: func(_, _ netip.AddrPort, p []byte) bool { return p[0] == 'x' }})
		_, _ = a.WriteTo([]byte("x"), b.LocalAddr())
		_, _ = a.WriteTo([]byte("y"), b.LocalAddr())
		if got, _ := read(t, b); got != "y" {
			t.Errorf("got %q", got)
		}
	})
}

func TestCloseWakesReaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, a, _ := packetPair(t, Faults{})
		failed := make(chan error, 2)
		for range 2 {
			go func() {
				_, _, err := a.ReadFrom(make([]byte, 1))
				failed <- err
			}()
		}
		synctest.Wait()
		_ = a.Close()
		for range 2 {
			if err := <-failed; !errors.Is(err, net.ErrClosed) {
				t.Error(err)
			}
		}
		if _, err := a.WriteTo([]byte("x"), a.LocalAddr()); !errors.Is(err, net.ErrClosed) {
			t.Error(err)
		}
	})
}

func TestPortInUse(t *testing.T) {
	n := New(Faults{})
	h := n.Host("192.0.2.1")
	if _, err := h.ListenPacket(":5060"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ListenPacket(":5060"); err == nil {
		t.Error("the same port twice")
	}
	if _, err := n.Host("192.0.2.2").ListenPacket(":5060"); err != nil {
		t.Error(err)
	}
	if _, err := h.Listen("nonsense"); err == nil {
		t.Error("took a bad address")
	}
}

func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(Faults{Delay: time.Second})
		l, err := n.Host("192.0.2.1").Listen(":5060")
		if err != nil {
			t.Fatal(err)
		}
		near, err := n.Host("192.0.2.2").Dial(context.Background(), l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		far, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if far.RemoteAddr().String() != near.LocalAddr().String() {
			t.Error(far.RemoteAddr(), near.LocalAddr())
		}
		start := time.Now()
		_, _ = near.Write([]byte("hello "))
		_, _ = near.Write([]byte("world"))
		_ = near.Close()
		if got, err := io.ReadAll(far); err != nil || string(got) != "hello world" || time.Since(start) != time.Second {
			t.Errorf("%q %v after %v", got, err, time.Since(start))
		}
		if _, err := far.Write([]byte("x")); err == nil {
			t.Error("wrote to a closed connection")
		}
		_ = l.Close()
		if _, err := n.Host("192.0.2.2").Dial(context.Background(), l.Addr().String()); err == nil {
			t.Error("connected to a closed listener")
		}
	})
}

func TestReadDeadlineOfStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, _ := connPair(New(Faults{}), netip.AddrPort{}, netip.AddrPort{})
		_ = near.SetReadDeadline(time.Now().Add(time.Minute))
		start := time.Now()
		if _, err := near.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Error(err, time.Since(start))
		}
	})
}
