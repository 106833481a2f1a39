package routing

import (
	"slices"
	"strings"
)

func (e *Engine) groupOf(w Work) *group {
	skills := w.Skills
	if len(skills) > 1 {
		skills = slices.Sorted(slices.Values(skills))
	}
	key := requirement{w.Kind, w.Agency, w.Language, strings.Join(skills, "\x00")}
	if g := e.groups[key]; g != nil {
		return g
	}
	g := &group{
		kind: w.Kind, language: w.Language, skills: skills, agency: w.Agency,
		waiting: heap[*work]{less: before},
		ready: heap[candidate]{less: func(a, b candidate) bool {
			if c := a.idle.Compare(b.idle); c != 0 {
				return c < 0
			}
			return a.agent.ID < b.agent.ID
		}},
	}
	e.groups[key], e.order = g, append(e.order, g)
	for _, a := range e.agents {
		if g.serves(a) {
			a.groups = append(a.groups, g)
			if e.can(a, g.kind) {
				g.ready.push(candidate{a, a.stamp, a.idle})
			}
		}
	}
	return g
}

// serves tells whether the agent meets the group's requirements.
func (g *group) serves(a *agent) bool {
	if len(a.Agencies) > 0 && !slices.Contains(a.Agencies, g.agency) {
		return false
	}
	if g.language != "" && !slices.Contains(a.Languages, g.language) {
		return false
	}
	for _, s := range g.skills {
		if a.Skills[s] <= 0 {
			return false
		}
	}
	return true
}
