package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"santra/internal/errs"
)

// Argon2id (RFC 9106) with the parameters that OWASP gives as the least, and rules for passwords (NIST SP 800-63B: length
// counts, composition does not).
const (
	argonMemory    = 19 * 1024 // KiB
	argonTime      = 2
	argonThreads   = 1
	argonKey       = 32
	argonSalt      = 16
	MaxHashing     = 2 // hashes computed at once: 19 MiB and one core each
	MinPasswordLen = 12
	MaxPasswordLen = 128
)

// hasher computes password hashes, a few at a time.
type hasher struct{ slots chan struct{} }

func newHasher() hasher { return hasher{make(chan struct{}, MaxHashing)} }

// hash gives the PHC string of a password.
func (h hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, argonSalt)
	_, _ = rand.Read(salt)
	key, err := h.key(ctx, password, salt, argonTime, argonMemory)
	if err != nil {
		return "", err
	}
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads, enc.EncodeToString(salt), enc.EncodeToString(key)), nil
}

// verify tells whether the password is that of a PHC string. Without one ("") it takes as long and says no, so that a
// stranger can't tell whether a name exists.
func (h hasher) verify(ctx context.Context, password, phc string) (bool, error) {
	p, ok := parsePHC(phc)
	if !ok {
		_, err := h.key(ctx, password, make([]byte, argonSalt), argonTime, argonMemory)
		return false, err
	}
	key, err := h.key(ctx, password, p.salt, p.time, p.memory)
	return err == nil && subtle.ConstantTimeCompare(key, p.key) == 1, err
}

func (h hasher) key(ctx context.Context, password string, salt []byte, passes, memory uint32) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, errs.New(errs.Unavailable, "identity: too many log-ins at once: %w", ctx.Err())
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(norm.NFKC.String(password)), salt, passes, memory, argonThreads, argonKey), nil
}

type phc struct {
	salt, key    []byte
	time, memory uint32
}

const (
	phcFields     = 6
	maxPHCTime    = 16
	maxPHCMemory  = 256 * 1024
	maxPHCDecoded = 64
)

// parsePHC reads "$argon2id$v=19$m=…,t=…,p=1$salt$key" within bounds.
func parsePHC(s string) (phc, bool) {
	f := strings.Split(s, "$")
	if len(f) != phcFields || f[0] != "" || f[1] != "argon2id" || f[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return phc{}, false
	}
	var p phc
	var threads int
	if n, err := fmt.Sscanf(f[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &threads); n != 3 || err != nil || threads != argonThreads {
		return phc{}, false
	}
	var errSalt, errKey error
	p.salt, errSalt = base64.RawStdEncoding.DecodeString(f[4])
	p.key, errKey = base64.RawStdEncoding.DecodeString(f[5])
	bounded := p.time >= 1 && p.time <= maxPHCTime && p.memory >= 8 && p.memory <= maxPHCMemory && len(p.salt) <= maxPHCDecoded
	return p, errSalt == nil && errKey == nil && bounded && len(p.key) == argonKey
}

// checkPassword refuses passwords that are too short or are the person's own name.
func checkPassword(name, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password):
		return errs.At(errs.Invalid, "password", "is no text")
	case n < MinPasswordLen || n > MaxPasswordLen:
		return errs.At(errs.Invalid, "password", "must be %d to %d characters long", MinPasswordLen, MaxPasswordLen)
	case strings.Contains(strings.ToLower(password), strings.ToLower(name)) && n < MinPasswordLen+len(name):
		return errs.At(errs.Invalid, "password", "must not be built on the user name")
	case strings.Count(password, password[:1]) == len(password):
		return errs.At(errs.Invalid, "password", "must not be one character repeated")
	}
	return nil
}
