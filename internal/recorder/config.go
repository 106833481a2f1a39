package recorder

import "time"

// Defaults and limits of the recorder.
const (
	DefaultMonths      = 6                // calendar months that a recording is kept (M6)
	PieceLength        = time.Second      // audio in one sealed piece
	MaxSessions        = 2000             // recordings at the same time
	MaxLength          = 12 * time.Hour   // of one recording
	DestroyEvery       = 15 * time.Minute // how often the destruction job looks
	CheckpointEvery    = 10 * time.Minute // how often the clock is signed
	MaxClockJump       = 24 * time.Hour   // since the last signed checkpoint; more halts destruction
	MaxRows            = 500              // of one search
	MaxFragment        = 4                // digits of a number in an identification (M7)
	DefaultSearchLimit = 100
)

// Config is recorder.yaml. Relative folders are taken from the working directory.
type Config struct {
	SIP            string   `yaml:"sip"`  // host:port, UDP and TCP; port 0 picks one
	HTTP           string   `yaml:"http"` // host:port of the listening side
	Cert           string   `yaml:"cert"` // PEM files for HTTP; without them plain HTTP, allowed on loopback only
	Key            string   `yaml:"key"`
	Data           string   `yaml:"data"`            // folder for catalogue and recordings
	Keys           string   `yaml:"keys"`            // folder for keys, outside Data's backups; default Data/keys
	Database       string   `yaml:"database"`        // DSN; default sqlite:Data/catalogue.db
	CentreKey      string   `yaml:"centre_key"`      // the centre's public grant key, Ed25519 in base64
	CentreOrigin   string   `yaml:"centre_origin"`   // origin of the centre's pages, "https://santra.example.fi"
	ListenNetworks []string `yaml:"listen_networks"` // CIDRs from where recordings may be heard (M9); default loopback
	Clients        []string `yaml:"clients"`         // CIDRs from where SIPREC calls come; default loopback
	RTP            RTP      `yaml:"rtp"`
	SRTP           string   `yaml:"srtp"`             // off, allowed, required; default required, but allowed from loopback. See policy
	SIPTLS         SIPTLS   `yaml:"sip_tls"`          // SIPREC over TLS: all that clients elsewhere may use, unless srtp is off or allowed
	Country        string   `yaml:"country"`          // where this server stands, ISO 3166 alpha-2 (M18)
	Months         int      `yaml:"retention_months"` // 1–6; default 6
	MinFree        int64    `yaml:"min_free_bytes"`   // refuse new recordings below it; default 64 MiB
}

// SIPTLS says where SIPREC calls are taken over TLS, and whose.
type SIPTLS struct {
	Listen   string `yaml:"listen"` // host:port; empty: nowhere
	Cert     string `yaml:"cert"`   // PEM files; default those for HTTP
	Key      string `yaml:"key"`
	ClientCA string `yaml:"client_ca"` // PEM file: who vouches for the clients; the contact centre's own certificate pins it
}

// RTP says where audio is received.
type RTP struct {
	IP  string `yaml:"ip"` // address in the answers' SDP; default 127.0.0.1
	Min uint16 `yaml:"min"`
	Max uint16 `yaml:"max"` // both 0: any free port
}
