package config

import (
	"cmp"
	"errors"
	"net/netip"
	"os"
	"slices"
	"strings"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/rtp"
	"santra/internal/protocol/rtp/ports"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
	"santra/internal/voice/lines"
)

// How connections to operators are kept, and stops bounded.
const (
	// connectionPing is how often a connection to an operator gets a double CRLF (RFC 5626 4.4.1: up to every 120 s).
	connectionPing = 95 * time.Second
	// maxDrain is how long a stop may wait for calls to end: no shift is longer.
	maxDrain = 12 * time.Hour
	// maxSecret is how many bytes of a password file are read.
	maxSecret = 4096
)

// SIPTLS is SIP over TLS, at least 1.2 (RFC 3261 26, RFC 5922).
type SIPTLS struct {
	Trunk    string `yaml:"trunk"`  // host:port for operators' calls; "": none come so
	Phones   string `yaml:"phones"` // host:port for the agents' phones; "": none come so
	Cert     string `yaml:"cert"`   // PEM files: what this host shows, also to operators that it calls
	Key      string `yaml:"key"`
	CA       string `yaml:"ca"`        // PEM: who vouches for operators that we call; default whom the machine trusts
	ClientCA string `yaml:"client_ca"` // PEM: an operator that calls must show a certificate of one of these; "": none is asked for
}

// checkLines checks what the telephone listens to and the trunks.
func (s SIP) checkLines() error {
	if s.Drain < 0 || s.Drain > maxDrain {
		return errs.At(errs.Invalid, "server.sip.drain", "must be between 0s and %v", maxDrain)
	}
	if err := s.TLS.check(); err != nil {
		return err
	}
	if err := digest.CheckOffer(s.PhoneDigests); err != nil {
		return errs.At(errs.Invalid, "server.sip.phone_digests", "%w", err)
	}
	if err := s.checkCodecs(); err != nil {
		return err
	}
	return s.checkTrunks()
}

func (t SIPTLS) check() error {
	for _, l := range []struct{ field, addr string }{{"trunk", t.Trunk}, {"phones", t.Phones}} {
		if l.addr == "" {
			continue
		}
		if err := checkAddress("server.sip.tls."+l.field, l.addr); err != nil {
			return err
		}
		if t.Cert == "" {
			return errs.At(errs.Invalid, "server.sip.tls.cert", "is needed to listen on tls.%s: name cert and key", l.field)
		}
	}
	switch {
	case (t.Cert == "") != (t.Key == ""):
		return errs.At(errs.Invalid, "server.sip.tls.cert", "cert and key go together: name both or neither")
	case t.ClientCA != "" && t.Trunk == "":
		return errs.At(errs.Invalid, "server.sip.tls.client_ca", "needs tls.trunk: it is for operators that call")
	}
	return nil
}

// OfTrunks is TLS of the operators' side. Calls can always go out by it.
func (t SIPTLS) OfTrunks() *sip.TLS {
	return &sip.TLS{Addr: t.Trunk, CertFile: t.Cert, KeyFile: t.Key, CAFile: t.CA, ClientCA: t.ClientCA}
}

// OfPhones is TLS of the telephones' side; nil: none. They prove who they are by digest, not by a certificate.
func (t SIPTLS) OfPhones() *sip.TLS {
	if t.Phones == "" {
		return nil
	}
	return &sip.TLS{Addr: t.Phones, CertFile: t.Cert, KeyFile: t.Key}
}

// checkPorts refuses ports of sound that the kernel may give to others.
func (s SIP) checkPorts() error {
	first, last := s.RTPMin, s.RTPMax
	switch {
	case first == 0 && last == 0:
		first, last = rtp.DefaultMinPort, rtp.DefaultMaxPort
	case first == 0 || last <= first:
		return errs.At(errs.Invalid, "server.sip.rtp_min", "and rtp_max must be a range like 20000 and 29999, or both be left out")
	}
	return OfSound(ports.Check(first, last))
}

// OfSound names the field of the configuration for an error of the pool of ports.
func OfSound(err error) error {
	switch {
	case err == nil:
		return nil
	case strings.HasPrefix(err.Error(), "ip: "):
		return errs.At(errs.KindOf(err), "server.sip.media_ip", "%s", strings.TrimPrefix(err.Error(), "ip: "))
	}
	return errs.At(errs.KindOf(err), "server.sip.rtp_min", "%s", strings.TrimPrefix(err.Error(), "ports: "))
}

