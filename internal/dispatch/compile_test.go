package dispatch

import (
	"math"
	"reflect"
	"slices"
	"testing"
	"time"

	"santra/internal/agency"
	"santra/internal/routing"
)

// everything is a queue with every field of routing set.
func everything() agency.Queue {
	return agency.Queue{
		ID: "permits", Agency: "city", Skills: []string{"permits"}, Strategy: "tiers", LanguageLevel: 3, Weight: 1.5,
		Needs: []agency.Need{{Skill: "maps", Level: 4}, {Skill: "law", Level: 2, Preferred: true}},
		Rings: []agency.Ring{{After: time.Minute, Levels: map[string]int{"maps": 0, agency.CallerLanguage: 1}}},
		Cap:   9, Full: &agency.Target{Announcement: "busy"}, ServiceWithin: 30 * time.Second,
		Overflow: []agency.Overflow{
			{When: agency.WhenWaited, After: time.Hour, To: agency.Target{Queue: "general"}},
			{When: agency.WhenLong, Length: 7, To: agency.Target{Announcement: "goodbye"}},
			{When: agency.WhenNobody, To: agency.Target{Number: "+358912345678"}},
			{When: agency.WhenEstimate, Estimate: time.Minute, To: agency.Target{Callback: true}},
			{When: agency.WhenClosed, To: agency.Target{Announcement: "closed"}},
		},
		Also:     []agency.Also{{Queue: "general", After: time.Second}},
		NoAnswer: 15 * time.Second, WrapUp: 10 * time.Second, MaxWrapUp: time.Minute, PreferredFor: 25 * time.Second,
		CallbackSpread: 5 * time.Second, Evict: true,
	}
}

