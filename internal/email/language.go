package email

// How sure the language of a mail must be before an agent has to speak it.
const (
	languageBytes = 2000 // looked at: what is quoted below an answer says nothing of who writes
	languageSure  = 3    // so many function words at least,
	languageLead  = 3    // and so many times as many as of the other languages together
)

// functionWords are frequent words of each language that are no words of the other two.
func functionWords() map[string][]string {
	return map[string][]string{
		"fi": {
			"ja", "ei", "että", "mutta", "kun", "jos", "niin", "tai", "olen", "olisi", "ovat", "oli", "minun", "minulla", "mitä", "miten", "missä",
			"kiitos", "terveisin", "ystävällisin", "myös", "vain", "vielä", "koska", "onko", "voiko", "voinko", "teidän", "meidän", "tämä", "hyvää", "päivää",
		},
		"sv": {
			"och", "att", "det", "som", "är", "jag", "inte", "med", "på", "för", "av", "har", "ett", "om", "vi", "kan", "till", "men", "från", "eller",
			"tack", "hälsningar", "vänliga", "också", "skulle", "vill", "mig", "min", "mitt", "hur", "när", "varför", "finns", "ni", "era",
		},
		"en": {
			"the", "and", "to", "of", "is", "that", "for", "it", "with", "my", "have", "this", "you", "your", "not", "are", "be", "please", "thank",
			"thanks", "regards", "would", "could", "what", "when", "where", "how", "there", "which", "from", "about", "been", "dear",
		},
	}
}

// tongues knows the language of each function word.
type tongues map[string]string

func newTongues() tongues {
	t := tongues{}
	for l, list := range functionWords() {
		for _, w := range list {
			t[w] = l
		}
	}
	return t
}

// of tells in which of the house's languages a text is written, by its function words; "" where that is not clear.
func (t tongues) of(text string) string {
	count := map[string]int{}
	for _, w := range words(text[:min(len(text), languageBytes)]) {
		if l := t[w]; l != "" {
			count[l]++
		}
	}
	for l, n := range count {
		if n >= languageSure && n >= languageLead*(total(count)-n) {
			return l
		}
	}
	return ""
}

func total(count map[string]int) (sum int) {
	for _, n := range count {
		sum += n
	}
	return sum
}
