package digest

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"santra/internal/errs"

	"github.com/icholy/digest"
	"pgregory.net/rapid"
)

const life = time.Minute

// secrets knows mufasa with both algorithms, and simba with MD5 alone.
func secrets(user, algorithm string) (string, bool) {
	if user == "mufasa" || user == "simba" && algorithm == MD5 {
		return HA1(algorithm, user, "realm", "Circle of Life"), true
	}
	return "", false
}

func anyURI(string) bool { return true }

// RFC 7616 3.9.1: the example of the standard, both algorithms.
func TestTheExampleOfTheStandard(t *testing.T) {
	for alg, want := range map[string]string{
		MD5:    "8ca523f5e9506fed4657c9700eebdbec",
		SHA256: "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
	} {
		ha1 := HA1(alg, "Mufasa", "http-auth@example.org", "Circle of Life")
		if AlgorithmOf(ha1) != alg {
			t.Error("not told by its length:", alg)
		}
		got := hashed(alg, ha1, "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", "00000001", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
			"auth", hashed(alg, "GET", "/dir/index.html"))
		if got != want {
			t.Errorf("%s: %s", alg, got)
		}
	}
}

// A client of ours and a verifier of ours agree, with whatever each of them has.
func TestBothSides(t *testing.T) {
	for _, c := range []struct {
		user, password string
		want           Verdict
	}{
		{"mufasa", "Circle of Life", Right},
		{"simba", "Circle of Life", Right},
		{"mufasa", "Hakuna Matata", Wrong},
		{"scar", "Circle of Life", Wrong},
	} {
		v := NewVerifier("realm", life)
		value, stale, ok := Answer(v.Challenges(Known(c.user, secrets), false), Request{"INVITE", "sip:1@h", c.user, c.password})
		if !ok || stale {
			t.Fatal(c, ok, stale)
		}
		user, got := v.Check([]string{"Basic x", `Digest realm="other", nonce="n", username="u"`, value}, "INVITE", func(uri string) bool { return uri == "sip:1@h" }, secrets)
		if got != c.want || user != c.user {
			t.Errorf("%+v: %q %v", c, user, got)
		}
	}
}

// RFC 8760 2.3, 2.4: the stronger one comes first, and a client takes it wherever it stands.
func TestTheStrongestIsChosen(t *testing.T) {
	v := NewVerifier("realm", life)
	both := v.Challenges([]string{SHA256, MD5, "SHA-3"}, false)
	if len(both) != 2 || !strings.Contains(both[0], "algorithm=SHA-256") || !strings.Contains(both[1], "algorithm=MD5") {
		t.Error(both)
	}
	for _, c := range []struct {
		challenges []string
		want       string // empty: none can be answered
	}{
		{both, "algorithm=SHA-256"},
		{[]string{both[1], both[0]}, "algorithm=SHA-256"},
		{[]string{"Bearer x", both[1]}, "algorithm=MD5"},
		{[]string{`Digest realm="r", nonce="n"`}, `nonce="n"`},
		{[]string{`Digest realm="r", nonce="n", qop="auth-int, auth"`}, "qop=auth,"},
		{[]string{`Digest realm="r", nonce="n", qop="auth-int"`}, ""},
		{[]string{`Digest realm="r", nonce="n", algorithm=SHA-3`}, ""},
		{[]string{`Digest realm="r"`}, ""},
		{nil, ""},
	} {
		got, _, ok := Answer(c.challenges, Request{"REGISTER", "sip:h", "u", "p"})
		if ok != (c.want != "") || !strings.Contains(got+",", c.want) {
			t.Errorf("%q: %q", c.challenges, got)
		}
	}
	if got := Known("nobody", secrets); len(got) != 2 {
		t.Error("the challenge tells who exists", got)
	}
	if got := Known("simba", secrets); len(got) != 1 || got[0] != MD5 {
		t.Error(got)
	}
}

// RFC 8760 2.3: challenges stand in the order of preference, which is its owner's.
func TestTheOrderOfChallenges(t *testing.T) {
	got := NewVerifier("realm", life).Challenges([]string{MD5, SHA256}, false)
	if len(got) != 2 || !strings.Contains(got[0], "algorithm=MD5") || !strings.Contains(got[1], "algorithm=SHA-256") {
		t.Error(got)
	}
	for _, good := range [][]string{nil, {MD5}, {SHA256}, {SHA256, MD5}, {MD5, SHA256}} {
		if err := CheckOffer(good); err != nil {
			t.Error(good, err)
		}
	}
	for _, bad := range [][]string{{""}, {"md5"}, {"SHA-512-256"}, {MD5, MD5}, {SHA256, MD5, SHA256}} {
		if err := CheckOffer(bad); !errs.Is(err, errs.Invalid) {
			t.Error(bad, err)
		}
	}
}

