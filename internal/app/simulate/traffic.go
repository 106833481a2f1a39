package simulate

import (
	"maps"
	"slices"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/routing/sim"
)

// times is how long things take, for all queues or by queue.
type times struct {
	all *sim.Distribution
	one map[string]sim.Distribution
}

func (t times) of(queue string) (sim.Distribution, bool) {
	if d, ok := t.one[queue]; ok {
		return d, true
	}
	if t.all == nil {
		return sim.Distribution{}, false
	}
	return *t.all, true
}

// demand is what the command line says of calls.
type demand struct {
	rate      *float64 // for all queues together
	rates     map[string]float64
	calls     *calls
	aht       times
	patience  times
	languages []sim.Share
}

// traffic turns a demand into the Scenario's calls, and says what it assumed.
func (e *centre) traffic(s *sim.Scenario, d demand) (notes []sim.Note, err error) {
	rates := maps.Clone(d.rates)
	if d.rate != nil {
		if notes, err = e.share(*d.rate, rates); err != nil {
			return nil, err
		}
	}
	for _, q := range slices.Sorted(maps.Keys(rates)) {
		if err := e.stream(s, d, q, []float64{rates[q]}, nil); err != nil {
			return nil, err
		}
	}
	if d.calls == nil {
		return notes, nil
	}
	for _, q := range slices.Sorted(maps.Keys(d.calls.counts)) {
		h := d.calls.counts[q]
		perHour := make([]float64, sim.HalfHours)
		for i, n := range h.calls {
			perHour[i] = 2 * n
		}
		if err := e.stream(s, d, q, perHour, h); err != nil {
			return nil, err
		}
	}
	return notes, e.each(s, d)
}

// share splits a rate evenly among the queues with a number that have no rate of their own.
func (e *centre) share(rate float64, rates map[string]float64) ([]sim.Note, error) {
	var among []string
	for _, q := range e.ids() {
		if _, ok := rates[q]; !ok {
			among = append(among, q)
		}
	}
	if len(among) == 0 {
		return nil, errs.At(errs.Invalid, "--rate", "no queue of the configuration takes calls without a rate of its own")
	}
	for _, q := range among {
		rates[q] = rate / float64(len(among))
	}
	if len(among) == 1 {
		return nil, nil
	}
	return []sim.Note{{Code: sim.NoteShared, Rate: rate, Queues: among}}, nil
}

// stream adds made-up calls to a queue. counted may say how long they take.
func (e *centre) stream(s *sim.Scenario, d demand, queue string, rate []float64, counted *halfHours) error {
	q := e.queue(queue)
	if q == nil {
		return errs.At(errs.Invalid, "--rate", "%q is no queue of the configuration: want one of %s", queue, strings.Join(e.ids(), ", "))
	}
	handling, ok := d.aht.of(queue)
	if counted != nil && counted.known > 0 {
		handling.Mean, ok = time.Duration(counted.handling/counted.known*float64(time.Second)), true
	}
	talks, err := e.talks(queue, handling, ok)
	if err != nil {
		return err
	}
	patience, _ := d.patience.of(queue)
	s.Traffic = append(s.Traffic, sim.Traffic{Queue: queue, Rate: rate, Talk: talks, Patience: patience, Languages: d.languages, Priority: q.Priority})
	return nil
}

// talks is a handling time without the queue's wrap-up.
func (e *centre) talks(queue string, handling sim.Distribution, known bool) (sim.Distribution, error) {
	q := e.queue(queue)
	if !known {
		return handling, errs.At(errs.Invalid, "--aht", "is missing for queue %s: how long a call takes with its wrap-up, as in --aht 240s", queue)
	}
	t, ok := talk(q, handling)
	if !ok {
		return t, errs.At(errs.Invalid, "--aht", "of %v has no time to talk in queue %s, whose wrap_up is %v: AHT is talk and wrap-up together", handling.Mean, queue, q.WrapUp)
	}
	return t, nil
}

// each adds the calls whose time is given; what a row leaves out the command line says.
func (e *centre) each(s *sim.Scenario, d demand) error {
	for _, c := range d.calls.each {
		if c.Talk.IsZero() {
			handling, ok := d.aht.of(c.Queue)
			t, err := e.talks(c.Queue, handling, ok)
			if err != nil {
				return err
			}
			c.Talk = t
		}
		if c.Patience.IsZero() {
			c.Patience, _ = d.patience.of(c.Queue)
		}
		s.Calls = append(s.Calls, c)
	}
	return nil
}

// called lists the queues that get calls.
func called(s *sim.Scenario) []string {
	seen := map[string]bool{}
	for _, t := range s.Traffic {
		seen[t.Queue] = true
	}
	for _, c := range s.Calls {
		seen[c.Queue] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

// shares makes the languages that callers choose, in order.
func shares(parts map[string]float64) ([]sim.Share, error) {
	var out []sim.Share
	for _, l := range slices.Sorted(maps.Keys(parts)) {
		if !slices.Contains([]string{"fi", "sv", "en"}, l) || !(parts[l] > 0) {
			return nil, errs.At(errs.Invalid, "--language", "want fi, sv or en with a part over 0, as in --language fi=85 --language sv=15; have %s=%v", l, parts[l])
		}
		out = append(out, sim.Share{Language: l, Part: parts[l]})
	}
	return out, nil
}
