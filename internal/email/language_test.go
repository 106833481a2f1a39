package email

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestTheLanguageOfWords(t *testing.T) {
	tongues := newTongues()
	for text, want := range map[string]string{
		"Hei, keinu on rikki ja se pitäisi korjata. Voiko joku tulla katsomaan, kun minulla on pieni lapsi? Ystävällisin terveisin Aino": "fi",
		"Hej! Gungan är trasig och jag undrar om ni kan laga den. Tack på förhand, med vänliga hälsningar Kerstin":                       "sv",
		"Dear sir or madam, the swing in the park is broken. Could you please have it repaired? Thank you, John":                         "en",
		"Hei, mitä papereita tarvitsen?": "", // too little to be sure of
		"":                               "",
		"12345 67890":                    "",
		"Hej, jag är en svensk och det är bra. Hei, olen suomalainen ja minun asia on tämä, mutta kiitos myös.": "", // both
	} {
		if got := tongues.of(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// What is quoted below an answer, and an endless text, count no more than the beginning.
func TestTheLanguageOfALongText(t *testing.T) {
	swedish := strings.Repeat("jag vill inte att det är så och ", 100)
	english := strings.Repeat("the rest of this is what you have to read and ", 1000)
	if got := newTongues().of(swedish + english); got != "sv" {
		t.Error(got)
	}
}

// No word is of two languages, or its weight would count against itself.
func TestFunctionWordsAreOfOneLanguage(t *testing.T) {
	seen := map[string]string{}
	for l, list := range functionWords() {
		for _, w := range list {
			if other, twice := seen[w]; twice || strings.ToLower(w) != w {
				t.Errorf("%q is of %s and %s", w, l, other)
			}
			seen[w] = l
		}
	}
}

func FuzzLanguage(f *testing.F) {
	for _, s := range []string{"", "ja ei että", "och att det", "the and of", "\xff\xfe ja", strings.Repeat("å", 1001)} {
		f.Add(s)
	}
	tongues := newTongues()
	f.Fuzz(func(t *testing.T, text string) {
		switch l := tongues.of(text); l {
		case "", "fi", "sv", "en":
		default:
			t.Errorf("%q of %q (%t)", l, text, utf8.ValidString(text))
		}
	})
}
