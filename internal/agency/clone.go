package agency

import (
	"maps"
	"slices"
)

// clone copies c so deep that nothing of the copy is shared with c.
func (c City) clone() City {
	c.Name = maps.Clone(c.Name)
	c.Agencies, c.Queues, c.Seats = slices.Clone(c.Agencies), slices.Clone(c.Queues), slices.Clone(c.Seats)
	c.ListenNetworks, c.Purposes = slices.Clone(c.ListenNetworks), slices.Clone(c.Purposes)
	for i := range c.Agencies {
		c.Agencies[i].Name = maps.Clone(c.Agencies[i].Name)
	}
	for i := range c.Queues {
		c.Queues[i] = c.Queues[i].clone()
	}
	c.Numbers, c.Flows = slices.Clone(c.Numbers), slices.Clone(c.Flows)
	for i := range c.Flows {
		c.Flows[i] = c.Flows[i].clone()
	}
	c.Controller = c.Controller.clone()
	c.Hours = maps.Clone(c.Hours)
	for name, h := range c.Hours {
		c.Hours[name] = h.clone()
	}
	c.Routing.Channels = maps.Clone(c.Routing.Channels)
	c.BreakReasons = slices.Clone(c.BreakReasons)
	for i := range c.BreakReasons {
		c.BreakReasons[i].Name = maps.Clone(c.BreakReasons[i].Name)
	}
	c.Dialling = c.Dialling.clone()
	c.Outcomes = slices.Clone(c.Outcomes)
	for i := range c.Outcomes {
		o := &c.Outcomes[i]
		o.Name, o.Agencies = maps.Clone(o.Name), slices.Clone(o.Agencies)
	}
	return c
}

func (k Controller) clone() Controller {
	k.Name, k.Address, k.Person = maps.Clone(k.Name), maps.Clone(k.Address), maps.Clone(k.Person)
	k.Contact, k.DPO = maps.Clone(k.Contact), maps.Clone(k.DPO)
	return k
}

func (q Queue) clone() Queue {
	q.Name, q.Skills, q.Languages = maps.Clone(q.Name), slices.Clone(q.Skills), slices.Clone(q.Languages)
	q.Needs, q.Rings, q.Overflow, q.Also = slices.Clone(q.Needs), slices.Clone(q.Rings), slices.Clone(q.Overflow), slices.Clone(q.Also)
	for i := range q.Rings {
		q.Rings[i].Levels = maps.Clone(q.Rings[i].Levels)
	}
	if q.Full != nil {
		q.Full = new(*q.Full)
	}
	return q
}

func (h Hours) clone() Hours {
	h.Week, h.HolidaySpans, h.Eves, h.Exceptions = h.Week.clone(), slices.Clone(h.HolidaySpans), slices.Clone(h.Eves), slices.Clone(h.Exceptions)
	for i := range h.Exceptions {
		e := &h.Exceptions[i]
		e.Spans, e.Week, e.Reason = slices.Clone(e.Spans), e.Week.clone(), maps.Clone(e.Reason)
	}
	return h
}

func (w Week) clone() Week {
	w = maps.Clone(w)
	for d, spans := range w {
		w[d] = slices.Clone(spans)
	}
	return w
}
