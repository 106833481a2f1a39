package config

import (
	"strings"
	"testing"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
)

// TestRecorderLink: sound leaves this machine encrypted, or because the configuration says that it need not.
func TestRecorderLink(t *testing.T) {
	const near, far = "127.0.0.1:5080", "192.0.2.20:5061"
	whole := RecorderTLS{CA: "ca", Cert: "c", Key: "k", Name: "tallenteet.example"}
	for name, c := range map[string]struct {
		r         Recorder
		level     sdp.Security
		transport string
		field     string // of the mistake
	}{
		"loopback":             {Recorder{SIP: near}, sdp.Plain, "tcp", ""},
		"loopback, encrypted":  {Recorder{SIP: near, SRTP: "required"}, sdp.Required, "tcp", ""},
		"elsewhere":            {Recorder{SIP: far, TLS: whole}, sdp.Required, "tls", ""},
		"elsewhere, in clear":  {r: Recorder{SIP: far}, field: "server.recorder.tls.ca"},
		"a network of its own": {Recorder{SIP: far, SRTP: "off"}, sdp.Plain, "tcp", ""},
		"TLS alone":            {Recorder{SIP: far, SRTP: "off", TLS: whole}, sdp.Plain, "tls", ""},
		"no certificate":       {r: Recorder{SIP: far, TLS: RecorderTLS{CA: "ca"}}, field: "server.recorder.tls.cert"},
		"nobody vouches":       {r: Recorder{SIP: near, TLS: RecorderTLS{Cert: "c", Key: "k"}}, field: "server.recorder.tls.ca"},
		"no such policy":       {r: Recorder{SIP: near, SRTP: "yes"}, field: "server.recorder.srtp"},
	} {
		err := c.r.CheckLink()
		if c.field != "" {
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.field) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		level, err1 := c.r.Security()
		target, err2 := c.r.Target()
		if err != nil || err1 != nil || err2 != nil || level != c.level || target.Transport != c.transport || (target.Host != "") != (c.transport == "tls") {
			t.Errorf("%s: %v, %v, %v; %v, %+v", name, err, err1, err2, level, target)
		}
	}
	if _, err := (Recorder{SIP: "recorder"}).Target(); !errs.Is(err, errs.Invalid) {
		t.Error(err)
	}
}
