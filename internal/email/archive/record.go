package archive

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash/crc32"
	"net/netip"
	"time"

	"santra/internal/errs"
	"santra/internal/id"
	"santra/internal/keys"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
)

// A record in a segment file is
//
//	magic "SMA1" | head length u32 | body length u32 | CRC-32C u32 of both lengths, key, head and body
//	wrapped key: keys.Seal(agency's archive key, head, message key)
//	head: JSON, in clear: what the record is, without anything personal
//	body: keys.Seal(message key, head, envelope length u32 | envelope JSON | the message, byte for byte)
//
// all integers big-endian. The CRC finds torn writes without any key; the seals find every other change. Head is bound to
// both seals, so that a record can't be passed off as another.
const (
	recordMagic   = "SMA1"
	prefixSize    = 16
	wrappedSize   = 12 + keySize + 16 // nonce, key, tag of AES-256-GCM
	keySize       = 32
	maxHead       = 1 << 10
	maxEnvelope   = 1 << 20 // JSON of addresses: MaxRecipients × MaxPath with room
	maxRecordBody = 1 << 30
)

// Direction says who wrote a message.
type Direction string

// The directions.
const (
	In  Direction = "in"  // to the agency
	Out Direction = "out" // from the agency
)

// Record is one message as the archive keeps it.
type Record struct {
	ID        string // id.New where it is empty
	Agency    string
	Direction Direction
	At        time.Time // when it came or was sent: UTC, whole microseconds; now where it is zero
	Envelope  mail.Envelope
	Case      string // of a message of ours: the case that it answers
	Agent     string // of a message of ours: the person who sent it
	Draft     uint64 // of a message of ours: the version of the draft that it was
	Raw       []byte // the message, byte for byte
}

// Position is a place in an agency's segments: the next byte to read.
type Position struct {
	Segment int64
	Offset  int64
}

// Before tells whether p comes before q.
func (p Position) Before(q Position) bool {
	return p.Segment < q.Segment || (p.Segment == q.Segment && p.Offset < q.Offset)
}

// Ref says where a message is.
type Ref struct {
	Agency   string
	ID       string
	Position        // of its first byte
	Length   int64  // of the record, in bytes
	SHA256   string // of the message, lower-case hex; sealed in the record
}

// Next is the position after the record.
func (r Ref) Next() Position { return Position{r.Segment, r.Offset + r.Length} }

// Stored is a record that was read back.
type Stored struct {
	Record
	Ref Ref
}

// head is the part of a record in clear.
type head struct {
	ID        string    `json:"id"`
	Agency    string    `json:"agency"`
	Direction Direction `json:"direction"`
	At        int64     `json:"at"` // microseconds, UTC
}

// sealedEnvelope is the envelope as it is kept inside the seal.
type sealedEnvelope struct {
	Protocol string         `json:"protocol,omitempty"`
	Remote   netip.AddrPort `json:"remote,omitzero"`
	Helo     string         `json:"helo,omitempty"`
	From     string         `json:"from,omitempty"`
	To       []string       `json:"to,omitempty"`
	UTF8     bool           `json:"utf8,omitempty"`
	TLS      bool           `json:"tls,omitempty"`
	Received time.Time      `json:"received,omitzero"`
	Case     string         `json:"case,omitempty"`
	Agent    string         `json:"agent,omitempty"`
	Draft    uint64         `json:"draft,omitempty"`
	SHA256   string         `json:"sha256"`
}

func seal(e mail.Envelope, r Record, sum string) sealedEnvelope {
	return sealedEnvelope{e.Protocol, e.Remote, e.Helo, e.From.Reveal(), e.To, e.UTF8, e.TLS, e.Received, r.Case, r.Agent, r.Draft, sum}
}

func (s sealedEnvelope) envelope() mail.Envelope {
	return mail.Envelope{Protocol: s.Protocol, Remote: s.Remote, Helo: s.Helo, From: pii.NewAddress(s.From), To: s.To, UTF8: s.UTF8, TLS: s.TLS, Received: s.Received}
}

