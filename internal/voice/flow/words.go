package flow

import (
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/protocol/media"
	"santra/internal/protocol/media/say"
)

// Prompts that the flow itself plays.
const (
	unavailable      = media.Unavailable
	callbackOffer    = media.CallbackOffer
	callbackDeclined = media.CallbackDeclined
)

func has(all []agency.Lang, l agency.Lang) bool { return slices.Contains(all, l) }

// spoken is in what is spoken: the chosen language, else every one of the flow.
func (r *Run) spoken() []agency.Lang {
	if r.lang != "" {
		return []agency.Lang{r.lang}
	}
	return r.flow.Languages
}

// one is a prompt in what is spoken. Music has no language: it is played once.
func (r *Run) one(name string) (parts []Part) {
	languages := r.spoken()
	if name == media.Music {
		languages = languages[:min(1, len(languages))]
	}
	return r.each(languages, name)
}

// each gives prompts in each language, one language after the other.
func (r *Run) each(languages []agency.Lang, names ...string) (parts []Part) {
	for _, l := range languages {
		parts = append(parts, spell(l, names)...)
	}
	return parts
}

func spell(l agency.Lang, names []string) (parts []Part) {
	for _, n := range names {
		parts = append(parts, Part{l, n})
	}
	return parts
}

// words is what the step says.
func (r *Run) words() []Part {
	switch s := &r.step; {
	case s.Language != nil:
		return r.each(r.flow.Languages, media.LanguageMenu)
	case s.Menu != nil && r.invalid:
		return r.each(r.spoken(), media.Invalid, s.Menu.Prompt)
	case s.Menu != nil:
		return r.one(s.Menu.Prompt)
	case s.Transfer != nil:
		return r.one(media.Transfer)
	case s.Say != nil:
		return r.one(s.Say.Prompt)
	}
	return nil
}

func position(l agency.Lang, n int) []Part { return spell(l, say.Position(n)) }

func estimate(l agency.Lang, d time.Duration) []Part { return spell(l, say.Wait(d)) }

// moment is a prompt with a time after it.
func (r *Run) moment(l agency.Lang, name string, at time.Time) []Part {
	now := r.facts.Now()
	return append([]Part{{l, name}}, spell(l, say.Moment(string(l), at.In(now.Location()), now))...)
}

// farewell is a prompt, if any, when it is open again, if that is to be said, and good-bye.
func (r *Run) farewell(prompt string) (parts []Part) {
	opens := r.step.HangUp != nil && r.step.HangUp.Opens && !r.opens.IsZero()
	for _, l := range r.spoken() {
		if prompt != "" && prompt != media.Goodbye {
			parts = append(parts, Part{l, prompt})
		}
		if opens {
			parts = append(parts, r.moment(l, media.Opens, r.opens)...)
		}
		parts = append(parts, Part{l, media.Goodbye})
	}
	return parts
}

// promise tells until when we call.
func (r *Run) promise(by time.Time) (parts []Part) {
	for _, l := range r.spoken() {
		parts = append(parts, r.moment(l, media.CallbackConfirm, by)...)
		parts = append(parts, Part{l, media.Goodbye})
	}
	return parts
}
