// Package flows is what `santra flow` and `santra config plan` print: how flows are, what a caller would hear, how two cities differ. It
// reads no file and no database; who calls it gives it what it needs.
package flows

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/voice/flow/rehearse"
)

// Sounds are the prompts of a city: the built-in ones, with its own in their place.
type Sounds struct {
	Library *media.Library // what is played
	// Own tells whether the sound is the city's own, and what that says, "" where nobody has written it down: the built-in words
	// are not what is heard. Nil: none is.
	Own func(lang, name string) (words string, own bool)
}

// Has tells whether there is such a prompt.
func (s Sounds) Has(lang agency.Lang, name string) bool {
	_, ok := s.Library.Prompt(string(lang), name)
	return ok
}

// Words implements rehearse.Sounds.
func (s Sounds) Words(lang agency.Lang, name string) (string, bool) {
	if s.Own != nil {
		if words, own := s.Own(string(lang), name); own {
			return words, words != ""
		}
	}
	return media.Text(string(lang), name)
}

// Length implements rehearse.Sounds.
func (s Sounds) Length(lang agency.Lang, name string) (time.Duration, bool) {
	clip, ok := s.Library.Prompt(string(lang), name)
	return clip.Duration(), ok
}

// Check refuses a valid city whose flows name prompts that there are not, and prints its flows.
func Check(city *agency.City, s Sounds, out io.Writer) error {
	if err := city.CheckPrompts(s.Has); err != nil {
		return err
	}
	for _, f := range city.Flows {
		if err := describe(out, city, &f); err != nil {
			return err
		}
	}
	return nil
}

// describe prints a flow as a picture of text: a line for each step, with where it leads.
func describe(out io.Writer, city *agency.City, f *agency.Flow) error {
	var numbers []string
	for _, n := range city.Numbers {
		if n.Flow == f.ID {
			numbers = append(numbers, n.Number)
		}
	}
	var text strings.Builder
	fmt.Fprintf(&text, "flow %s of %s, number %s\n", f.ID, f.Agency, orNone(numbers))
	for i := range f.Steps {
		s := &f.Steps[i]
		fmt.Fprintf(&text, "  %-20s %-40s %s\n", s.ID, what(s), strings.Join(s.Ways(), "  "))
	}
	_, err := io.WriteString(out, text.String())
	return err
}

func orNone(all []string) string {
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

// what says in short what a step does.
func what(s *agency.Step) string {
	switch {
	case s.Hours != nil && s.Hours.Queue != "":
		return "hours of queue " + s.Hours.Queue
	case s.Hours != nil:
		return "hours " + s.Hours.Of
	case s.Say != nil:
		return "say " + s.Say.Prompt
	case s.Announce != nil:
		return "announce " + s.Announce.Prompt
	case s.Menu != nil:
		return "menu " + s.Menu.Prompt
	case s.Queue != nil:
		return "queue " + s.Queue.Queue
	case s.Callback != nil:
		return "callback by queue " + s.Callback.Queue
	case s.Transfer != nil:
		return "transfer to " + s.Transfer.Number
	case s.HangUp != nil:
		return strings.TrimRight("hang up "+s.HangUp.Prompt, " ")
	}
	return s.Kind()
}

// Options are what santra flow run is told of a call.
type Options struct {
	City                 *agency.City // valid, with its defaults
	Sounds               Sounds
	Number               string // as it may be dialled
	At                   string // rehearse.ClockForm; "": Now
	Now                  time.Time
	Keys                 string // rehearse.ParseStrokes
	Lang                 string // "" for none
	Position             int
	Estimate, Wait       time.Duration
	Divert               string
	NoCallback, NoAnswer bool
	Out                  io.Writer
}

// call reads the options as a made-up call.
func (o Options) call() (c rehearse.Call, err error) {
	c = rehearse.Call{
		At: o.Now.In(o.City.Location()), Lang: agency.Lang(o.Lang), Position: o.Position, Estimate: o.Estimate, Wait: o.Wait,
		Divert: o.Divert, NoCallback: o.NoCallback, NoAnswer: o.NoAnswer,
	}
	if o.Lang != "" && !slices.Contains(agency.Langs(), c.Lang) {
		return c, errs.At(errs.Invalid, "--lang", "must be fi, sv or en")
	}
	if o.At != "" {
		if c.At, err = time.ParseInLocation(rehearse.ClockForm, o.At, o.City.Location()); err != nil {
			return c, errs.At(errs.Invalid, "--at", "want a time of the city's clocks like %s, not %q", rehearse.ClockForm, o.At)
		}
	}
	c.Strokes, err = rehearse.ParseStrokes(o.Keys)
	return c, err
}

// Run prints what a caller of the number would hear and where the call goes.
func Run(o Options) error {
	c, err := o.call()
	if err != nil {
		return err
	}
	course, err := Play(o.City, o.Sounds, o.Number, c)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(o.Out, "%s, %s\n", o.Number, c.At.Format("Mon 2006-01-02 15:04")); err != nil {
		return err
	}
	return show(o.Out, course)
}

// Play goes through what a caller of a number meets; errs.NotFound where it is nobody's.
func Play(city *agency.City, s Sounds, number string, c rehearse.Call) (rehearse.Course, error) {
	world := rehearse.City{City: city}
	f, ok := world.Find(number)
	if !ok {
		return rehearse.Course{}, errs.At(errs.NotFound, "number", "%s is the number of no flow and no queue", number)
	}
	return rehearse.Run(f, world, s, c), nil
}

func show(out io.Writer, c rehearse.Course) error {
	for _, l := range c.Lines {
		if _, err := fmt.Fprintln(out, l); err != nil {
			return err
		}
	}
	if len(c.Left) > 0 {
		if _, err := fmt.Fprintf(out, "%d of the keys were asked for by nothing\n", len(c.Left)); err != nil {
			return err
		}
	}
	return nil
}

// Script plays the scenarios of a script and prints those that do not come out as they say, with what was heard. It gives how many
// scenarios there are, and how many failed.
func Script(city *agency.City, s Sounds, name string, text []byte, now time.Time, out io.Writer) (all, failed int, err error) {
	scenarios, err := rehearse.ReadScript(text, now.In(city.Location()))
	if err != nil {
		return 0, 0, fmt.Errorf("%s: %w", name, err)
	}
	for _, sc := range scenarios {
		course, err := Play(city, s, sc.Number, sc.Call)
		problems := sc.Check(course)
		if err != nil {
			problems = []string{fmt.Sprintf("line %d: %v", sc.At, err)}
		}
		if len(problems) == 0 {
			continue
		}
		failed++
		for _, p := range problems {
			if _, err := fmt.Fprintf(out, "%s: %s\n", name, p); err != nil {
				return 0, 0, err
			}
		}
		if err := show(out, course); err != nil {
			return 0, 0, err
		}
	}
	return len(scenarios), failed, nil
}
