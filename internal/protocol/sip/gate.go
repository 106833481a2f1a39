package sip

import (
	"hash/maphash"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/limit"
)

// What strangers may cause, each source and all together: answers to refused or malformed messages, challenges, wrong passwords,
// and lines in the log.
const (
	answersPerSecond    = 5
	answersBurst        = 20
	answersPerSecondAll = 500
	answersBurstAll     = 1000

	challengesPerSecond    = 200 // 401s to a source: a whole office may sit behind one address
	challengesBurst        = 2000
	challengesPerSecondAll = 2000
	challengesBurstAll     = 10000

	failuresPerMinute = 30 // wrong passwords of a source, at a registrar for a user from a source; then it is not heard for a while

	linesBurstAll     = 60 // lines in the log; what is left out is counted in the next one
	linesPerSecondAll = 1
	logEvery          = time.Minute // of a source
)

// NonceLife is how long a nonce is good, by default.
const NonceLife = 5 * time.Minute

func newAnswers() *limit.Limiter {
	return limit.New(limit.Rate{PerSecond: answersPerSecond, Burst: answersBurst}, limit.Rate{PerSecond: answersPerSecondAll, Burst: answersBurstAll})
}

func newLines() *limit.Limiter {
	return limit.New(limit.Rate{PerSecond: 1 / logEvery.Seconds(), Burst: 1}, limit.Rate{PerSecond: linesPerSecondAll, Burst: linesBurstAll})
}

func newChallenges() *limit.Limiter {
	return limit.New(limit.Rate{PerSecond: challengesPerSecond, Burst: challengesBurst},
		limit.Rate{PerSecond: challengesPerSecondAll, Burst: challengesBurstAll})
}

func newFailures() *limit.Limiter {
	return limit.New(limit.Rate{PerSecond: failuresPerMinute / 60.0, Burst: failuresPerMinute}, limit.Rate{})
}

// gate decides who may call: by address, by password, or by both.
type gate struct {
	cfg        Config
	verifier   *digest.Verifier
	challenges *limit.Limiter
	failures   *limit.Limiter
	seed       maphash.Seed
}

func newGate(cfg Config) *gate {
	g := &gate{cfg: cfg, challenges: newChallenges(), failures: newFailures(), seed: maphash.MakeSeed()}
	if a := cfg.Authenticate; a != nil {
		life := a.NonceLife
		if life <= 0 {
			life = NonceLife
		}
		g.verifier = digest.NewVerifier(a.Realm, life)
	}
	return g
}

// checkTrunks finds trunks that could never call, or not as they are meant.
func (cfg *Config) checkTrunks() error {
	for _, t := range cfg.Trunks {
		switch {
		case t.Name == "" || len(t.Sources) == 0 && t.User == "":
			return errs.At(errs.Invalid, "sip.trunks", "a trunk wants a name, and sources or a user")
		case t.User != "" && cfg.Authenticate == nil:
			return errs.At(errs.Invalid, "sip.trunks", "a trunk with a user wants Authenticate")
		case t.Required && (t.User == "" || len(t.Sources) == 0):
			return errs.At(errs.Invalid, "sip.trunks", "a trunk that must show both wants sources and a user")
		}
	}
	a := cfg.Authenticate
	if a != nil && (a.Realm == "" || a.Secrets == nil) {
		return errs.At(errs.Invalid, "sip.authenticate", "want a realm and secrets")
	}
	if a != nil && slices.ContainsFunc(a.Algorithms, func(s string) bool { return s != digest.MD5 && s != digest.SHA256 }) {
		return errs.At(errs.Invalid, "sip.authenticate", "want algorithms of MD5 and SHA-256")
	}
	return nil
}

// known tells whether a source is let in by its address, and as which trunk.
func (g *gate) known(src netip.AddrPort) (trunk string, ok bool) {
	for i := range g.cfg.Trunks {
		t := &g.cfg.Trunks[i]
		if t.from(src) && len(t.Sources) > 0 && (t.User == "" || !t.Required) {
			return t.Name, true
		}
	}
	if g.cfg.Admit != nil {
		return "", g.cfg.Admit(src)
	}
	return "", len(g.cfg.Trunks) == 0 && g.cfg.Authenticate == nil
}

// knows tells whether it is.
func (g *gate) knows(src netip.AddrPort) bool {
	_, ok := g.known(src)
	return ok
}

// from tells whether a trunk may call from a source.
func (t *Trunk) from(src netip.AddrPort) bool {
	return len(t.Sources) == 0 || slices.ContainsFunc(t.Sources, func(p netip.Prefix) bool { return p.Contains(src.Addr()) })
}

