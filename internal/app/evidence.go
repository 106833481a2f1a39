package app

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/recorder"
	"santra/internal/registry"
)

// witnesses are what the running contact centre says of itself; registry puts it together (M25).
func (c *contactCentre) witnesses() []registry.Witness {
	e := &evidence{c: c, run: func(ctx context.Context) *canary { return runCanary(ctx, c) }}
	return []registry.Witness{
		registry.WitnessFunc("M3", e.nothingOfCallers),
		c.callbacks.Witness(),
		registry.WitnessFunc("M4", e.announcedFirst),
		registry.WitnessFunc("M5", e.keptElsewhere),
		registry.WitnessFunc("M6", e.destroyedInTime),
		registry.WitnessFunc("M7", e.partOfNumber),
		registry.WitnessFunc("M12", e.archivedFirst),
		registry.WitnessFunc("M14", e.unaltered),
		registry.EndpointsWitness(c.config.Endpoints),
		registry.DescriptionWitness(func(lang string) registry.Facts { return c.registry.Facts(lang) }, e.enforcedMonths),
	}
}

// notes are what a demonstration city does otherwise than an installation.
func (c *contactCentre) notes() map[string]string {
	if !c.server.Demo {
		return nil
	}
	return map[string]string{"M19": "this is a demonstration city: its people need no second factor, and their passwords lie in a file"}
}

// evidence runs the canary once for the witnesses of an attestation.
type evidence struct {
	c    *contactCentre
	run  func(context.Context) *canary
	mu   sync.Mutex
	last *canary
}

// canary gives the run with what kept its calls from being looked at.
func (e *evidence) canary(ctx context.Context) (*canary, error) {
	k := e.newest(ctx)
	return k, k.problem
}

func (e *evidence) newest(ctx context.Context) *canary {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.last == nil || time.Since(e.last.at) > canaryKept {
		e.last = e.run(ctx)
	}
	return e.last
}

// fresh runs the canary anew: the first witness asks for it.
func (e *evidence) fresh(ctx context.Context) (*canary, error) {
	e.mu.Lock()
	e.last = nil
	e.mu.Unlock()
	return e.canary(ctx)
}

func holds(format string, args ...any) (registry.Evidence, error) {
	return registry.Evidence{Holds: true, Text: fmt.Sprintf(format, args...)}, nil
}

func fails(format string, args ...any) (registry.Evidence, error) {
	return registry.Evidence{Text: fmt.Sprintf(format, args...)}, nil
}

// nothingOfCallers: after the canary's calls no form of its numbers stands in the data folder, and memory can't be dumped (M3).
func (e *evidence) nothingOfCallers(ctx context.Context) (registry.Evidence, error) {
	k, err := e.fresh(ctx)
	if err != nil {
		return registry.Evidence{}, err
	}
	if len(k.traces) > 0 {
		return fails("a made-up caller's number stands in %v", slices.Sorted(maps.Keys(k.traces)))
	}
	if dumpable, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || dumpable != 0 {
		return fails("the process's memory can be dumped to disk")
	}
	return holds("two calls from made-up numbers went through; no form of them is in the data folder%s; memory can't be dumped", lookedThrough(k.read))
}

// lookedThrough says how far a search for a number went where it did not see the whole disk.
func lookedThrough(bytes int64) string {
	if bytes < pii.MaxScan {
		return ""
	}
	return " as far as it was looked through: the first GiB only"
}

// announcedFirst: the call that hung up in the announcement left nothing, every recording names what was heard (M4).
func (e *evidence) announcedFirst(ctx context.Context) (registry.Evidence, error) {
	k, err := e.canary(ctx)
	if err != nil {
		return registry.Evidence{}, err
	}
	sessions := map[string]bool{}
	for _, r := range k.recording {
		sessions[r.Session] = true
		if r.Announcement == "" || r.Language == "" || r.Gate == "" {
			return fails("a recording does not name the announcement that was heard")
		}
	}
	if len(sessions) != 1 {
		return fails("of a call that was answered and one that hung up in the announcement, %d are recorded", len(sessions))
	}
	if k.evidence.WithoutGate > 0 {
		return fails("%d recordings have no gate token", k.evidence.WithoutGate)
	}
	return holds("a call that hung up in the announcement left no recording; all recordings name the announcement (%d without)", k.evidence.WithoutGate)
}

