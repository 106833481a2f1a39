package rtp

import (
	"testing"

	"santra/internal/errs"
)

func TestNewPoolChecksTheKernel(t *testing.T) {
	const kernels = 40000 // in the middle of Linux's own range, if nobody has changed it
	if _, err := NewPool(PoolConfig{Min: kernels, Max: kernels + 100}); err != nil && !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
	if _, err := NewPool(PoolConfig{Min: kernels, Max: kernels + 100, Ephemeral: true}); err != nil {
		t.Error("who lets the kernel pick needs no range:", err)
	}
}

func TestThePoolKnowsItsSockets(t *testing.T) {
	p := benchPool(t)
	u, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	addr := u.Local()
	if !p.Owns(addr) {
		t.Error("not its own")
	}
	u.Close()
	if p.Owns(addr) {
		t.Error("closed")
	}
	u.Close()
	if p.Owns(newPhone(t).addr()) {
		t.Error("another's")
	}
}

// A range that is used up has pairs left for calls for help, and only for them; what is closed is everybody's again.
func TestPairsAreKeptForHelp(t *testing.T) {
	const pairs, kept = 32, 4
	p, err := NewPool(PoolConfig{Min: 9100, Max: 9100 + 2*pairs - 1})
	if err != nil {
		t.Fatal(err)
	}
	var all []*UDP
	defer func() {
		for _, u := range all {
			_ = u.Close()
		}
	}()
	fill := func(open func() (*UDP, error)) (n int) {
		for {
			u, err := open()
			if errs.Is(err, errs.Unavailable) {
				return n
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, u)
			n++
		}
	}
	if n := fill(p.Open); n != pairs-kept {
		t.Errorf("%d calls got a pair", n)
	}
	if n := fill(p.OpenKept); n != kept {
		t.Errorf("%d calls for help got one", n)
	}
	for _, u := range all[:kept+1] {
		_ = u.Close()
		_ = u.Close() // once is enough
	}
	if n := fill(p.Open); n != 1 {
		t.Errorf("%d more calls got one", n)
	}
}
