package app

import (
	"net/netip"

	"santra/internal/errs"
	"santra/internal/protocol/sdp"
	"santra/internal/protocol/sip"
)

// security is the policy for the sound that goes to the recorder.
func (r Recorder) security() (sdp.Security, error) {
	if r.SRTP == "" {
		if loopback(r.SIP) {
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

// checkLink refuses to send sound to another machine in the clear unless the configuration says so, and keys of sound (SDES)
// over anything but TLS.
func (r Recorder) checkLink() error {
	level, err := r.security()
	if err != nil {
		return err
	}
	t := r.TLS
	switch {
	case t.CA == "" && level == sdp.Required && !loopback(r.SIP):
		return errs.At(errs.Invalid, "server.recorder.tls.ca",
			"the recorder is another machine: name tls.ca, cert and key, or say srtp: off where the network is their own")
	case t.CA != "" && (t.Cert == "" || t.Key == ""):
		return errs.At(errs.Invalid, "server.recorder.tls.cert", "the recorder asks for a certificate: name cert and key")
	case t.CA == "" && (t.Cert != "" || t.Key != "" || t.Name != ""):
		return errs.At(errs.Invalid, "server.recorder.tls.ca", "name the file of who vouches for the recorder; its own certificate will do")
	}
	return nil
}

// target is where SIPREC calls go.
func (r Recorder) target() (sip.Target, error) {
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

// openRecording opens the endpoint that calls the recorder over TLS; nil where the telephones' endpoint does.
func (c *contactCentre) openRecording() (*sip.Endpoint, error) {
	r := c.server.Recorder
	if r.TLS.CA == "" {
		return nil, nil
	}
	from := netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
	if loopback(r.SIP) {
		from = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 0)
	}
	e, err := sip.Listen(sip.Config{
		Addr: from.String(), Log: c.log, Admit: func(netip.AddrPort) bool { return false }, // it only calls
		TLS: &sip.TLS{CAFile: r.TLS.CA, CertFile: r.TLS.Cert, KeyFile: r.TLS.Key},
	})
	if err != nil {
		return nil, err
	}
	e.Serve(nil)
	c.keep(endpointCloser{e})
	return e, nil
}