// encode makes the bytes of a record under a fresh key, wrapped by the agency's; it fills ID and At and gives the hash.
func encode(r *Record, agencyKey []byte) (frame []byte, sum string, err error) {
	if r.ID == "" {
		r.ID = id.New()
	}
	if r.At.IsZero() {
		r.At = time.Now()
	}
	r.At = r.At.UTC().Truncate(time.Microsecond)
	hash := sha256.Sum256(r.Raw)
	sum = hex.EncodeToString(hash[:])
	headJSON, err := json.Marshal(head{r.ID, r.Agency, r.Direction, r.At.UnixMicro()})
	if err != nil {
		return nil, "", err
	}
	env, err := json.Marshal(seal(r.Envelope, *r, sum))
	if err != nil {
		return nil, "", err
	}
	if len(headJSON) > maxHead || len(env) > maxEnvelope || len(r.Raw) > maxRecordBody-maxEnvelope-prefixSize {
		return nil, "", errs.New(errs.TooLarge, "email: record over the limit")
	}
	plain := make([]byte, 4, 4+len(env)+len(r.Raw))
	binary.BigEndian.PutUint32(plain, uint32(len(env)))
	plain = append(append(plain, env...), r.Raw...)
	return frameOf(headJSON, plain, agencyKey, sum)
}

func frameOf(headJSON, plain, agencyKey []byte, sum string) ([]byte, string, error) {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)
	wrapped, err := keys.Seal(agencyKey, string(headJSON), key)
	if err != nil {
		return nil, "", err
	}
	body, err := keys.Seal(key, string(headJSON), plain)
	if err != nil {
		return nil, "", err
	}
	frame := make([]byte, prefixSize, prefixSize+wrappedSize+len(headJSON)+len(body))
	copy(frame, recordMagic)
	binary.BigEndian.PutUint32(frame[4:], uint32(len(headJSON)))
	binary.BigEndian.PutUint32(frame[8:], uint32(len(body)))
	frame = append(append(append(frame, wrapped...), headJSON...), body...)
	binary.BigEndian.PutUint32(frame[12:], checksum(frame))
	return frame, sum, nil
}

// checksum covers a whole frame but magic and checksum.
func checksum(frame []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli) // the library makes it once
	return crc32.Update(crc32.Update(0, table, frame[4:12]), table, frame[prefixSize:])
}

// frameSize reads a frame's length from its prefix; false for what can't be one.
func frameSize(prefix []byte) (int64, bool) {
	if len(prefix) < prefixSize || string(prefix[:4]) != recordMagic {
		return 0, false
	}
	h, b := binary.BigEndian.Uint32(prefix[4:]), binary.BigEndian.Uint32(prefix[8:])
	if h == 0 || h > maxHead || b == 0 || b > maxRecordBody {
		return 0, false
	}
	return prefixSize + wrappedSize + int64(h) + int64(b), true
}

// intact tells whether a frame is whole.
func intact(frame []byte) bool {
	size, ok := frameSize(frame)
	return ok && size == int64(len(frame)) && binary.BigEndian.Uint32(frame[12:]) == checksum(frame)
}

// readHead reads what a frame says in clear.
func readHead(frame []byte) (head, []byte, error) {
	var h head
	text := frame[prefixSize+wrappedSize:][:binary.BigEndian.Uint32(frame[4:])]
	if err := json.Unmarshal(text, &h); err != nil {
		return head{}, nil, errs.New(errs.Internal, "email: record's head: %w", err)
	}
	return h, text, nil
}

// decode opens an intact frame.
func decode(frame, agencyKey []byte) (Record, string, error) {
	h, text, err := readHead(frame)
	if err != nil {
		return Record{}, "", err
	}
	key, err := keys.Unseal(agencyKey, string(text), frame[prefixSize:prefixSize+wrappedSize])
	if err != nil {
		return Record{}, "", err
	}
	plain, err := keys.Unseal(key, string(text), frame[prefixSize+wrappedSize+len(text):])
	if err != nil {
		return Record{}, "", err
	}
	if len(plain) < 4 || int64(binary.BigEndian.Uint32(plain)) > int64(len(plain)-4) {
		return Record{}, "", errs.New(errs.Internal, "email: record's envelope is cut short")
	}
	n := binary.BigEndian.Uint32(plain)
	var env sealedEnvelope
	if err := json.Unmarshal(plain[4:4+n], &env); err != nil {
		return Record{}, "", errs.New(errs.Internal, "email: record's envelope can't be read")
	}
	r := Record{
		ID: h.ID, Agency: h.Agency, Direction: h.Direction, At: time.UnixMicro(h.At).UTC(), Envelope: env.envelope(),
		Case: env.Case, Agent: env.Agent, Draft: env.Draft, Raw: plain[4+n:],
	}
	hash := sha256.Sum256(r.Raw)
	if sum := hex.EncodeToString(hash[:]); sum != env.SHA256 {
		return Record{}, "", errs.New(errs.Internal, "email: the message is not the one that was archived")
	}
	return r, env.SHA256, nil
}
