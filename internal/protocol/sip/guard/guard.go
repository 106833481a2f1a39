// Package guard stands at the door: it decides who may speak to us outside a dialog, by address, by password or by both (RFC 3261 22),
// and bounds what those cost who may not, in answers, memory and lines of the log, each source and all together.
//
// It owns the rates for strangers and the challenges. What it refuses leaves no transaction behind (8.2.7). It knows no call and
// no dialog, and it never logs what a message said.
package guard

import (
	"hash/maphash"
	"log/slog"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/limit"
	"santra/internal/protocol/sip/message"
	"santra/internal/protocol/sip/socket"
	"santra/internal/protocol/sip/transaction"
)

// What strangers may cause, each source and all together: answers to refused or malformed messages, challenges, wrong passwords,
// and lines in the log.
const (
	answersPerSecond    = 5
	AnswersBurst        = 20
	AnswersPerSecondAll = 500
	AnswersBurstAll     = 1000

	challengesPerSecond    = 200 // 401s to a source: a whole office may sit behind one address
	challengesBurst        = 2000
	ChallengesPerSecondAll = 2000
	ChallengesBurstAll     = 10000

	FailuresPerMinute = 30 // wrong passwords of a source, at a registrar for a user from a source; then it is not heard for a while

	LinesBurstAll     = 60 // lines in the log; what is left out is counted in the next one
	LinesPerSecondAll = 1
	logEvery          = time.Minute // of a source
)

// NonceLife is how long a nonce is good, by default.
const NonceLife = 5 * time.Minute

func newAnswers() *limit.Limiter {
	return limit.New(limit.Rate{PerSecond: answersPerSecond, Burst: AnswersBurst}, limit.Rate{PerSecond: AnswersPerSecondAll, Burst: AnswersBurstAll})
}

func newLines() *limit.Limiter {
	return limit.New(limit.Rate{PerSecond: 1 / logEvery.Seconds(), Burst: 1}, limit.Rate{PerSecond: LinesPerSecondAll, Burst: LinesBurstAll})
}

func newChallenges() *limit.Limiter {
	return limit.New(limit.Rate{PerSecond: challengesPerSecond, Burst: challengesBurst},
		limit.Rate{PerSecond: ChallengesPerSecondAll, Burst: ChallengesBurstAll})
}

func newFailures() *limit.Limiter {
	return limit.New(limit.Rate{PerSecond: FailuresPerMinute / 60.0, Burst: FailuresPerMinute}, limit.Rate{})
}

// Trunk is a peer that may call. One with Sources and a User may come from either, unless both are Required.
type Trunk struct {
	Name     string         // for Incoming.Trunk; not empty
	Sources  []netip.Prefix // the addresses it calls from; none: it is known by its password
	User     string         // its digest user; empty: its address is enough
	Required bool           // address and password are both wanted
}

// Authentication is how a caller proves who it is where its address does not (RFC 3261 22, RFC 7616, RFC 8760): its INVITE is
// challenged with SHA-256 and MD5, each nonce lives NonceLife, and no count of it is taken twice.
type Authentication struct {
	Realm     string
	Secrets   digest.Secrets // of users; see digest.HA1
	NonceLife time.Duration  // 0: NonceLife
	// Algorithms are offered in this order (digest.SHA256, digest.MD5); nil: both, the stronger one first. Some peers that know only MD5 give
	// up where SHA-256 is offered too, against RFC 8760 2.4: for those it must be MD5 alone.
	Algorithms []string
}

// Rules say who may speak to us.
type Rules struct {
	Trunks       []Trunk
	Authenticate *Authentication               // nil: nobody is asked for a password
	Admit        func(src netip.AddrPort) bool // nil: all, unless there are Trunks or Authenticate
}

// Guard decides who may call: by address, by password, or by both.
type Guard struct {
	rules      Rules
	out        Outward
	verifier   *digest.Verifier
	challenges *limit.Limiter
	failures   *limit.Limiter
	answers    *limit.Limiter // to strangers and to malformed messages
	lines      *limit.Limiter // of the log
	unsaid     atomic.Uint64  // lines that were not written
	seed       maphash.Seed
	count      struct{ refused, challenged, limited atomic.Uint64 }
}

// Outward is where a guard's answers and lines go.
type Outward struct {
	Agent string // Server of its answers
	Log   *slog.Logger
	Send  func(f socket.Flow, wire []byte) error // must not block
}

