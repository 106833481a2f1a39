package sdp

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Suite is a cipher suite of SRTP by its name in a=crypto.
type Suite string

// The suites that we know (RFC 4568 6.2, RFC 7714 14.2).
const (
	AES128GCM    Suite = "AEAD_AES_128_GCM"
	AES256GCM    Suite = "AEAD_AES_256_GCM"
	AES128SHA180 Suite = "AES_CM_128_HMAC_SHA1_80"
	AES128SHA132 Suite = "AES_CM_128_HMAC_SHA1_32"
)

// KeyLen is the length of the master key, in bytes; 0 for a suite that we don't know.
func (s Suite) KeyLen() int {
	switch s {
	case AES128GCM, AES128SHA180, AES128SHA132:
		return 16
	case AES256GCM:
		return 32
	}
	return 0
}

// SaltLen is the length of the master salt, in bytes (RFC 3711 8.2: 112 bits, RFC 7714 12: 96 bits).
func (s Suite) SaltLen() int {
	switch s {
	case AES128SHA180, AES128SHA132:
		return 14
	case AES128GCM, AES256GCM:
		return 12
	}
	return 0
}

// offered are the suites of an offer of ours: the second is the one that everybody has (RFC 4568 6.2.1).
func offered() []Suite { return []Suite{AES128GCM, AES128SHA180} }

// Key is the master key and salt by which one side encrypts. The zero value is none. It prints as redacted, however it is
// printed: its bytes lie behind a pointer.
type Key struct {
	suite  Suite
	secret *secret
}

type secret struct {
	keySalt []byte
	mki     []byte // sent with each packet, nil without
}

// NewKey makes a random key.
func NewKey(s Suite) Key {
	b := make([]byte, s.KeyLen()+s.SaltLen())
	_, _ = rand.Read(b) // never fails
	return Key{s, &secret{keySalt: b}}
}

// Suite is the key's suite.
func (k Key) Suite() Suite { return k.suite }

// Valid is false for the zero value.
func (k Key) Valid() bool { return k.secret != nil }

// Reveal gives the master key, the salt and the master key identifier (nil without), for the cipher. Do not keep, print or
// change them.
func (k Key) Reveal() (key, salt, mki []byte) {
	if k.secret == nil {
		return nil, nil, nil
	}
	n := k.suite.KeyLen()
	return k.secret.keySalt[:n], k.secret.keySalt[n:], k.secret.mki
}

// Equal tells whether both are the same key of the same suite.
func (k Key) Equal(other Key) bool {
	if k.secret == nil || other.secret == nil {
		return k.secret == other.secret
	}
	return k.suite == other.suite && subtle.ConstantTimeCompare(k.secret.keySalt, other.secret.keySalt) == 1 &&
		slices.Equal(k.secret.mki, other.secret.mki)
}

// Format implements fmt.Formatter: it never shows the key.
func (k Key) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "key(%s)", k.suite) }

// MarshalText never shows the key.
func (k Key) MarshalText() ([]byte, error) { return []byte("redacted"), nil }

// Keys are those of one stream: by Local we encrypt, by Remote the peer does. The zero value is sound in the clear.
type Keys struct{ Local, Remote Key }

// Valid tells whether the stream is encrypted.
func (k Keys) Valid() bool { return k.Local.Valid() && k.Remote.Valid() }

// Crypto is one a=crypto line (RFC 4568 4).
type Crypto struct {
	Tag uint32
	Key Key
}

// Security is the policy of a call about SRTP.
type Security uint8

// The policies. Opportunistic is RFC 8643: RTP/AVP with a=crypto, which who does not know it takes for plain.
const (
	Plain         Security = iota // SRTP is neither offered nor accepted
	Opportunistic                 // encrypted where the other side can
	Required                      // RTP/SAVP; what is not encrypted is refused
)

// SecurityNamed reads a policy as it is written in a configuration: off, allowed, required.
func SecurityNamed(s string) (Security, bool) {
	i := slices.Index([]string{"off", "allowed", "required"}, s)
	return Security(max(i, 0)), i >= 0
}

// Limits of a=crypto.
const (
	maxCryptos = 16  // lines of an m-line; later ones are skipped
	maxMKI     = 128 // bytes (RFC 4568 6.1)
)

// parseCrypto reads "1 AES_CM_128_HMAC_SHA1_80 inline:base64|2^20|1:4 WSH=64". ok is false for a line that can't be used:
// an unknown suite, several keys, sound in the clear, or a parameter that we don't know and that we may not ignore (RFC 4568 6.3).
func parseCrypto(arg string) (c Crypto, ok bool) {
	f := strings.Fields(arg)
	if len(f) < 3 {
		return c, false
	}
	tag, err := strconv.ParseUint(f[0], 10, 30)
	if err != nil {
		return c, false
	}
	for _, p := range f[3:] {
		if !ignorable(p) {
			return c, false
		}
	}
	key, ok := parseInline(Suite(strings.ToUpper(f[1])), f[2])
	return Crypto{uint32(tag), key}, ok
}

