package agency

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Defaults and limits of flows.
const (
	MaxNumbers          = 5000             // that flows answer
	MaxFlows            = 1000             // of the city
	MaxFlowSteps        = 100              // of one flow
	MaxMenuKeys         = len(MenuKeys)    // of one menu
	MenuKeys            = "1234567890*#"   // that a menu may have
	neverByItself       = 24 * time.Hour   // longer than a call waits: a callback that routing alone invites to
	DefaultLanguageTime = 4 * time.Second  // for a key after the language menu's end
	DefaultMenuTime     = 5 * time.Second  // for a key after a menu's end
	MinKeyTime          = time.Second      // for a key
	MaxKeyTime          = 30 * time.Second // for a key
	DefaultLanguageTry  = 1                // the language menu is played so often
	DefaultMenuTries    = 3                // a menu is played so often
	MaxTries            = 5                // of a menu
	DefaultEvery        = time.Minute      // between two times that position and waiting time are said
	MinEvery            = 20 * time.Second
	MaxEvery            = 10 * time.Minute
	DefaultCallbackKey  = "1"              // what the built-in offer names
	DefaultOfferAfter   = time.Minute      // of waiting, until a callback is offered
	MaxOfferAfter       = time.Hour        // of waiting, until a callback is offered
	DefaultTransferRing = 30 * time.Second // of ringing at another telephone
	MinTransferRing     = 5 * time.Second
	MaxTransferRing     = 2 * time.Minute
)

// Names of prompts that a flow counts on. They are package media's, which this room does not know (a test compares).
const (
	AnnouncementPrompt = "announcement" // the recording announcement; others begin with it and "-"
	MusicPrompt        = "music"
	ClosedPrompt       = "closed"
)

// maxPrompt bounds the name of a prompt; it is a slug.
const maxPrompt = maxSlug

// Number is a telephone number that a flow answers. A queue's own number is answered by Queue.Flow.
type Number struct {
	Number string `yaml:"number" json:"number"` // E.164, "+358…"
	Flow   string `yaml:"flow" json:"flow"`     // id
}

// Flow is what a caller meets on a number, step by step from the first. Each of its queues is its agency's, so that one
// recording announcement serves them all (M4).
type Flow struct {
	ID        string `yaml:"id" json:"id"`         // slug
	Agency    string `yaml:"agency" json:"agency"` // id
	Languages []Lang `yaml:"languages" json:"languages"`
	Steps     []Step `yaml:"steps" json:"steps"` // the first is where a call begins
}

// Step is one thing that happens to a caller. Exactly one of its kinds is set.
type Step struct {
	ID       string        `yaml:"id" json:"id"` // slug, within the flow
	Language *LanguageStep `yaml:"language" json:"language,omitempty"`
	Hours    *HoursStep    `yaml:"hours" json:"hours,omitempty"`
	Say      *SayStep      `yaml:"say" json:"say,omitempty"`
	Announce *AnnounceStep `yaml:"announce" json:"announce,omitempty"`
	Menu     *MenuStep     `yaml:"menu" json:"menu,omitempty"`
	Queue    *QueueStep    `yaml:"queue" json:"queue,omitempty"`
	Callback *CallbackStep `yaml:"callback" json:"callback,omitempty"`
	Transfer *TransferStep `yaml:"transfer" json:"transfer,omitempty"`
	HangUp   *HangUpStep   `yaml:"hang_up" json:"hang_up,omitempty"`
	Next     string        `yaml:"next" json:"next,omitempty"` // id of the step after language, hours (while open), say and announce
}

// LanguageStep lets the caller choose among the flow's languages: 1 Finnish, 2 Swedish, 3 English, on every number the same. Who
// presses nothing hears every language from then on.
type LanguageStep struct {
	Timeout time.Duration `yaml:"timeout" json:"timeout,omitempty"` // for a key, after the menu's end; 0: DefaultLanguageTime
	Tries   int           `yaml:"tries" json:"tries,omitempty"`     // the menu is played so often; 0: DefaultLanguageTry
}

// HoursStep parts calls by opening hours: to Step.Next while it is open, else to Closed.
type HoursStep struct {
	Of     string `yaml:"of" json:"of,omitempty"`       // name of one of City.Hours; or
	Queue  string `yaml:"queue" json:"queue,omitempty"` // id of a queue: its hours, and its emergency closings
	Closed string `yaml:"closed" json:"closed"`         // step
}