func TestAQueueBecomesRoutings(t *testing.T) {
	q := everything()
	want := routing.Queue{
		ID: "permits", Agency: "city", Strategy: routing.Tiers, LanguageLevel: 3, Weight: 1.5,
		Needs: []routing.Need{{Skill: "permits", Level: 1}, {Skill: "maps", Level: 4}, {Skill: "law", Level: 2, Preferred: true}},
		Rings: []routing.Ring{{After: time.Minute, Levels: map[string]int{"maps": 0, routing.CallerLanguage: 1}}},
		Cap:   9, Full: routing.Target{Kind: routing.ToAnnouncement, Name: "busy"}, Within: 30 * time.Second,
		Overflow: []routing.Overflow{
			{When: routing.WhenWaited, After: time.Hour, To: routing.Target{Kind: routing.ToQueue, Name: "general"}},
			{When: routing.WhenLong, Length: 7, To: routing.Target{Kind: routing.ToAnnouncement, Name: "goodbye"}},
			{When: routing.WhenNobody, To: routing.Target{Kind: routing.ToNumber, Name: "+358912345678"}},
			{When: routing.WhenEstimate, Estimate: time.Minute, To: routing.Target{Kind: routing.ToCallback}},
			{When: routing.WhenClosed, To: routing.Target{Kind: routing.ToAnnouncement, Name: "closed"}},
		},
		Also: []routing.Also{{Queue: "general", After: time.Second}},
		Ring: 15 * time.Second, WrapUp: 10 * time.Second, MaxWrapUp: time.Minute, Preferred: 25 * time.Second,
		CallbackSpread: 5 * time.Second, Evict: true,
	}
	if got := QueueOf(&q); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestNothingOfAQueueIsForgotten: a field that routing gets later has to be set here, or named as one that is not the city's.
func TestNothingOfAQueueIsForgotten(t *testing.T) {
	q := everything()
	got := reflect.ValueOf(QueueOf(&q))
	for i := range got.NumField() {
		if got.Field(i).IsZero() {
			t.Errorf("%s is not set", got.Type().Field(i).Name)
		}
	}
}

func TestAQueueSharesNothing(t *testing.T) {
	q := everything()
	got := QueueOf(&q)
	q.Rings[0].Levels["maps"] = 9
	if got.Rings[0].Levels["maps"] != 0 {
		t.Error("the levels are the city's own")
	}
}

func TestAPlainQueue(t *testing.T) {
	plain := agency.Queue{ID: "a", Agency: "b", WrapUpUntilReady: true}
	if got := QueueOf(&plain); !reflect.DeepEqual(got, routing.Queue{ID: "a", Agency: "b", WrapUp: routing.UntilReady}) {
		t.Errorf("%+v", got)
	}
	c := agency.City{Queues: []agency.Queue{{ID: "z"}, {ID: "a"}}}.WithDefaults()
	got := Queues(&c)
	if len(got) != 2 || got[0].ID != "z" || got[1].ID != "a" || got[0].Weight != 1 || got[0].Within != routing.DefaultWithin || got[0].Ring != routing.DefaultRing {
		t.Errorf("%+v", got)
	}
}

func TestThePolicy(t *testing.T) {
	c := agency.City{Routing: agency.Routing{
		Choice: "breach", Ageing: time.Second, Overtaken: 3,
		Channels: map[string]agency.Channel{"call": {Class: 2, Weight: 3}, "mail": {Class: 1, Weight: 0.5}},
	}}
	want := routing.Policy{Choice: routing.Breach, Ageing: time.Second, Overtaken: 3, Channels: &[routing.Kinds]routing.Channel{{Class: 2, Weight: 3}, {Class: 1, Weight: 0.5}, {Class: 1, Weight: 1}, {Class: 2, Weight: 3}}}
	if got := PolicyOf(&c); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := PolicyOf(&agency.City{}); !reflect.DeepEqual(got, routing.Policy{}) {
		t.Errorf("%+v", got)
	}
	defaults := agency.City{}.WithDefaults()
	got := PolicyOf(&defaults)
	if got.Choice != routing.Weighted || got.Ageing != routing.DefaultAgeing || got.Overtaken != routing.DefaultOvertaken || *got.Channels != [routing.Kinds]routing.Channel{{Class: 1, Weight: 1}, {Class: 0, Weight: 1}, {Class: 1, Weight: 1}, {Class: 1, Weight: 1}} {
		t.Errorf("%+v", got)
	}
}

// TestBothMeanTheSame: agency must not know routing, so their lists of words and their limits are compared here.
func TestBothMeanTheSame(t *testing.T) {
	var strategies []string
	for _, s := range routing.Strategies() {
		strategies = append(strategies, s.String())
	}
	if !slices.Equal(strategies, agency.Strategies()) {
		t.Error(strategies)
	}
	for i, word := range agency.Conditions() {
		if routing.Condition(i).String() != word {
			t.Error(word)
		}
	}
	for i, word := range agency.Choices() {
		if routing.Choice(i).String() != word {
			t.Error(word)
		}
	}
	for i, word := range agency.Channels() {
		if routing.Kind(i).String() != word {
			t.Error(word)
		}
	}
	if len(agency.Channels()) != int(routing.Outgoing) || agency.CallerLanguage != routing.CallerLanguage || routing.Language("sv") != agency.LanguagePrefix+"sv" {
		t.Error("kinds or languages")
	}
	if agency.MaxLevel != routing.MaxLevel || agency.MaxRings != routing.MaxRings || agency.MaxOverflows != routing.MaxOverflows || agency.MaxAlso+1 != routing.MaxQueuesAtOnce ||
		agency.MaxNeeds+1 != routing.MaxNeeds || agency.MaxSkills+len(agency.Langs()) > routing.MaxSkills || agency.MaxClass > math.MaxUint8 {
		t.Error("limits")
	}
	if agency.DefaultNoAnswer != routing.DefaultRing || agency.DefaultServiceWithin != routing.DefaultWithin || agency.DefaultAgeing != routing.DefaultAgeing || agency.DefaultOvertaken != routing.DefaultOvertaken {
		t.Error("defaults")
	}
}
