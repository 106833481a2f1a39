package recorder

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

func rulesOf(t interface{ Fatal(...any) }, months int) Rules {
	r, err := NewRules(months)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestDestructionDayAtMonthEnds(t *testing.T) {
	r := rulesOf(t, 6)
	for start, want := range map[string]string{
		"2026-08-31T12:00:00+03:00": "2027-02-28",
		"2027-08-31T12:00:00+03:00": "2028-02-29", // a leap year
		"2026-08-28T12:00:00+03:00": "2027-02-28",
		"2026-08-29T12:00:00+03:00": "2027-02-28",
		"2026-08-30T12:00:00+03:00": "2027-02-28",
		"2026-03-31T12:00:00+03:00": "2026-09-30",
		"2026-05-31T12:00:00+03:00": "2026-11-30",
		"2026-10-31T12:00:00+02:00": "2027-04-30",
		"2026-12-31T12:00:00+02:00": "2027-06-30",
		"2028-02-29T12:00:00+02:00": "2028-08-29",
		"2026-11-23T14:00:00+02:00": "2027-05-23",
		"2026-12-31T22:30:00Z":      "2027-07-01", // already the new year in Helsinki
		"2026-08-30T21:30:00Z":      "2027-02-28", // 31 August in Helsinki
		"2026-06-30T20:59:59Z":      "2026-12-30",
		"2026-06-30T21:00:00Z":      "2027-01-01",
	} {
		at, err := time.Parse(time.RFC3339, start)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.DestructionDay(at); got != want {
			t.Errorf("%s: %s, want %s", start, got, want)
		}
	}
}

// TestDestructionDayRule: exactly so many months later, never a day of the month after, and never earlier than the month's
// end would have it.
func TestDestructionDayRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		months := rapid.IntRange(1, 6).Draw(t, "months")
		start := time.Unix(rapid.Int64Range(1_600_000_000, 4_000_000_000).Draw(t, "start"), 0)
		r := rulesOf(t, months)
		day, err := time.Parse(dayFormat, r.DestructionDay(start))
		if err != nil {
			t.Fatal(err)
		}
		local := start.In(r.zone)
		later := (int(day.Month()) - int(local.Month()) + 12*(day.Year()-local.Year()))
		if later != months || day.Day() > local.Day() {
			t.Fatalf("%v → %v", local, day)
		}
		if day.Day() < local.Day() && day.AddDate(0, 0, 1).Day() != 1 {
			t.Fatalf("%v → %v is neither the day nor the month's last", local, day)
		}
		if r.Due(r.DestructionDay(start), start) || !r.Due(r.DestructionDay(start), local.AddDate(0, months, 1)) {
			t.Fatal("due at the wrong time")
		}
	})
}

func TestDueAndLate(t *testing.T) {
	r := rulesOf(t, 6)
	const day = "2027-05-23"
	for at, want := range map[string][2]bool{
		"2027-05-22T20:59:59Z": {false, false},
		"2027-05-22T21:00:00Z": {true, false}, // midnight in Helsinki
		"2027-05-23T20:59:59Z": {true, false},
		"2027-05-23T21:00:00Z": {true, true},
	} {
		now, _ := time.Parse(time.RFC3339, at)
		if got := [2]bool{r.Due(day, now), r.Late(day, now)}; got != want {
			t.Errorf("%s: %v", at, got)
		}
	}
}

func TestRetentionIsBounded(t *testing.T) {
	for _, months := range []int{-1, 0, 7, 60} {
		if _, err := NewRules(months); !errs.Is(err, errs.Invalid) {
			t.Errorf("%d months: %v", months, err)
		}
	}
}

func TestIdentification(t *testing.T) {
	if got := Identification("2026-11-23", "A12", "4567"); got != "2026-11-23-A12-4567" {
		t.Error(got)
	}
	if got := Identification("2026-11-23", "A12", ""); got != "2026-11-23-A12" {
		t.Error(got)
	}
}
