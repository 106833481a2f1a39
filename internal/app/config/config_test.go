package config

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/agency"
	"santra/internal/app/config/configtest"
	"santra/internal/errs"
	"santra/internal/recorder"
	"santra/internal/registry"
)

func exampleConfigs(t *testing.T) (Config, recorder.Config) {
	t.Helper()
	centre, err := Read(configtest.Centre(t))
	if err != nil {
		t.Fatal(err)
	}
	rec, err := ReadRecorder(configtest.Docs(t, "examples/recorder.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return centre, rec
}

func TestTheExamplesAreRead(t *testing.T) {
	centre, _ := exampleConfigs(t)
	if err := registry.CheckEndpoints(centre.Endpoints()); err != nil {
		t.Error(err)
	}
	promised := registry.Published{Version: 1, Months: registry.FirstMonths, Digits: registry.FirstDigits}
	if err := registry.CheckPromises(&centre.City, promised); err != nil {
		t.Error(err)
	}
	if _, err := centre.Server.SIP.Peers(); err != nil {
		t.Error(err)
	}
	if key, err := centre.Server.Recorder.Key(); err != nil || key == nil {
		t.Error(key, err)
	}
}

// TestTheExamplesFitEachOther: both servers of one city, each on its host.
func TestTheExamplesFitEachOther(t *testing.T) {
	centre, rec := exampleConfigs(t)
	s := centre.Server
	for _, same := range []struct{ what, centre, recorder string }{
		{"SIPREC over TLS", s.Recorder.SIP, rec.SIPTLS.Listen},
		{"SRTP", s.Recorder.SRTP, rec.SRTP},
		{"the desktop's origin", s.HTTP.PublicURL, rec.CentreOrigin},
		{"the country of the recorder", s.Recorder.Country, rec.Country},
		{"how browsers and the centre reach the recorder", s.Recorder.HTTP, s.Recorder.Origin},
	} {
		if same.centre != same.recorder {
			t.Errorf("%s: %q and %q", same.what, same.centre, same.recorder)
		}
	}
	if months := centre.City.Retention.RecordingMonths; months != rec.Months {
		t.Errorf("the page says %d months, the recorder keeps %d", months, rec.Months)
	}
	for data, keys := range map[string]string{s.Data: s.Keys, rec.Data: rec.Keys} {
		if rel, err := filepath.Rel(data, keys); err != nil || !strings.HasPrefix(rel, "..") {
			t.Errorf("the keys in %s are within %s, which is backed up", keys, data)
		}
	}
}

// TestTheExamplesAreComplete: every key of the configuration is in an example and in the reference.
func TestTheExamplesAreComplete(t *testing.T) {
	reference := configtest.Docs(t, "configuration.md")
	described := configtest.Read(t, reference)
	for example, v := range map[string]any{configtest.Centre(t): Config{}, configtest.Docs(t, "examples/recorder.yaml"): recorder.Config{}} {
		shown := configtest.Read(t, example)
		for _, key := range keysOf(v) {
			if !regexp.MustCompile(`\b`+key+`:`).MatchString(shown) && key != "demo" {
				t.Errorf("%s has no %s", example, key)
			}
			if !regexp.MustCompile("`([a-z_]+\\.)*" + key + "(\\.[a-z_]+)*`").MatchString(described) {
				t.Errorf("%s does not describe %s", reference, key)
			}
		}
	}
}

func keysOf(v any) []string {
	all := words(reflect.TypeOf(v), map[reflect.Type]bool{})
	slices.Sort(all)
	return slices.Compact(all)
}

// TestAMistakeIsNamed: a refused configuration says where, what was wrong and what would be right.
func TestAMistakeIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ old, now, at, want string }{
		"letters exchanged":      {"    relay:", "    realy:", "realy", `unknown word "realy": did you mean "relay"?`},
		"a letter missing":       {"trunk_country: FI", "trunk_contry: FI", "trunk_contry", `unknown word "trunk_contry": did you mean "trunk_country"?`},
		"a letter too many":      {"  listen_networks:", "  listten_networks:", "listten", `unknown word "listten_networks": did you mean "listen_networks"?`},
		"in a list":              {"code: A01,", "cdoe: A01,", "cdoe", `unknown word "cdoe": did you mean "code"?`},
		"nothing like it":        {"    website:", "    xylophone:", "xylophone", `unknown word "xylophone"`},
		"a word for a number":    {"rtp_min: 20000", "rtp_min: many", "many", `want a whole number from 0 to 65535`},
		"a part of a number":     {"rtp_min: 20000", "rtp_min: 20000.5", "20000.5", `want a whole number from 0 to 65535; have 20000.5`},
		"a part in a list":       {"priority: 5", "priority: 5.5", "5.5", `want a whole number; have 5.5`},
		"too large a number":     {"rtp_min: 20000", "rtp_min: 70000", "70000", `want a whole number from 0 to 65535; have 70000`},
		"a number for a time":    {"wrap_up: 30s", "wrap_up: 30", "30\n", `want a time with its unit: 20s, 1m30s`},
		"a unit that is none":    {"wrap_up: 30s", "wrap_up: 30 sekuntia", "30 sekuntia", `want a time with its unit: 20s, 1m30s; have "30 sekuntia"`},
		"a list for a time":      {"wrap_up: 30s", "wrap_up: [30s]", "[30s]", `want a time with its unit`},
		"a word for a switch":    {"language_menu: false", "language_menu: maybe", "maybe", `want true or false`},
		"a table for a list":     {"trunk_allow: [198.51.100.0/28]", "trunk_allow: {a: b}", "{a: b}", `want a list`},
		"one for a list":         {"trunk_allow: [198.51.100.0/28]", "trunk_allow: 198.51.100.0/28", "198.51.100.0/28", `want a list: [one, another]`},
		"a list for one":         {"phones: 192.0.2.10:5070", "phones: [192.0.2.10:5070]", "[192.0.2.10:5070]", `want one text`},
		"a word for a table":     {"  name: {fi: Esimerkin kaupunki, sv: Exempels stad, en: City of Example}", "  name: Esimerkki\n", "Esimerkki\n", `want named values`},
		"given twice":            {"  country: FI                                  #", "  data: /srv #", "", `mapping key "data" already defined`},
		"no address":             {"trunk: 192.0.2.10:5060", "trunk: sip.kaupunki.example:5060", "", "server.sip.trunk: want an address like 127.0.0.1:5060"},
		"no TLS to browsers":     {"cert: /etc/santra/tls/santra.pem", `cert: ""`, "", "server.http.cert: "},
		"mail in clear":          {"address: 127.0.0.1:25", "address: 192.0.2.30:25", "", "server.mail.relay.tls: "},
		"no folder":              {"data: /var/lib/santra ", `data: "" `, "", "server.data: "},
		"an agency that is none": {"agency: ymparisto", "agency: ymparistö", "", "city.queues[0].agency: "},
		"no recorder":            {"    sip: 192.0.2.20:5061", "    sip: recorder", "", "server.recorder.sip: want an address"},
		"no origin":              {"http: https://tallenteet.kaupunki.example:8443", "http: tallenteet.kaupunki.example", "", "server.recorder.http: want an origin like https://"},
		"a path":                 {"public_url: https://santra.kaupunki.example", "public_url: https://santra.kaupunki.example/x", "", "server.http.public_url: want an origin"},
		"no network of proxies":  {"proxies: []", "proxies: [192.0.2.9]", "", "server.http.proxies: want networks"},
		"half a certificate":     {"key: /etc/santra/tls/santra.key", `key: ""`, "", "server.http.cert: cert and key go together"},
		"the recorder's key":     {"public_key: 0NxGzeVTlKJ5C5JtH6nGUsQMOG5bGIyt8DEXqMRz9Ss=", `public_key: ""`, "", "santra recorder key --config"},
		"no purpose":             {"purposes: []", "purposes: [quality, inspektion]", "", `city.purposes[1]: unknown purpose "inspektion": did you mean "inspection"?`},
		"the whole world":        {"listen_networks: [192.0.2.0/24]", "listen_networks: [0.0.0.0/0]", "", "city.listen_networks[0]: is the whole world"},
	} {
		t.Run(name, func(t *testing.T) {
			path := configtest.Altered(t, c.old, c.now)
			_, err := Read(path)
			if !errs.Is(err, errs.Invalid) {
				t.Fatalf("%v", err)
			}
			first, _, _ := strings.Cut(err.Error(), "\n")
			if want := path + configtest.Placed(t, path, c.at); !strings.HasPrefix(first, want) || !strings.Contains(first, c.want) {
				t.Errorf("got  %s\nwant %s %s", first, want, c.want)
			}
			if name == "nothing like it" && strings.Contains(first, "did you mean") {
				t.Errorf("a far-fetched guess: %s", first)
			}
		})
	}
}

