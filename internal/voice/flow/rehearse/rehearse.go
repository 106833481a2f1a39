// Package rehearse goes through a flow with a made-up caller, in made-up time, and writes down what the caller hears and where the
// call goes: for `santra flow run`, and for scenarios that say what must come out (Script). Nobody is called.
//
// It owns the made-up world: when keys are pressed, how long the wait is. What a flow does is package flow's alone.
package rehearse

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/protocol/media"
	"santra/internal/voice/flow"
)

// Limits and habits of the made-up world.
const (
	MaxEvents   = 5000             // of one call
	MaxStrokes  = 200              // of one call
	thinkTime   = time.Second      // between the end of a prompt and a key
	divertTime  = time.Second      // until routing sends a call away
	ringTime    = 5 * time.Second  // until another telephone answers
	defaultWait = 30 * time.Second // until an agent answers
	unknownClip = 2 * time.Second  // of a prompt whose sound is not known
)

// World is what the flow asks about.
type World interface {
	// Open is flow.Facts's, at a time.
	Open(h agency.HoursStep, at time.Time) (open bool, until time.Time)
	// Records tells whether a queue's calls are recorded.
	Records(queue string) bool
	// CallBack gives until when a callback can be promised; false for not at all.
	CallBack(queue string, at time.Time) (by time.Time, ok bool)
}

// Sounds knows prompts.
type Sounds interface {
	// Words is what a prompt says; false where that is not known.
	Words(lang agency.Lang, name string) (string, bool)
	// Length is how long it is; false where there is no such prompt.
	Length(lang agency.Lang, name string) (time.Duration, bool)
}

// Stroke is a key, or how long the caller waits before the next one.
type Stroke struct {
	Key  rune // 0: none
	Wait time.Duration
}

// Call is a made-up call.
type Call struct {
	At         time.Time     // begins, in the city's time zone
	Lang       agency.Lang   // whose key is pressed in the language menu; "" for none
	Strokes    []Stroke      // the first key follows the end of the prompt that asks for one, and so on
	Position   int           // in the queue; 0 where it is not known
	Estimate   time.Duration // of the wait at its start, less as time goes by; 0 where there is none
	Wait       time.Duration // until an agent answers; 0: 30 s
	Divert     string        // routing sends the call to this announcement instead
	NoCallback bool          // none can be promised
	NoAnswer   bool          // of the telephone to which the call is passed
}

// What a Line tells.
const (
	Says     = "says"
	Notice   = "announces" // the recording announcement
	Music    = "music"
	Pressed  = "pressed"
	Silence  = "silence" // no key came
	Queued   = "queue"
	Answer   = "answered"
	Diverted = "diverted"
	CallBack = "callback"
	Dialled  = "transferred"
	NoOne    = "no-answer"
	HungUp   = "hung-up"
)

// Line is one thing that happened.
type Line struct {
	After time.Duration // since the call began
	What  string
	Lang  agency.Lang // of Says and Notice
	Name  string      // a prompt, a queue, a number, a key
	Text  string      // what is said; else more about it
	Step  string      // of the flow
}

// String is the line for people: "0:07  says fi  Olette jonossa …".
func (l Line) String() string {
	words := []string{l.What}
	for _, w := range []string{string(l.Lang), l.Name} {
		if w != "" {
			words = append(words, w)
		}
	}
	s := int(l.After / time.Second)
	text := fmt.Sprintf("%3d:%02d  %-34s", s/60, s%60, strings.Join(words, " "))
	if l.Text != "" {
		text += "  " + l.Text
	}
	return strings.TrimRight(text, " ")
}

// Course is how a call went.
type Course struct {
	Lines []Line
	End   string   // Answer, Dialled, HungUp; "" where it did not end within MaxEvents
	Left  []Stroke // keys that nobody asked for
}

// Run goes through a valid flow.
func Run(f agency.Flow, w World, s Sounds, c Call) Course {
	if c.Wait <= 0 {
		c.Wait = defaultWait
	}
	r := &rehearsal{world: w, sounds: s, call: c, now: c.At, strokes: slices.Clone(c.Strokes)}
	var actions []flow.Action
	r.run, actions = flow.Start(f, r)
	r.carryOut(actions)
	for range MaxEvents {
		e, ok := r.next()
		if !ok || r.course.End != "" {
			break
		}
		r.carryOut(r.run.On(e))
	}
	r.course.Left = slices.DeleteFunc(r.strokes, func(s Stroke) bool { return s.Key == 0 })
	return r.course
}

