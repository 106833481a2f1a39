package simulate

import (
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/routing/sim"
)

// MaxRate bounds a rate on the command line, in calls per hour.
const MaxRate = 1_000_000

// ParseRate reads "120/h" or "2/min" as calls per hour.
func ParseRate(text string) (float64, error) {
	number, unit, _ := strings.Cut(text, "/")
	perHour, ok := map[string]float64{"h": 1, "min": 60}[unit]
	rate, err := strconv.ParseFloat(number, 64)
	if !ok || err != nil || !(rate >= 0 && rate*perHour <= MaxRate) {
		return 0, errs.New(errs.Invalid, "want calls per hour or minute, as in 120/h or 2/min; have %q", text)
	}
	return rate * perHour, nil
}

// ParseTarget reads "80/20": 80 % answered within 20 seconds. "80/20s" and "80/2m" are understood too; "80" alone leaves the time to
// each queue's service_within.
func ParseTarget(text string) (sim.Target, error) {
	percent, after, timed := strings.Cut(text, "/")
	level, err := strconv.ParseFloat(strings.TrimSuffix(percent, "%"), 64)
	if err != nil || !(level > 0 && level < 100) {
		return sim.Target{}, errs.New(errs.Invalid, "want percent/seconds, as in 80/20, with over 0 and under 100 percent; have %q", text)
	}
	t := sim.Target{Level: level / 100}
	if !timed {
		return t, nil
	}
	if _, err := strconv.Atoi(after); err == nil {
		after += "s"
	}
	if t.Within, err = time.ParseDuration(after); err != nil || t.Within <= 0 || t.Within > sim.MaxMean {
		return sim.Target{}, errs.New(errs.Invalid, "want percent/seconds, as in 80/20; have %q", text)
	}
	return t, nil
}

// forQueues reads flags like "120/h" (all queues) and "parking=80/h" (one).
func forQueues[T any](flag string, values []string, parse func(string) (T, error)) (all *T, one map[string]T, err error) {
	one = map[string]T{}
	for _, text := range values {
		queue, value, named := strings.Cut(text, "=")
		if !named {
			value = text
		}
		v, err := parse(value)
		switch {
		case err != nil:
			return nil, nil, errs.At(errs.Invalid, "--"+flag, "%w", err)
		case !named && all != nil:
			return nil, nil, errs.At(errs.Invalid, "--"+flag, "is there twice for all queues: say which, as in --%s queue=%s", flag, value)
		case !named:
			all = &v
		default:
			if _, twice := one[queue]; twice {
				return nil, nil, errs.At(errs.Invalid, "--"+flag, "is there twice for queue %q", queue)
			}
			one[queue] = v
		}
	}
	return all, one, nil
}

// parseClock reads a time of the day: 8:00, 08:00:30, 8.00, 24:00.
func parseClock(text string) (time.Duration, bool) {
	parts := strings.Split(strings.ReplaceAll(strings.TrimSpace(text), ".", ":"), ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{time.Hour, time.Minute, time.Second}[:len(parts)] {
		n, err := strconv.ParseUint(parts[i], 10, 8)
		if err != nil || len(parts[i]) > 2 || i > 0 && (n > 59 || len(parts[i]) != 2) {
			return 0, false
		}
		d += time.Duration(n) * unit
	}
	return d, d <= 24*time.Hour
}

// change reads "12", "+2" or "-2": as many agents, or so many more or fewer than base.
func change(text string, base int) (int, error) {
	n, err := strconv.Atoi(text)
	if strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") {
		n += base
	}
	if err != nil || n < 0 || n > sim.MaxAgents {
		return 0, errs.At(errs.Invalid, "--against-agents", "want a number of agents up to %d, as in 12, or a change, as in +2 or -2; have %q", sim.MaxAgents, text)
	}
	return n, nil
}
