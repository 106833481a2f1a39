package say

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/protocol/media"
)

// words gives what a list of prompts says.
func words(t interface {
	Fatalf(string, ...any)
}, lang string, names []string,
) string {
	var all []string
	for _, n := range names {
		text, ok := media.Text(lang, n)
		if !ok {
			t.Fatalf("%s has no %s", lang, n)
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

func TestPositions(t *testing.T) {
	for n, want := range map[int]map[string]string{
		-1: {"fi": ""},
		0:  {"fi": ""},
		1:  {"fi": "Olette jonossa seuraavana.", "sv": "Ni står på tur i kön.", "en": "You are next in the queue."},
		4:  {"fi": "Olette jonossa numero neljä", "sv": "Ni är i kön nummer fyra", "en": "In the queue you are number four"},
		24: {
			"fi": "Olette jonossa numero kaksikymmentä neljä", "sv": "Ni är i kön nummer tjugo fyra",
			"en": "In the queue you are number twenty four",
		},
		99:  {"en": "In the queue you are number ninety nine"},
		100: {"fi": "Jonossa on ennen teitä sata soittajaa tai enemmän."},
	} {
		for lang, text := range want {
			if got := words(t, lang, Position(n)); got != text {
				t.Errorf("%s %d: %q", lang, n, got)
			}
		}
	}
}

func TestWaits(t *testing.T) {
	for d, want := range map[time.Duration]map[string]string{
		-time.Second: {"fi": ""},
		0:            {"fi": ""},
		time.Second: {
			"fi": "Arvioitu odotusaika on noin yksi minuutti.", "sv": "Den beräknade väntetiden är ungefär en minut.",
			"en": "The estimated waiting time is about one minute.",
		},
		61 * time.Second: {"fi": "Arvioitu odotusaika on noin kaksi minuuttia.", "en": "The estimated waiting time is about two minutes."},
		8 * time.Minute: {
			"fi": "Arvioitu odotusaika on noin kymmenen minuuttia.", "sv": "Den beräknade väntetiden är ungefär tio minuter.",
		},
		30 * time.Minute:               {"en": "The estimated waiting time is about thirty minutes."},
		30*time.Minute + 1:             {"sv": "Den beräknade väntetiden är över trettio minuter."},
		90 * 24 * time.Hour:            {"fi": "Arvioitu odotusaika on yli kolmekymmentä minuuttia."},
		4*time.Minute + 30*time.Second: {"en": "The estimated waiting time is about five minutes."},
	} {
		for lang, text := range want {
			if got := words(t, lang, Wait(d)); got != text {
				t.Errorf("%s %v: %q", lang, d, got)
			}
		}
	}
}

// TestNobodyIsToldLess: what is said is never less than estimated, and grows with it.
func TestNobodyIsToldLess(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := time.Duration(rapid.Int64Range(1, int64(2*time.Hour)).Draw(t, "a"))
		b := time.Duration(rapid.Int64Range(int64(a), int64(2*time.Hour)).Draw(t, "b"))
		said := func(d time.Duration) time.Duration {
			if m := Minutes(d); m > 0 {
				return time.Duration(m) * time.Minute
			}
			return 1 << 62
		}
		if said(a) < a || said(a) > said(b) {
			t.Fatalf("%v: %v, %v: %v", a, said(a), b, said(b))
		}
		if s := said(a); s != 1<<62 && !slices.Contains(Steps(), int(s/time.Minute)) {
			t.Fatalf("%v", s)
		}
	})
}

func TestMoments(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	now := at("2026-10-05 14:00") // a Monday
	for when, want := range map[string][3]string{
		"2026-10-05 15:40": {"tänään kello viisitoista neljäkymmentä", "i dag klockan femton fyrtio", "today at three forty p.m."},
		"2026-10-05 15:00": {"tänään kello viisitoista", "i dag klockan femton", "today at three p.m."},
		"2026-10-06 08:05": {"huomenna kello kahdeksan nolla viisi", "i morgon klockan åtta noll fem", "tomorrow at eight oh five a.m."},
		"2026-10-06 00:00": {"tänään kello kaksikymmentä neljä", "i dag klockan tjugo fyra", "today at midnight"},
		"2026-10-06 00:15": {"huomenna kello nolla viisitoista", "i morgon klockan noll femton", "tomorrow at twelve fifteen a.m."},
		"2026-10-07 12:00": {"keskiviikkona kello kaksitoista", "på onsdag klockan tolv", "on Wednesday at twelve noon"},
		"2026-10-11 12:21": {
			"sunnuntaina kello kaksitoista kaksikymmentä yksi", "på söndag klockan tolv tjugo ett", "on Sunday at twelve twenty one p.m.",
		},
		"2026-10-12 09:00": {"kahdentenatoista lokakuuta kello yhdeksän", "den tolfte oktober klockan nio", "on the twelfth of October at nine a.m."},
		"2026-12-31 09:00": {
			"kolmantenakymmenentenä ensimmäisenä joulukuuta kello yhdeksän", "den trettio första december klockan nio",
			"on the thirty first of December at nine a.m.",
		},
		"2027-05-24 09:30": {
			"kahdentenakymmenentenä neljäntenä toukokuuta kello yhdeksän kolmekymmentä", "den tjugo fjärde maj klockan nio trettio",
			"on the twenty fourth of May at nine thirty a.m.",
		},
		"2026-10-01 09:00": {"ensimmäisenä lokakuuta kello yhdeksän", "den första oktober klockan nio", "on the first of October at nine a.m."},
	} {
		for i, lang := range media.Languages() {
			if got := words(t, lang, Moment(lang, at(when), now.UTC())); got != want[i] {
				t.Errorf("%s %s: %q, want %q", when, lang, got, want[i])
			}
		}
	}
}

// TestEverythingCanBeSaid: whatever number or time, each prompt is there in each language.
func TestEverythingCanBeSaid(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		lang := rapid.SampledFrom(media.Languages()).Draw(t, "lang")
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, zone)
		now := from.Add(time.Duration(rapid.Int64Range(0, int64(2*365*24*time.Hour)).Draw(t, "now")))
		when := now.Add(time.Duration(rapid.Int64Range(-int64(24*time.Hour), int64(400*24*time.Hour)).Draw(t, "ahead")))
		words(t, lang, Moment(lang, when, now))
		words(t, lang, Position(rapid.IntRange(-5, 5000).Draw(t, "position")))
		words(t, lang, Wait(time.Duration(rapid.Int64Range(-1, int64(100*time.Hour)).Draw(t, "wait"))))
	})
	for n := -1; n <= MaxNumber+1; n++ {
		if got := Number(n); (len(got) == 0) != (n < 0 || n > MaxNumber) || len(got) > 2 {
			t.Errorf("%d: %v", n, got)
		}
	}
}

// TestClocksThatMove: the days between are those of the calendar, also over a night that lasts 23 hours.
func TestClocksThatMove(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 28, 23, 30, 0, 0, zone)
	if got := Moment("fi", time.Date(2026, 3, 29, 23, 45, 0, 0, zone), now); got[0] != tomorrow {
		t.Error(got)
	}
}