// Counts are what a Guard has done.
type Counts struct {
	Refused    uint64 // requests of strangers, wrong passwords
	Challenged uint64 // requests that were asked for a password
	Limited    uint64 // messages without an answer because their source sent too many
}

// New makes one; errs.Invalid: by the rules somebody could never call, or not as is meant.
func New(r Rules, out Outward) (*Guard, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	g := &Guard{
		rules: r, out: out, challenges: newChallenges(), failures: newFailures(), answers: newAnswers(), lines: newLines(),
		seed: maphash.MakeSeed(),
	}
	if a := r.Authenticate; a != nil {
		life := a.NonceLife
		if life <= 0 {
			life = NonceLife
		}
		g.verifier = digest.NewVerifier(a.Realm, life)
	}
	return g, nil
}

// Counts says what it has done since it was made.
func (g *Guard) Counts() Counts {
	return Counts{Refused: g.count.refused.Load(), Challenged: g.count.challenged.Load(), Limited: g.count.limited.Load()}
}

// check finds trunks that could never call, or not as they are meant.
func (r Rules) check() error {
	for _, t := range r.Trunks {
		switch {
		case t.Name == "" || len(t.Sources) == 0 && t.User == "":
			return errs.At(errs.Invalid, "sip.trunks", "a trunk wants a name, and sources or a user")
		case t.User != "" && r.Authenticate == nil:
			return errs.At(errs.Invalid, "sip.trunks", "a trunk with a user wants Authenticate")
		case t.Required && (t.User == "" || len(t.Sources) == 0):
			return errs.At(errs.Invalid, "sip.trunks", "a trunk that must show both wants sources and a user")
		}
	}
	a := r.Authenticate
	if a != nil && (a.Realm == "" || a.Secrets == nil) {
		return errs.At(errs.Invalid, "sip.authenticate", "want a realm and secrets")
	}
	if a == nil {
		return nil
	}
	if err := digest.CheckOffer(a.Algorithms); err != nil {
		return errs.At(errs.Invalid, "sip.authenticate", "%w", err)
	}
	return nil
}

// known tells whether a source is let in by its address, and as which trunk.
func (g *Guard) known(src netip.AddrPort) (trunk string, ok bool) {
	for i := range g.rules.Trunks {
		t := &g.rules.Trunks[i]
		if t.from(src) && len(t.Sources) > 0 && (t.User == "" || !t.Required) {
			return t.Name, true
		}
	}
	if g.rules.Admit != nil {
		return "", g.rules.Admit(src)
	}
	return "", len(g.rules.Trunks) == 0 && g.rules.Authenticate == nil
}

// Knows tells whether it is.
func (g *Guard) Knows(src netip.AddrPort) bool {
	_, ok := g.known(src)
	return ok
}

// from tells whether a trunk may call from a source.
func (t *Trunk) from(src netip.AddrPort) bool {
	return len(t.Sources) == 0 || slices.ContainsFunc(t.Sources, func(p netip.Prefix) bool { return p.Contains(src.Addr()) })
}

// of finds the trunk of a user who has proved to be it, and refuses one that must call from elsewhere.
func (g *Guard) of(user string, src netip.AddrPort) (trunk string, ok bool) {
	for i := range g.rules.Trunks {
		if t := &g.rules.Trunks[i]; t.User == user && user != "" {
			return t.Name, !t.Required || t.from(src)
		}
	}
	return "", true
}

// Pass lets a request outside any dialog in, or answers it.
func (g *Guard) Pass(tx *transaction.Server, in *message.Inbound) bool {
	src := in.Flow.Remote
	var ok bool
	if in.Trunk, ok = g.known(src); ok {
		return true
	}
	if g.verifier == nil {
		g.Stranger(tx, in, 403)
		return false
	}
	if g.failures.Exhausted(limit.Source{Addr: src.Addr()}) {
		g.Silence(tx)
		return false
	}
	user, verdict := Check(in, g.verifier, g.rules.Authenticate.Secrets)
	if verdict == digest.Right {
		in.User = user
		if in.Trunk, ok = g.of(user, src); ok {
			return true
		}
	}
	switch verdict {
	case digest.Right:
		g.Stranger(tx, in, 403)
	case digest.Wrong:
		g.failures.Allow(src.Addr())
		g.Stranger(tx, in, 403)
	default:
		g.Ask(tx, in, g.verifier.Challenges(g.algorithms(), verdict == digest.Stale), g.challenges)
	}
	return false
}

