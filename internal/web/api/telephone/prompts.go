package telephone

import (
	"cmp"
	"slices"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/protocol/media"
	"santra/internal/protocol/media/studio"
)

// Sources of what is heard of a prompt.
const (
	BuiltIn = "built_in" // with the program
	Folder  = "folder"   // of the city's own, on the server's disk
	Own     = "own"      // a version that people handed in
	Nothing = "none"     // there is no such sound
)

// Sound is what is heard of a prompt at present. The zero value is none.
type Sound struct {
	Words  string // "" where nobody has written them down
	Length time.Duration
	Own    bool // the city's, not built in
	There  bool
}

// Prompt is what is heard by a name in a language, with the versions that people handed in.
type Prompt struct {
	Lang     string          `json:"lang" enum:"fi,sv,en"`
	Name     string          `json:"name"`
	Source   string          `json:"source" enum:"built_in,folder,own,none"`
	Words    string          `json:"words" doc:"What is heard now; empty where nobody has written it down."`
	Seconds  float64         `json:"seconds"`
	Notice   bool            `json:"notice" doc:"A recording announcement: it lasts at least 4 s (M4)."`
	Named    bool            `json:"named" doc:"A flow names it."`
	Versions []PromptVersion `json:"versions" doc:"Newest first."`
}

// PromptVersion is one recording of a prompt. It never changes.
type PromptVersion struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	By      string    `json:"by" doc:"Person's id, or who did it at the command line."`
	Display string    `json:"display"`
	Source  string    `json:"source" enum:"upload,speech"`
	Words   string    `json:"words"`
	Seconds float64   `json:"seconds"`
	Heard   bool      `json:"heard" doc:"Is played in place of the built-in one."`
}

// PromptKept is a new version, and what was done to its file.
type PromptKept struct {
	Version PromptVersion `json:"version"`
	Level   float64       `json:"level_db" doc:"Of the file, dBFS."`
	Gain    float64       `json:"gain_db" doc:"By which it was brought to the level of the others."`
	Limited bool          `json:"limited" doc:"It stayed quieter than the others: record it again."`
}

// Kept gives a new version its form.
func Kept(v prompts.Version, r studio.Report, display string) PromptKept {
	return PromptKept{versionOf(v, display), r.Level, r.Gain, r.Limited}
}

func versionOf(v prompts.Version, display string) PromptVersion {
	return PromptVersion{v.ID, v.At, v.By, display, v.Source, v.Text, v.Length.Seconds(), v.Heard}
}

// label names a prompt.
type label struct {
	lang agency.Lang
	name string
}

// Prompts lists what is built in, what the flows of a city name and what people handed in, by language and name. sound tells what is
// heard, display who a person is.
func Prompts(city *agency.City, versions []prompts.Version, sound func(lang, name string) Sound, display func(person string) string) []Prompt {
	all := map[label]*Prompt{}
	of := func(lang agency.Lang, name string) *Prompt {
		k := label{lang, name}
		if all[k] == nil {
			all[k] = promptOf(k, sound(string(lang), name))
		}
		return all[k]
	}
	for _, lang := range agency.Langs() {
		for _, name := range media.BuiltIn(string(lang)) {
			of(lang, name)
		}
	}
	for _, p := range city.FlowPrompts() {
		for _, lang := range p.Languages {
			of(lang, p.Name).Named = true
		}
	}
	for _, v := range versions {
		p := of(v.Lang, v.Name)
		p.Versions = append(p.Versions, versionOf(v, display(v.By)))
		if v.Heard {
			p.Source, p.Words, p.Seconds = Own, v.Text, v.Length.Seconds()
		}
	}
	return sorted(all)
}

func promptOf(k label, s Sound) *Prompt {
	p := &Prompt{
		Lang: string(k.lang), Name: k.name, Source: Nothing, Words: s.Words, Seconds: s.Length.Seconds(),
		Notice: prompts.IsNotice(k.name), Versions: []PromptVersion{},
	}
	switch {
	case s.There && s.Own:
		p.Source = Folder
	case s.There:
		p.Source = BuiltIn
	}
	return p
}

func sorted(all map[label]*Prompt) []Prompt {
	out := make([]Prompt, 0, len(all))
	for _, p := range all {
		out = append(out, *p)
	}
	order := func(lang string) int { return slices.Index(agency.Langs(), agency.Lang(lang)) }
	slices.SortFunc(out, func(a, b Prompt) int {
		return cmp.Or(cmp.Compare(order(a.Lang), order(b.Lang)), cmp.Compare(a.Name, b.Name))
	})
	return out
}
