package app

import (
	"testing"
	"time"

	"santra/internal/protocol/media"
)

func TestTuningChangesOnlyWhatItNames(t *testing.T) {
	city, plain := demoCity(nil), demoCity(nil)
	DemoTuning{NoRecord: []string{"kotihoito"}, NoWrapUp: true}.apply(&city)
	for i, q := range city.Queues {
		if q.Record == (q.ID == "kotihoito") || q.WrapUp != 0 || q.NoAnswer != plain.Queues[i].NoAnswer {
			t.Errorf("%+v", q)
		}
	}
	DemoTuning{}.apply(&plain)
	for _, q := range plain.Queues {
		if !q.Record || q.WrapUp != demoWrapUp {
			t.Errorf("no tuning changes %+v", q)
		}
	}
	if f := (DemoTuning{}).flags(); f != nil {
		t.Error(f)
	}
}

func TestAnnouncementsAreCutInADemonstrationAlone(t *testing.T) {
	whole, err := media.NewLibrary(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := contactCentre{demo: DemoServe{Announcement: 200 * time.Millisecond}}
	if _, err := c.prompts(); err == nil {
		t.Fatal("a city cuts its announcements")
	}
	c.server.Demo = true
	cut, err := c.prompts()
	if err != nil {
		t.Fatal(err)
	}
	short, _ := cut.Prompt("fi", media.Announcement)
	long, _ := whole.Prompt("fi", media.Announcement)
	if short.Duration() != 200*time.Millisecond || short.Version() == long.Version() {
		t.Errorf("cut to %s, version %s", short.Duration(), short.Version())
	}
	music, _ := cut.Prompt("fi", media.Music)
	same, _ := whole.Prompt("fi", media.Music)
	if music.Len() != same.Len() {
		t.Error("the music is cut")
	}
	c.demo.Announcement = 0
	if p, err := c.prompts(); err != nil || p.(*media.Library) == nil {
		t.Error("whole announcements are wrapped:", err)
	}
}
