//go:build e2e

package e2e

import (
	"database/sql"
	"encoding/json"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"santra/internal/protocol/sip/siptest"
)

// attestWithin is how long an attestation of a fresh city may take.
const attestWithin = 45 * time.Second

type attestation struct {
	Promises []struct{ ID, State, Evidence string }
}

// attest runs santra attest and gives the promises that fail, with the exit code.
func (c *city) attest(t *testing.T) (fails map[string]string, code int) {
	t.Helper()
	out, code := santra(t, "attest", "--ready-file", c.ready, "--json")
	var a attestation
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	fails = map[string]string{}
	for _, p := range a.Promises {
		if p.State == "fails" {
			fails[p.ID] = p.Evidence
		}
		if p.State == "" || p.Evidence == "" || !slices.Contains([]string{"holds", "fails", "vouched"}, p.State) {
			t.Errorf("%+v", p)
		}
	}
	if len(a.Promises) != 25 {
		t.Errorf("%d promises", len(a.Promises))
	}
	return fails, code
}

// TestTheReadyFile has exactly the fields that outside tools rely on, at once usable.
func TestTheReadyFile(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "3")
	text, err := os.ReadFile(c.ready)
	if err != nil {
		t.Fatal(err)
	}
	var r map[string]any
	if err := json.Unmarshal(text, &r); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"http", "recorder_http", "sip", "phones_sip", "smtp", "outbox_smtp"} {
		at, err := netip.ParseAddrPort(r[field].(string))
		if err != nil || at.Port() == 0 {
			t.Errorf("%s is %v", field, r[field])
			continue
		}
		conn, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Errorf("%s does not listen: %v", field, err)
			continue
		}
		_ = conn.Close()
	}
	for field, want := range map[string]string{"data": filepath.Join(c.dir, "centre"), "recorder_data": filepath.Join(c.dir, "recorder")} {
		if r[field] != want {
			t.Errorf("%s is %v", field, r[field])
		}
	}
	if u, err := url.Parse(r["public_url"].(string)); err != nil || u.Scheme != "http" {
		t.Errorf("public_url is %v", r["public_url"])
	}
	for list, fields := range map[string][]string{
		"users": {"name", "password", "roles", "agency"}, "queues": {"id", "agency", "number", "mailbox"}, "seats": {"code", "sip_user", "sip_password"},
	} {
		for _, one := range r[list].([]any) {
			for _, f := range fields {
				if v, ok := one.(map[string]any)[f]; !ok || f != "agency" && v == "" {
					t.Errorf("%s: no %s in %v", list, f, one)
				}
			}
		}
	}
	if n := len(r["seats"].([]any)); n != 3 {
		t.Errorf("%d seats", n)
	}
	roles := map[string]bool{}
	for _, u := range c.Users {
		for _, role := range u.Roles {
			roles[role] = true
		}
	}
	if len(roles) != 7 {
		t.Errorf("the demo's people have the roles %v", roles)
	}
	number := regexp.MustCompile(`^\+\d{8,15}$`)
	for _, q := range c.Queues {
		if !number.MatchString(q.Number) {
			t.Errorf("%s has the number %s", q.ID, q.Number)
		}
	}
}

// TestAttestation: on a fresh city every promise holds; afterwards several are broken on purpose, and each is named.
func TestAttestation(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	begin := time.Now()
	if fails, code := c.attest(t); code != 0 || len(fails) > 0 {
		t.Fatalf("on a fresh city: exit %d, %v", code, fails)
	}
	if d := time.Since(begin); d > attestWithin {
		t.Errorf("it took %s", d)
	}
	q := c.queue(t, "pysakointi")
	if err := c.submit(t, letter(q.Mailbox, "Muuttumaton", "teksti"), q.Mailbox); err != nil {
		t.Fatal(err)
	}
	c.breakPromises(t)
	fails, code := c.attest(t)
	if code != 1 {
		t.Errorf("with broken promises it exits %d", code)
	}
	for _, id := range []string{"M4", "M5", "M6", "M7", "M14"} {
		if fails[id] == "" {
			t.Errorf("%s was broken, and attest does not name it", id)
		}
		t.Logf("%s: %s", id, fails[id])
		delete(fails, id)
	}
	if len(fails) > 0 {
		t.Errorf("these were not broken: %v", fails)
	}
	if out, code := santra(t, "attest", "--ready-file", filepath.Join(c.dir, "nothing")); code == 0 {
		t.Errorf("without a city: %d %s", code, out)
	}
	ready := c.ready
	c.stop(t)
	if out, code := santra(t, "attest", "--ready-file", ready); code != 2 {
		t.Errorf("of a city that is stopped: %d %s", code, out)
	}
}

