package app

import (
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"santra/internal/agency"
	"santra/internal/errs"
)

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
	HTTP     HTTP     `yaml:"http"`
	SIP      SIP      `yaml:"sip"`
	WebRTC   WebRTC   `yaml:"webrtc"`
	Mail     Mail     `yaml:"mail"`
	Recorder Recorder `yaml:"recorder"`
	Demo     bool     `yaml:"demo"` // made by santra demo: no second factor, stated on the attestation
}

// HTTP is the face to browsers.
type HTTP struct {
	Listen    string `yaml:"listen"`     // host:port
	PublicURL string `yaml:"public_url"` // as browsers see it; default http://Listen
	Cert      string `yaml:"cert"`       // PEM files; without them plain HTTP, allowed on loopback only
	Key       string `yaml:"key"`
}

// SIP is the telephone side.
type SIP struct {
	Trunk        string   `yaml:"trunk"`         // host:port for the operator's calls, UDP and TCP
	TrunkAllow   []string `yaml:"trunk_allow"`   // CIDRs of the operator; default loopback
	TrunkCountry string   `yaml:"trunk_country"` // where the operator's end stands
	Phones       string   `yaml:"phones"`        // host:port for the agents' phones, UDP and TCP
	MediaIP      string   `yaml:"media_ip"`      // address in our SDP; default the trunk's
	RTPMin       uint16   `yaml:"rtp_min"`       // ports of audio; both 0: any free port
	RTPMax       uint16   `yaml:"rtp_max"`
}

// WebRTC is the browser phones' one UDP port.
type WebRTC struct {
	Listen string `yaml:"listen"` // host:port
}

// Mail is the e-mail side.
type Mail struct {
	SMTP     string `yaml:"smtp"`     // host:port of mail in
	LMTP     string `yaml:"lmtp"`     // host:port; "" for none
	Hostname string `yaml:"hostname"` // in greetings and Message-IDs
	Cert     string `yaml:"cert"`     // PEM files for STARTTLS
	Key      string `yaml:"key"`
	MaxSize  int64  `yaml:"max_size"` // bytes of one message; 0 for the default
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
	SIP       string `yaml:"sip"`        // host:port for SIPREC, TCP
	HTTP      string `yaml:"http"`       // URL of its API, as the centre reaches it
	Origin    string `yaml:"origin"`     // origin as browsers see it; default HTTP
	PublicKey string `yaml:"public_key"` // of its signed evidence, Ed25519 in base64; "" to learn it at the first contact
	Country   string `yaml:"country"`
}

// ReadConfig reads and checks santra.yaml; an error names file, line, column and, for a typo, the likely word.
func ReadConfig(path string) (Config, error) {
	var c Config
	if err := decodeFile(path, &c); err != nil {
		return Config{}, err
	}
	c.setDefaults()
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func (c *Config) setDefaults() {
	s := &c.Server
	orDefault(&s.Keys, filepath.Join(s.Data, "keys"))
	orDefault(&s.Database, "sqlite:"+filepath.Join(s.Data, "santra.db"))
	orDefault(&s.Mail.Hostname, "santra.localhost")
	orDefault(&s.Mail.Relay.TLS, "required")
	orDefault(&s.Recorder.Origin, s.Recorder.HTTP)
	if len(s.SIP.TrunkAllow) == 0 {
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

func (c *Config) check() error {
	s := c.Server
	if s.Data == "" {
		return errs.At(errs.Invalid, "server.data", "name the folder that holds the archive and the database")
	}
	for _, l := range []struct{ field, addr string }{
		{"server.http.listen", s.HTTP.Listen},
		{"server.sip.trunk", s.SIP.Trunk},
		{"server.sip.phones", s.SIP.Phones},
		{"server.webrtc.listen", s.WebRTC.Listen},
		{"server.mail.smtp", s.Mail.SMTP},
		{"server.sip.media_ip", s.SIP.MediaIP + ":0"},
	} {
		if _, err := netip.ParseAddrPort(l.addr); err != nil {
			return errs.At(errs.Invalid, l.field, "want an address like 127.0.0.1:5060: %w", err)
		}
	}
	if s.HTTP.Cert == "" && !loopback(s.HTTP.Listen) {
		return errs.At(errs.Invalid, "server.http.cert", "browsers outside this machine need TLS: name cert and key, or listen on loopback behind a proxy")
	}
	if s.Mail.Relay.TLS == "none" && !loopback(s.Mail.Relay.Address) {
		return errs.At(errs.Invalid, "server.mail.relay.tls", "mail leaves this machine over verified TLS only")
	}
	return c.City.Validate()
}

func loopback(addr string) bool {
	at, err := netip.ParseAddrPort(addr)
	return err == nil && at.Addr().IsLoopback()
}

// decodeFile reads a YAML file strictly into v.
func decodeFile(path string, v any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	return decode(path, text, v)
}

// certificate reads the pair for STARTTLS; nil without one.
func (m Mail) certificate() (*tls.Config, error) {
	if m.Cert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(m.Cert, m.Key)
	if err != nil {
		return nil, errs.At(errs.Invalid, "server.mail.cert", "%w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// key decodes the recorder's public key; nil without one.
func (r Recorder) key() (ed25519.PublicKey, error) {
	if r.PublicKey == "" {
		return nil, nil
	}
	key, err := base64.StdEncoding.DecodeString(r.PublicKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, errs.At(errs.Invalid, "server.recorder.public_key", "want an Ed25519 key in base64, as the recorder prints it")
	}
	return key, nil
}

// The time that a stop may take before what is left is cut (the demo promises 5 s in all).
const stopWithin = 4 * time.Second