type rehearsal struct {
	world   World
	sounds  Sounds
	call    Call
	run     *flow.Run
	now     time.Time
	queued  time.Time
	strokes []Stroke
	course  Course
	queue   string
	pending []timed
}

// timed is what happens at a time.
type timed struct {
	at   time.Time
	what string // one of each is pending
	e    flow.Event
}

// The kinds of timed.
const (
	sound      = "sound"
	stroke     = "stroke"
	collecting = "collect"
	wake       = "wake"
	answer     = "answer"
	reply      = "reply"
)

// Open implements flow.Facts.
func (r *rehearsal) Open(h agency.HoursStep) (bool, time.Time) { return r.world.Open(h, r.now) }

// Records implements flow.Facts.
func (r *rehearsal) Records(queue string) bool { return r.world.Records(queue) }

// Now implements flow.Facts.
func (r *rehearsal) Now() time.Time { return r.now }

// note writes a line, as long after now as it says.
func (r *rehearsal) note(l Line) {
	l.After += r.now.Sub(r.call.At)
	if r.run != nil {
		l.Step = r.run.Step()
	}
	r.course.Lines = append(r.course.Lines, l)
}

// set makes something happen after a while, in place of another of its kind.
func (r *rehearsal) set(what string, after time.Duration, e flow.Event) {
	r.drop(what)
	r.pending = append(r.pending, timed{r.now.Add(after), what, e})
}

func (r *rehearsal) drop(kinds ...string) {
	r.pending = slices.DeleteFunc(r.pending, func(t timed) bool { return slices.Contains(kinds, t.what) })
}

// next takes what happens first.
func (r *rehearsal) next() (flow.Event, bool) {
	if len(r.pending) == 0 {
		return nil, false
	}
	first := slices.MinFunc(r.pending, func(a, b timed) int { return a.at.Compare(b.at) })
	r.drop(first.what)
	r.now = first.at
	r.happens(first)
	if w, ok := first.e.(flow.Woken); ok {
		return r.waiting(w), true
	}
	return first.e, true
}

// happens notes what the caller or the world does.
func (r *rehearsal) happens(t timed) {
	switch e := t.e.(type) {
	case flow.Key:
		r.note(Line{What: Pressed, Name: string(e.Key)})
	case flow.Timeout:
		r.note(Line{What: Silence})
	case flow.Answered:
		r.note(Line{What: Answer, Name: r.queue})
		r.course.End = Answer
	case flow.Diverted:
		r.drop(wake, answer)
		r.note(Line{What: Diverted, Name: e.Announcement})
	case flow.Dialled:
		r.dialled(e.OK)
	}
}

func (r *rehearsal) dialled(ok bool) {
	if !ok {
		r.note(Line{What: NoOne})
		return
	}
	r.note(Line{What: Answer})
	r.course.End = Dialled
}

// waiting is what is known of the wait just now.
func (r *rehearsal) waiting(w flow.Woken) flow.Woken {
	_, can := r.world.CallBack(r.queue, r.now)
	w.Position, w.Callback = r.call.Position, can && !r.call.NoCallback
	if r.call.Estimate > 0 {
		w.Estimate = max(r.call.Estimate-r.now.Sub(r.queued), time.Second)
	}
	return w
}

func (r *rehearsal) carryOut(actions []flow.Action) {
	if len(actions) > 0 {
		r.drop(collecting)
	}
	for _, a := range actions {
		switch a := a.(type) {
		case flow.Play:
			r.play(a)
		case flow.Announce:
			r.announce(a)
		case flow.Collect:
			r.set(collecting, a.Within, flow.Timeout{})
			r.think(0)
		case flow.Enqueue:
			r.enqueue(a)
		case flow.Wake:
			r.set(wake, a.After, flow.Woken{})
		case flow.Promise:
			r.promise(a)
		case flow.Dial:
			r.note(Line{What: Dialled, Name: a.Number})
			r.set(reply, r.ring(a), flow.Dialled{OK: !r.call.NoAnswer})
		case flow.HangUp:
			r.note(Line{What: HungUp})
			r.course.End = HungUp
		}
	}
}

