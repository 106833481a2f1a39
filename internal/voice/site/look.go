package site

import (
	"net/netip"
	"slices"
	"strings"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/media"
	"santra/internal/protocol/rtp"
	"santra/internal/routing"
	"santra/internal/voice/gate"
)

// Clip gives a prompt in a language; the music has none.
func (cfg *Config) Clip(l agency.Lang, name string) (media.Clip, bool) {
	return cfg.Prompts.Prompt(string(l), name)
}

// Clips gives a prompt in each language; false when one is missing.
func (cfg *Config) Clips(name string, languages []agency.Lang) ([]media.Clip, bool) {
	var clips []media.Clip
	for _, l := range languages {
		clip, ok := cfg.Clip(l, name)
		if !ok {
			return nil, false
		}
		clips = append(clips, clip)
	}
	return clips, len(clips) > 0
}

// Spoken is what is spoken to who has chosen a language: that one; to who has not ("") all of the first list that has any, else all that
// there are.
func Spoken(chosen agency.Lang, lists ...[]agency.Lang) []agency.Lang {
	if chosen != "" {
		return []agency.Lang{chosen}
	}
	for _, l := range lists {
		if len(l) > 0 {
			return l
		}
	}
	return agency.Langs()
}

// HeardIn is the language code of an announcement.
func HeardIn(languages []agency.Lang) string {
	if len(languages) == 1 {
		return string(languages[0])
	}
	return gate.Several
}

// TurnsAway tells whether a call into this queue would hear an announcement and end: the queue is closed now, and no rule
// sends its calls elsewhere (routing's first rule WhenClosed; without one: "closed").
func (cfg *Config) TurnsAway(q agency.Queue) bool {
	if !cfg.Dispatch.Closed(q.ID) {
		return false
	}
	i := slices.IndexFunc(q.Overflow, func(o agency.Overflow) bool { return o.When == agency.WhenClosed })
	return i < 0 || q.Overflow[i].To.Announcement != ""
}

// Caller finds the queue in whose name a call is made.
func (cfg *Config) Caller(queue string) (agency.Queue, agency.Agency, error) {
	q, ok := cfg.Book.Queue(queue)
	owner, known := cfg.Book.Agency(q.Agency)
	if !ok || !known {
		return q, owner, errs.At(errs.NotFound, "queue", "there is no queue %q", queue)
	}
	return q, owner, nil
}

// Called is what a caller meets on a called number.
type Called struct {
	Number string // the city's own, E.164
	Flow   agency.Flow
	Queue  agency.Queue // by which the call is known before its flow has put it into one; zero where it has none: an announcement alone
	Owner  agency.Agency
}

// Called finds what a caller meets, in whatever way the trunk writes the number; parameters in the user part (RFC 3966 5.1.5) are none of
// its digits.
func (cfg *Config) Called(number string) (c Called, ok bool) {
	number, _, _ = strings.Cut(number, ";")
	if c.Flow, c.Number, ok = cfg.Book.FlowByNumber(number); !ok {
		return c, false
	}
	c.Queue, _ = cfg.Book.Queue(firstQueue(&c.Flow))
	c.Owner, ok = cfg.Book.Agency(c.Flow.Agency)
	return c, ok
}

// SitsAt finds the agent who has taken a seat.
func (cfg *Config) SitsAt(seat string) (agent string, ok bool) {
	for _, a := range cfg.Dispatch.Agents() {
		if strings.EqualFold(a.Seat, seat) && a.State != routing.Offline {
			return a.ID, true
		}
	}
	return "", false
}

// Owns tells whether an address is one of our media sockets.
func (cfg *Config) Owns(a netip.AddrPort) bool {
	return slices.ContainsFunc([]*rtp.Pool{cfg.Ports, cfg.Phone, cfg.RecorderPorts}, func(p *rtp.Pool) bool { return p.Owns(a) })
}

// firstQueue is the queue by which a call is known before its flow has put it into one.
func firstQueue(f *agency.Flow) string {
	i := slices.IndexFunc(f.Steps, func(s agency.Step) bool { return s.Queue != nil })
	if i < 0 {
		return ""
	}
	return f.Steps[i].Queue.Queue
}

// Home is the queue in whose name an agent calls from a desk phone: that of the agent's last call ("": none), else the first that has a
// number, of an agency whose work the agent does; "" without one.
func (cfg *Config) Home(agent, last string) string {
	at, _ := cfg.Dispatch.Agent(agent)
	serves := func(q agency.Queue) bool { return len(at.Agencies) == 0 || slices.Contains(at.Agencies, q.Agency) }
	if q, known := cfg.Book.Queue(last); known && serves(q) {
		return q.ID
	}
	for _, q := range cfg.Book.Current().Queues {
		if q.Number != "" && serves(q) {
			return q.ID
		}
	}
	return ""
}

// MayBeHeard tells whether supervisors may listen in a call's queue, or in one to which its flow may yet lead.
func (cfg *Config) MayBeHeard(in agency.Queue, by agency.Flow) bool {
	return in.Listening || slices.ContainsFunc(by.Steps, func(s agency.Step) bool {
		if s.Queue == nil {
			return false
		}
		q, ok := cfg.Book.Queue(s.Queue.Queue)
		return ok && q.Listening
	})
}

// UserPart is the user of a sip or tel URI, without parameters.
func UserPart(uri string) string {
	_, rest, ok := strings.Cut(strings.Trim(uri, "<>"), ":")
	if !ok {
		return ""
	}
	user, _, _ := strings.Cut(rest, "@")
	user, _, _ = strings.Cut(user, ";")
	return user
}