// SayStep plays a prompt to its end.
type SayStep struct {
	Prompt string `yaml:"prompt" json:"prompt"` // name
}

// AnnounceStep plays the recording announcement to its end, after which a call may be recorded (M4). One that can't be played leaves
// the call unrecorded.
type AnnounceStep struct {
	Prompt string `yaml:"prompt" json:"prompt,omitempty"` // AnnouncementPrompt, or that and "-" and more; "": AnnouncementPrompt
}

// MenuStep plays a prompt and takes one key. A key that it does not have is told so, and the prompt is played again, as when no
// key comes.
type MenuStep struct {
	Prompt    string            `yaml:"prompt" json:"prompt"`             // name
	Keys      map[string]string `yaml:"keys" json:"keys"`                 // one of MenuKeys → step
	Timeout   time.Duration     `yaml:"timeout" json:"timeout,omitempty"` // for a key, after the prompt's end; 0: DefaultMenuTime
	Tries     int               `yaml:"tries" json:"tries,omitempty"`     // the prompt is played so often; 0: DefaultMenuTries
	Otherwise string            `yaml:"otherwise" json:"otherwise"`       // step, after the last try
}

// QueueStep puts the call into a queue, with music, until an agent has it.
type QueueStep struct {
	Queue     string         `yaml:"queue" json:"queue"`                   // id
	Position  bool           `yaml:"position" json:"position,omitempty"`   // say the place in the queue
	Wait      bool           `yaml:"wait" json:"wait,omitempty"`           // say the estimated waiting time, where one is known
	Every     time.Duration  `yaml:"every" json:"every,omitempty"`         // how often; 0: DefaultEvery
	Music     string         `yaml:"music" json:"music,omitempty"`         // name of a prompt; "": MusicPrompt
	Callback  *CallbackOffer `yaml:"callback" json:"callback,omitempty"`   // a callback is offered meanwhile
	Otherwise string         `yaml:"otherwise" json:"otherwise,omitempty"` // step where a call goes on that the queue's rules send to an announcement, instead of hearing it; "": it hears it, and the call ends
	Away      bool           `yaml:"-" json:"-"`                           // of an implicit flow: the queue is closed, routing is to count the call and send it away
}

// CallbackOffer lets a waiting caller choose to be called back; the place in the queue is kept.
type CallbackOffer struct {
	Key   string        `yaml:"key" json:"key,omitempty"`     // one of MenuKeys; "": DefaultCallbackKey
	After time.Duration `yaml:"after" json:"after,omitempty"` // of waiting; 0: DefaultOfferAfter
}

// CallbackStep promises a callback by a queue's agents to a caller who has asked for one, and hangs up.
type CallbackStep struct {
	Queue     string `yaml:"queue" json:"queue"`         // id
	Otherwise string `yaml:"otherwise" json:"otherwise"` // step, where none can be promised: no number, or too late in the day
}

// TransferStep passes the call to another telephone. It is not recorded there.
type TransferStep struct {
	Number    string        `yaml:"number" json:"number"`       // E.164
	Ring      time.Duration `yaml:"ring" json:"ring,omitempty"` // at most; 0: DefaultTransferRing
	Otherwise string        `yaml:"otherwise" json:"otherwise"` // step, where nobody answers
}

// HangUpStep says a prompt, if any, and good-bye, and ends the call.
type HangUpStep struct {
	Prompt string `yaml:"prompt" json:"prompt,omitempty"` // name
	Opens  bool   `yaml:"opens" json:"opens,omitempty"`   // then say when it is open again, if the way here led through closed hours
}

// Kinds of steps.
const (
	KindLanguage = "language"
	KindHours    = "hours"
	KindSay      = "say"
	KindAnnounce = "announce"
	KindMenu     = "menu"
	KindQueue    = "queue"
	KindCallback = "callback"
	KindTransfer = "transfer"
	KindHangUp   = "hang_up"
)

// kinds names the kinds that are set, as they are written.
func (s *Step) kinds() (names []string) {
	for _, k := range []struct {
		name string
		set  bool
	}{
		{KindLanguage, s.Language != nil},
		{KindHours, s.Hours != nil},
		{KindSay, s.Say != nil},
		{KindAnnounce, s.Announce != nil},
		{KindMenu, s.Menu != nil},
		{KindQueue, s.Queue != nil},
		{KindCallback, s.Callback != nil},
		{KindTransfer, s.Transfer != nil},
		{KindHangUp, s.HangUp != nil},
	} {
		if k.set {
			names = append(names, k.name)
		}
	}
	return names
}