// answerTo makes credentials with a count.
func answerTo(t *testing.T, challenge string, count int) string {
	t.Helper()
	c, err := digest.ParseChallenge(challenge)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := digest.Digest(c, digest.Options{Method: "INVITE", URI: "sip:1@h", Username: "mufasa", Password: "Circle of Life", Count: count})
	if err != nil {
		t.Fatal(err)
	}
	return cred.String()
}

func TestReplays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := NewVerifier("realm", life)
		check := func(value string, want Verdict) {
			t.Helper()
			if _, got := v.Check([]string{value}, "INVITE", anyURI, secrets); got != want {
				t.Errorf("%v, want %v", got, want)
			}
		}
		c := v.Challenges([]string{SHA256}, false)[0]
		first := answerTo(t, c, 1)
		check(first, Right)
		check(first, Stale) // what was heard on the wire is good for nothing
		check(answerTo(t, c, 3), Right)
		check(answerTo(t, c, 2), Stale)
		check(answerTo(t, c, 3), Stale)
		check(strings.Replace(answerTo(t, c, 4), "nc=00000004", "nc=00000005", 1), Wrong) // a count that was not hashed
		check(strings.Replace(answerTo(t, c, 4), `uri="sip:1@h"`, `uri="sip:2@h"`, 1), Wrong)
		old := answerTo(t, c, 9)
		time.Sleep(life)
		check(old, Stale)
		if s := v.Challenges([]string{MD5}, true)[0]; !strings.Contains(s, "stale=true") {
			t.Error(s)
		}
		check(answerTo(t, NewVerifier("realm", life).Challenges([]string{MD5}, false)[0], 1), None) // of before a restart
		if _, got := v.Check([]string{answerTo(t, v.Challenges([]string{MD5}, false)[0], 1)}, "BYE", anyURI, secrets); got != Wrong {
			t.Error("credentials for another method:", got)
		}
	})
}

// Phones of RFC 2069 send no count: each of their nonces is good once.
func TestWithoutACount(t *testing.T) {
	v := NewVerifier("realm", life)
	c := strings.Replace(v.Challenges([]string{MD5}, false)[0], "qop", "x-qop", 1)
	value := answerTo(t, c, 0)
	for _, want := range []Verdict{Right, Stale} {
		if _, got := v.Check([]string{value}, "INVITE", anyURI, secrets); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}

func TestNoncesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNonces(life)
		known := n.fresh()
		n.use(known, 1)
		for range MaxNonces - 1 {
			n.counts[n.fresh()] = 1
		}
		if n.use(n.fresh(), 1) || !n.use(known, 2) || len(n.counts) != MaxNonces {
			t.Error("want new ones stale and known ones good")
		}
		time.Sleep(life)
		if !n.use(n.fresh(), 1) || len(n.counts) != 1 {
			t.Error("old ones are kept", len(n.counts))
		}
	})
}

// A nonce with any byte changed is not ours.
func TestNoncesCantBeForged(t *testing.T) {
	n := newNonces(life)
	rapid.Check(t, func(t *rapid.T) {
		b := []byte(n.fresh())
		i := rapid.IntRange(0, len(b)-1).Draw(t, "at")
		b[i] = rapid.Byte().Filter(func(c byte) bool { return c != b[i] }).Draw(t, "byte")
		if ours, _ := n.ours(string(b)); ours {
			t.Fatalf("%q", b)
		}
	})
}

func FuzzCheck(f *testing.F) {
	v := NewVerifier("realm", life)
	good, _, _ := Answer(v.Challenges([]string{MD5}, false), Request{"INVITE", "sip:1@h", "mufasa", "guess"})
	for _, s := range []string{good, "", "Digest ", `Digest username="a", nc=ffffffff`, `Digest realm="realm", nonce="", qop=auth`, "Digest \"", "Digest a=\"\\"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if _, got := v.Check([]string{s}, "INVITE", anyURI, secrets); got == Right || got == Stale {
			t.Fatalf("%q passes", s)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	for _, s := range []string{`Digest realm="r", nonce="n", qop="auth"`, "Digest ", "Digest nonce=\"\\\"", `Digest realm="r",nonce="n",qop=",,auth", algorithm=sha-256`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, _, ok := Answer([]string{s}, Request{"INVITE", "sip:1@h", "u", "p"})
		if ok && !strings.HasPrefix(got, "Digest ") {
			t.Fatalf("%q answered by %q", s, got)
		}
	})
}
