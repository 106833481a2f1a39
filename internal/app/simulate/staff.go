package simulate

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/routing"
	"santra/internal/routing/sim"
)

// agent can do what it is said to; no skills are all, no languages too.
func (e *centre) agent(id string, skills map[string]int, languages []string) routing.Agent {
	a := e.handyman(id)
	if len(skills) > 0 {
		for s := range a.Skills {
			if !strings.HasPrefix(s, routing.Language("")) {
				delete(a.Skills, s)
			}
		}
		maps.Copy(a.Skills, skills)
	}
	if len(languages) > 0 {
		for _, l := range a.Languages {
			if !slices.Contains(languages, l) {
				delete(a.Skills, routing.Language(l))
			}
		}
		a.Languages = languages
	}
	return a
}

// skills reads "parking:3 advice": ids with levels, 1 without one.
func (e *centre) skills(text string) (map[string]int, error) {
	skills, known := map[string]int{}, e.skillsOf()
	for word := range strings.FieldsSeq(text) {
		name, level, leveled := strings.Cut(word, ":")
		n := 1
		if leveled {
			var err error
			if n, err = strconv.Atoi(level); err != nil || n < 1 || n > routing.MaxLevel {
				return nil, errs.New(errs.Invalid, "want a level from 1 to %d, as in %s:3; have %q", routing.MaxLevel, name, word)
			}
		}
		if !slices.Contains(known, name) {
			return nil, errs.New(errs.Invalid, "no queue asks for %q; they ask for %s", name, strings.Join(known, ", "))
		}
		skills[name] = n
	}
	return skills, nil
}

// everybody is n agents who can do everything, at work while any of the queues is open; nobody where none opens that day.
func (e *centre) everybody(n int, queues []string) []sim.AgentPlan {
	if n == 0 || len(e.openSpans(queues)) == 0 {
		return nil
	}
	return []sim.AgentPlan{{Agent: e.handyman("agent"), Count: n, Shifts: e.shifts(queues), Stays: true}}
}

// shifts are the opening hours; none where a queue never closes on the day.
func (e *centre) shifts(queues []string) []sim.Span {
	spans := e.openSpans(queues)
	if len(spans) == 1 && spans[0] == e.wholeDay() {
		return nil
	}
	return spans
}

func (e *centre) wholeDay() sim.Span { return sim.Span{To: e.clock(e.day.AddDate(0, 0, 1))} }

// lacks says what queues ask that nobody in the plan has: for ever, or until a ring relaxes it.
func (e *centre) lacks(plans []sim.AgentPlan, queues []string) (notes []sim.Note) {
	if len(plans) == 0 {
		return nil
	}
	never := map[string]bool{}
	for _, w := range e.city.Warnings(staffOf(plans)) {
		if w.Lack != "" && slices.Contains(queues, w.Queue) {
			notes, never[w.Queue] = append(notes, lackNote(w)), true
		}
	}
	for _, q := range e.queues {
		if slices.Contains(queues, q.ID) && !never[q.ID] {
			notes = append(notes, untilRing(q, plans)...)
		}
	}
	return notes
}

func staffOf(plans []sim.AgentPlan) []agency.Staff {
	staff := make([]agency.Staff, 0, len(plans))
	for _, p := range plans {
		s := agency.Staff{Skills: p.Agent.Skills, Agencies: p.Agent.Agencies}
		for _, l := range p.Agent.Languages {
			s.Languages = append(s.Languages, agency.Lang(l))
		}
		staff = append(staff, s)
	}
	return staff
}

// lackNote is a warning of the configuration as a note.
func lackNote(w agency.Warning) sim.Note {
	codes := map[agency.Lack]sim.NoteCode{
		agency.LackAgency: sim.NoteNoAgency, agency.LackSkill: sim.NoteNoSkill, agency.LackLanguage: sim.NoteNoLanguage, agency.LackTogether: sim.NoteNotTogether,
	}
	note := sim.Note{Code: codes[w.Lack], Queues: []string{w.Queue}, Agency: w.Agency}
	for _, n := range w.Needs {
		note.Needs = append(note.Needs, sim.NoteNeed{Skill: n.Skill, Level: n.Level})
	}
	return note
}

// untilRing notes what a queue asks at first and nobody in the plan has.
func untilRing(q routing.Queue, plans []sim.AgentPlan) (notes []sim.Note) {
	for _, n := range q.Needs {
		level := max(n.Level, 1)
		if !n.Preferred && !slices.ContainsFunc(plans, func(p sim.AgentPlan) bool { return p.Agent.Skills[n.Skill] >= level }) {
			notes = append(notes, sim.Note{Code: sim.NoteUntilRing, Queues: []string{q.ID}, Needs: []sim.NoteNeed{{Skill: n.Skill, Level: level}}})
		}
	}
	return notes
}
