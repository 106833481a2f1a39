package agency

import (
	"crypto/md5" // RFC 7616 3.4.2: what SIP phones speak
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// index is an immutable snapshot with its look-ups.
type index struct {
	city      City
	agencies  map[string]*Agency
	queues    map[string]*Queue
	numbers   map[string]*Queue
	answered  map[string]*Flow // by number, those of City.Numbers
	mailboxes map[string]*Queue
	seats     map[string]*Seat
	users     map[string]*Seat
	lent      map[string]bool // queues that are only lent
	networks  []netip.Prefix
	hours     map[string]*calendar // by queue; absent: always open
	zone      *time.Location
}

func newIndex(c City, loans ...*Loan) *index {
	x := &index{
		city: c, agencies: map[string]*Agency{}, queues: map[string]*Queue{}, numbers: map[string]*Queue{},
		mailboxes: map[string]*Queue{}, seats: map[string]*Seat{}, users: map[string]*Seat{}, lent: map[string]bool{},
		answered: map[string]*Flow{},
		hours:    map[string]*calendar{}, zone: c.Location(),
	}
	for i := range c.Agencies {
		x.agencies[c.Agencies[i].ID] = &c.Agencies[i]
	}
	for i := range c.Queues {
		x.addQueue(&c.Queues[i])
	}
	x.addHours()
	x.addFlows()
	for i := range c.Seats {
		x.addSeat(&c.Seats[i])
	}
	for _, l := range loans {
		x.addLoan(l)
	}
	for _, n := range c.ListenNetworks {
		if p, err := netip.ParsePrefix(n); err == nil {
			x.networks = append(x.networks, p)
		}
	}
	return x
}

func (x *index) addFlows() {
	for _, n := range x.city.Numbers {
		for i := range x.city.Flows {
			if f := &x.city.Flows[i]; f.ID == n.Flow {
				x.answered[n.Number] = f
			}
		}
	}
}

// addHours reads each of the city's hours once.
func (x *index) addHours() {
	read := map[string]*calendar{}
	for name, h := range x.city.Hours {
		read[name] = h.calendar()
	}
	for _, q := range x.city.Queues {
		if c, ok := read[q.Hours]; ok {
			x.hours[q.ID] = c
		}
	}
}

// Open tells whether a queue is open at t, and until when that stays so; zero where it does not change within LookAhead. A
// queue without hours, or an unknown or lent one, is always open.
func (b *Book) Open(queue string, t time.Time) (open bool, until time.Time) {
	x := b.index.Load()
	c, ok := x.hours[queue]
	if !ok {
		return true, time.Time{}
	}
	return c.open(t, x.zone)
}

func (x *index) addSeat(s *Seat) {
	x.seats[strings.ToLower(s.Code)], x.users[s.SIPUser] = s, s
}

func (x *index) addQueue(q *Queue) {
	x.queues[q.ID] = q
	if q.Number != "" {
		x.numbers[q.Number] = q
	}
	if q.Mailbox != "" {
		x.mailboxes[strings.ToLower(q.Mailbox)] = q
	}
}

func get[T any](m map[string]*T, key string) (T, bool) {
	if v, ok := m[key]; ok && key != "" {
		return *v, true
	}
	var zero T
	return zero, false
}

// Current gives the snapshot. Nobody modifies it: a change makes another.
func (b *Book) Current() *City { return &b.index.Load().city }

// Zone is the current city's time zone. City.Location reads and parses the system's file each time.
func (b *Book) Zone() *time.Location { return b.index.Load().zone }

// Agency finds an agency by its id.
func (b *Book) Agency(id string) (Agency, bool) { return get(b.index.Load().agencies, id) }

// Queue finds a queue by its id.
func (b *Book) Queue(id string) (Queue, bool) { return get(b.index.Load().queues, id) }

// QueueByMailbox finds the queue of a mail address, in any case of letters.
func (b *Book) QueueByMailbox(addr string) (Queue, bool) {
	return get(b.index.Load().mailboxes, strings.ToLower(addr))
}

// Seat finds a seat by its code, in any case of letters.
func (b *Book) Seat(code string) (Seat, bool) {
	return get(b.index.Load().seats, strings.ToLower(code))
}

// SeatByUser finds the seat of a SIP user.
func (b *Book) SeatByUser(user string) (Seat, bool) { return get(b.index.Load().users, user) }

// QueueByNumber finds the queue that a called number belongs to, as a trunk may write it: +358…, 00358…, 358… or 09….
func (b *Book) QueueByNumber(called string) (Queue, bool) {
	x := b.index.Load()
	for _, number := range Dialled(called, x.city.CountryCode) {
		if q, ok := get(x.numbers, number); ok {
			return q, true
		}
	}
	return Queue{}, false
}

// FlowByNumber finds what a caller meets on a called number, written as for QueueByNumber, with the number in E.164: the flow that
// answers it, else the implicit flow of the queue whose own it is. Nobody modifies it.
func (b *Book) FlowByNumber(called string) (f Flow, number string, ok bool) {
	x := b.index.Load()
	for _, number := range Dialled(called, x.city.CountryCode) {
		if f, ok := get(x.answered, number); ok {
			return f, number, true
		}
		if q, ok := get(x.numbers, number); ok {
			return q.Flow(), number, true
		}
	}
	return Flow{}, "", false
}

// OpenHours is Open for one of the city's hours by its name.
func (b *Book) OpenHours(name string, t time.Time) (open bool, until time.Time) {
	x := b.index.Load()
	h, ok := x.city.Hours[name]
	if !ok {
		return true, time.Time{}
	}
	return h.Open(t, x.zone)
}

// Dialled gives the E.164 numbers that a dialled string may stand for, the likeliest first; country is the country code of
// numbers that have none.
func Dialled(called, country string) []string {
	s := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r == '+' {
			return r
		}
		return -1
	}, called)
	switch {
	case s == "":
		return nil
	case s[0] == '+':
		return []string{s}
	case strings.HasPrefix(s, "00"):
		return []string{"+" + s[2:]}
	case s[0] == '0':
		return []string{"+" + country + s[1:]}
	}
	return []string{"+" + s, "+" + country + s}
}