// Kind names the step's kind; "" for one that is not valid.
func (s *Step) Kind() string {
	if k := s.kinds(); len(k) == 1 {
		return k[0]
	}
	return ""
}

// Step finds a step of the flow; false without it.
func (f *Flow) Step(id string) (Step, bool) {
	i := slices.IndexFunc(f.Steps, func(s Step) bool { return s.ID == id })
	if i < 0 {
		return Step{}, false
	}
	return f.Steps[i], true
}

// Flow is the implicit flow of a queue's own number: the languages, the opening hours, the recording announcement, the queue.
func (q *Queue) Flow() Flow {
	f := Flow{ID: "queue-" + q.ID, Agency: q.Agency, Languages: slices.Clone(q.Languages)}
	if q.LanguageMenu && len(q.Languages) > 1 {
		f.Steps = append(f.Steps, Step{ID: "languages", Language: &LanguageStep{}, Next: "hours"})
	}
	f.Steps = append(f.Steps,
		Step{ID: "hours", Hours: &HoursStep{Queue: q.ID, Closed: "away"}, Next: "announcement"},
		Step{ID: "announcement", Announce: &AnnounceStep{}, Next: "queue"},
		Step{ID: "queue", Queue: &QueueStep{Queue: q.ID, Callback: q.invitation()}},
		Step{ID: "away", Queue: &QueueStep{Queue: q.ID, Away: true}},
	)
	f.setDefaults()
	return f
}

// invitation is the callback that is offered where the queue's rules say so, and not before.
func (q *Queue) invitation() *CallbackOffer {
	if !q.invites() {
		return nil
	}
	return &CallbackOffer{After: neverByItself}
}

func (f *Flow) setDefaults() {
	if len(f.Languages) == 0 {
		f.Languages = Langs()
	}
	for i := range f.Steps {
		f.Steps[i].setDefaults()
	}
}

func (s *Step) setDefaults() {
	if l := s.Language; l != nil {
		l.Timeout, l.Tries = or(l.Timeout, DefaultLanguageTime), or(l.Tries, DefaultLanguageTry)
	}
	if a := s.Announce; a != nil {
		a.Prompt = or(a.Prompt, AnnouncementPrompt)
	}
	if m := s.Menu; m != nil {
		m.Timeout, m.Tries = or(m.Timeout, DefaultMenuTime), or(m.Tries, DefaultMenuTries)
	}
	if q := s.Queue; q != nil {
		q.Every, q.Music = or(q.Every, DefaultEvery), or(q.Music, MusicPrompt)
		if c := q.Callback; c != nil {
			c.Key, c.After = or(c.Key, DefaultCallbackKey), or(c.After, DefaultOfferAfter)
		}
	}
	if t := s.Transfer; t != nil {
		t.Ring = or(t.Ring, DefaultTransferRing)
	}
}

func (f Flow) clone() Flow {
	f.Languages, f.Steps = slices.Clone(f.Languages), slices.Clone(f.Steps)
	for i := range f.Steps {
		f.Steps[i] = f.Steps[i].clone()
	}
	return f
}

func (s Step) clone() Step {
	s.Language, s.Hours, s.Say, s.Announce, s.Menu = copied(s.Language), copied(s.Hours), copied(s.Say), copied(s.Announce), copied(s.Menu)
	s.Queue, s.Callback, s.Transfer, s.HangUp = copied(s.Queue), copied(s.Callback), copied(s.Transfer), copied(s.HangUp)
	if s.Menu != nil {
		s.Menu.Keys = maps.Clone(s.Menu.Keys)
	}
	if s.Queue != nil {
		s.Queue.Callback = copied(s.Queue.Callback)
	}
	return s
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// isNotice tells whether a prompt is a recording announcement by its name.
func isNotice(prompt string) bool {
	return prompt == AnnouncementPrompt || strings.HasPrefix(prompt, AnnouncementPrompt+"-")
}

// queueOf is the queue to which a step leads; "" for others.
func (s *Step) queueOf() string {
	switch {
	case s.Queue != nil:
		return s.Queue.Queue
	case s.Callback != nil:
		return s.Callback.Queue
	}
	return ""
}

// reached tells which queues the city's flows lead to.
func (c *City) reached() map[string]bool {
	ids := map[string]bool{}
	for _, f := range c.Flows {
		for _, s := range f.Steps {
			if id := s.queueOf(); id != "" {
				ids[id] = true
			}
		}
	}
	return ids
}
