package run

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"santra/internal/errs"
)

type recorder struct {
	name string
	log  *[]string
	fail bool
}

func (r recorder) Start(context.Context) error {
	if r.fail {
		return errors.New("no")
	}
	*r.log = append(*r.log, "+"+r.name)
	return nil
}
func (r recorder) Stop(context.Context) error { *r.log = append(*r.log, "-"+r.name); return nil }

func TestGroupStopsInReverse(t *testing.T) {
	var g Group
	var log []string
	ctx := context.Background()
	_ = g.Start(ctx, "a", recorder{"a", &log, false})
	_ = g.Start(ctx, "b", recorder{"b", &log, false})
	if err := g.Start(ctx, "c", recorder{"c", &log, true}); err == nil || err.Error() != "c: no" {
		t.Fatal(err)
	}
	_ = g.Stop(ctx)
	_ = g.Stop(ctx)
	if got := strings.Join(log, " "); got != "+a +b -b -a" {
		t.Fatal(got)
	}
}

func TestPanicShowsNoValue(t *testing.T) {
	var out bytes.Buffer
	var wg sync.WaitGroup
	Go(&wg, slog.New(slog.NewTextHandler(&out, nil)), "call", func() { panic("+358401239876") })
	wg.Wait()
	if s := out.String(); strings.Contains(s, "358401239876") || !strings.Contains(s, "type=string") {
		t.Fatal(s)
	}
}

func TestAFolderHasOneServer(t *testing.T) {
	dir := t.TempDir()
	first, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); !errs.Is(err, errs.Conflict) {
		t.Fatal("a second server takes the folder:", err)
	}
	_ = first.Close()
	again, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}
