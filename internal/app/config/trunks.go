package config

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
	"santra/internal/registry"
	"santra/internal/voice/carrier"
	"santra/internal/voice/leg"
)

// Defaults and limits of a trunk's configuration.
const (
	implicitTrunk    = "trunk" // of trunk_allow and trunk_country
	trunksField      = "server.sip.trunks"
	minKeepalive     = 5 * time.Second
	maxKeepalive     = 10 * time.Minute
	maxTrunkNumbers  = 1000 // numbers and prefixes of one trunk each
	maxTrunkName     = 40
	trunkNameLetters = "abcdefghijklmnopqrstuvwxyz0123456789-"
)

// Trunk is a way to the public telephone network.
type Trunk struct {
	Name      string        `yaml:"name"`      // slug; in the log
	Address   string        `yaml:"address"`   // IP:port that calls out go to; or
	Domain    string        `yaml:"domain"`    // a name whose servers DNS tells (RFC 3263); neither: it only brings calls
	Transport string        `yaml:"transport"` // udp, tcp, tls; "": udp to an address, what DNS says for a domain
	Register  TrunkRegister `yaml:"register"`
	Auth      TrunkAuth     `yaml:"auth"`
	Allow     []string      `yaml:"allow"`     // CIDRs from which its calls come
	Country   string        `yaml:"country"`   // where the operator's end stands
	TLSName   string        `yaml:"tls_name"`  // that its certificate is for; default domain, else the address
	SRTP      bool          `yaml:"srtp"`      // sound is encrypted (RFC 4568), or there is no call; over tls only
	Proxy     string        `yaml:"proxy"`     // IP:port that everything to it goes by first (RFC 3261 8.1.2)
	Numbers   []string      `yaml:"numbers"`   // E.164 numbers, or their beginnings, that it lets us show; none: all
	Prefixes  []string      `yaml:"prefixes"`  // beginnings of numbers that it takes; none: all
	Priority  int           `yaml:"priority"`  // the lowest goes first
	Weight    int           `yaml:"weight"`    // share within a priority; 0: 1
	Emergency bool          `yaml:"emergency"` // it reaches the emergency centre for this place
	Keepalive time.Duration `yaml:"keepalive"` // OPTIONS every so often tells whether it is up; 0: not asked
}

// TrunkRegister is how we log in at the operator.
type TrunkRegister struct {
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"` // first line; read at start
	Registrar    string `yaml:"registrar"`     // domain or IP:port; "": log in for calls only, without registering
}

// TrunkAuth is how the operator logs in here (RFC 8760).
type TrunkAuth struct {
	User         string `yaml:"user"`
	PasswordFile string `yaml:"password_file"`
}

// Ways gives all trunks: those of sip.trunks, after the one that trunk_allow and trunk_country describe.
func (s SIP) Ways() []Trunk {
	if len(s.Trunks) > 0 && len(s.TrunkAllow) == 0 && s.TrunkCountry == "" {
		return s.Trunks
	}
	return slices.Concat([]Trunk{{Name: implicitTrunk, Allow: s.TrunkAllow, Country: s.TrunkCountry}}, s.Trunks)
}

// field names a trunk of trunks in the configuration; "" is the implicit one, whose fields have names of their own.
func (s SIP) field(i int) string {
	if i -= len(s.Ways()) - len(s.Trunks); i >= 0 {
		return fmt.Sprintf("%s[%d]", trunksField, i)
	}
	return ""
}

// endpoints are the operators' ends (M18).
func (s SIP) endpoints() (all []registry.Endpoint) {
	for i, t := range s.Ways() {
		all = append(all, registry.Endpoint{Name: cmp.Or(s.field(i), "server.sip.trunk"), Kind: "sip", Country: t.Country})
	}
	return all
}

// checkTrunks refuses what is no trunk, and what could not be told apart.
func (s SIP) checkTrunks() error {
	if len(s.Trunks) > carrier.MaxTrunks {
		return errs.At(errs.Invalid, trunksField, "are over %d", carrier.MaxTrunks)
	}
	for i := range s.Trunks {
		if err := s.Trunks[i].check(fmt.Sprintf("%s[%d]", trunksField, i)); err != nil {
			return err
		}
	}
	_, err := s.Table()
	return err
}

// Table is the trunks as calls are sent out and let in by them.
func (s SIP) Table() (*carrier.Table, error) {
	var all []carrier.Trunk
	for i, t := range s.Ways() {
		nets, err := Networks(s.placed(fmt.Sprintf("[%d].allow", i)), t.Allow)
		if err != nil {
			return nil, err
		}
		all = append(all, carrier.Trunk{
			Name: t.Name, Dials: t.dials(), Emergency: t.Emergency, Priority: t.Priority, Weight: cmp.Or(t.Weight, 1),
			Reaches: t.Prefixes, Shows: t.Numbers, User: t.Auth.User, Allow: nets,
		})
	}
	made, err := carrier.New(all)
	if e, ok := errors.AsType[*errs.Error](err); ok {
		return nil, errs.At(e.Kind, s.placed(e.Field), "%s", strings.TrimPrefix(e.Error(), e.Field+": "))
	}
	return made, err
}

// placed turns the table's "[2].name" into the field's name in the file.
func (s SIP) placed(at string) string {
	number, rest, ok := strings.Cut(strings.TrimPrefix(at, "["), "]")
	i, err := strconv.Atoi(number)
	switch {
	case !ok || err != nil:
		return trunksField
	case s.field(i) == "" && strings.HasPrefix(rest, ".allow"):
		return "server.sip.trunk_allow"
	}
	return s.field(i) + rest
}

