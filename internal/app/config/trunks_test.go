package config

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/app/config/configtest"
	"santra/internal/errs"
	"santra/internal/pii"
	"santra/internal/protocol/sdp"
	"santra/internal/registry"
	"santra/internal/voice/carrier"
)

// spare is a trunk with one of everything that can be served.
func spare() Trunk {
	return Trunk{
		Name: "spare", Address: "203.0.113.10:5060", Transport: "tcp", Allow: []string{"203.0.113.0/24"}, Country: "FI",
		Numbers: []string{"+3589123"}, Prefixes: []string{"+358", "116"}, Priority: 1, Weight: 2, Emergency: true, Keepalive: time.Minute,
	}
}

func withTrunks(all ...Trunk) SIP {
	return SIP{TrunkAllow: []string{"198.51.100.0/28"}, TrunkCountry: "FI", Trunks: all}
}

func TestTrunksNameTheField(t *testing.T) {
	long := strings.Repeat("x", maxTrunkName+1)
	for field, change := range map[string]func(*Trunk){
		"name":               func(k *Trunk) { k.Name = long },
		"domain":             func(k *Trunk) { k.Domain = "sip.operator.example" },
		"transport":          func(k *Trunk) { k.Transport = "sctp" },
		"srtp":               func(k *Trunk) { k.SRTP = true },
		"tls_name":           func(k *Trunk) { k.TLSName = "sip.operator.example" },
		"address":            func(k *Trunk) { k.Address = "sip.operator.example:5060" },
		"proxy":              func(k *Trunk) { k.Proxy = "x" },
		"allow":              func(k *Trunk) { k.Allow = []string{"198.51.100.1"} },
		"allow[0]":           func(k *Trunk) { k.Allow = []string{"198.51.100.0/28"} },
		"register":           func(k *Trunk) { k.Register.User = "a" },
		"register.registrar": func(k *Trunk) { k.Register = TrunkRegister{"a", "f", "http://x"} },
		"register.user":      func(k *Trunk) { k.Register.Registrar = "sip.operator.example" },
		"auth":               func(k *Trunk) { k.Auth = TrunkAuth{"a:b", "f"} },
		"numbers[1]":         func(k *Trunk) { k.Numbers = []string{"+358", "0912"} },
		"prefixes[0]":        func(k *Trunk) { k.Prefixes = []string{"+"} },
		"prefixes":           func(k *Trunk) { k.Prefixes = make([]string, maxTrunkNumbers+1) },
		"priority":           func(k *Trunk) { k.Priority = -1 },
		"weight":             func(k *Trunk) { k.Weight = carrier.MaxWeight + 1 },
		"keepalive":          func(k *Trunk) { k.Keepalive = time.Second },
		"emergency":          func(k *Trunk) { k.Address, k.Keepalive = "", 0 },
	} {
		k := spare()
		change(&k)
		e, ok := errors.AsType[*errs.Error](withTrunks(k).checkTrunks())
		if want := "server.sip.trunks[0]." + field; !ok || e.Kind != errs.Invalid || e.Field != want {
			t.Errorf("%s: %v", want, e)
		}
	}
	for field, s := range map[string]SIP{
		"server.sip.trunks[1].name":  withTrunks(spare(), spare()),
		"server.sip.trunks[0].name":  withTrunks(Trunk{Name: "trunk", Allow: []string{"192.0.2.0/24"}}),
		"server.sip.trunks[0]":       withTrunks(Trunk{Name: "nothing"}),
		"server.sip.trunks":          withTrunks(make([]Trunk, carrier.MaxTrunks+1)...),
		"server.sip.trunk_allow":     {TrunkAllow: []string{"198.51.100.1"}},
		"server.sip.trunks[0].allow": {Trunks: []Trunk{{Name: "a", Allow: []string{"x"}}}},
	} {
		if e, ok := errors.AsType[*errs.Error](s.checkTrunks()); !ok || e.Field != field {
			t.Errorf("%s: %v", field, e)
		}
	}
	if err := withTrunks(spare()).checkTrunks(); err != nil {
		t.Error(err)
	}
}