// ignorable are session parameters that change nothing for us (RFC 4568 6.3.7: a leading - says so; the window hint is one).
func ignorable(p string) bool {
	return strings.HasPrefix(p, "-") || strings.HasPrefix(strings.ToUpper(p), "WSH=") || strings.EqualFold(p, "KDR=0")
}

func parseInline(s Suite, params string) (Key, bool) {
	method, value, _ := strings.Cut(params, ":")
	if s.KeyLen() == 0 || !strings.EqualFold(method, "inline") || strings.Contains(value, ";") {
		return Key{}, false
	}
	parts := strings.Split(value, "|")
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(parts[0], "="))
	if err != nil || len(b) != s.KeyLen()+s.SaltLen() || len(parts) > 3 {
		return Key{}, false
	}
	k := Key{s, &secret{keySalt: b}}
	for _, p := range parts[1:] {
		if !strings.Contains(p, ":") {
			continue // a lifetime; the peer watches its own
		}
		if k.secret.mki, err = parseMKI(p); err != nil {
			return Key{}, false
		}
	}
	return k, true
}

// parseMKI reads "1:4", a number and its length in bytes, as big-endian bytes (RFC 4568 6.1).
func parseMKI(s string) ([]byte, error) {
	value, length, _ := strings.Cut(s, ":")
	n, err := strconv.ParseUint(length, 10, 16)
	if err != nil || n == 0 || n > maxMKI {
		return nil, strconv.ErrRange
	}
	v, err := strconv.ParseUint(value, 10, 64)
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
	if v != 0 {
		return nil, strconv.ErrRange
	}
	return b, nil
}

// line writes the attribute. A key of ours has no identifier.
func (c Crypto) line() string {
	return "a=crypto:" + strconv.FormatUint(uint64(c.Tag), 10) + " " + string(c.Key.suite) + " inline:" +
		base64.StdEncoding.EncodeToString(c.Key.secret.keySalt)
}

// cryptos gives the lines of an offer of ours: the stream's keys, or new ones.
func (s Stream) cryptos() []Crypto {
	if s.Security == Plain {
		return nil
	}
	keys := s.Keys
	if keys == nil {
		for _, suite := range offered() {
			keys = append(keys, NewKey(suite))
		}
	}
	var all []Crypto
	for i, k := range keys {
		if k.Valid() {
			all = append(all, Crypto{uint32(i + 1), k})
		}
	}
	return all
}

// profile is the offer's transport (RFC 8643 4: an opportunistic one keeps RTP/AVP).
func (s Stream) profile() string {
	if s.Security == Required {
		return "RTP/SAVP"
	}
	return "RTP/AVP"
}

// secured tells whether the profile is that of SRTP.
func (m Media) secured() bool { return m.Proto == "RTP/SAVP" || m.Proto == "RTP/SAVPF" }

// secure settles the keys of an answer: the first line of the offer that we can use, as its writer prefers (RFC 4568 5.1.2). ok is
// false where the policy forbids the stream.
func (o Options) secure(m Media, c *Choice, stream int) (lines []Crypto, ok bool) {
	if o.Security == Plain || len(m.Crypto) == 0 {
		return nil, o.Security != Required && !m.secured()
	}
	theirs := m.Crypto[0]
	c.Keys = Keys{Local: o.ours(stream, theirs.Key.suite), Remote: theirs.Key}
	return []Crypto{{theirs.Tag, c.Keys.Local}}, true
}

// ours is the key that we answer with: the one of before where its suite is the same, so that a hold changes no keys.
func (o Options) ours(stream int, s Suite) Key {
	if stream < len(o.Keys) && o.Keys[stream].suite == s && o.Keys[stream].Valid() {
		return o.Keys[stream]
	}
	return NewKey(s)
}

// agreed gives the keys that an answer settles for an offer of ours; ok is false if it may not be used.
func agreed(ours, theirs Media) (k Keys, ok bool) {
	if ours.secured() != theirs.secured() {
		return k, false
	}
	if len(theirs.Crypto) == 1 {
		for _, c := range ours.Crypto {
			if c.Tag == theirs.Crypto[0].Tag && c.Key.suite == theirs.Crypto[0].Key.suite {
				return Keys{Local: c.Key, Remote: theirs.Crypto[0].Key}, true
			}
		}
	}
	return k, !ours.secured()
}
