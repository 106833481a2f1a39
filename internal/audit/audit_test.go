package audit

import (
	"bytes"
	"maps"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"santra/internal/errs"
)

var good = Entry{Action: "recording.played", Actor: "p1", Agency: "social", Object: "r1", Purpose: "quality", Reason: "why", Detail: map[string]string{"k": "v"}, Success: true}

func TestCheckRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Entry)
		kind   errs.Kind
	}{
		"the zero entry":   {func(e *Entry) { *e = Entry{} }, errs.Invalid},
		"no verb":          {func(e *Entry) { e.Action = "recording" }, errs.Invalid},
		"capitals":         {func(e *Entry) { e.Action = "Recording.played" }, errs.Invalid},
		"nobody":           {func(e *Entry) { e.Actor = "" }, errs.Invalid},
		"a NUL":            {func(e *Entry) { e.Object = "a\x00" }, errs.Invalid},
		"no text":          {func(e *Entry) { e.Agency = "\xff" }, errs.Invalid},
		"a NUL in reason":  {func(e *Entry) { e.Reason = "\x00" }, errs.Invalid},
		"a long object":    {func(e *Entry) { e.Object = strings.Repeat("x", MaxName+1) }, errs.TooLarge},
		"a long reason":    {func(e *Entry) { e.Reason = strings.Repeat("x", MaxReason+1) }, errs.TooLarge},
		"too much details": {func(e *Entry) { e.Detail = map[string]string{"k": strings.Repeat("x", MaxDetail)} }, errs.TooLarge},
	} {
		e := good
		c.change(&e)
		if err := e.Check(); !errs.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Prepare(e, time.Now()); err == nil {
			t.Errorf("%s: prepared", name)
		}
	}
	if err := good.Check(); err != nil {
		t.Error(err)
	}
}

func TestRowGivesItsEntryBack(t *testing.T) {
	r, err := Prepare(good, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	back := r.Entry()
	if back.Reason != good.Reason || !maps.Equal(back.Detail, good.Detail) || back.Purpose != good.Purpose || r.Leaf != -1 || r.Erased() {
		t.Fatal(back)
	}
}

// Every field of a row is under its leaf or its MAC; an erasure changes neither.
func TestEveryFieldIsBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := good
		e.Reason = rapid.StringMatching(`[a-zäö ]{0,40}`).Draw(t, "reason")
		e.Object = rapid.StringMatching(`[a-z0-9]{1,26}`).Draw(t, "object")
		r, err := Prepare(e, time.UnixMicro(rapid.Int64Range(1, 1<<52).Draw(t, "at")))
		if err != nil {
			t.Fatal(err)
		}
		changed, fields := r, []func(){}
		fields = append(fields,
			func() { changed.ID += "x" }, func() { changed.At = r.At.Add(time.Microsecond) }, func() { changed.Action += "x" },
			func() { changed.Actor += "x" }, func() { changed.Agency += "x" }, func() { changed.Object += "x" },
			func() { changed.Purpose += "x" }, func() { changed.Success = !r.Success }, func() { changed.MAC = flip(r.MAC) })
		rapid.SampledFrom(fields).Draw(t, "field")()
		if bytes.Equal(changed.Data(), r.Data()) {
			t.Fatal("a change does not show in the leaf")
		}
		for _, broken := range []Row{{Salt: flip(r.Salt), Body: r.Body, MAC: r.MAC}, {Salt: r.Salt, Body: flip(r.Body), MAC: r.MAC}, {Salt: r.Salt, MAC: r.MAC}} {
			if broken.intact() {
				t.Fatal("a change of salt or body does not show")
			}
		}
		erased := r
		erased.Salt, erased.Body = nil, nil
		if !r.intact() || !erased.intact() || !bytes.Equal(erased.Data(), r.Data()) || erased.Entry().Reason != "" {
			t.Fatal("an erasure breaks the leaf")
		}
	})
}

func flip(b []byte) []byte {
	b = bytes.Clone(b)
	b[len(b)/2] ^= 1
	return b
}

func TestTwoEqualEntriesHaveUnlikeLeaves(t *testing.T) {
	a, _ := Prepare(good, time.UnixMicro(1))
	b, _ := Prepare(good, time.UnixMicro(1))
	if bytes.Equal(a.MAC, b.MAC) {
		t.Fatal("the salt does nothing")
	}
}

func TestCheckpointText(t *testing.T) {
	c := Checkpoint{Origin: "example.org/centre", Size: 12, Root: [32]byte{1, 2}}
	back, err := ParseCheckpoint(c.text())
	if err != nil || back != c {
		t.Fatal(back, err)
	}
	if back, err := ParseCheckpoint(c.text() + "an extension\n"); err != nil || back != c {
		t.Fatal("an extension line is no error:", err)
	}
	for _, s := range []string{"", "a\n1\n", "a\n-1\nAAAA\n", "a\n01\n" + strings.Repeat("A", 43) + "=\n", "a\n1\nAAAA\n", "\n1\n" + strings.Repeat("A", 43) + "=\n"} {
		if _, err := ParseCheckpoint(s); !errs.Is(err, errs.Invalid) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func FuzzParseCheckpoint(f *testing.F) {
	f.Add("example.org/centre\n12\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add("a\n0\n\n")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseCheckpoint(s)
		if err != nil {
			return
		}
		if again, err := ParseCheckpoint(c.text()); err != nil || again != c {
			t.Fatal("it does not read what it wrote")
		}
	})
}

// The tree that Verify computes is the one that package tlog stores.
func TestFrontierIsTlog(t *testing.T) {
	var f frontier
	g := &growing{reader: tlog.HashReaderFunc(func([]int64) ([]tlog.Hash, error) { return nil, errs.New(errs.Internal, "nothing is stored") })}
	for n := range int64(70) {
		data := []byte{byte(n)}
		hashes, err := tlog.StoredHashes(n, data, g)
		if err != nil {
			t.Fatal(err)
		}
		g.added = append(g.added, hashes...)
		f.add(tlog.RecordHash(data))
		want, err := tlog.TreeHash(n+1, g)
		if err != nil || f.root() != want {
			t.Fatal(n, err)
		}
	}
}
