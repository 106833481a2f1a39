// Package telephone gives what people manage of the telephone the form in which the API answers it: flows and what a caller of them
// hears, prompts, callbacks, outcomes, versions of the city. It owns these forms and nothing else: no service, no HTTP, no rights.
package telephone

import (
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/voice/flow/rehearse"
)

// MaxRunSeconds is the longest wait, in seconds, that a made-up call may have.
const MaxRunSeconds = 4 * 3600

// Flow is what a caller meets on a number, step by step from the first.
type Flow struct {
	ID        string     `json:"id"`
	Agency    string     `json:"agency"`
	Queue     string     `json:"queue" doc:"Whose own number it is; empty for a configured flow."`
	Numbers   []string   `json:"numbers" doc:"The city's own, E.164, that it answers."`
	Languages []string   `json:"languages"`
	Steps     []FlowStep `json:"steps"`
}

// FlowStep is one thing that happens to a caller.
type FlowStep struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind" enum:"language,hours,say,announce,menu,queue,callback,transfer,hang_up"`
	Prompt string    `json:"prompt" doc:"That it plays; empty for none."`
	Queue  string    `json:"queue"`
	Hours  string    `json:"hours" doc:"Name of the opening hours; empty where it is a queue's."`
	Away   bool      `json:"away" doc:"The queue is closed: the call is counted and sent away."`
	Number string    `json:"number" doc:"To which it passes the call: one of the configuration."`
	Ways   []FlowWay `json:"ways"`
}

// FlowWay is where a step leads.
type FlowWay struct {
	By string `json:"by" doc:"A key, or next, closed, otherwise."`
	To string `json:"to" doc:"Step."`
}

// Flows gives a city's flows, and those of its queues' own numbers.
func Flows(city *agency.City) []Flow {
	all := make([]Flow, 0, len(city.Flows)+len(city.Queues))
	for i := range city.Flows {
		f := flowOf(&city.Flows[i])
		for _, n := range city.Numbers {
			if n.Flow == f.ID {
				f.Numbers = append(f.Numbers, n.Number)
			}
		}
		all = append(all, f)
	}
	for i := range city.Queues {
		if q := &city.Queues[i]; q.Number != "" {
			implied := q.Flow()
			f := flowOf(&implied)
			f.Queue, f.Numbers = q.ID, append(f.Numbers, q.Number)
			all = append(all, f)
		}
	}
	return all
}

func flowOf(f *agency.Flow) Flow {
	out := Flow{ID: f.ID, Agency: f.Agency, Numbers: []string{}, Languages: languages(f.Languages), Steps: []FlowStep{}}
	for i := range f.Steps {
		out.Steps = append(out.Steps, stepOf(&f.Steps[i]))
	}
	return out
}

func languages(all []agency.Lang) []string {
	out := make([]string, 0, len(all))
	for _, l := range all {
		out = append(out, string(l))
	}
	return out
}

func stepOf(s *agency.Step) FlowStep {
	out := FlowStep{ID: s.ID, Kind: s.Kind(), Ways: []FlowWay{}}
	for _, w := range s.Leads() {
		out.Ways = append(out.Ways, FlowWay(w))
	}
	switch {
	case s.Hours != nil:
		out.Hours, out.Queue = s.Hours.Of, s.Hours.Queue
	case s.Say != nil:
		out.Prompt = s.Say.Prompt
	case s.Announce != nil:
		out.Prompt = s.Announce.Prompt
	case s.Menu != nil:
		out.Prompt = s.Menu.Prompt
	case s.Queue != nil:
		out.Queue, out.Prompt, out.Away = s.Queue.Queue, s.Queue.Music, s.Queue.Away
	case s.Callback != nil:
		out.Queue = s.Callback.Queue
	case s.Transfer != nil:
		out.Number = s.Transfer.Number
	case s.HangUp != nil:
		out.Prompt = s.HangUp.Prompt
	}
	return out
}

