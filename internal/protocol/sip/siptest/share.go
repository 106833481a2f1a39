package siptest

// Share is how much of what was heard lately (its energy, 0 to 1) is one tone: in a conference of three, each of the others'
// tones has about half.
func (c *Call) Share(hz float64) float64 {
	if c.m == nil {
		return 0
	}
	x, whole := c.m.heard()
	if !whole {
		return 0
	}
	return share(x, hz)
}
