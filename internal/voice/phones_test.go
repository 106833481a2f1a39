package voice

import (
	"testing"

	"santra/internal/agency"
	"santra/internal/errs"
	"santra/internal/protocol/sip/digest"
	"santra/internal/protocol/sip/siptest"
)

// A telephone registers by an algorithm that the configuration offers, and by no other, whatever secrets there are of it.
func TestTelephonesProveThemselvesAsConfigured(t *testing.T) {
	strong := digest.HA1(digest.SHA256, "phone1", agency.DefaultRealm, "secret")
	for name, c := range map[string]struct {
		digests  []string
		md5, sha bool // the secrets of the seat
		in       bool
	}{
		"MD5 by default":          {nil, true, true, true},
		"nothing else by default": {nil, false, true, false},
		"SHA-256":                 {[]string{digest.SHA256}, true, true, true},
		"SHA-256, without MD5":    {[]string{digest.SHA256}, true, false, false},
		"both":                    {[]string{digest.SHA256, digest.MD5}, true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, plan{digests: c.digests, city: func(city *agency.City) {
				if c.sha {
					city.Seats[0].HA1SHA256 = strong
				}
				if !c.md5 {
					city.Seats[0].HA1MD5 = ""
				}
			}})
			p := h.phone(h.phones, siptest.Config{User: "phone1", Password: "secret"})
			if err := p.Register(h.ctx()); (err == nil) != c.in {
				t.Error(err)
			}
		})
	}
}

func TestPhoneDigestsAreChecked(t *testing.T) {
	cfg := newHouse(t, plan{}).svc.cfg
	for digests, good := range map[string]bool{"SHA-1": false, digest.SHA256: true} {
		cfg.PhoneDigests = []string{digests}
		if _, err := New(cfg); good != (err == nil) || err != nil && !errs.Is(err, errs.Invalid) {
			t.Error(digests, err)
		}
	}
}
