package callback

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"strings"

	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/pii"
)

const (
	folder   = "callbacks"     // of the keys, in the ring
	ringName = "callback-ring" // names this folder of keys: random, no secret
	ringSize = 16
	keySize  = 32
	padded   = 32 // bytes of a number before it is sealed: its length would tell its country
	useSeal  = "santra/callback/seal/1"
	useOnce  = "santra/callback/once/1"
	adPrefix = "callback/" // of the associated data: a sealed number belongs to its row alone
)

func keyName(id string) string { return folder + "/" + id }

// ringOf gives the name of a folder of keys, made at the first call.
func ringOf(v Vault) (string, error) {
	b, err := v.Ensure(ringName, ringSize)
	return hex.EncodeToString(b), err
}

// seal closes a number under a fresh key, which is durable before it returns. Without an error the key is to be destroyed by
// who does not store the record.
func seal(v Vault, id string, n pii.Number) (sealed, once []byte, err error) {
	text := n.Reveal()
	if text == "" || len(text) > padded {
		return nil, nil, errs.At(errs.Invalid, "number", "is withheld or no telephone number: nobody can be called back")
	}
	key := make([]byte, keySize)
	_, _ = rand.Read(key)
	defer clear(key)
	plain := make([]byte, padded)
	defer clear(plain)
	copy(plain, text)
	sealKey, err := derived(key, useSeal)
	if err != nil {
		return nil, nil, err
	}
	defer clear(sealKey)
	if sealed, err = keys.Seal(sealKey, adPrefix+id, plain); err != nil {
		return nil, nil, err
	}
	if once, err = tag(key, n); err != nil {
		return nil, nil, err
	}
	return sealed, once, v.Put(keyName(id), key)
}

// unseal opens a record's number; errs.NotFound where its key is gone.
func unseal(v Vault, r Record) (pii.Number, error) {
	key, err := v.Get(keyName(r.ID))
	if err != nil {
		return pii.Number{}, err
	}
	defer clear(key)
	sealKey, err := derived(key, useSeal)
	if err != nil {
		return pii.Number{}, err
	}
	defer clear(sealKey)
	plain, err := keys.Unseal(sealKey, adPrefix+r.ID, r.Sealed)
	if err != nil {
		return pii.Number{}, err
	}
	defer clear(plain)
	return pii.NewNumber(strings.TrimRight(string(plain), "\x00")), nil
}

// matches tells whether a record is of the number, without opening it. A key that is gone matches nothing.
func matches(v Vault, r Record, n pii.Number) (bool, error) {
	key, err := v.Get(keyName(r.ID))
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer clear(key)
	once, err := tag(key, n)
	return err == nil && hmac.Equal(once, r.Once), err
}

// tag is the keyed hash of a number.
func tag(key []byte, n pii.Number) ([]byte, error) {
	onceKey, err := derived(key, useOnce)
	if err != nil {
		return nil, err
	}
	defer clear(onceKey)
	m := hmac.New(sha256.New, onceKey)
	m.Write([]byte(n.Reveal()))
	return m.Sum(nil), nil
}

// derived makes of the callback's key one for a single use (RFC 5869; the key is uniform, so Expand alone would do).
func derived(key []byte, use string) ([]byte, error) {
	return hkdf.Key(sha256.New, key, nil, use, keySize)
}

// sealedIDs lists the callbacks that have a key here.
func sealedIDs(v Vault) (map[string]bool, error) {
	names, err := v.List(folder)
	ids := map[string]bool{}
	for _, n := range names {
		ids[path.Base(n)] = true
	}
	return ids, err
}
