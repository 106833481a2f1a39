package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"strings"
	"sync"
	"time"

	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/pii"
)

// keyBytes is the size of an agency's keys: AES-256 and HMAC-SHA-256.
const keyBytes = 32

// agencyKeys holds the seal and index keys of agencies in memory.
type agencyKeys struct {
	ring *keys.Ring
	mu   sync.Mutex
	held map[string][]byte
}

func newAgencyKeys(r *keys.Ring) *agencyKeys { return &agencyKeys{ring: r, held: map[string][]byte{}} }

// get gives agency/<id>/<use>, making it where there is none.
func (k *agencyKeys) get(agency, use string) ([]byte, error) {
	name := "agency/" + agency + "/" + use
	k.mu.Lock()
	defer k.mu.Unlock()
	if key, ok := k.held[name]; ok {
		return key, nil
	}
	key, err := k.ring.Ensure(name, keyBytes)
	if err != nil {
		return nil, errs.New(errs.Unavailable, "email: key: %w", err)
	}
	k.held[name] = key
	return key, nil
}

// forget drops an agency's keys from memory.
func (k *agencyKeys) forget(agency string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for name := range k.held {
		if strings.HasPrefix(name, "agency/"+agency+"/") {
			delete(k.held, name)
		}
	}
}

// Forget drops all keys of an agency from memory, after they were destroyed in the ring (M20).
func (s *Service) Forget(agency string) {
	s.keys.forget(agency)
	s.archive.Forget(agency)
}

// The contents of sealed columns.
type (
	caseContent struct {
		Subject string `json:"subject"`
		Name    string `json:"name"`
		Address string `json:"address"`
	}
	messageContent struct {
		From    party   `json:"from"`
		To      []party `json:"to"`
		Subject string  `json:"subject"`
		Snippet string  `json:"snippet"`
	}
	draftContent struct {
		To      []string `json:"to"`
		Cc      []string `json:"cc"`
		Subject string   `json:"subject"`
		Text    string   `json:"text"`
		HTML    string   `json:"html"`
	}
	party struct {
		Name    string `json:"name,omitempty"`
		Address string `json:"address"`
	}
)

func (p party) shown() Party {
	return Party{Name: pii.NewAddress(p.Name), Address: pii.NewAddress(p.Address)}
}

// seal makes a sealed column: place says what it is of ("case/<id>"), so that columns can't be exchanged.
func (s *Service) seal(agency, place string, v any) ([]byte, error) {
	key, err := s.keys.get(agency, "seal")
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil, errs.New(errs.Internal, "email: %w", err)
	}
	return keys.Seal(key, place, text)
}

func (s *Service) unseal(agency, place string, sealed []byte, v any) error {
	key, err := s.keys.get(agency, "seal")
	if err != nil {
		return err
	}
	text, err := keys.Unseal(key, place, sealed)
	if err != nil {
		return errs.New(errs.Internal, "email: %s: %w", place, err)
	}
	return json.Unmarshal(text, v)
}

// index makes the look-up key of a value: an HMAC under the agency's index key, of its own kind.
func (s *Service) index(agency, kind, value string) ([]byte, error) {
	key, err := s.keys.get(agency, "index")
	if err != nil {
		return nil, err
	}
	m := hmac.New(sha256.New, key)
	m.Write([]byte(kind + "\x00" + value))
	return m.Sum(nil), nil
}

// addressKey is the look-up key of an address.
func (s *Service) addressKey(agency, address string) ([]byte, error) {
	return s.index(agency, "address", strings.ToLower(strings.TrimSpace(address)))
}

// number shortens an index to what a lexeme's column holds.
func number(index []byte) int64 { return int64(binary.BigEndian.Uint64(index)) }

// far is later than any message.
func far() time.Time { return time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC) }
