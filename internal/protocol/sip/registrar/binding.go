package registrar

import (
	"slices"
	"strings"
	"time"

	"santra/internal/protocol/sip"
)

// binding is one contact of a user (RFC 3261 10.3).
type binding struct {
	uri      string
	instance string
	way      sip.Way
	path     []string
	callID   string
	seq      uint32
	expires  time.Time
	timer    *time.Timer
	unlost   func()
}

// is tells whether a contact is this one: the same URI, or the same device from another place (RFC 5626 6).
func (b *binding) is(c contact) bool {
	return b.uri == c.uri || c.instance != "" && b.instance == c.instance
}

// apply changes the bindings. The lock is held.
func (r *Registrar) apply(reg *sip.Registration, user string, w wish) int {
	before := len(r.users[user])
	for _, b := range r.users[user] { // 10.3 step 7: an older message must not undo a newer one
		touched := w.all || slices.ContainsFunc(w.contacts, b.is)
		if touched && b.callID == reg.CallID() && reg.Seq() <= b.seq {
			return 500
		}
	}
	if before+len(w.contacts) > 2*MaxContacts || r.total+len(w.contacts) > MaxBindings {
		return 503
	}
	if w.all {
		for _, b := range slices.Clone(r.users[user]) {
			r.drop(user, b)
		}
	}
	for _, c := range w.contacts {
		r.put(reg, user, c, w.path)
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

// put renews, adds or removes one contact. The lock is held.
func (r *Registrar) put(reg *sip.Registration, user string, c contact, path []string) {
	for _, b := range slices.Clone(r.users[user]) {
		if b.is(c) {
			r.drop(user, b)
		}
	}
	if c.life <= 0 {
		return
	}
	b := &binding{
		uri: c.uri, instance: c.instance, way: reg.Way(), path: path, callID: reg.CallID(), seq: reg.Seq(),
		expires: time.Now().Add(c.life),
	}
	if len(r.users[user]) >= MaxContacts {
		r.drop(user, r.users[user][0])
	}
	r.users[user] = append(r.users[user], b)
	r.total++
	b.timer = time.AfterFunc(c.life, func() { r.remove(user, b) })
	if b.bound() {
		b.unlost = b.way.Lost(func() { r.remove(user, b) })
	}
}

// bound tells whether nothing reaches the phone without the connection of its registration (RFC 5626 5.3). Behind a proxy that
// wrote itself into Path, it is the proxy's to reach the phone.
func (b *binding) bound() bool {
	if len(b.path) > 0 || !b.way.Connected() {
		return false
	}
	_, _, literal := sip.Literal(b.uri)
	return b.way.NAT() || !literal || b.way.Transport() == "tls" // phones have no certificate by which they could be called
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

// listed writes the Contacts of a user (10.3 step 8). The lock is held.
func (r *Registrar) listed(user string) []sip.Header {
	var list []sip.Header
	for _, b := range r.users[user] {
		left := max(time.Until(b.expires).Round(time.Second), 0)
		list = append(list, sip.Header{Name: "Contact", Value: "<" + b.uri + ">;expires=" + seconds(left)})
	}
	return list
}

func (b *binding) target() sip.Target {
	if len(b.path) > 0 {
		return b.byPath()
	}
	t := sip.Target{URI: b.requestURI(), Transport: b.way.Transport()}
	to, transport, literal := sip.Literal(b.uri)
	if b.way.NAT() || !literal {
		to = b.way.Remote()
	}
	if transport != "" && !b.way.NAT() {
		t.Transport = transport
	}
	t.Route = to
	return b.way.To(t)
}

// requestURI is the contact without the header fields that it may bring: those have no place in a Request-URI (RFC 3261 19.1.1).
func (b *binding) requestURI() string {
	uri, _, _ := strings.Cut(b.uri, "?")
	return uri
}

// byPath goes by the proxies that the registration came by, the last of them first (RFC 3327 5.4).
func (b *binding) byPath() sip.Target {
	t := sip.Target{URI: b.requestURI(), Routes: b.path, Transport: b.way.Transport()}
	to, transport, literal := sip.Literal(strings.Trim(b.path[0], "<>"))
	if b.way.NAT() || !literal {
		t.Route = b.way.Remote()
		return b.way.To(t)
	}
	t.Route = to
	if transport != "" {
		t.Transport = transport
	}
	return t
}