// of finds the trunk of a user who has proved to be it, and refuses one that must call from elsewhere.
func (g *gate) of(user string, src netip.AddrPort) (trunk string, ok bool) {
	for i := range g.cfg.Trunks {
		if t := &g.cfg.Trunks[i]; t.User == user && user != "" {
			return t.Name, !t.Required || t.from(src)
		}
	}
	return "", true
}

// pass lets a request outside any dialog in, or answers it.
func (e *Endpoint) pass(tx *serverTx, in *inbound) bool {
	g, src := e.gate, in.flow.remote
	var ok bool
	if in.trunk, ok = g.known(src); ok {
		return true
	}
	if g.verifier == nil {
		e.stranger(tx, in, 403)
		return false
	}
	if g.failures.Exhausted(limit.Source{Addr: src.Addr()}) {
		e.silence(tx)
		return false
	}
	user, verdict := in.check(g.verifier, g.cfg.Authenticate.Secrets)
	if verdict == digest.Right {
		in.user = user
		if in.trunk, ok = g.of(user, src); ok {
			return true
		}
	}
	switch verdict {
	case digest.Right:
		e.stranger(tx, in, 403)
	case digest.Wrong:
		g.failures.Allow(src.Addr())
		e.stranger(tx, in, 403)
	default:
		e.ask(tx, in, g.verifier.Challenges(g.algorithms(), verdict == digest.Stale), g.challenges)
	}
	return false
}

// algorithms are those that are offered.
func (g *gate) algorithms() []string {
	if a := g.cfg.Authenticate.Algorithms; len(a) > 0 {
		return a
	}
	return []string{digest.SHA256, digest.MD5}
}

// ask challenges, without keeping a transaction (RFC 3261 8.2.7).
func (e *Endpoint) ask(tx *serverTx, in *inbound, challenges []string, bound *limit.Limiter) {
	if !bound.Allow(in.flow.remote.Addr()) {
		e.silence(tx)
		return
	}
	e.count.challenged.Add(1)
	r := reply{code: 401}
	for _, c := range challenges {
		r.extra = append(r.extra, Header{"WWW-Authenticate", c})
	}
	e.stateless(tx, in, r)
}

// check checks the credentials of a request.
func (in *inbound) check(v *digest.Verifier, secrets digest.Secrets) (user string, got digest.Verdict) {
	return v.Check(values(in, "Authorization"), in.method, in.sameURI, secrets)
}

// sameURI checks that credentials are for this request (RFC 3261 22.4 rule 5): phones differ in parameters, not in host.
func (in *inbound) sameURI(uri string) bool {
	u, ok := parseURI(uri)
	return ok && strings.EqualFold(u.Host, in.Recipient.Host) && u.User == in.Recipient.User
}

// stranger refuses, at a bounded rate, then there is silence.
func (e *Endpoint) stranger(tx *serverTx, in *inbound, code int) {
	e.count.refused.Add(1)
	e.note(in.flow, "sip: refused a stranger", "method", knownMethod(in.method))
	if e.answers.Allow(in.flow.remote.Addr()) {
		e.stateless(tx, in, reply{code: code})
		return
	}
	e.silence(tx)
}

// stateless answers and forgets: what strangers send costs no memory, and is answered anew, with the same tag, when it comes
// again (RFC 3261 8.2.7).
func (e *Endpoint) stateless(tx *serverTx, in *inbound, r reply) {
	r.toTag = strconv.FormatUint(maphash.String(e.gate.seed, tx.key), 36)
	tx.abandon()
	_ = e.sockets.send(in.flow, r.wire(in, e.agent))
}

// silence forgets a transaction without an answer.
func (e *Endpoint) silence(tx *serverTx) {
	e.count.limited.Add(1)
	tx.abandon()
}

// note writes a line to the log, one a minute for each source and so many for all. It never holds what a message said.
func (e *Endpoint) note(f flow, text string, args ...any) {
	e.write(f.remote, text, append(args, "transport", f.transport())...)
}

// noteTLS tells of a peer with which TLS failed.
func (e *Endpoint) noteTLS(from netip.AddrPort, why string) {
	e.count.malformed.Add(1)
	e.write(from, "sip: TLS failed", "why", why)
}

func (e *Endpoint) write(from netip.AddrPort, text string, args ...any) {
	if !e.lines.Allow(from.Addr()) {
		e.unsaid.Add(1)
		return
	}
	args = append(args, "source", from.String())
	if n := e.unsaid.Swap(0); n > 0 {
		args = append(args, "unsaid", n)
	}
	e.log.Warn(text, args...)
}