// Peers are the trunks as those who may call. Of overlapping networks the narrowest comes first, for the first that fits counts;
// who logs in has its networks as a further bound.
func (s SIP) Peers() (all []sip.Trunk, err error) {
	for i, t := range s.Ways() {
		nets, err := Networks(cmp.Or(s.field(i), trunksField)+".allow", t.Allow)
		if err != nil {
			return nil, err
		}
		switch {
		case t.Auth.User != "":
			all = append(all, sip.Trunk{Name: t.Name, Sources: nets, User: t.Auth.User, Required: len(nets) > 0})
		default:
			for _, n := range nets {
				all = append(all, sip.Trunk{Name: t.Name, Sources: []netip.Prefix{n}})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b sip.Trunk) int { return cmp.Compare(narrow(b), narrow(a)) })
	return all, nil
}

// narrow is how narrow a trunk's network is; -1 of one that logs in.
func narrow(t sip.Trunk) int {
	if t.User != "" || len(t.Sources) == 0 {
		return -1
	}
	return t.Sources[0].Bits()
}

// Logins is how operators log in here (RFC 8760: SHA-256 first, then MD5); nil where none does.
func (s SIP) Logins(realm string) (*sip.Authentication, error) {
	passwords := map[string]string{}
	for i, t := range s.Ways() {
		if t.Auth.User == "" {
			continue
		}
		password, err := firstLine(s.field(i)+".auth.password_file", t.Auth.PasswordFile)
		if err != nil {
			return nil, err
		}
		passwords[t.Auth.User] = password
	}
	if len(passwords) == 0 {
		return nil, nil
	}
	return &sip.Authentication{Realm: realm, Secrets: func(user, algorithm string) (string, bool) {
		password, ok := passwords[user]
		return digest.HA1(algorithm, user, realm, password), ok
	}}, nil
}

// Passwords reads those by which we log in at operators, by trunk.
func (s SIP) Passwords() (map[string]string, error) {
	all := map[string]string{}
	for i, t := range s.Ways() {
		if t.Register.User == "" {
			continue
		}
		password, err := firstLine(s.field(i)+".register.password_file", t.Register.PasswordFile)
		if err != nil {
			return nil, err
		}
		all[t.Name] = password
	}
	return all, nil
}

// Lines are the trunks by which calls go out, to be kept up.
func (s SIP) Lines(passwords map[string]string) (all []lines.Line) {
	for _, t := range s.Ways() {
		if !t.dials() {
			continue
		}
		l := lines.Line{Name: t.Name, Emergency: t.Emergency, Ask: t.Target("", passwords[t.Name]), Every: t.Keepalive}
		if t.Register.Registrar != "" {
			l.Register = t.registration(passwords[t.Name])
		}
		all = append(all, l)
	}
	return all
}

// Target is how a number is called by a trunk; without a number, how the operator is asked.
func (t *Trunk) Target(number, password string) sip.Target {
	to := t.way(password)
	host := t.Domain
	if t.Address != "" {
		host = t.Address
		if t.Proxy == "" {
			to.Route, _ = netip.ParseAddrPort(t.Address) // checked when it was read
		}
	}
	to.URI = "sip:" + host
	if number != "" {
		to.URI = "sip:" + number + "@" + host
	}
	return to
}

// registration is as whom and where we register.
func (t *Trunk) registration(password string) sip.Target {
	to := t.way(password)
	to.URI = "sip:" + t.Register.User + "@" + t.Register.Registrar
	return to
}

// way is what all requests to an operator have in common.
func (t *Trunk) way(password string) sip.Target {
	to := sip.Target{Transport: t.Transport, Host: t.TLSName, User: t.Register.User, Password: password, KeepAlive: connectionPing}
	if t.Proxy != "" {
		to.Routes = []string{"<sip:" + t.Proxy + ";lr>"}
		to.Route, _ = netip.ParseAddrPort(t.Proxy) // checked when it was read
	}
	return to
}

// firstLine reads a password file, which field names.
func firstLine(field, path string) (string, error) {
	text, err := os.ReadFile(path)
	switch {
	case err != nil:
		return "", errs.At(errs.Invalid, field, "can't be read: %w", err)
	case len(text) > maxSecret:
		return "", errs.At(errs.Invalid, field, "is over %d bytes: its first line is the password", maxSecret)
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSpace(line); line == "" {
		return "", errs.At(errs.Invalid, field, "has an empty first line, which is the password")
	}
	return line, nil
}

// Warnings are what a good configuration of trunks likely does not mean.
func (s SIP) Warnings() (all []agency.Warning) {
	dials, helps := false, false
	for i, t := range s.Ways() {
		dials, helps = dials || t.dials(), helps || t.Emergency
		if t.Register.Registrar != "" && len(t.Allow) == 0 && t.Auth.User == "" {
			all = append(all, agency.Warning{
				Field: s.field(i), Text: "brings no calls: name the networks from which the operator calls in allow",
			})
		}
	}
	switch {
	case !dials:
		all = append(all, agency.Warning{
			Field: trunksField, Text: "no call goes out, TO 112 NEITHER: give a trunk the address or domain of its operator, and emergency: true where it reaches the emergency centre",
		})
	case !helps:
		all = append(all, agency.Warning{
			Field: trunksField, Text: "none says emergency: true: calls to 112 are tried by all, in their order. Ask the operators which one reaches the emergency centre for this place",
		})
	}
	return all
}

// PlacedTLS names the fields of the configuration in an error of a SIP endpoint.
func PlacedTLS(err error) error {
	if e, ok := errors.AsType[*errs.Error](err); ok && e.Field == "sip.tls" {
		return errs.At(e.Kind, "server.sip.tls.cert", "%s", strings.TrimPrefix(e.Error(), "sip.tls: "))
	}
	return err
}