// FlowRun is a made-up call. Nobody is called.
type FlowRun struct {
	Number     string `json:"number" minLength:"1" maxLength:"32" doc:"One of the city's own, as it may be dialled."`
	At         string `json:"at,omitempty" maxLength:"16" doc:"By the clocks of the city, like 2026-11-30T08:15; without: now."`
	Keys       string `json:"keys,omitempty" maxLength:"200" doc:"Keys that the caller presses, and waits, parted by commas or spaces: 1,w5s,2."`
	Lang       string `json:"lang,omitempty" enum:"fi,sv,en" doc:"Whose key is pressed in the language menu; without: none."`
	Position   int    `json:"position,omitempty" minimum:"0" maximum:"10000" doc:"In the queue."`
	Estimate   int    `json:"estimate_seconds,omitempty" minimum:"0" maximum:"14400" doc:"Of the wait."`
	Wait       int    `json:"wait_seconds,omitempty" minimum:"0" maximum:"14400" doc:"Until an agent answers; without: 30."`
	NoCallback bool   `json:"no_callback,omitempty" doc:"None can be promised."`
	NoAnswer   bool   `json:"no_answer,omitempty" doc:"Of the telephone to which the call is passed."`
}

// Call reads the made-up call; now is when it begins where it does not say. errs.Invalid names the field.
func (r FlowRun) Call(zone *time.Location, now time.Time) (c rehearse.Call, err error) {
	c = rehearse.Call{
		At: now.In(zone), Lang: agency.Lang(r.Lang), Position: r.Position, Estimate: time.Duration(r.Estimate) * time.Second,
		Wait: time.Duration(r.Wait) * time.Second, NoCallback: r.NoCallback, NoAnswer: r.NoAnswer,
	}
	switch {
	case r.Lang != "" && !slices.Contains(agency.Langs(), c.Lang):
		return c, errs.At(errs.Invalid, "lang", "must be fi, sv or en")
	case max(r.Estimate, r.Wait) > MaxRunSeconds || min(r.Estimate, r.Wait, r.Position) < 0:
		return c, errs.At(errs.Invalid, "wait_seconds", "must be 0 to %d, as the estimate", MaxRunSeconds)
	}
	if r.At != "" {
		if c.At, err = time.ParseInLocation(rehearse.ClockForm, r.At, zone); err != nil {
			return c, errs.At(errs.Invalid, "at", "must be a time of the city's clocks like %s", rehearse.ClockForm)
		}
	}
	c.Strokes, err = rehearse.ParseStrokes(r.Keys)
	return c, err
}

// FlowCourse is how a made-up call went.
type FlowCourse struct {
	At    time.Time  `json:"at"`
	Lines []FlowLine `json:"lines"`
	End   string     `json:"end" doc:"answered, transferred, hung-up; empty where it did not end."`
	Left  int        `json:"left" doc:"Keys that nobody asked for."`
}

// FlowLine is one thing that happened.
type FlowLine struct {
	After int    `json:"after_seconds"`
	What  string `json:"what" enum:"says,announces,music,pressed,silence,queue,answered,diverted,callback,transferred,no-answer,hung-up"`
	Lang  string `json:"lang"`
	Name  string `json:"name" doc:"A prompt, a queue, a key, a telephone of the configuration."`
	Text  string `json:"text" doc:"What is said; else more about it."`
	Step  string `json:"step" doc:"Of the flow."`
}

// Course gives a course its form; at is when the call began.
func Course(c rehearse.Course, at time.Time) FlowCourse {
	out := FlowCourse{At: at, Lines: make([]FlowLine, 0, len(c.Lines)), End: c.End, Left: len(c.Left)}
	for _, l := range c.Lines {
		out.Lines = append(out.Lines, FlowLine{int(l.After / time.Second), l.What, string(l.Lang), l.Name, l.Text, l.Step})
	}
	return out
}