// TestAMistakeIsShown: the line stands there, with a caret under its word.
func TestAMistakeIsShown(t *testing.T) {
	_, err := Read(configtest.Altered(t, "    relay:", "    realy:"))
	if err == nil || !regexp.MustCompile(`(?m)^> \d+ \|     realy:\n +\^$`).MatchString(err.Error()) {
		t.Errorf("%v", err)
	}
}

func TestTheRecordersMistakesAreNamed(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"a typo":         {"data: /srv\ncountry: FI\ncenter_key: x\n", `:3:1: unknown word "center_key": did you mean "centre_key"?`},
		"no folder":      {"country: FI\n", "data: name the folder"},
		"no TLS":         {"data: /srv\ncountry: FI\nsip: 192.0.2.1:5080\nhttp: 192.0.2.1:8090\n", "http.cert: browsers outside this machine need TLS"},
		"no country":     {"data: /srv\n", "recorder.country: is not declared"},
		"outside the EU": {"data: /srv\ncountry: US\n", `recorder.country: "US" is outside the EU and the EEA`},
		"an empty file":  {"", "data: name the folder"},
		"no YAML":        {"data: [\n", ":1:7: "},
		"a list":         {"- data\n", ":1:1: "},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "recorder.yaml")
			if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := ReadRecorder(path); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAFileThatIsNotThere(t *testing.T) {
	if _, err := Read(filepath.Join(t.TempDir(), "santra.yaml")); err == nil || !strings.Contains(err.Error(), "configuration: ") {
		t.Errorf("%v", err)
	}
}

