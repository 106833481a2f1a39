package sdp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

// The example of RFC 4568 1 and those of 6.1.
const (
	inline30  = "inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj"
	inline30b = "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR"
)

func TestParseCrypto(t *testing.T) {
	for line, mki := range map[string]string{
		"1 AES_CM_128_HMAC_SHA1_80 " + inline30 + "|2^20|1:32":                 "\x01",
		"1 aes_cm_128_hmac_sha1_32 " + inline30 + "|1066:4":                    "\x00\x00\x04\x2a",
		"999999999 AES_CM_128_HMAC_SHA1_80 " + inline30 + " WSH=64 -X=1 KDR=0": "",
		"1 AEAD_AES_128_GCM inline:" + strings.Repeat("A", 38):                 "",
		"1 AEAD_AES_256_GCM inline:" + strings.Repeat("A", 59) + "=":           "",
	} {
		c, ok := parseCrypto(line)
		key, salt, id := c.Key.Reveal()
		if !ok || len(key) != c.Key.Suite().KeyLen() || len(salt) != c.Key.Suite().SaltLen() || !strings.HasSuffix(string(id), mki) {
			t.Errorf("%s: %v %x %v", line, ok, id, c)
		}
	}
	for _, line := range []string{
		"", "1", "1 AES_CM_128_HMAC_SHA1_80", "x AES_CM_128_HMAC_SHA1_80 " + inline30, "1 F8_128_HMAC_SHA1_80 " + inline30,
		"1 AES_CM_128_HMAC_SHA1_80 uri:" + inline30[7:], "1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", "1 AES_CM_128_HMAC_SHA1_80 inline:%%%",
		"1 AEAD_AES_256_GCM " + inline30, "1 AES_CM_128_HMAC_SHA1_80 " + inline30 + ";" + inline30b,
		"1 AES_CM_128_HMAC_SHA1_80 " + inline30 + " UNENCRYPTED_SRTP", "1 AES_CM_128_HMAC_SHA1_80 " + inline30 + " UNAUTHENTICATED_SRTP",
		"1 AES_CM_128_HMAC_SHA1_80 " + inline30 + " KDR=5", "1 AES_CM_128_HMAC_SHA1_80 " + inline30 + " FEC_KEY=x",
		"1 AES_CM_128_HMAC_SHA1_80 " + inline30 + "|1:0", "1 AES_CM_128_HMAC_SHA1_80 " + inline30 + "|1:129",
		"1 AES_CM_128_HMAC_SHA1_80 " + inline30 + "|999:1", "1 AES_CM_128_HMAC_SHA1_80 " + inline30 + "|x:1",
		"1 AES_CM_128_HMAC_SHA1_80 " + inline30 + "|2^20|1:4|x",
	} {
		if c, ok := parseCrypto(line); ok {
			t.Errorf("%s: taken as %v", line, c)
		}
	}
}

func TestAKeyIsNeverShown(t *testing.T) {
	k := NewKey(AES128SHA180)
	b, salt, _ := k.Reveal()
	held := struct {
		Keys  Keys
		inner Key
	}{Keys{Local: k, Remote: k}, k}
	text, err := json.Marshal(held)
	if err != nil {
		t.Fatal(err)
	}
	shown := string(text) + fmt.Sprintf("%v %+v %#v %s %x %d", held, held, held, k, k, k) + fmt.Sprintln(&held, []Key{k}, Crypto{1, k})
	for _, secret := range [][]byte{b, salt} {
		for _, form := range []string{string(secret), fmt.Sprint(secret), fmt.Sprintf("%x", secret), fmt.Sprintf("%#v", secret)} {
			if strings.Contains(shown, strings.Trim(form, "[]")) {
				t.Error("shown:", shown)
			}
		}
	}
}

func TestKeysAreEqual(t *testing.T) {
	a, b := NewKey(AES128GCM), NewKey(AES128GCM)
	if a.Equal(b) || !a.Equal(a) || a.Equal(Key{}) || !(Key{}).Equal(Key{}) || a.Valid() == (Key{}).Valid() {
		t.Error("equality")
	}
	if key, salt, mki := (Key{}).Reveal(); key != nil || salt != nil || mki != nil {
		t.Error("none")
	}
}

func TestSecurityNamed(t *testing.T) {
	for name, want := range map[string]Security{"off": Plain, "allowed": Opportunistic, "required": Required} {
		if got, ok := SecurityNamed(name); !ok || got != want {
			t.Error(name, got)
		}
	}
	if _, ok := SecurityNamed("maybe"); ok {
		t.Error("maybe")
	}
}

// Every policy of one side against every one of the other.
func TestPoliciesMeet(t *testing.T) {
	peer := netip.MustParseAddrPort("192.0.2.2:5000")
	for _, c := range []struct {
		offers, answers Security
		proto           string
		secured, fails  bool
	}{
		{Plain, Plain, "RTP/AVP", false, false},
		{Plain, Opportunistic, "RTP/AVP", false, false},
		{Plain, Required, "", false, true},
		{Opportunistic, Plain, "RTP/AVP", false, false},
		{Opportunistic, Opportunistic, "RTP/AVP", true, false},
		{Opportunistic, Required, "RTP/AVP", true, false},
		{Required, Plain, "", false, true},
		{Required, Opportunistic, "RTP/SAVP", true, false},
		{Required, Required, "RTP/SAVP", true, false},
	} {
		offer := parse(t, string(Offer(Options{}, Stream{Local: local, Security: c.offers})))
		b, ours, err := Answer(Options{Security: c.answers}, offer, peer, nil, "")
		if c.fails {
			if !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), "SRTP") {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%+v: %v", c, err)
		}
		answer := parse(t, string(b))
		theirs, err := Accepted(offer, answer)
		if err != nil || answer.Media[0].Proto != c.proto {
			t.Fatalf("%+v: %v %s", c, err, b)
		}
		if ours.Keys.Valid() != c.secured || theirs[0].Keys.Valid() != c.secured ||
			!ours.Keys.Local.Equal(theirs[0].Keys.Remote) || !ours.Keys.Remote.Equal(theirs[0].Keys.Local) || ours.Keys.Local.Equal(ours.Keys.Remote) == c.secured {
			t.Errorf("%+v: %+v and %+v", c, ours, theirs[0])
		}
	}
}