func (r *rehearsal) ring(a flow.Dial) time.Duration {
	if r.call.NoAnswer {
		return a.Ring
	}
	return min(ringTime, a.Ring)
}

func (r *rehearsal) play(p flow.Play) {
	r.drop(sound)
	if p.Loop {
		r.note(Line{What: Music, Name: p.Parts[0].Name})
		return
	}
	length := r.say(Says, p.Parts)
	r.set(sound, length, flow.Played{})
	r.foresee(p.Parts, length)
}

// foresee lets the caller answer what is asked while it plays: the language menu, and the offer of a callback.
func (r *rehearsal) foresee(parts []flow.Part, length time.Duration) {
	asks := func(name string) bool {
		return slices.ContainsFunc(parts, func(p flow.Part) bool { return p.Name == name })
	}
	if asks(media.LanguageMenu) && r.call.Lang != "" {
		key := rune('1' + slices.Index(agency.Langs(), r.call.Lang))
		r.strokes, r.call.Lang = append([]Stroke{{Key: key}}, r.strokes...), ""
	}
	if asks(media.CallbackOffer) {
		r.think(length)
	}
}

// think makes the next key be pressed after a while and the waits before it, if one is not on its way yet.
func (r *rehearsal) think(after time.Duration) {
	if slices.ContainsFunc(r.pending, func(t timed) bool { return t.what == stroke }) {
		return
	}
	after += thinkTime
	for len(r.strokes) > 0 {
		s := r.strokes[0]
		r.strokes = r.strokes[1:]
		if s.Key != 0 {
			r.set(stroke, after, flow.Key{Key: s.Key})
			return
		}
		after += s.Wait
	}
}

// say notes parts, those of one language on one line, and gives their length.
func (r *rehearsal) say(what string, parts []flow.Part) (length time.Duration) {
	for i := 0; i < len(parts); {
		j := i + 1
		for j < len(parts) && parts[j].Lang == parts[i].Lang {
			j++
		}
		length += r.sentence(what, parts[i:j], length)
		i = j
	}
	return length
}

// sentence notes what is said in one language, a while from now, and gives its length.
func (r *rehearsal) sentence(what string, parts []flow.Part, later time.Duration) (length time.Duration) {
	words := make([]string, 0, len(parts))
	for _, p := range parts {
		text, ok := r.sounds.Words(p.Lang, p.Name)
		if !ok {
			text = "[" + p.Name + "]"
		}
		words = append(words, text)
		clip, ok := r.sounds.Length(p.Lang, p.Name)
		if !ok {
			clip = unknownClip
		}
		length += clip
	}
	r.note(Line{What: what, Lang: parts[0].Lang, Name: parts[0].Name, Text: strings.Join(words, " "), After: later})
	return length
}

func (r *rehearsal) announce(a flow.Announce) {
	r.drop(sound)
	var parts []flow.Part
	for _, l := range a.Languages {
		parts = append(parts, flow.Part{Lang: l, Name: a.Prompt})
	}
	r.set(sound, r.say(Notice, parts), flow.Announced{OK: true})
}

func (r *rehearsal) enqueue(a flow.Enqueue) {
	r.queue, r.queued = a.Queue, r.now
	text := "not recorded"
	if a.Record {
		text = "recorded"
	}
	if a.Language != "" {
		text += ", for agents who speak " + string(a.Language)
	}
	r.note(Line{What: Queued, Name: a.Queue, Text: text})
	switch {
	case a.Away:
		r.set(answer, divertTime, flow.Diverted{Announcement: media.Closed})
	case r.call.Divert != "":
		r.set(answer, divertTime, flow.Diverted{Announcement: r.call.Divert})
	default:
		r.set(answer, r.call.Wait, flow.Answered{})
	}
}

// promise answers at once.
func (r *rehearsal) promise(a flow.Promise) {
	by, ok := r.world.CallBack(a.Queue, r.now)
	ok = ok && !r.call.NoCallback
	if ok {
		r.drop(answer, wake)
		r.note(Line{What: CallBack, Name: a.Queue, Text: "by " + by.Format("2006-01-02 15:04")})
	}
	r.set(reply, 0, flow.Promised{OK: ok, By: by})
}
