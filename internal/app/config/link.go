package config

import (
	"net/netip"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
)

// Security is the policy for the sound that goes to the recorder.
func (r Recorder) Security() (sdp.Security, error) {
	if r.SRTP == "" {
		if Loopback(r.SIP) {
			return sdp.Plain, nil
		}
		return sdp.Required, nil
	}
	level, ok := sdp.SecurityNamed(r.SRTP)
	if !ok {
		return level, errs.At(errs.Invalid, "server.recorder.srtp", "want off, allowed or required")
	}
	return level, nil
}

// CheckLink refuses to send sound to another machine in the clear unless the configuration says so, and keys of sound (SDES)
// over anything but TLS.
func (r Recorder) CheckLink() error {
	level, err := r.Security()
	if err != nil {
		return err
	}
	t := r.TLS
	switch {
	case t.CA == "" && level == sdp.Required && !Loopback(r.SIP):
		return errs.At(errs.Invalid, "server.recorder.tls.ca",
			"the recorder is another machine: name tls.ca, cert and key, or say srtp: off where the network is their own")
	case t.CA != "" && (t.Cert == "" || t.Key == ""):
		return errs.At(errs.Invalid, "server.recorder.tls.cert", "the recorder asks for a certificate: name cert and key")
	case t.CA == "" && (t.Cert != "" || t.Key != "" || t.Name != ""):
		return errs.At(errs.Invalid, "server.recorder.tls.ca", "name the file of who vouches for the recorder; its own certificate will do")
	}
	return nil
}

// Target is where SIPREC calls go.
func (r Recorder) Target() (sip.Target, error) {
	route, err := netip.ParseAddrPort(r.SIP)
	if err != nil {
		return sip.Target{}, errs.At(errs.Invalid, "server.recorder.sip", "want an address like 192.0.2.20:5061: %w", err)
	}
	t := sip.Target{URI: "sip:recorder@" + r.SIP, Route: route, Transport: "tcp"}
	if r.TLS.CA != "" {
		t.Transport, t.Host = "tls", r.TLS.Name
	}
	return t, nil
}