// keptElsewhere: the recording is on the recorder, which is another process with sealed objects; here is no audio (M5).
func (e *evidence) keptElsewhere(ctx context.Context) (registry.Evidence, error) {
	k, err := e.canary(ctx)
	if err != nil {
		return registry.Evidence{}, err
	}
	if !k.evidence.Encrypted {
		return fails("the recorder holds an object that is not sealed")
	}
	if len(k.audio) > 0 {
		return fails("audio in the contact centre's data folder: %v", k.audio)
	}
	return holds("the canary's recording is on the recorder at %s, sealed; the contact centre's data folder holds no audio", e.c.server.Recorder.HTTP)
}

// destroyedInTime: nothing is there after its day, and the clock by which days are counted has not jumped (M6).
func (e *evidence) destroyedInTime(ctx context.Context) (registry.Evidence, error) {
	k, err := e.canary(ctx)
	if err != nil {
		return registry.Evidence{}, err
	}
	ev := k.evidence
	switch {
	case ev.Late > 0:
		return fails("%d recordings are there after their day of destruction", ev.Late)
	case ev.ClockHalted:
		return fails("destruction has halted: the clock jumped; a person must check it and say so: santra recorder confirm-clock")
	case ev.Months > e.c.published.Months:
		return fails("the recorder keeps recordings %d months, %d are promised", ev.Months, e.c.published.Months)
	}
	rules, err := recorder.NewRules(ev.Months)
	if err != nil {
		return registry.Evidence{}, err
	}
	for _, r := range k.recording {
		if want := rules.DestructionDay(r.Started); r.Destroy != want {
			return fails("a recording of %s is to be destroyed on %s instead of %s", r.Date, r.Destroy, want)
		}
	}
	return holds("none of %d recordings is late; %d were destroyed, each with a record; the next day of destruction is %s", total(ev.Counts), ev.Destroyed, orNone(ev.OldestDestroy))
}

func total(counts map[recorder.State]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// partOfNumber: the recorder's disk has no trace of the canary's numbers but the fragment, and its rows no other field (M7).
func (e *evidence) partOfNumber(ctx context.Context) (registry.Evidence, error) {
	k, err := e.canary(ctx)
	if err != nil {
		return registry.Evidence{}, err
	}
	for _, n := range k.evidence.Canaries {
		if n > 0 {
			return fails("a made-up caller's number stands %d times on the recorder's disk", n)
		}
	}
	if len(k.evidence.Canaries) != len(k.numbers) {
		return registry.Evidence{}, errs.New(errs.Unavailable, "the recorder did not look for the canaries")
	}
	if k.evidence.MaxFragment > agency.MaxFragmentDigits {
		return fails("a recording is identified with %d digits of a number", k.evidence.MaxFragment)
	}
	number := k.numbers[1]
	for _, r := range k.recording {
		if r.Fragment == "" || number[len(number)-len(r.Fragment):] != r.Fragment || len(r.Fragment) > agency.MaxFragmentDigits {
			return fails("the canary's recording has the fragment %q", r.Fragment)
		}
	}
	return holds("the canary's recording is %s; the recorder's disk has no more of its number%s; no fragment is longer than %d digits",
		k.recording[0].ID, lookedThrough(k.evidence.Scanned), k.evidence.MaxFragment)
}

// archivedFirst: the mail that was acknowledged to the canary is in the archive, byte for byte (M12).
func (e *evidence) archivedFirst(ctx context.Context) (registry.Evidence, error) {
	k := e.newest(ctx) // its calls may have failed: the mail is another matter
	if k.mailProblem != nil {
		return registry.Evidence{}, k.mailProblem
	}
	if !k.mailRead {
		return fails("a mail that was acknowledged is not in the archive")
	}
	return holds("a mail that was acknowledged was read back from the archive, byte for byte")
}

// unaltered: every message and every log entry is what it was (M14).
func (e *evidence) unaltered(ctx context.Context) (registry.Evidence, error) {
	report, err := verifyAll(ctx, e.c.mail.Archive(), e.c.store, e.c.audit)
	if err != nil {
		return registry.Evidence{}, err
	}
	if problems := report.problems(); len(problems) > 0 {
		return fails("%s", problems[0])
	}
	return holds("%s", report)
}

func (e *evidence) enforcedMonths(ctx context.Context) (int, error) {
	k, err := e.canary(ctx)
	if err != nil {
		return 0, err
	}
	return k.evidence.Months, nil
}