// TestTheOldFormIsATrunk: trunk_allow and trunk_country alone, beside a list, and replaced by one.
func TestTheOldFormIsATrunk(t *testing.T) {
	list := SIP{Trunks: []Trunk{spare()}}
	for name, c := range map[string]struct {
		sip       SIP
		endpoints []string
		admitted  []string
	}{
		"alone":    {withTrunks(), []string{"server.sip.trunk"}, []string{"198.51.100.1"}},
		"beside":   {withTrunks(spare()), []string{"server.sip.trunk", "server.sip.trunks[0]"}, []string{"198.51.100.1", "203.0.113.10"}},
		"replaced": {list, []string{"server.sip.trunks[0]"}, []string{"203.0.113.10"}},
	} {
		var names []string
		for _, e := range c.sip.endpoints() {
			names = append(names, e.Name)
		}
		if !slices.Equal(names, c.endpoints) {
			t.Errorf("%s: %v", name, names)
		}
		peers, err := c.sip.Peers()
		if err != nil {
			t.Fatal(name, err)
		}
		for _, src := range []string{"198.51.100.1", "203.0.113.10", "192.0.2.1", "127.0.0.1"} {
			if got := knownBy(peers, netip.MustParseAddr(src)) != ""; got != slices.Contains(c.admitted, src) {
				t.Errorf("%s: %s admitted %v", name, src, got)
			}
		}
	}
}

func TestEachTrunkDeclaresItsCountry(t *testing.T) {
	for field, country := range map[string]string{"server.sip.trunks[0].country": "", "server.sip.trunks[0].country ": "US"} {
		k := spare()
		k.Country = country
		e, ok := errors.AsType[*errs.Error](registry.CheckEndpoints(withTrunks(k).endpoints()))
		if !ok || e.Field != strings.TrimSpace(field) {
			t.Errorf("%q: %v", country, e)
		}
	}
}

// TestSoundOfATrunk: encrypted where the trunk says so, and only there.
func TestSoundOfATrunk(t *testing.T) {
	k := spare()
	if k.Sound() != sdp.Plain {
		t.Error("encrypted without being asked")
	}
	k.Transport, k.SRTP = "tls", true
	if err := withTrunks(k).checkTrunks(); err != nil || k.Sound() != sdp.Required {
		t.Error(err, k.Sound())
	}
}

func TestCodecsOfTheTrunks(t *testing.T) {
	for _, good := range [][]string{nil, {"PCMU"}, {"G722", "opus", "PCMA"}} {
		if err := (SIP{Codecs: good}).checkCodecs(); err != nil {
			t.Error(good, err)
		}
	}
	for _, bad := range [][]string{{"G722"}, {"PCMA", "PCMA"}, {"pcma"}, {"PCMA", "GSM"}, {"PCMA", ""}} {
		if e, ok := errors.AsType[*errs.Error]((SIP{Codecs: bad}).checkCodecs()); !ok || e.Field != "server.sip.codecs" {
			t.Error(bad, e)
		}
	}
}

// TestAMistakeInATrunkIsShown: with its line and a caret.
func TestAMistakeInATrunkIsShown(t *testing.T) {
	for old, want := range map[string]struct{ now, at, says string }{
		"        allow: [203.0.113.10/32]":               {"        allow: [198.51.100.0/28]", "[198.51.100.0/28]", "server.sip.trunks[0].allow[0]: is that of trunk trunk"},
		"        country: FI\n        numbers":           {"        country: CH\n        numbers", "CH", "outside the EU"},
		"        transport: udp":                         {"        transport: udp\n        srtp: true", "true", "needs transport: tls"},
		"        numbers: [\"+35891234\"]":               {"        numbers: [\"091234\"]", "\"091234\"", "international form"},
		"    countries: [\"46\", ":                       {"    countries: [\"SE\", ", "\"SE\"", "calling code"},
		"{when: waited, after: 5m, to: {queue: vaihde}}": {"{when: waited, after: 5m, to: {number: \"+35860012345\"}}", "\"+35860012345\"", "refused by city.dialling (premium)"},
		"      agent: {hour: 60":                         {"      agent: {hour: 600000", "600000", "city.dialling.caps.agent.hour"},
	} {
		err := Check(configtest.Altered(t, old, want.now))
		if err == nil || !strings.Contains(err.Error(), want.says) || !strings.Contains(err.Error(), "^") {
			t.Errorf("%s: %v", want.now, err)
		}
	}
}

func TestTheTableOfTheExample(t *testing.T) {
	centre, _ := exampleConfigs(t)
	table, err := centre.Server.SIP.Table()
	if err != nil {
		t.Fatal(err)
	}
	up := func(string) bool { return true }
	lot := func(int) int { return 0 }
	route := table.Route(carrier.Call{Number: pii.NewNumber("+358401234567"), Show: "+358912340001"}, up, lot)
	if !slices.Equal(route, []string{"varayhteys"}) {
		t.Error(route)
	}
	if name, ok := table.Admit(netip.MustParseAddr("198.51.100.5"), ""); !ok || name != implicitTrunk {
		t.Error(name, ok)
	}
	for s, want := range map[string]bool{"sip.operator.example": true, "localhost": true, "192.0.2.1": false, "a..b": false, "-a.b": false, "a b": false, "": false} {
		if hostname(s) != want {
			t.Errorf("%q", s)
		}
	}
}
