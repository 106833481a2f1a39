package recorder

import (
	"bytes"
	"crypto/ed25519"
	"io"

	"filippo.io/age"

	"santra/internal/errs"
	"santra/internal/keys"
)

// Names in the key ring. A day's identity unwraps every recording of one agency that is destroyed on that day.
const (
	identityPrefix  = "agency"        // agency/<id>/<yyyy-mm-dd>: X25519 identity of age
	recipientPrefix = "recipient"     // recipient/<id>/<yyyy-mm-dd>: its public half, all that ingesting reads
	holdPrefix      = "hold"          // hold/<recording>: the recording's own key, under a legal hold
	SignKeyName     = "recorder/sign" // Ed25519 seed of the signed evidence
)

// recordingKeySize is that of AES-256.
const recordingKeySize = 32

// maxWrapped bounds an age file around one key, in bytes.
const maxWrapped = 1024

// vault holds the keys of agency and day.
type vault struct{ ring *keys.Ring }

// keyRef names the identity of agency and destruction day.
func keyRef(agency, day string) string { return identityPrefix + "/" + agency + "/" + day }

// wrap seals a recording's key to the public key of agency and day, which is made at its first use. Once that exists,
// wrapping reads nothing secret: the ingesting side can't play what it wrote.
func (v vault) wrap(agency, day string, key []byte) ([]byte, error) {
	to, err := v.recipient(agency, day)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, to)
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: wrap: %w", err)
	}
	if _, err := w.Write(key); err != nil {
		return nil, errs.New(errs.Internal, "recorder: wrap: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, errs.New(errs.Internal, "recorder: wrap: %w", err)
	}
	return out.Bytes(), nil
}

func (v vault) recipient(agency, day string) (*age.X25519Recipient, error) {
	name := recipientPrefix + "/" + agency + "/" + day
	text, err := v.ring.Get(name)
	if errs.Is(err, errs.NotFound) {
		return v.create(name, keyRef(agency, day))
	}
	if err != nil {
		return nil, err
	}
	return parseRecipient(string(text))
}

// create makes the pair. The identity comes first: a recipient without one would swallow recordings.
func (v vault) create(name, ref string) (*age.X25519Recipient, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: %w", err)
	}
	err = v.ring.Put(ref, []byte(id.String()))
	if errs.Is(err, errs.Conflict) { // another was first, or died between the two files
		id, err = v.identity(ref)
	}
	if err != nil {
		return nil, err
	}
	if err := v.ring.Put(name, []byte(id.Recipient().String())); err != nil && !errs.Is(err, errs.Conflict) {
		return nil, err
	}
	return id.Recipient(), nil
}

// unwrap gives a recording's key back. errs.Gone once the key of agency and day is destroyed.
func (v vault) unwrap(ref string, wrapped []byte) ([]byte, error) {
	id, err := v.identity(ref)
	if errs.Is(err, errs.NotFound) {
		return nil, errs.New(errs.Gone, "recorder: the key of that day is destroyed")
	}
	if err != nil {
		return nil, err
	}
	r, err := age.Decrypt(bytes.NewReader(wrapped), id)
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: unwrap: %w", err)
	}
	key, err := io.ReadAll(io.LimitReader(r, recordingKeySize+1))
	if err != nil || len(key) != recordingKeySize {
		return nil, errs.New(errs.Internal, "recorder: unwrap: not a recording's key")
	}
	return key, nil
}

func (v vault) identity(ref string) (*age.X25519Identity, error) {
	text, err := v.ring.Get(ref)
	if err != nil {
		return nil, err
	}
	id, err := age.ParseX25519Identity(string(text))
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: key %q is damaged", ref)
	}
	return id, nil
}

// destroy destroys the key of agency and day, its public half with it, so that nothing more can be written to it.
func (v vault) destroy(agency, day string) error {
	if err := v.ring.Destroy(recipientPrefix + "/" + agency + "/" + day); err != nil {
		return err
	}
	return v.ring.Destroy(keyRef(agency, day))
}

// signing gives the recorder's own key.
func (v vault) signing() (ed25519.PrivateKey, error) {
	seed, err := v.ring.Ensure(SignKeyName, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, errs.New(errs.Internal, "recorder: key %q is damaged", SignKeyName)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func parseRecipient(text string) (*age.X25519Recipient, error) {
	r, err := age.ParseX25519Recipient(text)
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: a recipient is damaged")
	}
	return r, nil
}
