package registry

import (
	"slices"
	"strings"

	"santra/internal/errs"
)

// Endpoint is something outside that the system exchanges data with: a trunk, a mail relay, an object store, the recorder.
type Endpoint struct {
	Name    string // "server.trunks[0]": where it is configured
	Kind    string // "sip", "smtp", "s3", "recorder", ...
	Country string // ISO 3166-1 alpha-2, as declared in the configuration
}

// country has a member state of the EU or the EEA with its names.
type country struct{ code, fi, sv, en string }

// countries are the member states of the European Union and of the European Economic Area (EEA Agreement: with Iceland,
// Liechtenstein and Norway).
func countries() []country {
	return []country{
		{"AT", "Itävalta", "Österrike", "Austria"},
		{"BE", "Belgia", "Belgien", "Belgium"},
		{"BG", "Bulgaria", "Bulgarien", "Bulgaria"},
		{"CY", "Kypros", "Cypern", "Cyprus"},
		{"CZ", "Tšekki", "Tjeckien", "Czechia"},
		{"DE", "Saksa", "Tyskland", "Germany"},
		{"DK", "Tanska", "Danmark", "Denmark"},
		{"EE", "Viro", "Estland", "Estonia"},
		{"ES", "Espanja", "Spanien", "Spain"},
		{"FI", "Suomi", "Finland", "Finland"},
		{"FR", "Ranska", "Frankrike", "France"},
		{"GR", "Kreikka", "Grekland", "Greece"},
		{"HR", "Kroatia", "Kroatien", "Croatia"},
		{"HU", "Unkari", "Ungern", "Hungary"},
		{"IE", "Irlanti", "Irland", "Ireland"},
		{"IS", "Islanti", "Island", "Iceland"},
		{"IT", "Italia", "Italien", "Italy"},
		{"LI", "Liechtenstein", "Liechtenstein", "Liechtenstein"},
		{"LT", "Liettua", "Litauen", "Lithuania"},
		{"LU", "Luxemburg", "Luxemburg", "Luxembourg"},
		{"LV", "Latvia", "Lettland", "Latvia"},
		{"MT", "Malta", "Malta", "Malta"},
		{"NL", "Alankomaat", "Nederländerna", "Netherlands"},
		{"NO", "Norja", "Norge", "Norway"},
		{"PL", "Puola", "Polen", "Poland"},
		{"PT", "Portugali", "Portugal", "Portugal"},
		{"RO", "Romania", "Rumänien", "Romania"},
		{"SE", "Ruotsi", "Sverige", "Sweden"},
		{"SI", "Slovenia", "Slovenien", "Slovenia"},
		{"SK", "Slovakia", "Slovakien", "Slovakia"},
	}
}

// InEEA tells whether a code (ISO 3166-1 alpha-2, upper case) is of the EU or the EEA.
func InEEA(code string) bool {
	return slices.ContainsFunc(countries(), func(c country) bool { return c.code == code })
}

// CheckEndpoints refuses (errs.Invalid) an endpoint without a declared country or outside the EU and the EEA (M18). It is
// asked before anything connects.
func CheckEndpoints(all []Endpoint) error {
	for _, e := range all {
		if e.Country == "" {
			return errs.At(errs.Invalid, e.Name+".country", "is not declared: name the country that this %s endpoint is in, such as FI", e.Kind)
		}
		if !InEEA(e.Country) {
			return errs.At(errs.Invalid, e.Name+".country", "%q is outside the EU and the EEA, where nothing may be sent", e.Country)
		}
	}
	return nil
}

// countryNames names the endpoints' countries in a language, each once, sorted.
func countryNames(all []Endpoint, lang string) string {
	var names []string
	for _, c := range countries() {
		if slices.ContainsFunc(all, func(e Endpoint) bool { return e.Country == c.code }) {
			names = append(names, map[string]string{"fi": c.fi, "sv": c.sv}[lang])
			if lang != "fi" && lang != "sv" {
				names[len(names)-1] = c.en
			}
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
