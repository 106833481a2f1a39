package sip

import (
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// Defaults and bounds of a Registrar.
const (
	MinExpires   = time.Minute
	MaxExpires   = time.Hour
	NonceLife    = 5 * time.Minute
	MaxContacts  = 8     // of one user
	MaxBindings  = 20000 // of all
	plainExpires = 10 * time.Minute
)

// RegistrarConfig says who may register.
type RegistrarConfig struct {
	Realm string
	// HA1 gives hex(MD5(user:realm:password)), 32 digits, or the SHA-256 of the same, 64 digits (see HA1MD5, HA1SHA256). The
	// challenge names the algorithm that fits.
	HA1 func(user string) (ha1 string, ok bool)
	// Changes is told when a user's first contact comes or its last one goes, in order; never under a lock of the Registrar.
	Changes func(user string, registered bool)
	// Defaults: MinExpires, MaxExpires, NonceLife.
	MinExpires, MaxExpires, NonceLife time.Duration
}

// Registration is a REGISTER that waits for its answer.
type Registration struct {
	ep *Endpoint
	tx *serverTx
	in *inbound
}

// User is the address of record that is registered: the user part of To.
func (r *Registration) User() string { return userOf(&r.in.To().Address) }

// Source is where it came from.
func (r *Registration) Source() netip.AddrPort { return r.in.flow.remote }

// Respond answers it.
func (r *Registration) Respond(code int, hdr ...Header) {
	r.ep.say(r.tx, r.in, reply{code: code, extra: hdr})
}

// binding is one contact of a user (RFC 3261 10.3).
type binding struct {
	uri     string
	flow    flow
	callID  string
	seq     uint32
	expires time.Time
	timer   *time.Timer
	unlost  func()
}

// Registrar keeps the phones' contacts (RFC 3261 10.3) in memory. Embed it in a Handler.
type Registrar struct {
	cfg      RegistrarConfig
	nonces   *nonces
	failures *limiter
	asked    *limiter // challenges

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

// NewRegistrar makes one.
func NewRegistrar(cfg RegistrarConfig) *Registrar {
	for _, d := range []struct {
		v *time.Duration
		d time.Duration
	}{{&cfg.MinExpires, MinExpires}, {&cfg.MaxExpires, MaxExpires}, {&cfg.NonceLife, NonceLife}} {
		if *d.v == 0 {
			*d.v = d.d
		}
	}
	return &Registrar{
		cfg: cfg, nonces: newNonces(cfg.NonceLife), failures: newLimiter(failuresPerMin/60.0, failuresPerMin),
		asked: newLimiter(challengesPerSec, challengesBurst), users: map[string][]*binding{},
	}
}

// Register answers a REGISTER. A wrong password gets 403; a source that guesses on gets no answer for that user for a while.
func (r *Registrar) Register(reg *Registration) {
	guesses := r.guesses(reg)
	if r.failures.exhausted(guesses) && !r.registeredFrom(reg.User(), reg.Source()) {
		reg.ep.silence(reg.tx)
		return
	}
	user, v := r.nonces.check(reg.in, r.cfg.Realm, r.cfg.HA1)
	switch {
	case v == authWrong, v == authRight && user != reg.User():
		r.failures.take(guesses)
		reg.ep.count.refused.Add(1)
		reg.ep.note(reg.in.flow, "sip: REGISTER with wrong credentials")
		reg.Respond(403)
	case v == authRight:
		r.update(reg, user)
		r.tell()
	default:
		r.ask(reg, v == authStale)
	}
}

// guesses is whose failures a REGISTER counts among: its user's from its address, so that one who guesses does not lock out
// the other phones of an office behind the same address. All unknown users are one: what is remembered stays bounded.
func (r *Registrar) guesses(reg *Registration) source {
	src := source{addr: reg.Source().Addr()}
	if _, known := r.cfg.HA1(reg.User()); known {
		src.user = reg.User()
	}
	return src
}

// registeredFrom tells whether a user's phone is there already, at exactly this source: a neighbour behind the same address
// who guesses passwords must not end it.
func (r *Registrar) registeredFrom(user string, src netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.users[user], func(b *binding) bool { return b.flow.remote == src })
}

// Knows tells whether a phone is registered from exactly this source: what Config.Admit of an endpoint for phones may ask, so
// that only a registered phone can call.
func (r *Registrar) Knows(src netip.AddrPort) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, all := range r.users {
		if slices.ContainsFunc(all, func(b *binding) bool { return b.flow.remote == src }) {
			return true
		}
	}
	return false
}

// ask challenges, with the algorithm of the user's HA1; an unknown user gets MD5 like most.
func (r *Registrar) ask(reg *Registration, stale bool) {
	if !r.asked.allow(reg.Source().Addr()) {
		reg.ep.silence(reg.tx)
		return
	}
	alg := algMD5
	if h, ok := r.cfg.HA1(reg.User()); ok {
		alg = algorithmOf(h)
	}
	reg.Respond(401, challenge(r.cfg.Realm, alg, r.nonces.fresh(), stale))
}

