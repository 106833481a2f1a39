package config

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"santra/internal/app/config/configtest"
	"santra/internal/errs"
	"santra/internal/protocol/rtp/ports"
	"santra/internal/protocol/sip"
	"santra/internal/protocol/sip/digest"
)

// knownBy tells by which trunk a source is let in, as package sip finds it: the first that fits.
func knownBy(peers []sip.Trunk, src netip.Addr) string {
	i := slices.IndexFunc(peers, func(p sip.Trunk) bool {
		return !p.Required && slices.ContainsFunc(p.Sources, func(n netip.Prefix) bool { return n.Contains(src) })
	})
	if i < 0 {
		return ""
	}
	return peers[i].Name
}

// The order of the peers gives each address to the trunk that the table gives it to.
func TestPeersAreFoundLikeTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Trunk
		used := map[string]bool{}
		for i := range rapid.IntRange(1, 6).Draw(t, "trunks") {
			k := Trunk{Name: fmt.Sprintf("t%d", i), Country: "FI", Address: "192.0.2.1:5060"}
			for range rapid.IntRange(0, 3).Draw(t, "networks") {
				bits := rapid.IntRange(8, 32).Draw(t, "bits")
				p, _ := netip.AddrFrom4([4]byte{10, byte(rapid.IntRange(0, 1).Draw(t, "b")), 0, byte(rapid.IntRange(0, 3).Draw(t, "d"))}).Prefix(bits)
				if !used[p.String()] {
					used[p.String()] = true
					k.Allow = append(k.Allow, p.String())
				}
			}
			if rapid.Bool().Draw(t, "logs in") {
				k.Auth = TrunkAuth{fmt.Sprintf("u%d", i), "file"}
			}
			all = append(all, k)
		}
		s := SIP{Trunks: all}
		table, err := s.Table()
		if err != nil {
			t.Fatal(err)
		}
		peers, err := s.Peers()
		if err != nil {
			t.Fatal(err)
		}
		for b := range byte(2) {
			for d := range byte(5) {
				src := netip.AddrFrom4([4]byte{10, b, 0, d})
				if want, _ := table.Admit(src, ""); knownBy(peers, src) != want {
					t.Fatalf("%s is %q, want %q of %+v", src, knownBy(peers, src), want, peers)
				}
			}
		}
	})
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhoLogsIn(t *testing.T) {
	in := spare()
	in.Auth = TrunkAuth{"operator", file(t, " secret \nnot this\n")}
	anywhere := in
	anywhere.Name, anywhere.Allow = "anywhere", nil
	anywhere.Auth.User = "other"
	s := withTrunks(in, anywhere)
	if err := s.checkTrunks(); err != nil {
		t.Fatal(err)
	}
	peers, err := s.Peers()
	if err != nil || len(peers) != 3 || peers[1].Name != "spare" || !peers[1].Required || peers[2].Required {
		t.Errorf("%v %+v", err, peers)
	}
	a, err := s.Logins("kaupunki.example")
	if err != nil || a.Realm != "kaupunki.example" || a.Algorithms != nil {
		t.Fatal(a, err)
	}
	for _, algorithm := range []string{digest.MD5, digest.SHA256} {
		if got, ok := a.Secrets("operator", algorithm); !ok || got != digest.HA1(algorithm, "operator", "kaupunki.example", "secret") {
			t.Error(algorithm, ok)
		}
	}
	if _, ok := a.Secrets("nobody", digest.MD5); ok {
		t.Error("nobody has a password")
	}
	if a, err = withTrunks(spare()).Logins("r"); a != nil || err != nil {
		t.Error("nobody logs in:", a, err)
	}
}

func TestAPasswordFileIsNamed(t *testing.T) {
	for name, path := range map[string]string{
		"missing": filepath.Join(t.TempDir(), "none"), "empty": file(t, "\nsecret"), "large": file(t, strings.Repeat("x", maxSecret+1)),
	} {
		k := spare()
		k.Register, k.Auth = TrunkRegister{"city", path, "sip.operator.example"}, TrunkAuth{"operator", path}
		s := withTrunks(k)
		_, err := s.Passwords()
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Field != "server.sip.trunks[0].register.password_file" {
			t.Error(name, err)
		}
		_, err = s.Logins("r")
		if e, ok := errors.AsType[*errs.Error](err); !ok || e.Field != "server.sip.trunks[0].auth.password_file" {
			t.Error(name, err)
		}
	}
}

// The way to an operator, in all its forms.
func TestTargets(t *testing.T) {
	for name, c := range map[string]struct {
		trunk Trunk
		want  sip.Target
		ask   string
	}{
		"an address": {
			Trunk{Address: "203.0.113.10:5060"},
			sip.Target{URI: "sip:+358@203.0.113.10:5060", Route: netip.MustParseAddrPort("203.0.113.10:5060")},
			"sip:203.0.113.10:5060",
		},
		"a domain": {
			Trunk{Domain: "sip.operator.example"},
			sip.Target{URI: "sip:+358@sip.operator.example"},
			"sip:sip.operator.example",
		},
		"tls to an address": {
			Trunk{Address: "203.0.113.10:5061", Transport: "tls", TLSName: "sip.operator.example"},
			sip.Target{URI: "sip:+358@203.0.113.10:5061", Route: netip.MustParseAddrPort("203.0.113.10:5061"), Transport: "tls", Host: "sip.operator.example"},
			"sip:203.0.113.10:5061",
		},
		"a proxy": {
			Trunk{Domain: "sip.operator.example", Proxy: "203.0.113.9:5060", Transport: "tcp", Register: TrunkRegister{User: "city"}},
			sip.Target{
				URI: "sip:+358@sip.operator.example", Route: netip.MustParseAddrPort("203.0.113.9:5060"), Transport: "tcp",
				Routes: []string{"<sip:203.0.113.9:5060;lr>"}, User: "city", Password: "secret",
			},
			"sip:sip.operator.example",
		},
		"a proxy before an address": {
			Trunk{Address: "203.0.113.10:5060", Proxy: "203.0.113.9:5060"},
			sip.Target{
				URI: "sip:+358@203.0.113.10:5060", Route: netip.MustParseAddrPort("203.0.113.9:5060"), Routes: []string{"<sip:203.0.113.9:5060;lr>"},
			},
			"sip:203.0.113.10:5060",
		},
	} {
		got := c.trunk.Target("+358", c.want.Password)
		c.want.KeepAlive = connectionPing
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("%s:\n%+v, want\n%+v", name, got, c.want)
		}
		if got := c.trunk.Target("", ""); got.URI != c.ask {
			t.Errorf("%s: asked at %s", name, got.URI)
		}
	}
}