func (t *Trunk) dials() bool { return t.Address != "" || t.Domain != "" }

func (t *Trunk) check(at string) error {
	if t.Name == "" || len(t.Name) > maxTrunkName || strings.Trim(t.Name, trunkNameLetters) != "" {
		return errs.At(errs.Invalid, at+".name", "must be 1–%d of a–z, 0–9 and -", maxTrunkName)
	}
	for _, check := range []func(string) error{t.checkWay, t.checkLogins, t.checkNumbers} {
		if err := check(at); err != nil {
			return err
		}
	}
	if t.Keepalive != 0 && (t.Keepalive < minKeepalive || t.Keepalive > maxKeepalive) {
		return errs.At(errs.Invalid, at+".keepalive", "must be 0s, which asks nothing, or between %v and %v", minKeepalive, maxKeepalive)
	}
	return nil
}

// checkWay checks how the operator is reached.
func (t *Trunk) checkWay(at string) error {
	switch {
	case t.Address != "" && t.Domain != "":
		return errs.At(errs.Invalid, at+".domain", "and address exclude each other")
	case !slices.Contains([]string{"", "udp", "tcp", "tls"}, t.Transport):
		return errs.At(errs.Invalid, at+".transport", "must be udp, tcp or tls")
	case t.Domain != "" && !hostname(t.Domain):
		return errs.At(errs.Invalid, at+".domain", "must be a name; for example sip.operator.example")
	case t.TLSName != "" && (t.Transport != "tls" || !hostname(t.TLSName)):
		return errs.At(errs.Invalid, at+".tls_name", "must be a name like sip.operator.example, with transport: tls")
	case t.SRTP && t.Transport != "tls":
		return errs.At(errs.Invalid, at+".srtp", "needs transport: tls, for its keys are in the signalling")
	case !t.dials() && t.Keepalive != 0:
		return errs.At(errs.Invalid, at+".keepalive", "needs an address or a domain to ask")
	case !t.dials() && len(t.Allow) == 0 && t.Auth.User == "":
		return errs.At(errs.Invalid, at, "has neither address, domain, allow nor auth: no call comes or goes by it")
	}
	for _, a := range []struct{ field, addr string }{{"address", t.Address}, {"proxy", t.Proxy}} {
		if err := checkAddress(at+"."+a.field, a.addr); a.addr != "" && err != nil {
			return err
		}
	}
	return nil
}

func (t *Trunk) checkLogins(at string) error {
	for _, l := range []struct{ field, user, file string }{
		{"register", t.Register.User, t.Register.PasswordFile}, {"auth", t.Auth.User, t.Auth.PasswordFile},
	} {
		if (l.user == "") != (l.file == "") || strings.ContainsAny(l.user, "\":;@<> \r\n") {
			return errs.At(errs.Invalid, at+"."+l.field, "must have a user, without blank, quote, colon, semicolon, @, < or >, and a password_file")
		}
	}
	r := t.Register.Registrar
	if r != "" && !hostname(r) && checkAddress("", r) != nil {
		return errs.At(errs.Invalid, at+".register.registrar", "must be a name or IP:port; for example sip.operator.example")
	}
	if t.Register.User != "" && !t.dials() {
		return errs.At(errs.Invalid, at+".register", "needs an address or a domain: we log in where our calls go")
	}
	if r != "" && t.Register.User == "" {
		return errs.At(errs.Invalid, at+".register.user", "is missing")
	}
	return nil
}

func (t *Trunk) checkNumbers(at string) error {
	for _, l := range []struct {
		field string
		all   []string
	}{{"numbers", t.Numbers}, {"prefixes", t.Prefixes}} {
		if len(l.all) > maxTrunkNumbers {
			return errs.At(errs.Invalid, at+"."+l.field, "are over %d", maxTrunkNumbers)
		}
		for i, n := range l.all {
			digits, e164 := strings.CutPrefix(n, "+")
			if digits == "" || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" || l.field == "numbers" && !e164 {
				return errs.At(errs.Invalid, fmt.Sprintf("%s.%s[%d]", at, l.field, i), `must be digits in international form; for example "+3589123"`)
			}
		}
	}
	return nil
}

// hostname tells whether s has the form of a domain name (RFC 1123 2.1) that is no address.
func hostname(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil || len(s) > 253 || net.ParseIP(s) != nil {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || strings.Trim(strings.ToLower(label), trunkNameLetters) != "" {
			return false
		}
	}
	return true
}

// Sound is the policy about the trunk's sound.
func (t *Trunk) Sound() sdp.Security {
	if t.SRTP {
		return sdp.Required
	}
	return sdp.Plain
}

// Incoming is the policy about the sound of a call that came by a trunk.
func (s SIP) Incoming(in *sip.Incoming) sdp.Security {
	for _, t := range s.Ways() {
		if t.Name == in.Trunk() {
			return t.Sound()
		}
	}
	return sdp.Plain
}

// checkCodecs refuses a list by which no call is possible, or that can't be read.
func (s SIP) checkCodecs() error {
	if err := leg.CheckCodecs(s.Codecs); err != nil {
		return errs.At(errs.Invalid, "server.sip.codecs", "%w", err)
	}
	return nil
}