// update does what an authorised REGISTER asks (10.3 steps 6 to 8): all of it or nothing.
func (r *Registrar) update(reg *Registration, user string) {
	contacts, all, code := r.wanted(reg)
	if code == 423 {
		reg.Respond(code, Header{"Min-Expires", seconds(r.cfg.MinExpires)})
		return
	}
	if code != 0 {
		reg.Respond(code)
		return
	}
	r.mu.Lock()
	code = r.apply(reg.in, user, contacts, all)
	list := r.listed(user)
	r.mu.Unlock()
	if code != 200 {
		reg.Respond(code)
		return
	}
	reg.Respond(200, append(list, Header{"Date", time.Now().UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT")})...)
}

// wish is one Contact of a REGISTER with its lifetime; 0 removes it.
type wish struct {
	uri  string
	life time.Duration
}

// wanted reads the Contacts; all is "Contact: *". code is not 0 where they are wrong.
func (r *Registrar) wanted(reg *Registration) (list []wish, all bool, code int) {
	general := expiresOf(value(reg.in, "Expires"), plainExpires)
	headers := reg.in.GetHeaders("Contact")
	if len(headers) > MaxContacts {
		return nil, false, 400
	}
	for _, h := range headers {
		c, ok := h.(*sip.ContactHeader)
		switch {
		case !ok:
			return nil, false, 400
		case c.Address.Wildcard: // 10.3 step 6
			if len(headers) != 1 || value(reg.in, "Expires") != "0" {
				return nil, false, 400
			}
			return nil, true, 0
		case c.Address.Host == "" || len(c.Address.String()) > maxURI:
			return nil, false, 400
		}
		own, _ := c.Params.Get("expires")
		life := expiresOf(own, general)
		if life > 0 && life < r.cfg.MinExpires {
			return nil, false, 423
		}
		list = append(list, wish{c.Address.String(), min(life, r.cfg.MaxExpires)})
	}
	return list, false, 0
}

// expiresOf reads seconds; anything else is the default (20.19).
func expiresOf(s string, otherwise time.Duration) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 32)
	if err != nil {
		return otherwise
	}
	return time.Duration(n) * time.Second
}

// apply changes the bindings. The lock is held.
func (r *Registrar) apply(in *inbound, user string, list []wish, all bool) int {
	before := len(r.users[user])
	for _, b := range r.users[user] { // 10.3 step 7: an older message must not undo a newer one
		touched := all || slices.ContainsFunc(list, func(w wish) bool { return w.uri == b.uri })
		if touched && b.callID == in.callID && in.seq <= b.seq {
			return 500
		}
	}
	if before+len(list) > 2*MaxContacts || r.total+len(list) > MaxBindings {
		return 503
	}
	if all {
		for _, b := range slices.Clone(r.users[user]) {
			r.drop(user, b)
		}
	}
	for _, w := range list {
		r.put(in, user, w)
	}
	r.changed(user, before)
	return 200
}

// changed notes news. The lock is held.
func (r *Registrar) changed(user string, before int) {
	if now := len(r.users[user]); (now == 0) != (before == 0) {
		r.news = append(r.news, news{user, now > 0})
	}
}

// put renews, adds or removes one contact.
func (r *Registrar) put(in *inbound, user string, w wish) {
	if i := slices.IndexFunc(r.users[user], func(b *binding) bool { return b.uri == w.uri }); i >= 0 {
		r.drop(user, r.users[user][i])
	}
	if w.life <= 0 {
		return
	}
	b := &binding{uri: w.uri, flow: in.flow, callID: in.callID, seq: in.seq, expires: time.Now().Add(w.life)}
	if len(r.users[user]) >= MaxContacts {
		r.drop(user, r.users[user][0])
	}
	r.users[user] = append(r.users[user], b)
	r.total++
	b.timer = time.AfterFunc(w.life, func() { r.remove(user, b) })
	if b.flow.conn != nil && b.flow.nat { // without its connection nothing reaches it (RFC 5626 5.3)
		b.unlost = b.flow.conn.lost(func() { r.remove(user, b) })
	}
}

// drop takes a binding away. The lock is held.
func (r *Registrar) drop(user string, b *binding) {
	i := slices.Index(r.users[user], b)
	if i < 0 {
		return
	}
	r.users[user] = slices.Delete(r.users[user], i, i+1)
	if len(r.users[user]) == 0 {
		delete(r.users, user)
	}
	r.total--
	b.timer.Stop()
	if b.unlost != nil {
		b.unlost()
	}
}

// remove drops a binding whose time or connection has ended.
func (r *Registrar) remove(user string, b *binding) {
	r.mu.Lock()
	before := len(r.users[user])
	r.drop(user, b)
	r.changed(user, before)
	r.mu.Unlock()
	r.tell()
}

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

// listed writes the Contacts of a user (10.3 step 8). The lock is held.
func (r *Registrar) listed(user string) []Header {
	var list []Header
	for _, b := range r.users[user] {
		left := max(time.Until(b.expires).Round(time.Second), 0)
		list = append(list, Header{"Contact", "<" + b.uri + ">;expires=" + seconds(left)})
	}
	return list
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// Lookup finds where a user's phone can be called: its newest contact, by the way its registration came where the contact
// itself can't be reached (behind a NAT, or over its TCP connection).
func (r *Registrar) Lookup(user string) (Target, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.users[user]
	if len(all) == 0 {
		return Target{}, false
	}
	b := all[len(all)-1]
	return b.target(), true
}

func (b *binding) target() Target {
	t := Target{URI: b.uri, Transport: b.flow.transport(), flow: new(b.flow)}
	u, _ := parseURI(b.uri)
	to, literal := hostAddr(&u)
	if b.flow.nat || !literal {
		to = b.flow.remote
	}
	if tr := uriTransport(&u); tr != "" && !b.flow.nat {
		t.Transport = tr
	}
	t.Route = to
	return t
}

// Users lists who is registered, sorted.
func (r *Registrar) Users() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.users))
}