// typed is a word as it stands in a configuration.
func typed(t *rapid.T, label string) string {
	return rapid.StringMatching(`[a-z_]{0,12}`).Draw(t, label)
}

// slow is the distance by its definition, for short words.
func slow(a, b string) int {
	if a == "" || b == "" {
		return len(a) + len(b)
	}
	cost := 1
	if a[0] == b[0] {
		cost = 0
	}
	d := min(slow(a[1:], b)+1, slow(a, b[1:])+1, slow(a[1:], b[1:])+cost)
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		d = min(d, slow(a[2:], b[2:])+1)
	}
	return d
}

func TestDistanceIsItsDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[ab_]{0,6}`)
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		if got, want := distance(a, b), slow(a, b); got != want {
			t.Fatalf("%d, not %d", got, want)
		}
	})
}

func TestDistance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := typed(t, "a"), typed(t, "b")
		d := distance(a, b)
		if d != distance(b, a) {
			t.Fatal("one way is longer than the other")
		}
		if (d == 0) != (a == b) {
			t.Fatalf("%d between %q and %q", d, a, b)
		}
		if d > max(len(a), len(b)) || d < len(a)-len(b) || d < len(b)-len(a) {
			t.Fatalf("%d between %q and %q", d, a, b)
		}
	})
}

// slip is one slip of the fingers on a word of two letters or more.
func slip(t *rapid.T, word string) string {
	at := rapid.IntRange(0, len(word)-2).Draw(t, "at")
	letter := rapid.StringMatching(`[a-z_]`).Draw(t, "letter")
	switch rapid.IntRange(0, 3).Draw(t, "slip") {
	case 0: // left out
		return word[:at] + word[at+1:]
	case 1: // too many
		return word[:at] + letter + word[at:]
	case 2: // another
		return word[:at] + letter + word[at+1:]
	}
	return word[:at] + word[at+1:at+2] + word[at:at+1] + word[at+2:] // exchanged
}

func TestOneSlipIsOneStep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-z_]{2,12}`).Draw(t, "word")
		if d := distance(word, slip(t, word)); d > 1 {
			t.Fatalf("%d steps", d)
		}
	})
}

func TestNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		known := rapid.SliceOfN(rapid.StringMatching(`[a-z_]{1,12}`), 0, 8).Draw(t, "known")
		word := typed(t, "word")
		got := nearest(word, slices.Clone(known))
		if got != nearest(word, rapid.Permutation(known).Draw(t, "shuffled")) {
			t.Fatal("the order of the words matters")
		}
		bound := max(1, len(word)/3)
		for _, k := range known {
			if d := distance(word, k); d <= bound && (got == "" || d < distance(word, got)) {
				t.Fatalf("%q is nearer to %q than %q", k, word, got)
			}
		}
		if got != "" && (!slices.Contains(known, got) || distance(word, got) > bound) {
			t.Fatalf("%q for %q", got, word)
		}
	})
}