// MayListenFrom tells whether recordings may be heard from an address (M9).
func (b *Book) MayListenFrom(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	return slices.ContainsFunc(b.index.Load().networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// HA1 gives the digest for a SIP user of a seat, in hex (RFC 7616 3.4.2), for the algorithm "MD5" or "SHA-256".
func (b *Book) HA1(user, algorithm string) (string, bool) {
	seat, ok := b.SeatByUser(user)
	ha1 := map[string]string{"MD5": seat.HA1MD5, "SHA-256": seat.HA1SHA256}[algorithm]
	return ha1, ok && ha1 != ""
}

// AsNext gives c, the city of a configuration file, as it would be the next version of what runs: with its defaults, and digests
// in place of passwords.
func (b *Book) AsNext(c City) City { return c.WithDefaults().digested(b.Current()) }

// digested replaces passwords by their digests; a seat without a password keeps the digests that it has in old, as long as
// its user and the realm are the same. A seat of a stored version, which has digests already, keeps those where old has no such seat.
func (c City) digested(old *City) City {
	kept := map[string]Seat{}
	if old.SIPRealm == c.SIPRealm {
		for _, s := range old.Seats {
			kept[s.Code+" "+s.SIPUser] = s
		}
	}
	c.Seats = slices.Clone(c.Seats)
	for i := range c.Seats {
		s := &c.Seats[i]
		if s.SIPPassword != "" {
			s.digest(c.SIPRealm)
			continue
		}
		if former, ok := kept[s.Code+" "+s.SIPUser]; ok {
			s.HA1MD5, s.HA1SHA256 = former.HA1MD5, former.HA1SHA256
		}
	}
	return c
}

// digest replaces the password by its digests.
func (s *Seat) digest(realm string) {
	a1 := s.SIPUser + ":" + realm + ":" + s.SIPPassword
	weak, strong := md5.Sum([]byte(a1)), sha256.Sum256([]byte(a1))
	s.HA1MD5, s.HA1SHA256, s.SIPPassword = hex.EncodeToString(weak[:]), hex.EncodeToString(strong[:]), ""
}
