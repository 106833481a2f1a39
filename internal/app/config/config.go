// Package config is what operators write: santra.yaml and recorder.yaml. It owns their form, their defaults, the checks that need
// no running server, the words for a mistake with its line, and what the other rooms are made of from it: the trunks' table,
// addresses, TLS, the prompts that would be played. It must not start or change anything; the database it only reads, to know
// what else is there to play and who could serve a queue.
package config

import (
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"santra/internal/agency"
	"santra/internal/agency/prompts"
	"santra/internal/errs"
	"santra/internal/registry"
)

// CityPoll is how often the running server looks for a version of the city that was made beside it (santra config apply).
const CityPoll = 5 * time.Second

// GrantKeyName is the Ed25519 seed by which the centre signs gate tokens, grants and asks.
const GrantKeyName = "centre/grant"

// Config is santra.yaml: what the contact centre reads at start (server) and the city that it imports at the first start.
type Config struct {
	Server Server      `yaml:"server"`
	City   agency.City `yaml:"city"`
}

// Server says where the contact centre listens, what it reaches and where it keeps its data. Each outside endpoint declares
// the country in which it stands; start-up refuses one outside the EU and EEA (M18).
type Server struct {
	Data     string   `yaml:"data"`     // folder of the archive and the embedded database
	Keys     string   `yaml:"keys"`     // folder of the keys, outside Data's backups; default Data/keys
	Database string   `yaml:"database"` // DSN; default sqlite:Data/santra.db
	Country  string   `yaml:"country"`  // where this server stands, ISO 3166 alpha-2
	Prompts  string   `yaml:"prompts"`  // folder of announcements that replace the built-in ones; default none
	Speech   []string `yaml:"speech"`   // command that speaks prompts (prompts.Command); default none
	HTTP     HTTP     `yaml:"http"`
	SIP      SIP      `yaml:"sip"`
	WebRTC   WebRTC   `yaml:"webrtc"`
	Mail     Mail     `yaml:"mail"`
	Recorder Recorder `yaml:"recorder"`
	Demo     bool     `yaml:"demo"` // made by santra demo: no second factor, stated on the attestation
}

// HTTP is the face to browsers.
type HTTP struct {
	Listen    string   `yaml:"listen"`     // host:port
	PublicURL string   `yaml:"public_url"` // as browsers see it; default Listen, with https:// where there is a Cert, else http://
	Cert      string   `yaml:"cert"`       // PEM files; without them plain HTTP, allowed on loopback only
	Key       string   `yaml:"key"`
	Proxies   []string `yaml:"proxies"` // CIDRs of reverse proxies whose X-Forwarded-For is believed; default none
}

// SIP is the telephone side.
type SIP struct {
	Trunk        string        `yaml:"trunk"`         // host:port for the operator's calls, UDP and TCP
	TrunkAllow   []string      `yaml:"trunk_allow"`   // CIDRs of the operator; default loopback
	TrunkCountry string        `yaml:"trunk_country"` // where the operator's end stands
	Trunks       []Trunk       `yaml:"trunks"`        // further ones, or instead of trunk_allow and trunk_country
	Phones       string        `yaml:"phones"`        // host:port for the agents' phones, UDP and TCP
	PhoneDigests []string      `yaml:"phone_digests"` // how phones prove their passwords, the first preferred: SHA-256, MD5; default MD5 alone
	TLS          SIPTLS        `yaml:"tls"`           // listeners over TLS, beside those
	Drain        time.Duration `yaml:"drain"`         // how long a stop lets calls go on; 0: run.StopWithin, in which they are ended
	MediaIP      string        `yaml:"media_ip"`      // address in our SDP; default the trunk's
	RTPMin       uint16        `yaml:"rtp_min"`       // ports of audio, ends included; both 0: 20000 to 32767
	RTPMax       uint16        `yaml:"rtp_max"`
	Codecs       []string      `yaml:"codecs"` // of the operators' calls, in the order of preference; default PCMA, PCMU, G722
}

// WebRTC is the browser phones' one UDP port.
type WebRTC struct {
	Listen string `yaml:"listen"` // host:port
	TURN   TURN   `yaml:"turn"`   // for browsers that can't send UDP here; default none
}

// Mail is the e-mail side.
type Mail struct {
	SMTP     string `yaml:"smtp"`     // host:port of mail in
	LMTP     string `yaml:"lmtp"`     // host:port; "" for none
	Hostname string `yaml:"hostname"` // in greetings, Message-IDs and the origin of the audit log, which it can't change; default santra.localhost
	Cert     string `yaml:"cert"`     // PEM files for STARTTLS
	Key      string `yaml:"key"`
	MaxSize  int64  `yaml:"max_size"` // bytes of one message; 0: 50 MiB
	Relay    Relay  `yaml:"relay"`
}