// TestASlipInAnyKeyIsUnderstood: whatever key of the configuration is mistyped once, the guess is as near as the key itself.
func TestASlipInAnyKeyIsUnderstood(t *testing.T) {
	known := keysOf(Config{})
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom(known).Draw(t, "key")
		wrong := slip(t, key)
		if got := nearest(wrong, slices.Clone(known)); got == "" || distance(wrong, got) > distance(wrong, key) {
			t.Fatalf("%q for %q", got, wrong)
		}
	})
}

// FuzzDecode: no text panics, and one that is refused is refused as invalid, with the file's name first.
func FuzzDecode(f *testing.F) {
	for _, path := range []string{configtest.Centre(f), configtest.Docs(f, "examples/recorder.yaml")} {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, text := range []string{"", "city: {}", "server:\n  data: x\n data: y", "- a", "server: &a\n  data: *a", "\x00", "a: b: c", "? [", "city: {queues: [{no_answer: 1e9}]}"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var c Config
		err := decode("santra.yaml", text, &c)
		if err != nil && (!errs.Is(err, errs.Invalid) || !strings.HasPrefix(err.Error(), "santra.yaml")) {
			t.Errorf("%v", err)
		}
		if err == nil {
			_ = (&agency.City{}).Validate()
			_ = c.City.Validate()
		}
	})
}

// TestChecksBeyondReading: what config check finds that a reading alone does not.
func TestChecksBeyondReading(t *testing.T) {
	if err := Check(configtest.Centre(t)); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct{ old, now, want string }{
		"outside the EEA":     {"trunk_country: FI", "trunk_country: US", `server.sip.trunk.country: "US" is outside`},
		"laxer than promised": {"recording_months: 6 ", "recording_months: 7 ", "recording_months"},
	} {
		t.Run(name, func(t *testing.T) {
			if err := Check(configtest.Altered(t, c.old, c.now)); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestTheRecordersExampleIsChecked(t *testing.T) {
	if err := CheckRecorder(configtest.Docs(t, "examples/recorder.yaml")); err != nil {
		t.Error(err)
	}
	text := configtest.Read(t, configtest.Docs(t, "examples/recorder.yaml"))
	for name, c := range map[string]struct{ old, now, want string }{
		"plain HTTP":       {"\ncert: /etc/santra/tls/tallenteet.pem", "\ncert: \"\"", "http.cert: cert and key go together"},
		"no address":       {"sip: 127.0.0.1:5080", "sip: recorder:5080", "sip: want an address"},
		"sound in clear":   {"  listen: 192.0.2.20:5061", `  listen: ""`, "sip_tls.listen"},
		"any client":       {"  client_ca: /etc/santra/tls/santra-siprec.pem", `  client_ca: ""`, "sip_tls.client_ca"},
		"another's key":    {"centre_key: WuPy", "centre_key: Wu", "santra key --config"},
		"kept too long":    {"retention_months: 6", "retention_months: 7", ""},
		"no network":       {"clients: [192.0.2.10/32]", "clients: [192.0.2.10]", "clients: "},
		"not an origin":    {"centre_origin: https://santra.kaupunki.example ", "centre_origin: santra ", "centre_origin: want an origin"},
		"a word for bytes": {"min_free_bytes: 1073741824", "min_free_bytes: 1G", "want a whole number"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "recorder.yaml")
			if strings.Count(text, c.old) != 1 {
				t.Fatal("not in the example")
			}
			if err := os.WriteFile(path, []byte(strings.Replace(text, c.old, c.now, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := CheckRecorder(path); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path) {
				t.Errorf("%v", err)
			}
		})
	}
}

// TestThePublicAddressFollowsTheListener: what the documentation promises as its default.
func TestThePublicAddressFollowsTheListener(t *testing.T) {
	const line = "    public_url: https://santra.kaupunki.example\n"
	c, err := Read(configtest.Altered(t, line, ""))
	if err != nil || c.Server.HTTP.PublicURL != "https://192.0.2.10:443" {
		t.Error(c.Server.HTTP.PublicURL, err)
	}
	plain := Config{Server: Server{HTTP: HTTP{Listen: "127.0.0.1:8080"}}}
	if plain.setDefaults(); plain.Server.HTTP.PublicURL != "http://127.0.0.1:8080" {
		t.Error(plain.Server.HTTP.PublicURL)
	}
}
