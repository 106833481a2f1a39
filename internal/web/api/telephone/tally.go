package telephone

import (
	"time"

	"santra/internal/voice/tally"
)

// SoundMeasure is how the legs of a queue's calls sounded that ended in an interval. Figures are means of the legs.
type SoundMeasure struct {
	Queue   string    `json:"queue" doc:"In which the call was; empty for a flow without a queue."`
	Agency  string    `json:"agency"`
	Line    string    `json:"line" enum:"trunk,telephone,browser" doc:"By what the leg came: the telephone network, a telephone of the house, a browser."`
	Band    string    `json:"band" enum:"narrow,wide" doc:"Of its codec: narrow is G.711, wide G.722 and Opus. Both are rated on the narrow scale."`
	From    time.Time `json:"from"`
	To      time.Time `json:"to" doc:"Exclusive."`
	Legs    int64     `json:"legs"`
	MOS     float64   `json:"mos" doc:"Mean opinion score, estimated by the E-model (ITU-T G.107): 1 to 4.5. Of each leg the worse direction."`
	Loss    float64   `json:"loss" doc:"Share of packets lost, 0 to 1."`
	Jitter  float64   `json:"jitter_seconds"`
	Classes []int64   `json:"classes" minItems:"5" maxItems:"5" doc:"Legs with a score of 4.34 and more, 4.03, 3.60, 3.10, and less: very satisfied to nearly all dissatisfied (ITU-T G.107 annex B)."`
}

// UnqueuedMeasure is what became of the calls to a number that came in an interval and into no queue.
type UnqueuedMeasure struct {
	Number    string    `json:"number" doc:"The city's own, that was called, E.164."`
	Flow      string    `json:"flow"`
	Agency    string    `json:"agency"`
	From      time.Time `json:"from"`
	To        time.Time `json:"to" doc:"Exclusive."`
	Calls     int64     `json:"calls" doc:"All of them. With offered of the medium call they are all calls that were answered."`
	HungUp    int64     `json:"hung_up" doc:"By the caller, in a menu or an announcement."`
	Closed    int64     `json:"closed" doc:"By the flow, which had met closed hours."`
	Said      int64     `json:"said" doc:"By the flow, which had said all."`
	Promised  int64     `json:"promised" doc:"A callback was promised instead of a wait; its work counts as a callback."`
	Connected int64     `json:"connected" doc:"The flow had connected it to another telephone."`
	Failed    int64     `json:"failed" doc:"The house had to end it."`
}

// Spans gives the interval of an answer in which a half-hour lies.
type Spans func(start time.Time) (from, to time.Time)

type soundOf struct {
	queue, agency string
	line          tally.Line
	band          tally.Band
	from, to      time.Time
}

// Sounds adds half-hours up to the intervals of an answer.
func Sounds(rows []tally.SoundRow, spans Spans) []SoundMeasure {
	order, sums := tally.Grouped(rows, func(k tally.SoundKey) soundOf {
		from, to := spans(k.Start)
		return soundOf{k.Queue, k.Agency, k.Line, k.Band, from, to}
	})
	out := make([]SoundMeasure, 0, len(order))
	for _, k := range order {
		s := sums[k]
		mos, loss, jitter := s.Means()
		out = append(out, SoundMeasure{
			Queue: k.queue, Agency: k.agency, Line: string(k.line), Band: string(k.band), From: k.from, To: k.to, Legs: s.Legs, MOS: mos,
			Loss: loss, Jitter: jitter.Seconds(), Classes: s.Classes[:],
		})
	}
	return out
}

type endsOf struct {
	number, flow, agency string
	from, to             time.Time
}

// Unqueued adds half-hours up to the intervals of an answer.
func Unqueued(rows []tally.EndRow, spans Spans) []UnqueuedMeasure {
	order, sums := tally.Counted(rows, func(k tally.EndKey) endsOf {
		from, to := spans(k.Start)
		return endsOf{k.Number, k.Flow, k.Agency, from, to}
	})
	out := make([]UnqueuedMeasure, 0, len(order))
	for _, k := range order {
		n := sums[k]
		out = append(out, UnqueuedMeasure{
			Number: k.number, Flow: k.flow, Agency: k.agency, From: k.from, To: k.to, Calls: tally.Total(n), HungUp: n[tally.HungUp],
			Closed: n[tally.Closed], Said: n[tally.Said], Promised: n[tally.Promised], Connected: n[tally.Connected], Failed: n[tally.Failed],
		})
	}
	return out
}