// Relay is where our mail goes out.
type Relay struct {
	Address string `yaml:"address"` // host:port
	Country string `yaml:"country"`
	TLS     string `yaml:"tls"` // "required" (default) or "none", which is allowed to loopback only
}

// Recorder is the session recording server, as the contact centre reaches it.
type Recorder struct {
	SIP       string      `yaml:"sip"`        // host:port for SIPREC: over TLS where TLS names who vouches for it, else TCP
	TLS       RecorderTLS `yaml:"tls"`        //
	SRTP      string      `yaml:"srtp"`       // off, allowed, required; default required, but off to loopback
	HTTP      string      `yaml:"http"`       // URL of its API, as the centre reaches it
	Origin    string      `yaml:"origin"`     // origin as browsers see it; default HTTP
	PublicKey string      `yaml:"public_key"` // of its signed evidence, Ed25519 in base64: what santra recorder key prints
	Country   string      `yaml:"country"`
}

// RecorderTLS says how the contact centre and its recorder know each other on SIP.
type RecorderTLS struct {
	CA   string `yaml:"ca"`   // PEM file: who vouches for the recorder; its own certificate pins it
	Cert string `yaml:"cert"` // PEM files: what the centre shows to it
	Key  string `yaml:"key"`
	Name string `yaml:"name"` // that its certificate is for; default the address
}

func (c *Config) setDefaults() {
	s := &c.Server
	orDefault(&s.Keys, filepath.Join(s.Data, "keys"))
	orDefault(&s.Database, "sqlite:"+filepath.Join(s.Data, "santra.db"))
	orDefault(&s.Mail.Hostname, "santra.localhost")
	orDefault(&s.Mail.Relay.TLS, "required")
	orDefault(&s.Recorder.Origin, s.Recorder.HTTP)
	if s.HTTP.Listen != "" {
		orDefault(&s.HTTP.PublicURL, scheme(s.HTTP.Cert)+"://"+s.HTTP.Listen)
	}
	if len(s.SIP.TrunkAllow) == 0 && len(s.SIP.Trunks) == 0 {
		s.SIP.TrunkAllow = []string{"127.0.0.0/8", "::1/128"}
	}
	if s.SIP.MediaIP == "" {
		if at, err := netip.ParseAddrPort(s.SIP.Trunk); err == nil {
			s.SIP.MediaIP = at.Addr().String()
		}
	}
}

func orDefault(p *string, value string) {
	if *p == "" {
		*p = value
	}
}

// scheme is that of a server with this certificate.
func scheme(cert string) string {
	if cert == "" {
		return "http"
	}
	return "https"
}

func (c *Config) check() error {
	s := c.Server
	if s.Data == "" {
		return errs.At(errs.Invalid, "server.data", "name the folder that holds the archive and the database")
	}
	if err := s.checkAddresses(); err != nil {
		return err
	}
	if err := prompts.Command(s.Speech).Check("server.speech"); err != nil {
		return err
	}
	if err := checkTLS("server.http", s.HTTP.Listen, s.HTTP.Cert, s.HTTP.Key); err != nil {
		return err
	}
	if s.Mail.Relay.TLS == "none" && !Loopback(s.Mail.Relay.Address) {
		return errs.At(errs.Invalid, "server.mail.relay.tls", "mail leaves this machine over verified TLS only")
	}
	if _, err := s.Recorder.Key(); err != nil {
		return err
	}
	if err := s.Recorder.CheckLink(); err != nil {
		return err
	}
	if err := checkPurposes(c.City.Purposes); err != nil {
		return err
	}
	return c.City.Validate()
}

// checkAddresses checks the form of what is listened to and reached.
func (s Server) checkAddresses() error {
	for _, l := range []struct{ field, addr string }{
		{"server.http.listen", s.HTTP.Listen},
		{"server.sip.trunk", s.SIP.Trunk},
		{"server.sip.phones", s.SIP.Phones},
		{"server.webrtc.listen", s.WebRTC.Listen},
		{"server.mail.smtp", s.Mail.SMTP},
		{"server.recorder.sip", s.Recorder.SIP},
	} {
		if err := checkAddress(l.field, l.addr); err != nil {
			return err
		}
	}
	if _, err := netip.ParseAddr(s.SIP.MediaIP); err != nil {
		return errs.At(errs.Invalid, "server.sip.media_ip", "want an address like 192.0.2.10: %w", err)
	}
	for _, u := range []struct{ field, url string }{
		{"server.http.public_url", s.HTTP.PublicURL},
		{"server.recorder.http", s.Recorder.HTTP},
		{"server.recorder.origin", s.Recorder.Origin},
	} {
		if err := checkOrigin(u.field, u.url); err != nil {
			return err
		}
	}
	if err := s.SIP.checkLines(); err != nil {
		return err
	}
	if err := s.WebRTC.TURN.check(); err != nil {
		return err
	}
	_, err := Networks("server.http.proxies", s.HTTP.Proxies)
	return err
}

