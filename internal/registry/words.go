package registry

import (
	"fmt"
	"strings"
)

// number says 1 to 12 in words with the figure after it, others as a figure.
func number(n int, lang string) string {
	words := map[string]string{
		"fi": "yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän kymmenen yksitoista kaksitoista",
		"sv": "en två tre fyra fem sex sju åtta nio tio elva tolv",
		"en": "one two three four five six seven eight nine ten eleven twelve",
	}
	all := strings.Fields(words[lang])
	if n < 1 || n > len(all) {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s (%d)", all[n-1], n)
}

func months(n int, lang string) string {
	switch {
	case lang == "fi" && n == 1:
		return "yhden (1) kuukauden"
	case lang == "fi":
		return number(n, lang) + " kuukautta"
	case lang == "sv" && n == 1:
		return "en (1) månad"
	case lang == "sv":
		return number(n, lang) + " månader"
	case n == 1:
		return "one (1) month"
	}
	return number(n, lang) + " months"
}

// hours says after how many hours, "" for 0; in Finnish in the genitive ("24 tunnin kuluttua").
func hours(n int, lang string) string {
	switch {
	case n == 0:
		return ""
	case lang == "fi":
		return fmt.Sprintf("%d tunnin", n)
	case lang == "sv" && n == 1:
		return "1 timme"
	case lang == "sv":
		return fmt.Sprintf("%d timmar", n)
	case n == 1:
		return "1 hour"
	}
	return fmt.Sprintf("%d hours", n)
}

func digits(n int, lang string) string {
	switch lang {
	case "fi":
		return number(n, lang) + " viimeistä numeroa"
	case "sv":
		return "de " + number(n, lang) + " sista siffrorna"
	}
	return "the last " + number(n, lang) + " digits"
}

func networks(n int, lang string) string {
	switch {
	case lang == "fi" && n == 1:
		return "1 verkko"
	case lang == "fi":
		return fmt.Sprintf("%d verkkoa", n)
	case lang == "sv":
		return fmt.Sprintf("%d nätverk", n)
	case n == 1:
		return "1 network"
	}
	return fmt.Sprintf("%d networks", n)
}

// languageNames names fi, sv and en in a language.
func languageNames(codes []string, lang string) string {
	names := map[string]map[string]string{
		"fi": {"fi": "suomi", "sv": "ruotsi", "en": "englanti"},
		"sv": {"fi": "finska", "sv": "svenska", "en": "engelska"},
		"en": {"fi": "Finnish", "sv": "Swedish", "en": "English"},
	}
	var all []string
	for _, c := range codes {
		if name, ok := names[lang][c]; ok {
			all = append(all, name)
		}
	}
	return strings.Join(all, ", ")
}
