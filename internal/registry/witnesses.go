package registry

import (
	"context"
	"fmt"
	"strings"
)

// EndpointsWitness checks that every outside connection is declared and in the EU or EEA (M18).
func EndpointsWitness(all func() []Endpoint) Witness {
	return WitnessFunc("M18", func(context.Context) (Evidence, error) {
		list := all()
		if err := CheckEndpoints(list); err != nil {
			return Evidence{Text: err.Error()}, nil
		}
		return Evidence{true, fmt.Sprintf("%d outside endpoints, all in: %s", len(list), orNone(countryNames(list, "en")))}, nil
	})
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// DescriptionWitness checks that the public page states, in each language, the retention that is enforced, and that it
// follows the setting (M23). facts gives the page's facts; enforced the months that the recorder enforces.
func DescriptionWitness(facts func(lang string) Facts, enforced func(context.Context) (int, error)) Witness {
	return WitnessFunc("M23", func(ctx context.Context) (Evidence, error) {
		n, err := enforced(ctx)
		if err != nil {
			return Evidence{}, err
		}
		for _, lang := range Languages() {
			f := facts(lang)
			if f.Months != n {
				return Evidence{Text: fmt.Sprintf("the description says %d months, the recorder enforces %d", f.Months, n)}, nil
			}
			if ok, err := follows(f, lang); !ok {
				return Evidence{Text: "the description in " + lang + " does not follow the setting"}, err
			}
		}
		return Evidence{true, fmt.Sprintf("the description says in %d languages what is enforced: %d months", len(Languages()), n)}, nil
	})
}

// follows tells whether the page says its months, and others once the setting is another.
func follows(f Facts, lang string) (bool, error) {
	other := f
	other.Months++
	for _, x := range []Facts{f, other} {
		d, err := Describe(x, lang)
		if err != nil || !strings.Contains(d.text(), months(x.Months, lang)) {
			return false, err
		}
	}
	return true, nil
}

func (d Description) text() string {
	var b strings.Builder
	for _, s := range d.Sections {
		b.WriteString(s.Title + "\n")
		for _, p := range s.Blocks {
			b.WriteString(p.Text + "\n" + strings.Join(p.Items, "\n") + "\n")
		}
	}
	return b.String()
}
