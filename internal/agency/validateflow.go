package agency

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// flows checks the flows, each by itself, and the numbers that they answer.
func (v *validation) flows() error {
	if len(v.city.Flows) > MaxFlows {
		return bad("city.flows", "are over %d", MaxFlows)
	}
	for i := range v.city.Flows {
		if err := v.flow(fmt.Sprintf("city.flows[%d]", i), &v.city.Flows[i]); err != nil {
			return err
		}
	}
	if len(v.city.Numbers) > MaxNumbers {
		return bad("city.numbers", "are over %d", MaxNumbers)
	}
	for i, n := range v.city.Numbers {
		if err := v.number(fmt.Sprintf("city.numbers[%d]", i), n); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) number(at string, n Number) error {
	if !e164(n.Number) {
		return bad(at+".number", "must be in international form (E.164); for example +358912345678")
	}
	if err := v.unique(at+".number", "number", n.Number); err != nil {
		return err
	}
	if _, ok := v.taken["flow "+n.Flow]; ok {
		return nil
	}
	ids := make([]string, 0, len(v.city.Flows))
	for _, f := range v.city.Flows {
		ids = append(ids, f.ID)
	}
	return bad(at+".flow", "is none of city.flows%s", likelyOf(n.Flow, ids))
}

func (v *validation) flow(at string, f *Flow) error {
	if err := v.slug(at+".id", "flow", f.ID); err != nil {
		return err
	}
	if _, ok := v.taken["agency "+f.Agency]; !ok {
		return bad(at+".agency", "is none of city.agencies%s", likely(f.Agency, v.city.Agencies))
	}
	if err := languages(at+".languages", f.Languages); err != nil {
		return err
	}
	if n := len(f.Steps); n == 0 || n > MaxFlowSteps {
		return bad(at+".steps", "must be between 1 and %d", MaxFlowSteps)
	}
	if err := stepIDs(at, f); err != nil {
		return err
	}
	for i := range f.Steps {
		if err := v.step(fmt.Sprintf("%s.steps[%d]", at, i), f, &f.Steps[i]); err != nil {
			return err
		}
	}
	return v.paths(at, f)
}

// languages checks a list of languages.
func languages(at string, all []Lang) error {
	for i, l := range all {
		field := fmt.Sprintf("%s[%d]", at, i)
		if !slices.Contains(Langs(), l) {
			return bad(field, "must be fi, sv or en")
		}
		if slices.Contains(all[:i], l) {
			return bad(field, "is there twice")
		}
	}
	return nil
}

func stepIDs(at string, f *Flow) error {
	taken := map[string]bool{}
	for i := range f.Steps {
		field := fmt.Sprintf("%s.steps[%d].id", at, i)
		switch id := f.Steps[i].ID; {
		case !slug(id):
			return bad(field, "must be 1–%d of a–z, 0–9 and -", maxSlug)
		case taken[id]:
			return bad(field, "is there twice in this flow")
		default:
			taken[id] = true
		}
	}
	return nil
}

// step checks one step by itself, and that the steps to which it leads are there.
func (v *validation) step(at string, f *Flow, s *Step) error {
	if kinds := s.kinds(); len(kinds) != 1 {
		return bad(at, "must be one of language, hours, say, announce, menu, queue, callback, transfer and hang_up; it is %s", orNone(kinds))
	}
	for _, check := range []func(string, *Flow, *Step) error{v.stepItself, v.stepQueue, v.stepNext} {
		if err := check(at, f, s); err != nil {
			return err
		}
	}
	return nil
}

func (v *validation) stepItself(at string, f *Flow, s *Step) error {
	at += "." + s.Kind()
	switch {
	case s.Language != nil:
		return s.Language.validate(at, f)
	case s.Hours != nil:
		return v.hoursStep(at, f, s.Hours)
	case s.Say != nil:
		return plainPrompt(at+".prompt", s.Say.Prompt)
	case s.Announce != nil:
		return noticePrompt(at+".prompt", s.Announce.Prompt)
	case s.Menu != nil:
		return s.Menu.validate(at)
	case s.Queue != nil:
		return s.Queue.validate(at)
	case s.Transfer != nil:
		return s.Transfer.validate(at)
	case s.HangUp != nil && s.HangUp.Prompt != "":
		return plainPrompt(at+".prompt", s.HangUp.Prompt)
	}
	return nil
}

func (l *LanguageStep) validate(at string, f *Flow) error {
	if len(f.Languages) < 2 {
		return bad(at, "needs two languages in the flow to choose from")
	}
	return keyTimes(at, l.Timeout, l.Tries)
}

// keyTimes checks how long and how often a key is waited for.
func keyTimes(at string, timeout time.Duration, tries int) error {
	if err := within(at+".timeout", timeout, MinKeyTime, MaxKeyTime); err != nil {
		return err
	}
	if tries < 1 || tries > MaxTries {
		return bad(at+".tries", "must be between 1 and %d", MaxTries)
	}
	return nil
}

func (v *validation) hoursStep(at string, f *Flow, h *HoursStep) error {
	if (h.Of == "") == (h.Queue == "") {
		return bad(at, "must say either of (one of city.hours) or queue (its hours, and its emergency closings)")
	}
	if h.Queue != "" {
		return v.ownQueue(at+".queue", f, h.Queue)
	}
	if _, ok := v.city.Hours[h.Of]; !ok {
		return bad(at+".of", "is none of city.hours%s", likelyOf(h.Of, slices.Sorted(maps.Keys(v.city.Hours))))
	}
	return nil
}

// promptName checks the form of a prompt's name.
func promptName(at, name string) error {
	if !slug(name) {
		return bad(at, "must be the name of a prompt: 1–%d of a–z, 0–9 and -", maxPrompt)
	}
	return nil
}

// plainPrompt refuses a recording announcement where it would open no recording.
func plainPrompt(at, name string) error {
	if isNotice(name) {
		return bad(at, "is a recording announcement: write announce: {prompt: %s}, so that it is played to its end before anything is recorded", name)
	}
	return promptName(at, name)
}

func noticePrompt(at, name string) error {
	if !isNotice(name) {
		return bad(at, "must be a recording announcement, whose name is %[1]s or begins with %[1]s-; other prompts belong to say", AnnouncementPrompt)
	}
	return promptName(at, name)
}

// key tells whether s is one key of a telephone.
func key(s string) bool { return len(s) == 1 && strings.Contains(MenuKeys, s) }

func (m *MenuStep) validate(at string) error {
	if err := plainPrompt(at+".prompt", m.Prompt); err != nil {
		return err
	}
	if len(m.Keys) == 0 {
		return bad(at+".keys", "are missing: say which key leads to which step")
	}
	for _, k := range slices.Sorted(maps.Keys(m.Keys)) {
		if !key(k) {
			return bad(at+".keys", "has %q, which is no key: must be one of 0–9, * and #, in quotes", k)
		}
	}
	return keyTimes(at, m.Timeout, m.Tries)
}

func (q *QueueStep) validate(at string) error {
	if err := within(at+".every", q.Every, MinEvery, MaxEvery); err != nil {
		return err
	}
	if err := plainPrompt(at+".music", q.Music); err != nil || q.Callback == nil {
		return err
	}
	if !key(q.Callback.Key) {
		return bad(at+".callback.key", "must be one of 0–9, * and #, in quotes")
	}
	if a := q.Callback.After; a < 0 || a > MaxOfferAfter {
		return bad(at+".callback.after", "must be between 0s and %v", MaxOfferAfter)
	}
	return nil
}

func (t *TransferStep) validate(at string) error {
	if !e164(t.Number) {
		return bad(at+".number", "must be in international form (E.164); for example +358912345678")
	}
	return within(at+".ring", t.Ring, MinTransferRing, MaxTransferRing)
}

// stepQueue checks the queue to which a step leads.
func (v *validation) stepQueue(at string, f *Flow, s *Step) error {
	if s.Queue == nil && s.Callback == nil {
		return nil
	}
	return v.ownQueue(at+"."+s.Kind()+".queue", f, s.queueOf())
}

// ownQueue refuses a queue that is not there or another agency's: who calls this agency has heard its announcement only.
func (v *validation) ownQueue(at string, f *Flow, id string) error {
	if err := v.known(at, id); err != nil {
		return err
	}
	q, _ := v.queue(id)
	if q.Agency != f.Agency {
		return bad(at, "is a queue of agency %s, and the flow is %s's: each agency has its own flows", q.Agency, f.Agency)
	}
	return nil
}

func (v *validation) queue(id string) (Queue, bool) {
	i := slices.IndexFunc(v.city.Queues, func(q Queue) bool { return q.ID == id })
	if i < 0 {
		return Queue{}, false
	}
	return v.city.Queues[i], true
}

// stepNext checks the steps to which a step leads.
func (v *validation) stepNext(at string, f *Flow, s *Step) error {
	if !s.goesOn() && s.Next != "" {
		return bad(at+".next", "does not go with %s, which says itself where the call goes", s.Kind())
	}
	for _, w := range s.ways() {
		field := at + "." + w.field
		if w.to == "" && w.optional {
			continue
		}
		if w.to == "" {
			return bad(field, "is missing: the call would end in silence. Name the step that comes then")
		}
		if _, ok := f.Step(w.to); !ok {
			return bad(field, "is no step of this flow%s", likelyOf(w.to, f.ids()))
		}
	}
	return nil
}

func (f *Flow) ids() (all []string) {
	for _, s := range f.Steps {
		all = append(all, s.ID)
	}
	return all
}

// FlowPrompt is a prompt that a flow plays in each of its languages, and the field that names it.
type FlowPrompt struct {
	Field     string
	Name      string
	Languages []Lang
}

// FlowPrompts lists the prompts that the city's flows name.
func (c *City) FlowPrompts() (all []FlowPrompt) {
	city := c.WithDefaults()
	for i, f := range city.Flows {
		for j, s := range f.Steps {
			at := fmt.Sprintf("city.flows[%d].steps[%d].%s.", i, j, s.Kind())
			for field, name := range s.prompts() {
				all = append(all, FlowPrompt{at + field, name, f.Languages})
			}
		}
	}
	return all
}

// prompts gives the prompts that a step names, by field.
func (s *Step) prompts() map[string]string {
	named := map[string]string{}
	switch {
	case s.Say != nil:
		named["prompt"] = s.Say.Prompt
	case s.Announce != nil:
		named["prompt"] = s.Announce.Prompt
	case s.Menu != nil:
		named["prompt"] = s.Menu.Prompt
	case s.Queue != nil:
		named["music"] = s.Queue.Music
	case s.HangUp != nil && s.HangUp.Prompt != "":
		named["prompt"] = s.HangUp.Prompt
	}
	return named
}

// CheckPrompts refuses a flow that names a prompt which one of its languages does not have. has tells whether a prompt can be played.
func (c *City) CheckPrompts(has func(lang Lang, name string) bool) error {
	for _, p := range c.FlowPrompts() {
		for _, l := range p.Languages {
			if !has(l, p.Name) {
				return bad(p.Field, "is a prompt that there is not in %[1]s: upload it, or put %[1]s/%[2]s.wav into the folder of server.prompts", l, p.Name)
			}
		}
	}
	return nil
}
