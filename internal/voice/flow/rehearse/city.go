package rehearse

import (
	"slices"
	"time"

	"santra/internal/agency"
)

// maxPromise is how far ahead a callback is promised at most: the number is kept no longer.
const maxPromise = 24 * time.Hour

// City is the World of a city's configuration. Emergency closings are not in it.
type City struct{ City *agency.City }

// Open implements World.
func (c City) Open(h agency.HoursStep, at time.Time) (bool, time.Time) {
	if h.Queue != "" {
		return c.City.HoursOf(h.Queue).Open(at, c.City.Location())
	}
	hours, ok := c.City.Hours[h.Of]
	if !ok {
		return true, time.Time{}
	}
	return hours.Open(at, c.City.Location())
}

// Records implements World.
func (c City) Records(queue string) bool {
	return slices.ContainsFunc(c.City.Queues, func(q agency.Queue) bool { return q.ID == queue && q.Record })
}

// CallBack implements World: by the end of the opening hours, where the queue is open.
func (c City) CallBack(queue string, at time.Time) (time.Time, bool) {
	open, until := c.City.HoursOf(queue).Open(at, c.City.Location())
	if last := at.Add(maxPromise); until.IsZero() || until.After(last) {
		until = last
	}
	return until, open
}

// Find gives what a caller meets on a number, as agency.Book.FlowByNumber does.
func (c City) Find(called string) (agency.Flow, bool) {
	city := c.City.WithDefaults()
	for _, number := range agency.Dialled(called, city.CountryCode) {
		for _, n := range city.Numbers {
			i := slices.IndexFunc(city.Flows, func(f agency.Flow) bool { return f.ID == n.Flow })
			if n.Number == number && i >= 0 {
				return city.Flows[i], true
			}
		}
		for i := range city.Queues {
			if city.Queues[i].Number == number && number != "" {
				return city.Queues[i].Flow(), true
			}
		}
	}
	return agency.Flow{}, false
}
