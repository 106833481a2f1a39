package config

import (
	"net/url"
	"strings"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/protocol/webrtc"
	"santra/internal/registry"
)

const (
	// turnLife is how long credentials of the TURN server hold: a browser uses them at the start of a call and in a restart.
	turnLife = time.Hour
	// maxTURN bounds the addresses of the server: browsers slow down over a handful.
	maxTURN = 4
	// minTURNSecret is the least length of the shared secret, in bytes.
	minTURNSecret = 16
	turnField     = "server.webrtc.turn"
)

// TURN is a server by which browsers reach us that can't send UDP here (RFC 8656); none is the zero value.
type TURN struct {
	URLs       []string `yaml:"urls"`        // turn:host:port?transport=tcp, turns:host:port
	SecretFile string   `yaml:"secret_file"` // first line: shared with the server (coturn's static-auth-secret)
	Country    string   `yaml:"country"`     // where it stands
}

// endpoint is the server as M18 has it, where there is one.
func (t TURN) endpoint() []registry.Endpoint {
	if len(t.URLs) == 0 {
		return nil
	}
	return []registry.Endpoint{{Name: turnField, Kind: "turn", Country: t.Country}}
}

func (t TURN) check() error {
	switch {
	case len(t.URLs) == 0 && t.SecretFile == "" && t.Country == "":
		return nil
	case len(t.URLs) == 0 || len(t.URLs) > maxTURN:
		return errs.At(errs.Invalid, turnField+".urls", "want 1 to %d addresses of one server", maxTURN)
	case t.SecretFile == "":
		return errs.At(errs.Invalid, turnField+".secret_file", "is missing: a file with the secret shared with the server")
	}
	for _, u := range t.URLs {
		p, err := url.Parse(u)
		if err != nil || p.Scheme != "turn" && p.Scheme != "turns" || p.Opaque == "" || strings.ContainsAny(p.Opaque, "@/") {
			return errs.At(errs.Invalid, turnField+".urls", "%q: want an address like turns:turn.city.example:443?transport=tcp", u)
		}
	}
	return nil
}

// Servers gives what makes credentials for browsers; nil without a server. errs.Invalid where the secret can't be read.
func (t TURN) Servers() (func() []webrtc.ICEServer, error) {
	if len(t.URLs) == 0 {
		return nil, nil
	}
	secret, err := firstLine(turnField+".secret_file", t.SecretFile)
	if err != nil {
		return nil, err
	}
	if len(secret) < minTURNSecret {
		return nil, errs.At(errs.Invalid, turnField+".secret_file", "must hold %d characters or more in its first line", minTURNSecret)
	}
	return func() []webrtc.ICEServer {
		return []webrtc.ICEServer{webrtc.TURN([]byte(secret), t.URLs, id.New(), time.Now().Add(turnLife))}
	}, nil
}
