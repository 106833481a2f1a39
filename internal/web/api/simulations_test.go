package api

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"santra/internal/routing/sim"
)

func (h *house) simulate(who, body string) answer {
	h.t.Helper()
	return h.do(who, "POST", "/api/simulations", body)
}

func TestSimulationsOfTheOwnQueues(t *testing.T) {
	h := floor(t)
	var out sim.Answer
	h.simulate("sari", `{"date":"2026-11-27","days":3,"seed":7,"queues":[{"queue":"parks-main","rate":[120],"aht_seconds":240,"patience_seconds":180}],
		"agents":14,"shifts":[{"count":2,"from":"08:00","to":"24:00","skills":{"parks":3},"languages":["sv"]}],
		"target":{"level":0.8,"within_seconds":20},"against":{"fewer":2,"choice":"breach","rate":1.1}}`).want(http.StatusOK).into(&out)
	if out.Report.Total.Offered != 100 || *out.Report.Total.ServiceLevel != 0.8 {
		t.Errorf("%+v", out)
	}
	want := sim.Request{
		Date: "2026-11-27", Days: 3, Seed: 7, Queues: []sim.QueueRequest{{Queue: "parks-main", Rate: []float64{120}, AHT: 240, Patience: 180}}, Agents: 14,
		Shifts: []sim.ShiftRequest{{Count: 2, From: "08:00", To: "24:00", Skills: map[string]int{"parks": 3}, Languages: []string{"sv"}}},
		Target: &sim.TargetRequest{Level: 0.8, Within: 20}, Against: &sim.Variation{Fewer: 2, Choice: "breach", Rate: 1.1},
	}
	if !reflect.DeepEqual(h.planner.asked[0], want) {
		t.Errorf("%+v", h.planner.asked[0])
	}
	h.simulate("sari", `{"date":"2026-11-27","weeks":4}`).want(http.StatusOK)
	if q := h.planner.asked[1].Queues; len(q) != 1 || q[0].Queue != "parks-main" {
		t.Errorf("not named, they are the own: %+v", q)
	}
	h.simulate("all", `{"date":"2026-11-27","weeks":4}`).want(http.StatusOK)
	if q := h.planner.asked[2].Queues; len(q) != 2 {
		t.Errorf("%+v", q)
	}
}

func TestWrongSimulations(t *testing.T) {
	h := floor(t)
	h.simulate("sari", `{"date":"2026-11-27","queues":[{"queue":"ports-main","rate":[1],"aht_seconds":60}]}`).want(http.StatusForbidden)
	h.simulate("anna", `{"date":"2026-11-27","weeks":4}`).want(http.StatusForbidden)
	h.simulate("sari", `{"date":"2026-11-27","queues":[{"queue":"parks-main","rate":[1e999]}]}`).want(http.StatusBadRequest)
	queue := func(rest string) string {
		return `{"date":"2026-11-27","queues":[{"queue":"parks-main","aht_seconds":60,"rate":[10]` + rest
	}
	rates := func(n int) string {
		return `{"date":"2026-11-27","queues":[{"queue":"parks-main","aht_seconds":60,"rate":[` + strings.TrimSuffix(strings.Repeat("10,", n), ",") + `]}]}`
	}
	for name, body := range map[string]string{
		"nothing":         `{}`,
		"no queues":       `{"date":"2026-11-27"}`,
		"no day":          `{"weeks":4}`,
		"a day that is":   `{"date":"2026-02-30","weeks":4}`,
		"words":           `{"date":"Friday","weeks":4}`,
		"unknown queue":   `{"date":"2026-11-27","queues":[{"queue":"none","rate":[1]}]}`,
		"queue twice":     `{"date":"2026-11-27","weeks":2,"queues":[{"queue":"parks-main"},{"queue":"parks-main"}]}`,
		"no rate":         `{"date":"2026-11-27","queues":[{"queue":"parks-main"}]}`,
		"two rates":       rates(2),
		"49 rates":        rates(49),
		"negative rate":   `{"date":"2026-11-27","queues":[{"queue":"parks-main","rate":[-1]}]}`,
		"huge rate":       `{"date":"2026-11-27","queues":[{"queue":"parks-main","rate":[1e9]}]}`,
		"days":            queue(`}],"days":51}`),
		"agents":          queue(`}],"agents":2001}`),
		"fewer agents":    queue(`}],"agents":-1}`),
		"hours":           queue(`}],"shifts":[{"count":1,"from":"8:00","to":"16:00"}]}`),
		"25 o'clock":      queue(`}],"shifts":[{"count":1,"from":"25:00","to":"16:00"}]}`),
		"nobody's shift":  queue(`}],"shifts":[{"count":0,"from":"08:00","to":"16:00"}]}`),
		"skill's level":   queue(`}],"shifts":[{"count":1,"from":"08:00","to":"16:00","skills":{"x":11}}]}`),
		"against's skill": queue(`}],"against":{"shifts":[{"count":1,"from":"08:00","to":"16:00","skills":{"x":0}}]}}`),
		"target":          queue(`}],"target":{"level":80,"within_seconds":20}}`),
		"choice":          queue(`}],"against":{"choice":"best"}}`),
		"further field":   queue(`}],"file":"/etc/passwd"}`),
	} {
		if a := h.simulate("sari", body); a.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	for name, body := range map[string]string{
		"calls":       `{"date":"2026-11-27","days":50,"queues":[{"queue":"parks-main","rate":[20000],"aht_seconds":60}]}`,
		"other calls": `{"date":"2026-11-27","days":10,"queues":[{"queue":"parks-main","rate":[100],"aht_seconds":60}],"against":{"rate":100}}`,
		"shifts":      queue(`}],"shifts":[{"count":2000,"from":"08:00","to":"16:00"},{"count":1,"from":"08:00","to":"16:00"}]}`),
	} {
		if a := h.simulate("sari", body); a.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	if len(h.planner.asked) != 0 {
		t.Errorf("asked: %+v", h.planner.asked)
	}
}

func TestOneSimulationAtATime(t *testing.T) {
	h := floor(t)
	running, over := make(chan struct{}), make(chan struct{})
	h.planner.run = func(context.Context) error {
		close(running)
		<-over
		return nil
	}
	first := make(chan int)
	go func() {
		res := h.send("sari", "POST", "/api/simulations", `{"date":"2026-11-27","weeks":4}`)
		_ = res.Body.Close()
		first <- res.StatusCode
	}()
	<-running
	h.simulate("pete", `{"date":"2026-11-27","weeks":4}`).want(http.StatusTooManyRequests)
	close(over)
	if s := <-first; s != http.StatusOK {
		t.Error(s)
	}
	h.planner.run = nil
	h.simulate("pete", `{"date":"2026-11-27","weeks":4}`).want(http.StatusOK)
}
