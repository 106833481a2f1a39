package measure

import "time"

// Ratio is a share as two counts, so that shares of several rows add up: never the mean of means.
type Ratio struct{ Part, Whole int64 }

// Value is the share, 0–1; false where there is nothing to have a share of.
func (r Ratio) Value() (float64, bool) {
	if r.Whole <= 0 {
		return 0, false
	}
	return float64(r.Part) / float64(r.Whole), true
}

// Mean is a mean as a sum and a count, for the same reason.
type Mean struct {
	Sum   time.Duration
	Count int64
}

// Value is the mean, cut to whole microseconds; false where there was nothing.
func (m Mean) Value() (time.Duration, bool) {
	if m.Count <= 0 {
		return 0, false
	}
	return (m.Sum / time.Duration(m.Count)).Truncate(time.Microsecond), true
}

// Decided is how many have an outcome here that counts for the service level: all but short-abandoned ones and those that went
// to another queue, which decides about them.
func (f QueueFigures) Decided() int64 {
	return f.Answered + f.Abandoned + f.Diverted + f.Expired + f.Closed + f.Lost
}

// ServiceLevel is the share answered within the target (docs/measures.md, "ours"):
//
//	InTime / (Answered + Abandoned + Diverted + Expired + Closed + Lost)
func (f QueueFigures) ServiceLevel() Ratio { return Ratio{f.InTime, f.Decided()} }

// Variant is a formula of the service level that others use.
type Variant struct {
	Name string // as in docs/measures.md
	Ratio
}

// ServiceLevels gives ours and the variants, in the order of docs/measures.md.
func (f QueueFigures) ServiceLevels() []Variant {
	decided, early := f.Decided(), f.Abandoned-f.AbandonedLate // early: abandoned within the target, not short
	return []Variant{
		{"ours", f.ServiceLevel()},
		{"abandoned_ignored", Ratio{f.InTime, decided - early}},
		{"abandoned_positive", Ratio{f.InTime + early, decided}},
		{"short_count", Ratio{f.InTime, decided + f.ShortAbandoned}},
		{"answered_only", Ratio{f.InTime, f.Answered}},
		{"offered", Ratio{f.InTime, f.Offered + f.OverflowedIn}},
	}
}

// AbandonRate is the share of customers who gave up, short waits not counted: Abandoned / Decided.
func (f QueueFigures) AbandonRate() Ratio { return Ratio{f.Abandoned, f.Decided()} }

// ASA is the average speed of answer: WaitAnswered / Answered, from the customer's arrival.
func (f QueueFigures) ASA() Mean { return Mean{f.WaitAnswered, f.Answered} }

// Talk is InHand − Hold.
func (f QueueFigures) Talk() time.Duration { return f.InHand - f.Hold }

// AHT is the average handling time: (Talk + Hold + WrapUp) / Handled. A transferred call was handled twice.
func (f QueueFigures) AHT() Mean { return Mean{f.InHand + f.WrapUp, f.Handled} }

// HandlingEach is the handling of one contact, whoever took part: (Talk + Hold + WrapUp) / Answered. It holds for a city or a
// day, where transfers out and in meet; not for a queue that lives of transfers.
func (f QueueFigures) HandlingEach() Mean { return Mean{f.InHand + f.WrapUp, f.Answered} }

// FirstResponse is the average time to an e-mail case's first reply, in business hours.
func (f QueueFigures) FirstResponse() Mean { return Mean{f.Response, f.Responded} }

// ResolutionTime is the average time until an e-mail case was closed, in business hours.
func (f QueueFigures) ResolutionTime() Mean { return Mean{f.Resolution, f.Resolved} }

// SignedIn is all time at a seat.
func (f AgentFigures) SignedIn() time.Duration {
	return f.Ready + f.Ringing + f.Busy + f.WrapUp + f.Break + f.NotAnswering + f.Offline
}

// Available is the time in which the agent served or could be offered work: Ready + Ringing + Busy + WrapUp.
func (f AgentFigures) Available() time.Duration { return f.Ready + f.Ringing + f.Busy + f.WrapUp }

// Occupancy is (Busy + WrapUp) / Available, in microseconds.
func (f AgentFigures) Occupancy() Ratio {
	return Ratio{(f.Busy + f.WrapUp).Microseconds(), f.Available().Microseconds()}
}

// OccupancyMail is Occupancy that counts time with an e-mail case in hand as busy too: (Busy + WrapUp + Mailing) / Available.
func (f AgentFigures) OccupancyMail() Ratio {
	return Ratio{(f.Busy + f.WrapUp + f.Mailing).Microseconds(), f.Available().Microseconds()}
}
