package recorder

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"

	"santra/internal/errs"
	"santra/internal/keys"
)

// The form of an object:
//
//	head:   "SANTRA-REC-1\n", length of the wrapped key (uint16, big endian), the key wrapped by age
//	pieces: each a second of stereo A-law (customer, agent, customer, ...), AES-256-GCM; the last one may be shorter
//	index:  sealed JSON (Index), its length (uint32, big endian), "SIDX"
//
// A piece's nonce is its number, its associated data the recording's key id: pieces can be neither exchanged, repeated nor
// put in another recording. The index, under a key of its own, tells how many there are: a cut end is found.
const (
	headMagic  = "SANTRA-REC-1\n"
	indexMagic = "SIDX"
	indexInfo  = "santra/recording/index/1"
	adPrefix   = "santra/recording/1/"

	Rate        = 8000            // frames a second
	frameBytes  = 2               // one A-law byte for each channel
	pieceFrames = Rate            // PieceLength
	piecePlain  = Rate * 2        // bytes
	gcmTag      = 16              //
	pieceSealed = Rate*2 + gcmTag // bytes
	trailer     = 4 + len(indexMagic)
	maxIndex    = 4 << 20 // bytes
)

// PeaksPerSecond is how many peak values a second of a channel has.
const PeaksPerSecond = 10

// Span is a part of a recording, in frames: From is its first, To the first after it.
type Span struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Index closes an object.
type Index struct {
	Pieces int   `json:"pieces"`
	Frames int64 `json:"frames"` // at Rate a second
	Gaps   int   `json:"gaps"`
	// Pauses are where recording was paused, in order: sound of these places was never here. They are no gaps.
	Pauses []Span `json:"pauses,omitempty"`
	// Peaks are loudness maxima for the waveform, PeaksPerSecond for each second: customer, agent, customer, ...; 0–255.
	Peaks []byte `json:"peaks"`
}

// sealer seals and opens the parts of one recording.
type sealer struct {
	gcm      cipher.AEAD
	ad       []byte
	indexKey []byte
}

func newSealer(id string, key []byte) (*sealer, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: %w", err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: %w", err)
	}
	// The index is sealed under a derived key with a random nonce: recovery may write it a second time.
	indexKey, err := hkdf.Key(sha256.New, key, nil, indexInfo, recordingKeySize)
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: %w", err)
	}
	return &sealer{gcm, []byte(adPrefix + id), indexKey}, nil
}

// head is the beginning of an object.
func head(wrapped []byte) []byte {
	b := append([]byte(headMagic), byte(len(wrapped)>>8), byte(len(wrapped)))
	return append(b, wrapped...)
}

func nonce(number int) []byte {
	n := make([]byte, 12)
	binary.BigEndian.PutUint64(n[4:], uint64(number))
	return n
}

// piece appends a sealed piece to dst.
func (s *sealer) piece(dst []byte, number int, plain []byte) []byte {
	return s.gcm.Seal(dst, nonce(number), plain, s.ad)
}

// openPiece opens a piece; errs.Internal where it was altered, moved or belongs to another recording.
func (s *sealer) openPiece(number int, sealed []byte) ([]byte, error) {
	plain, err := s.gcm.Open(nil, nonce(number), sealed, s.ad)
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: piece %d was altered", number)
	}
	return plain, nil
}

// index seals the index with its trailer.
func (s *sealer) index(x Index) ([]byte, error) {
	text, err := json.Marshal(x)
	if err != nil {
		return nil, errs.New(errs.Internal, "recorder: %w", err)
	}
	sealed, err := keys.Seal(s.indexKey, string(s.ad), text)
	if err != nil {
		return nil, err
	}
	return append(binary.BigEndian.AppendUint32(sealed, uint32(len(sealed))), indexMagic...), nil
}

func (s *sealer) openIndex(sealed []byte) (Index, error) {
	var x Index
	text, err := keys.Unseal(s.indexKey, string(s.ad), sealed)
	if err != nil {
		return x, errs.New(errs.Internal, "recorder: the index was altered")
	}
	if err := json.Unmarshal(text, &x); err != nil {
		return x, errs.New(errs.Internal, "recorder: the index is not one")
	}
	return x, nil
}

// sealedSize is the size of the pieces of so many frames.
func sealedSize(frames int64) int64 {
	pieces := (frames + pieceFrames - 1) / pieceFrames
	return frames*frameBytes + pieces*gcmTag
}
