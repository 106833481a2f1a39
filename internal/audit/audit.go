// Package audit is the Merkle log of who did what. An entry is written in the transaction of the change that it tells of
// (what can't be logged is not done); an integrator then numbers the entries densely, keeps the hashes of the tree and signs
// its checkpoint, so that nobody, the administrator of the database included, can alter or drop one unnoticed (M14, M25).
//
// It owns the form of entries, leaves and checkpoints. It must not know what the entries tell of.
package audit

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"santra/internal/errs"
	"santra/internal/id"
)

// Limits of one entry.
const (
	MaxReason   = 2000 // bytes of Reason
	MaxDetail   = 8192 // bytes of Detail, keys and values together
	MaxName     = 200  // bytes of Action, Actor, Agency, Object and Purpose each
	saltSize    = 32
	leafVersion = "santra/audit/1"
)

// System is the actor of what no person asked for: a clock, a start, a delivery.
const System = "system"

// Entry tells of one act. No field but Reason and Detail may hold anything personal of a customer: those two can be erased
// without harm to the proofs.
type Entry struct {
	Action  string // what was done, "noun.verb" in lower case: "recording.played"
	Actor   string // the person's id, or System
	Agency  string // whose data; empty where none's
	Object  string // the id of the thing
	Purpose string // one of the registry's closed list, where the act needs one
	Reason  string // the person's own words; erasable
	Detail  map[string]string
	Success bool // false for a refusal
}

// Check refuses an entry that tells nothing (errs.Invalid) or too much (errs.TooLarge).
func (e Entry) Check() error {
	if !validAction(e.Action) {
		return errs.At(errs.Invalid, "audit.action", "is not of the form noun.verb")
	}
	if e.Actor == "" {
		return errs.At(errs.Invalid, "audit.actor", "nobody did it")
	}
	for _, s := range []string{e.Actor, e.Agency, e.Object, e.Purpose} {
		if len(s) > MaxName {
			return errs.At(errs.TooLarge, "audit", "a name is over %d bytes", MaxName)
		}
		if !storable(s) {
			return errs.At(errs.Invalid, "audit", "a name is no text")
		}
	}
	return e.checkBody()
}

func (e Entry) checkBody() error {
	size := 0
	for k, v := range e.Detail {
		size += len(k) + len(v)
	}
	if len(e.Reason) > MaxReason || size > MaxDetail {
		return errs.At(errs.TooLarge, "audit.reason", "reason is over %d bytes or detail over %d", MaxReason, MaxDetail)
	}
	if !storable(e.Reason) {
		return errs.At(errs.Invalid, "audit.reason", "is no text")
	}
	return nil
}

// storable tells whether every database takes s as text: UTF-8 without NUL. (In a body, JSON escapes both.)
func storable(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func validAction(s string) bool {
	noun, verb, ok := strings.Cut(s, ".")
	return ok && noun != "" && verb != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz_.") == ""
}

// Row is an entry as it is stored. Leaf is -1 until the integrator has numbered it. After an erasure Salt and Body are nil,
// while MAC stays, so that the leaf can still be computed.
type Row struct {
	ID      string    // 128 random bits: what people and the API call it
	At      time.Time // UTC, whole microseconds
	Action  string
	Actor   string
	Agency  string
	Object  string
	Purpose string
	Success bool
	Salt    []byte // random; what makes MAC say nothing to who has not got it
	Body    []byte // JSON {"reason":…,"detail":{…}}
	MAC     []byte // HMAC-SHA256(Salt, Body)
	Leaf    int64  // number in the tree, dense from 0
}

type body struct {
	Reason string            `json:"reason,omitempty"`
	Detail map[string]string `json:"detail,omitempty"`
}

// Prepare makes the row of an entry, with a fresh salt and id.
func Prepare(e Entry, now time.Time) (Row, error) {
	if err := e.Check(); err != nil {
		return Row{}, err
	}
	text, err := json.Marshal(body{e.Reason, e.Detail}) // sorts the keys of a map
	if err != nil {
		return Row{}, errs.New(errs.Invalid, "audit: %w", err)
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt)
	return Row{
		ID: id.New(), At: now.UTC().Truncate(time.Microsecond), Action: e.Action, Actor: e.Actor, Agency: e.Agency,
		Object: e.Object, Purpose: e.Purpose, Success: e.Success, Salt: salt, Body: text, MAC: mac(salt, text), Leaf: -1,
	}, nil
}

// Entry gives back what the row was made from; Reason and Detail are empty after an erasure.
func (r Row) Entry() Entry {
	var b body
	_ = json.Unmarshal(r.Body, &b) // an erased body is empty; a broken one is Verify's to report
	return Entry{r.Action, r.Actor, r.Agency, r.Object, r.Purpose, b.Reason, b.Detail, r.Success}
}

// Erased tells whether reason and detail were erased.
func (r Row) Erased() bool { return r.Salt == nil && r.Body == nil }

// Data is the canonical record whose hash is the leaf: the open fields and the MAC of the erasable ones. The MAC's key is a
// random salt, so neither the leaf nor a proof says anything about an entry to who does not have the row.
func (r Row) Data() []byte {
	data, _ := json.Marshal([]any{leafVersion, r.ID, r.At.UnixMicro(), r.Action, r.Actor, r.Agency, r.Object, r.Purpose, r.Success, r.MAC})
	return data // strings, numbers and bytes always marshal
}

// intact tells whether salt and body are those that MAC was made from; an erased row has neither.
func (r Row) intact() bool {
	return r.Erased() || hmac.Equal(r.MAC, mac(r.Salt, r.Body))
}

func mac(salt, text []byte) []byte {
	m := hmac.New(sha256.New, salt)
	m.Write(text)
	return m.Sum(nil)
}