func checkAddress(field, addr string) error {
	if _, err := netip.ParseAddrPort(addr); err != nil {
		return errs.At(errs.Invalid, field, "want an address like 127.0.0.1:5060: %w", err)
	}
	return nil
}

// checkOrigin wants an origin (RFC 6454 4) of the web: no path, query or user.
func checkOrigin(field, text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || text != u.Scheme+"://"+u.Host {
		return errs.At(errs.Invalid, field, "want an origin like https://santra.example.fi, without a path; have %q", text)
	}
	return nil
}

// checkTLS refuses to serve people outside this machine in clear, and half a certificate.
func checkTLS(field, listen, cert, key string) error {
	switch {
	case (cert == "") != (key == ""):
		return errs.At(errs.Invalid, field+".cert", "cert and key go together: name both or neither")
	case cert == "" && !Loopback(listen):
		return errs.At(errs.Invalid, field+".cert", "browsers outside this machine need TLS: name cert and key, or listen on loopback behind a proxy")
	}
	return nil
}

// checkPurposes refuses ids that are on neither closed list: they would have no effect.
func checkPurposes(ids []string) error {
	var known []string
	for _, m := range []registry.Medium{registry.Audio, registry.Mail} {
		for _, p := range registry.Purposes(m) {
			known = append(known, p.ID)
		}
	}
	slices.Sort(known)
	known = slices.Compact(known)
	for i, id := range ids {
		if slices.Contains(known, id) {
			continue
		}
		want := "want one of " + strings.Join(known, ", ")
		if likely := nearest(id, known); likely != "" {
			want = fmt.Sprintf("did you mean %q?", likely)
		}
		return errs.At(errs.Invalid, fmt.Sprintf("city.purposes[%d]", i), "unknown purpose %q: %s", id, want)
	}
	return nil
}

// Loopback tells whether an address, host:port, is of this machine alone.
func Loopback(addr string) bool {
	at, err := netip.ParseAddrPort(addr)
	return err == nil && at.Addr().IsLoopback()
}

// Certificate reads the pair for STARTTLS; nil without one.
func (m Mail) Certificate() (*tls.Config, error) {
	if m.Cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(m.Cert, m.Key)
	if err != nil {
		return nil, errs.At(errs.Invalid, "server.mail.cert", "%w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// Key decodes the recorder's public key.
func (r Recorder) Key() (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.DecodeString(r.PublicKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errs.At(errs.Invalid, "server.recorder.public_key",
			"want the recorder's public key, which this prints on its host: santra recorder key --config recorder.yaml")
	}
	return key, nil
}

// Networks parses CIDRs.
func Networks(field string, cidrs []string) ([]netip.Prefix, error) {
	var nets []netip.Prefix
	for _, s := range cidrs {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, errs.At(errs.Invalid, field, "want networks like 192.0.2.0/24: %w", err)
		}
		nets = append(nets, p.Masked())
	}
	return nets, nil
}

// Owned refuses a folder of somebody else's: what we wrote there, the server could not open any more.
func Owned(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return errs.New(errs.NotFound, "there is no folder %s: start the server once, or make the folder as in docs/operations.md", dir)
	}
	if err != nil {
		return err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Geteuid() {
		return errs.New(errs.Denied, "%s belongs to user %d: run this as that user, with runuser -u NAME -- santra …", dir, s.Uid)
	}
	return nil
}

// Endpoints lists all outside that the contact centre exchanges data with (M18).
func (c *Config) Endpoints() []registry.Endpoint {
	s := c.Server
	return slices.Concat(s.SIP.endpoints(), s.WebRTC.TURN.endpoint(), []registry.Endpoint{
		{Name: "server", Kind: "server", Country: s.Country},
		{Name: "server.mail.relay", Kind: "smtp", Country: s.Mail.Relay.Country},
		{Name: "server.recorder", Kind: "recorder", Country: s.Recorder.Country},
	})
}