// algorithms are those that are offered.
func (g *Guard) algorithms() []string {
	if a := g.rules.Authenticate.Algorithms; len(a) > 0 {
		return a
	}
	return []string{digest.SHA256, digest.MD5}
}

// Ask challenges, without keeping a transaction (RFC 3261 8.2.7).
func (g *Guard) Ask(tx *transaction.Server, in *message.Inbound, challenges []string, bound *limit.Limiter) {
	if !bound.Allow(in.Flow.Remote.Addr()) {
		g.Silence(tx)
		return
	}
	g.count.challenged.Add(1)
	r := message.Reply{Code: 401}
	for _, c := range challenges {
		r.Extra = append(r.Extra, message.Header{Name: "WWW-Authenticate", Value: c})
	}
	g.stateless(tx, in, r)
}

// Check checks the credentials of a request.
func Check(in *message.Inbound, v *digest.Verifier, secrets digest.Secrets) (user string, got digest.Verdict) {
	same := func(uri string) bool { return sameURI(in, uri) }
	return v.Check(message.Values(in, "Authorization"), in.Method, same, secrets)
}

// sameURI checks that credentials are for this request (RFC 3261 22.4 rule 5): phones differ in parameters, not in host.
func sameURI(in *message.Inbound, uri string) bool {
	u, ok := message.ParseURI(uri)
	return ok && strings.EqualFold(u.Host, in.Recipient.Host) && u.User == in.Recipient.User
}

// Stranger refuses, at a bounded rate, then there is silence.
func (g *Guard) Stranger(tx *transaction.Server, in *message.Inbound, code int) {
	g.count.refused.Add(1)
	g.Note(in.Flow, "sip: refused a stranger", "method", message.MethodForLog(in.Method))
	if g.answers.Allow(in.Flow.Remote.Addr()) {
		g.stateless(tx, in, message.Reply{Code: code})
		return
	}
	g.Silence(tx)
}

// stateless answers and forgets: what strangers send costs no memory, and is answered anew, with the same tag, when it comes
// again (RFC 3261 8.2.7).
func (g *Guard) stateless(tx *transaction.Server, in *message.Inbound, r message.Reply) {
	r.ToTag = strconv.FormatUint(maphash.String(g.seed, tx.Key), 36)
	tx.Abandon()
	_ = g.out.Send(in.Flow, r.Wire(in, g.out.Agent))
}

// Refuse answers a request with wrong credentials and says so in the log.
func (g *Guard) Refuse(tx *transaction.Server, in *message.Inbound, code int, text string) {
	g.count.refused.Add(1)
	g.Note(in.Flow, text)
	g.stateless(tx, in, message.Reply{Code: code})
}

// Garbled answers a malformed message with wire, unless its source has had too many answers.
func (g *Guard) Garbled(f socket.Flow, wire []byte) {
	if !g.answers.Allow(f.Remote.Addr()) {
		g.count.limited.Add(1)
		return
	}
	_ = g.out.Send(f, wire)
}

// Silence forgets a transaction without an answer.
func (g *Guard) Silence(tx *transaction.Server) {
	g.count.limited.Add(1)
	tx.Abandon()
}

// Remembers is of how many sources one of its limits knows at most: limit.MaxSources is the bound.
func (g *Guard) Remembers() int {
	return max(g.lines.Len(), g.answers.Len(), g.challenges.Len(), g.failures.Len())
}

// Note writes a line to the log, one a minute for each source and so many for all. It never holds what a message said.
func (g *Guard) Note(f socket.Flow, text string, args ...any) {
	g.write(f.Remote, text, append(args, "transport", f.Transport())...)
}

// NoteTLS tells of a peer with which TLS failed.
func (g *Guard) NoteTLS(from netip.AddrPort, why string) {
	g.write(from, "sip: TLS failed", "why", why)
}

func (g *Guard) write(from netip.AddrPort, text string, args ...any) {
	if !g.lines.Allow(from.Addr()) {
		g.unsaid.Add(1)
		return
	}
	args = append(args, "source", from.String())
	if n := g.unsaid.Swap(0); n > 0 {
		args = append(args, "unsaid", n)
	}
	g.out.Log.Warn(text, args...)
}
