package media

import (
	"iter"
	"slices"
	"strings"
)

// textsFile, in the folder of the prompts, says what each built-in one says: a line for each, name and languages parted by tabs.
const textsFile = "prompts/texts.tsv"

// Text gives the words of a built-in prompt, for who reads what a caller hears; false where the language has none of that
// name. A city's own sound may say something else.
func Text(lang, name string) (string, bool) {
	for n, words := range Texts(lang) {
		if n == name {
			return words, true
		}
	}
	return "", false
}

// BuiltIn lists the names of all built-in prompts of a language, in the order of the file; Music is not among them.
func BuiltIn(lang string) (names []string) {
	for name := range Texts(lang) {
		names = append(names, name)
	}
	return names
}

// Texts gives name and words of each built-in prompt of a language, in the order of the file; nothing for another language.
func Texts(lang string) iter.Seq2[string, string] {
	column := 1 + slices.Index(Languages(), lang)
	return func(yield func(name, words string) bool) {
		file, err := builtin.ReadFile(textsFile)
		if err != nil {
			panic(err) // the file is compiled in
		}
		for line := range strings.Lines(string(file)) {
			cells := strings.Split(strings.TrimRight(line, "\n"), "\t")
			whole := len(cells) == 1+len(Languages()) && column > 0
			if whole && cells[column] != "" && !yield(cells[0], cells[column]) {
				return
			}
		}
	}
}