// breakPromises changes what the city has on disk, as a careless or a dishonest person could.
func (c *city) breakPromises(t *testing.T) {
	t.Helper()
	segments, _ := filepath.Glob(filepath.Join(c.Data, "archive", "kaupunkiymparisto", "*.seg"))
	if len(segments) != 1 {
		t.Fatalf("segments: %v", segments)
	}
	text, err := os.ReadFile(segments[0])
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)-20] ^= 4
	if err := os.WriteFile(segments[0], text, 0o600); err != nil { // M14
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.Data, "puhelu.wav"), []byte("RIFF....WAVEfmt "), 0o600); err != nil { // M5
		t.Fatal(err)
	}
	catalogue, err := sql.Open("sqlite", filepath.Join(c.RecorderData, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer catalogue.Close()
	for _, key := range []string{"late", "long", "gateless"} {
		row := map[string]string{"late": "'2026-05-01', '1', 'gate'", "long": "'2099-05-01', '1234567', 'gate'", "gateless": "'2099-05-01', '1', ''"}[key]
		_, err := catalogue.ExecContext(t.Context(), `insert into recording (key, day, seat, agency, queue, session, part, announcement, language, codec,
			started, length, gaps, state, hold, key_ref, hash, destroy, fragment, gate)
			values ('`+key+`', '2025-11-01', 'A1', 'kaupunkiymparisto', 'pysakointi', 's', 1, 'v', 'fi', 'PCMA', 1, 1, 0, 'complete', 0, 'k', 'h', `+row+`)`)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestConfigurationErrors: a typo names file, line, column and the likely word; data outside the EU and EEA, a country that
// nobody declared and a retention that was not published stop the start.
func TestConfigurationErrors(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	c.stop(t)
	for _, k := range []struct {
		name, file, from, to string
		want                 []string
	}{
		{"a typo", "santra.yaml", "trunk_country:", "trunk_contry:", []string{`santra\.yaml:\d+:\d+: unknown word "trunk_contry"`, `did you mean "trunk_country"\?`}},
		{"a typo deep inside", "santra.yaml", "fragment_digits:", "fragmnet_digits:", []string{`santra\.yaml:\d+:\d+`, `did you mean "fragment_digits"`}},
		{"a word of no kind", "santra.yaml", "server:\n", "server:\n  zzzzzzzz: 1\n", []string{`santra\.yaml:2:3`, `unknown word "zzzzzzzz"`}},
		{"a number that is none", "santra.yaml", "recording_months: 6", "recording_months: six", []string{`santra\.yaml:\d+:\d+`}},
		{"no YAML", "santra.yaml", "server:\n", "server: [\n", []string{`santra\.yaml:\d+:\d+`}},
		{"a trunk in the United States", "santra.yaml", "trunk_country: FI", "trunk_country: US", []string{`trunk`, `EU`}},
		{"a relay without a country", "santra.yaml", "country: FI\n      tls: ", "country: \"\"\n      tls: ", []string{`server\.mail\.relay`}},
		{"a recorder in Switzerland", "recorder.yaml", "country: FI", "country: CH", []string{`recorder`, `EU`}},
		{"a country that is none", "santra.yaml", "trunk_country: FI", "trunk_country: XX", []string{`trunk`}},
		{"seven months", "santra.yaml", "recording_months: 6", "recording_months: 7", []string{`recording_months`, `6`}},
		{"no months", "santra.yaml", "recording_months: 6", "recording_months: -1", []string{`recording_months`}},
		{"seven months of the recorder", "recorder.yaml", "retention_months: 0", "retention_months: 7", []string{`retention_months|months`, `6`}},
		{"a fragment of five digits", "santra.yaml", "fragment_digits: 4", "fragment_digits: 5", []string{`fragment_digits`}},
		{"two queues with one number", "santra.yaml", "+358931012002", "+358931012001", []string{`number`}},
		{"plain HTTP to the world", "santra.yaml", "listen: " + c.HTTP, "listen: 0.0.0.0:8080", []string{`server\.http\.cert`}},
		{"plain mail to the world", "santra.yaml", "address: " + c.OutboxSMTP, "address: 192.0.2.1:25", []string{`server\.mail\.relay\.tls`}},
	} {
		t.Run(k.name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(c.dir, k.file))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), k.from) {
				t.Fatalf("%s has no %q:\n%s", k.file, k.from, text)
			}
			broken := filepath.Join(t.TempDir(), k.file)
			if err := os.WriteFile(broken, []byte(strings.Replace(string(text), k.from, k.to, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			command := map[string][]string{"santra.yaml": {"serve", "--config", broken, "--demo-people", filepath.Join(c.dir, "demo.json")}, "recorder.yaml": {"recorder", "--config", broken}}[k.file]
			out, code := santraWithin(t, 10*time.Second, command...)
			if code == 0 {
				t.Fatalf("it starts:\n%s", out)
			}
			for _, want := range k.want {
				if !regexp.MustCompile(want).MatchString(out) {
					t.Errorf("%q does not say %s", out, want)
				}
			}
		})
	}
}

// TestDestruction is M6: before its day nothing happens, on its day the key goes first and then the bytes; afterwards nobody
// finds or hears it. Elsewhere than on the demo's folder time can't be played with.
func TestDestruction(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	call, _, _ := c.talk(t.Context(), t, a, customer(t, c, "udp"))
	during(t, time.Second)
	if err := call.HangUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	rec := c.recorded(t, "kaupunkiymparisto", 1)[0]
	manager := c.logIn(t, "manager", "kaupunkiymparisto")
	grant := listenGrant(manager, rec.ID)
	day, err := time.Parse(time.DateOnly, rec.Destroys)
	if err != nil {
		t.Fatal(err)
	}
	destroy := func(now time.Time) (string, int) {
		return santra(t, "recorder", "destroy", "--config", filepath.Join(c.dir, "recorder.yaml"), "--due", "--now", now.Format(time.RFC3339))
	}
	keys := func() []string { return filesIn(t, filepath.Join(c.RecorderData, "keys")) }
	objects := func() []string { return filesIn(t, filepath.Join(c.RecorderData, "recordings")) }
	wrapped := func(path string) bool { return strings.Contains(path, rec.Destroys) }
	if !slices.ContainsFunc(keys(), wrapped) {
		t.Fatalf("no key of the day is among %v", keys())
	}
	if out, code := destroy(day.Add(-12 * time.Hour)); code != 0 || !strings.Contains(out, "destroyed 0 recordings") || len(objects()) != 1 {
		t.Fatalf("before its day: %d %s", code, out)
	}
	if audio := play(t, manager, rec.ID); len(audio) < 8000 {
		t.Fatalf("only %d bytes of audio", len(audio))
	}
	out, code := destroy(day.Add(12 * time.Hour))
	if code != 0 || !strings.Contains(out, "destroyed 1 recordings and 1 keys; 0 were late") || !strings.Contains(out, rec.ID) {
		t.Errorf("on its day: %d %s", code, out)
	}
	if len(objects()) != 0 || slices.ContainsFunc(keys(), wrapped) {
		t.Errorf("left are %v and the keys %v", objects(), keys())
	}
	if rows := manager.recordings("kaupunkiymparisto"); len(rows) != 0 {
		t.Errorf("it is still listed: %+v", rows)
	}
	if s := manager.try("POST", "/api/recordings/"+rec.ID+"/listen", map[string]any{"agency": "kaupunkiymparisto", "purpose": "quality", "reason": "arviointi"}, nil); s != 404 && s != 410 {
		t.Errorf("listening is answered by %d", s)
	}
	if s, _ := openPlay(t, grant.URL, grant.Grant, manager.base); s != 404 && s != 410 {
		t.Errorf("a grant of before opens it: %d", s)
	}
	c.stop(t)
	if err := os.Remove(filepath.Join(c.RecorderData, "demo")); err != nil {
		t.Fatal(err)
	}
	if out, code := destroy(day.Add(24 * time.Hour)); code == 0 || !strings.Contains(out, "demo") {
		t.Errorf("elsewhere than on the demo's folder: %d %s", code, out)
	}
}

// TestAClockThatJumped halts destruction, which goes on when a person has confirmed the clock (M6).
func TestAClockThatJumped(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	c.stop(t)
	if err := os.Remove(filepath.Join(c.RecorderData, "demo")); err != nil {
		t.Fatal(err)
	}
	recorder := func(command ...string) (string, int) {
		return santra(t, append(append([]string{"recorder"}, command...), "--config", filepath.Join(c.dir, "recorder.yaml"))...)
	}
	if out, code := recorder("destroy", "--due"); code != 0 {
		t.Fatalf("%d %s", code, out)
	}
	catalogue, err := sql.Open("sqlite", filepath.Join(c.RecorderData, "catalogue.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer catalogue.Close()
	if _, err := catalogue.ExecContext(t.Context(), "update clock set mark = 'forged.mark'"); err != nil {
		t.Fatal(err)
	}
	if out, code := recorder("destroy", "--due"); code == 0 || !strings.Contains(out, "clock") {
		t.Errorf("with a forged mark: %d %s", code, out)
	}
	if out, code := recorder("confirm-clock"); code == 0 {
		t.Errorf("nobody confirms: %d %s", code, out)
	}
	if out, code := recorder("confirm-clock", "--by", "risto"); code != 0 {
		t.Errorf("%d %s", code, out)
	}
	if out, code := recorder("destroy", "--due"); code != 0 {
		t.Errorf("after the confirmation: %d %s", code, out)
	}
}

// filesIn lists the files below a folder.
func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