func TestRefusalNamesTheSuites(t *testing.T) {
	offer := parse(t, "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/SAVP 8\na=crypto:1 F8_128_HMAC_SHA1_80 "+inline30+"\n")
	for _, policy := range []Security{Opportunistic, Required} {
		if _, _, err := Answer(Options{Security: policy}, offer, local, nil, ""); !errs.Is(err, errs.Invalid) || !strings.Contains(err.Error(), string(AES128SHA180)) {
			t.Error(policy, err)
		}
	}
}

func TestOfferersOrderCounts(t *testing.T) {
	offer := parse(t, "v=0\nc=IN IP4 192.0.2.9\nm=audio 4 RTP/SAVP 8\na=crypto:3 F8 "+inline30+"\na=crypto:4 AES_CM_128_HMAC_SHA1_32 "+
		inline30+"\na=crypto:5 AES_CM_128_HMAC_SHA1_80 "+inline30b+"\n")
	b, c, err := Answer(Options{Security: Required}, offer, local, nil, "")
	if err != nil || c.Keys.Local.Suite() != AES128SHA132 || !bytes.Contains(b, []byte("a=crypto:4 AES_CM_128_HMAC_SHA1_32 inline:")) || bytes.Count(b, []byte("a=crypto")) != 1 {
		t.Errorf("%s %v", b, err)
	}
}

// A hold keeps the key; another suite needs another.
func TestReinviteKeepsTheKey(t *testing.T) {
	offer := parse(t, string(Offer(Options{}, Stream{Local: local, Security: Required})))
	_, first, err := Answer(Options{Security: Required}, offer, local, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := Answer(Options{Security: Required, Keys: []Key{first.Keys.Local}}, offer, local, nil, "")
	if err != nil || !again.Keys.Local.Equal(first.Keys.Local) {
		t.Error("not kept", err)
	}
	other := parse(t, string(Offer(Options{}, Stream{Local: local, Security: Required, Keys: []Key{NewKey(AES256GCM)}})))
	_, changed, err := Answer(Options{Security: Required, Keys: []Key{first.Keys.Local}}, other, local, nil, "")
	if err != nil || changed.Keys.Local.Equal(first.Keys.Local) || changed.Keys.Local.Suite() != AES256GCM {
		t.Error("another suite", err)
	}
}

// An answer may choose what was offered, and nothing else.
func TestAnswersThatLie(t *testing.T) {
	k := NewKey(AES128SHA180)
	offer := parse(t, string(Offer(Options{}, Stream{Local: local, Security: Required, Keys: []Key{k}})))
	for name, answer := range map[string]string{
		"downgraded to the clear": "m=audio 4 RTP/AVP 8\n",
		"another tag":             "m=audio 4 RTP/SAVP 8\na=crypto:2 AES_CM_128_HMAC_SHA1_80 " + inline30 + "\n",
		"another suite":           "m=audio 4 RTP/SAVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_32 " + inline30 + "\n",
		"two":                     "m=audio 4 RTP/SAVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " + inline30 + "\na=crypto:1 AES_CM_128_HMAC_SHA1_80 " + inline30b + "\n",
		"none":                    "m=audio 4 RTP/SAVP 8\n",
	} {
		if got, err := Accepted(offer, parse(t, "v=0\nc=IN IP4 192.0.2.9\n"+answer)); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What is written is read as the same.
func TestCryptoProperty(t *testing.T) {
	suites := []Suite{AES128GCM, AES256GCM, AES128SHA180, AES128SHA132}
	rapid.Check(t, func(t *rapid.T) {
		c := Crypto{rapid.Uint32Range(0, 1<<30-1).Draw(t, "tag"), NewKey(rapid.SampledFrom(suites).Draw(t, "suite"))}
		got, ok := parseCrypto(strings.TrimPrefix(c.line(), "a=crypto:"))
		if !ok || got.Tag != c.Tag || !got.Key.Equal(c.Key) {
			t.Fatalf("%s", c.line())
		}
	})
}

func FuzzCrypto(f *testing.F) {
	f.Add("1 AES_CM_128_HMAC_SHA1_80 " + inline30 + "|2^20|1:4 WSH=64")
	f.Add("1 AEAD_AES_128_GCM inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, line string) {
		c, ok := parseCrypto(line)
		if !ok {
			return
		}
		key, salt, mki := c.Key.Reveal()
		if len(key) != c.Key.Suite().KeyLen() || len(salt) != c.Key.Suite().SaltLen() || len(key) == 0 || len(mki) > maxMKI {
			t.Fatalf("%q gave %d, %d and %d bytes", line, len(key), len(salt), len(mki))
		}
		again, ok := parseCrypto(strings.TrimPrefix(c.line(), "a=crypto:"))
		if !ok || mki == nil && !again.Key.Equal(c.Key) {
			t.Fatalf("%q came back as %q", line, c.line())
		}
		if offer, err := Parse([]byte("v=0\r\nm=audio 4 RTP/SAVP 8\r\na=crypto:" + line)); err == nil {
			_, _, _ = Answer(Options{Security: Required}, offer, local, nil, "")
		}
	})
}