func TestWhichLinesAreKept(t *testing.T) {
	logs, calls := spare(), spare()
	logs.Name, logs.Register = "logs", TrunkRegister{"city", "f", "sip.operator.example"}
	calls.Name, calls.Register, calls.Keepalive = "calls", TrunkRegister{"city", "f", ""}, 0
	all := withTrunks(logs, calls).Lines(map[string]string{"logs": "secret"})
	if len(all) != 2 { // the implicit one only brings calls
		t.Fatalf("%+v", all)
	}
	if l := all[0]; l.Register.URI != "sip:city@sip.operator.example" || l.Register.Password != "secret" || l.Every != time.Minute || l.Ask.URI != "sip:203.0.113.10:5060" {
		t.Errorf("%+v", l)
	}
	if l := all[1]; l.Register.URI != "" || l.Every != 0 {
		t.Errorf("%+v", l)
	}
}

func TestWhatTLSWants(t *testing.T) {
	for field, s := range map[string]SIP{
		"server.sip.tls.trunk":     {TLS: SIPTLS{Trunk: "sip.example:5061", Cert: "c", Key: "k"}},
		"server.sip.tls.phones":    {TLS: SIPTLS{Phones: "5061", Cert: "c", Key: "k"}},
		"server.sip.tls.cert":      {TLS: SIPTLS{Phones: "127.0.0.1:5061"}},
		"server.sip.tls.cert ":     {TLS: SIPTLS{Key: "k"}},
		"server.sip.tls.client_ca": {TLS: SIPTLS{Phones: "127.0.0.1:5061", Cert: "c", Key: "k", ClientCA: "a"}},
		"server.sip.drain":         {Drain: maxDrain + 1},
		"server.sip.drain ":        {Drain: -1},
		"server.sip.phone_digests": {PhoneDigests: []string{"SHA-256", "md5"}},
	} {
		if e, ok := errors.AsType[*errs.Error](s.checkLines()); !ok || e.Field != strings.TrimSpace(field) {
			t.Errorf("%s: %v", field, e)
		}
	}
	good := withTrunks(spare())
	good.TLS = SIPTLS{"127.0.0.1:5061", "127.0.0.1:5071", "c", "k", "", "a"}
	if err := good.checkLines(); err != nil {
		t.Error(err)
	}
	if (SIPTLS{}).OfPhones() != nil || good.TLS.OfPhones().Addr != "127.0.0.1:5071" || good.TLS.OfTrunks().ClientCA != "a" {
		t.Error("the listeners")
	}
	if err := PlacedTLS(errs.At(errs.Invalid, "sip.tls", "no file")); err.Error() != "server.sip.tls.cert: no file" {
		t.Error(err)
	}
	if err := PlacedTLS(os.ErrClosed); err != os.ErrClosed { //nolint:errorlint // the same error
		t.Error(err)
	}
}

// Ports that the kernel gives to others are shown in the file.
func TestPortsOfSoundAreShown(t *testing.T) {
	for now, want := range map[string]string{
		"    rtp_min: 1024\n    rtp_max: 65535": "net.ipv4.ip_local_reserved_ports", "    rtp_min: 30000\n    rtp_max: 20000": "rtp_max",
	} {
		if want != "rtp_max" && ports.Check(1024, 65535) == nil {
			continue // this kernel gives no ports, or keeps them all
		}
		err := Check(configtest.Altered(t, "    rtp_min: 20000                             # two ports for each party of a call\n    rtp_max: 29999", now))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "rtp_min") || !strings.Contains(err.Error(), "^") {
			t.Errorf("%s: %v", now, err)
		}
	}
	if err := OfSound(errs.At(errs.Invalid, "ip", "no")); err.Error() != "server.sip.media_ip: no" {
		t.Error(err)
	}
}

// That nobody could call 112 is said.
func TestTheWarnings(t *testing.T) {
	deaf, help := spare(), spare()
	deaf.Allow, deaf.Register, deaf.Emergency = nil, TrunkRegister{"city", "f", "sip.operator.example"}, false
	help.Name = "help"
	for want, s := range map[string]SIP{
		"TO 112 NEITHER": {TrunkAllow: []string{"127.0.0.0/8"}}, "emergency: true": withTrunks(deaf), "brings no calls": withTrunks(help, deaf), "": withTrunks(help),
	} {
		var said strings.Builder
		for _, w := range s.Warnings() {
			said.WriteString(w.Field + ": " + w.Text + "\n")
		}
		if !strings.Contains(said.String(), want) || want == "" && said.String() != "" {
			t.Errorf("%q: %s", want, said.String())
		}
	}
}
