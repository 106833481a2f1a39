// Package registrar keeps the contacts of telephones in memory (RFC 3261 10.3), with the paths by which they registered
// (RFC 3327) and the connections that they keep open. It knows users and their secrets only by what it is given, and nothing of
// seats or calls.
package registrar

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/limit"
)

// Defaults and bounds.
const (
	MinExpires = time.Minute
	// MaxExpires is short because registrations live in memory: so soon does a telephone ring again after a restart (RFC 3261 10.3 step 7).
	MaxExpires  = 5 * time.Minute
	MaxContacts = 8     // of one user
	MaxBindings = 20000 // of all
	MaxPath     = 4     // proxies between a phone and us
	MaxPathLen  = 512   // bytes of one of them

	plainExpires = MaxExpires

	challengesPerSecond = 200 // 401s to a source: a whole office may sit behind one address
	challengesBurst     = 2000
	challengesAll       = 2000 // a second, to all sources
	failuresPerMinute   = 30   // wrong passwords for a user from a source; afterwards only the user's registered phone is heard there
	updatesPerSecond    = 5    // right registrations of one user
	updatesBurst        = 50
	retryAfter          = "10" // seconds, after too many of them
)

// Config says who may register.
type Config struct {
	Realm string
	// Secrets gives the HA1 of a user for an algorithm (see package digest).
	Secrets digest.Secrets
	// Algorithms are offered, in this order, to everybody (RFC 8760 2.3), and no others are taken: the challenge does not tell who exists.
	// nil: those that a user has a secret for, the stronger first.
	Algorithms []string
	// HA1 is for who has one secret of each user: 32 digits are MD5's, 64 SHA-256's. It counts where Secrets is nil.
	HA1 func(user string) (ha1 string, ok bool)
	// Changes is told when a user's first contact comes or its last one goes, in order; never under a lock of the Registrar.
	Changes func(user string, registered bool)
	// Defaults: MinExpires, MaxExpires, sip.NonceLife.
	MinExpires, MaxExpires, NonceLife time.Duration
}

// Registrar is a sip.RegisterHandler; embed it in a Handler.
type Registrar struct {
	cfg      Config
	verifier *digest.Verifier
	failures *limit.Limiter
	asked    *limit.Limiter // challenges
	updates  *limit.Limiter

	mu    sync.Mutex
	users map[string][]*binding // the newest last
	total int
	news  []news

	telling sync.Mutex
}

type news struct {
	user       string
	registered bool
}

// New makes one.
func New(cfg Config) *Registrar {
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{{&cfg.MinExpires, MinExpires}, {&cfg.MaxExpires, MaxExpires}, {&cfg.NonceLife, sip.NonceLife}} {
		if *d.v == 0 {
			*d.v = d.d
		}
	}
	if cfg.Secrets == nil {
		cfg.Secrets = func(user, algorithm string) (string, bool) {
			h, ok := cfg.HA1(user)
			return h, ok && digest.AlgorithmOf(h) == algorithm
		}
	}
	if len(cfg.Algorithms) > 0 {
		all := cfg.Secrets
		cfg.Secrets = func(user, algorithm string) (string, bool) {
			if !slices.Contains(cfg.Algorithms, algorithm) {
				return "", false
			}
			return all(user, algorithm)
		}
	}
	return &Registrar{
		cfg: cfg, verifier: digest.NewVerifier(cfg.Realm, cfg.NonceLife), users: map[string][]*binding{},
		failures: limit.New(limit.Rate{PerSecond: failuresPerMinute / 60.0, Burst: failuresPerMinute}, limit.Rate{}),
		asked:    limit.New(limit.Rate{PerSecond: challengesPerSecond, Burst: challengesBurst}, limit.Rate{PerSecond: challengesAll, Burst: challengesAll}),
		updates:  limit.New(limit.Rate{PerSecond: updatesPerSecond, Burst: updatesBurst}, limit.Rate{}),
	}
}

// Register answers a REGISTER. A wrong password gets 403; a source that guesses on gets no answer for that user for a while.
func (r *Registrar) Register(reg *sip.Registration) {
	guesses := r.guesses(reg)
	if r.failures.Exhausted(guesses) && !r.registeredFrom(reg.User(), reg.Source()) {
		reg.Ignore()
		return
	}
	user, v := reg.Check(r.verifier, r.cfg.Secrets)
	switch {
	case v == digest.Wrong, v == digest.Right && user != reg.User():
		r.failures.Take(guesses)
		reg.Refuse(403)
	case v == digest.Right && !r.updates.Take(limit.Source{User: user}):
		reg.Respond(503, sip.Header{Name: "Retry-After", Value: retryAfter})
	case v == digest.Right:
		r.update(reg, user)
		r.tell()
	default:
		reg.Challenge(r.verifier.Challenges(r.offered(reg.User()), v == digest.Stale), r.asked)
	}
}

// offered are the algorithms that a user is asked for.
func (r *Registrar) offered(user string) []string {
	if len(r.cfg.Algorithms) > 0 {
		return r.cfg.Algorithms
	}
	return digest.Known(user, r.cfg.Secrets)
}

