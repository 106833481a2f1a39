package errs

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestKindSurvivesWrapping(t *testing.T) {
	inner := New(NotFound, "no such case: %w", io.EOF)
	err := fmt.Errorf("open: %w", inner)
	if KindOf(err) != NotFound || !Is(err, NotFound) {
		t.Fatalf("kind of %v is %v", err, KindOf(err))
	}
	if !errors.Is(err, io.EOF) {
		t.Fatal("the cause is lost")
	}
}

func TestPlainErrorsAreInternal(t *testing.T) {
	if KindOf(io.EOF) != Internal || Is(nil, Internal) {
		t.Fatal("a plain error must be internal, and no error no kind")
	}
}

func TestFieldComesFirst(t *testing.T) {
	if got := At(Invalid, "city.queues[2].number", "not E.164").Error(); got != "city.queues[2].number: not E.164" {
		t.Fatal(got)
	}
}
