package registry

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/template"
)

//go:embed texts/*.txt
var texts embed.FS

// Sections is how many numbered sections the description has; the information under the GDPR follows them.
const Sections = 15

// Languages are the description's languages; the first is the default.
func Languages() []string { return []string{"fi", "sv", "en"} }

// Facts are what the description is generated from: the running configuration in one language.
type Facts struct {
	City       string
	Controller Controller
	Agencies   []string   // names
	Recorded   bool       // some queue records
	Months     int        // calendar months that recordings are kept
	Digits     int        // most last digits that a recording is identified with
	Networks   int        // networks that recordings may be heard from
	Announced  []string   // codes of the languages of the announcement
	Endpoints  []Endpoint // outside connections
	Callback   int        // hours that a number is kept for a callback, at most; 0: no queue offers one
	Listened   []string   // names of the queues whose calls a supervisor may hear while they run
	Outcomes   bool       // how calls end is counted, by a closed list
}

// Controller says who answers for the register.
type Controller struct{ Name, Address, Responsible, Contact, DPO string }

// Description is the register description in one language.
type Description struct {
	Lang     string
	Sections []Section
}

// Section is one heading with its text. Number is 0 for the information under the GDPR.
type Section struct {
	Number int
	Title  string
	Blocks []Block
}

// Block is a paragraph, or a list after one.
type Block struct {
	Text  string
	Items []string
}

// Describe generates the description in fi, sv or en.
func Describe(f Facts, lang string) (Description, error) {
	if !slices.Contains(Languages(), lang) {
		return Description{}, errors.New("registry: the description has no such language")
	}
	name := lang + ".txt"
	t, err := template.New(name).ParseFS(texts, "texts/"+name)
	if err != nil {
		return Description{}, fmt.Errorf("registry: %w", err)
	}
	var out strings.Builder
	if err := t.Execute(&out, words(f, lang)); err != nil {
		return Description{}, fmt.Errorf("registry: %w", err)
	}
	d := Description{lang, parse(out.String())}
	if len(d.Sections) != Sections+1 {
		return Description{}, fmt.Errorf("registry: %s has %d sections, not %d", name, len(d.Sections), Sections+1)
	}
	return d, nil
}

// view is Facts as the texts use them.
type view struct {
	City                                           string
	Controller                                     Controller
	Agencies                                       []string
	Recorded                                       bool
	Months, Digits, Networks, Languages, Countries string
	Callback                                       string // "" where none is offered
	Listened                                       string // "" where nobody listens to running calls
	Outcomes                                       bool
}

func words(f Facts, lang string) view {
	v := view{
		City: line(f.City), Recorded: f.Recorded,
		Controller: Controller{line(f.Controller.Name), line(f.Controller.Address), line(f.Controller.Responsible), line(f.Controller.Contact), line(f.Controller.DPO)},
		Months:     months(f.Months, lang), Digits: digits(f.Digits, lang), Networks: networks(f.Networks, lang),
		Languages: languageNames(f.Announced, lang), Countries: countryNames(f.Endpoints, lang),
		Callback: hours(f.Callback, lang), Outcomes: f.Outcomes,
	}
	names := make([]string, len(f.Listened))
	for i, name := range f.Listened {
		names[i] = line(name)
	}
	v.Listened = strings.Join(names, ", ")
	for _, a := range f.Agencies {
		v.Agencies = append(v.Agencies, line(a))
	}
	return v
}

// line keeps a configured value within its paragraph; an end of its own sentence is dropped, for the text has one.
func line(s string) string { return strings.TrimRight(strings.Join(strings.Fields(s), " "), ".") }

func parse(text string) []Section {
	var all []Section
	fresh := true
	for raw := range strings.Lines(text) {
		s := strings.TrimSpace(raw)
		if title, ok := strings.CutPrefix(s, "# "); ok {
			all = append(all, Section{Number: (len(all) + 1) % (Sections + 1), Title: title})
			fresh = true
			continue
		}
		if s == "" || len(all) == 0 {
			fresh = true
			continue
		}
		all[len(all)-1].add(s, fresh)
		fresh = false
	}
	return all
}

func (s *Section) add(text string, fresh bool) {
	item, isItem := strings.CutPrefix(text, "- ")
	n := len(s.Blocks)
	switch {
	case isItem && n > 0:
		s.Blocks[n-1].Items = append(s.Blocks[n-1].Items, item)
	case fresh || n == 0:
		s.Blocks = append(s.Blocks, Block{Text: text})
	default:
		s.Blocks[n-1].Text += " " + text
	}
}
