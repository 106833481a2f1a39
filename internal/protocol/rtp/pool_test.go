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