// guesses is whose failures a REGISTER counts among: its user's from its address, so that one who guesses does not lock out
// the other phones of an office behind the same address. All unknown users are one: what is remembered stays bounded.
func (r *Registrar) guesses(reg *sip.Registration) limit.Source {
	src := limit.Source{Addr: reg.Source().Addr()}
	for _, a := range []string{digest.MD5, digest.SHA256} {
		if _, known := r.cfg.Secrets(reg.User(), a); known {
			src.User = reg.User()
		}
	}
	return src
}

// registeredFrom tells whether a user's phone is there already, at exactly this source: a neighbour behind the same address
// who guesses passwords must not end it.
func (r *Registrar) registeredFrom(user string, src netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.users[user], func(b *binding) bool { return b.way.Remote() == src })
}

// Knows tells whether a phone is registered from exactly this source: what Config.Admit of an endpoint for phones may ask, so
// that only a registered phone can call.
func (r *Registrar) Knows(src netip.AddrPort) bool {
	_, ok := r.UserAt(src)
	return ok
}

// UserAt finds whose phone is registered from exactly this source.
func (r *Registrar) UserAt(src netip.AddrPort) (user string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for user, all := range r.users {
		if slices.ContainsFunc(all, func(b *binding) bool { return b.way.Remote() == src }) {
			return user, true
		}
	}
	return "", false
}

// update does what an authorised REGISTER asks (10.3 steps 6 to 8): all of it or nothing.
func (r *Registrar) update(reg *sip.Registration, user string) {
	if tags := unsupported(reg.Requires()); len(tags) > 0 { // RFC 3261 8.2.2.3
		reg.Respond(420, sip.Header{Name: "Unsupported", Value: strings.Join(tags, ", ")})
		return
	}
	w, code := r.wanted(reg)
	if code == 423 {
		reg.Respond(code, sip.Header{Name: "Min-Expires", Value: seconds(r.cfg.MinExpires)})
		return
	}
	if code != 0 {
		reg.Respond(code)
		return
	}
	r.mu.Lock()
	code = r.apply(reg, user, w)
	list := r.listed(user)
	r.mu.Unlock()
	if code != 200 {
		reg.Respond(code)
		return
	}
	for _, p := range w.path { // RFC 3327 5.3
		list = append(list, sip.Header{Name: "Path", Value: p})
	}
	reg.Respond(200, append(list, sip.Header{Name: "Date", Value: time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")})...)
}

// unsupported are the option tags that we don't know; we know RFC 3327's.
func unsupported(tags []string) []string {
	return slices.DeleteFunc(tags, func(tag string) bool { return tag == "path" })
}

// wish is what a REGISTER asks.
type wish struct {
	contacts []contact
	all      bool // every contact is taken back
	path     []string
}

// contact is one Contact with its lifetime; 0 removes it.
type contact struct {
	uri, instance string
	life          time.Duration
}

// wanted reads the Contacts and the Path; code is not 0 where they are wrong.
func (r *Registrar) wanted(reg *sip.Registration) (w wish, code int) {
	list, all, ok := reg.Contacts()
	switch {
	case !ok, len(list) > MaxContacts, all && reg.Header("Expires") != "0": // 10.3 step 6
		return wish{}, 400
	case all:
		return wish{all: true}, 0
	}
	if w.path, ok = pathOf(reg.Headers("Path")); !ok {
		return wish{}, 400
	}
	general := lifetime(reg.Header("Expires"), plainExpires)
	for _, c := range list {
		life := lifetime(c.Expires, general)
		if life > 0 && life < r.cfg.MinExpires {
			return wish{}, 423
		}
		w.contacts = append(w.contacts, contact{c.URI, c.Instance, min(life, r.cfg.MaxExpires)})
	}
	return w, 0
}

// pathOf splits the Path fields, topmost first (RFC 3327 4); each must be a loose router.
func pathOf(fields []string) ([]string, bool) {
	var path []string
	for _, f := range fields {
		for p := range strings.SplitSeq(f, ",") {
			p = strings.TrimSpace(p)
			if len(p) > MaxPathLen || len(path) == MaxPath || !strings.HasPrefix(p, "<sip") || !strings.Contains(p, ";lr") {
				return nil, false
			}
			path = append(path, p)
		}
	}
	return path, true
}

// lifetime reads seconds; anything else is the default (20.19).
func lifetime(s string, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return otherwise
	}
	return time.Duration(n) * time.Second
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// tell passes the news on, in order.
func (r *Registrar) tell() {
	r.telling.Lock()
	defer r.telling.Unlock()
	r.mu.Lock()
	all := r.news
	r.news = nil
	r.mu.Unlock()
	for _, n := range all {
		if r.cfg.Changes != nil {
			r.cfg.Changes(n.user, n.registered)
		}
	}
}

// Lookup finds where a user's phone can be called: its newest contact, by the way its registration came where the contact
// itself can't be reached (behind a NAT, over its connection, or behind a proxy).
func (r *Registrar) Lookup(user string) (sip.Target, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.users[user]
	if len(all) == 0 {
		return sip.Target{}, false
	}
	return all[len(all)-1].target(), true
}

// Users lists who is registered, sorted.
func (r *Registrar) Users() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.users))
}
