package pii

import (
	"bytes"
	"context"
	"crypto/md5"  //nolint:gosec // looked for, not used: an unsalted hash of a number is a number
	"crypto/sha1" //nolint:gosec // likewise
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"santra/internal/errs"
)

const (
	// TraceTail is how many last digits of a number are looked for: more than any fragment of M7, shared by every way of
	// writing a number (+358…, 00358…, 0…), and too many to stand in a file by chance.
	TraceTail   = 9
	subscriber  = 7 // last digits that are written without the operator's code
	minPacked   = 5 // bytes of a packed form
	scanChunk   = 1 << 20
	scanOverlap = 160 // longer than any form
)

// MaxScan is how many bytes one look for traces reads.
const MaxScan = 1 << 30

// Trace is what a look for traces found.
type Trace struct {
	Found map[string]int `json:"found"` // how often, by file
	Read  int64          `json:"read"`  // bytes looked through, at most about MaxScan
}

// Count is how often in all.
func (t Trace) Count() (n int) {
	for _, times := range t.Found {
		n += times
	}
	return n
}

// Traces looks where a made-up number (a canary) stands in the files of some folders: its last digits as text of 8 and 16
// bits, spaced, reversed, packed two to a byte, in hexadecimal and base64, and the number's unsalted hashes. Files that
// vanish meanwhile are passed over. errs.Invalid for a number of fewer than TraceTail digits.
//
// A process that has a SQLite database open must not call it over that database's files: to close any of its own handles of
// a file ends all POSIX locks that a process holds on it, and the next process that closes the database deletes the
// write-ahead log under the first (measured: "disk I/O error (522)"). It asks a process of its own to look.
func Traces(ctx context.Context, folders []string, number string) (Trace, error) {
	t := Trace{Found: map[string]int{}}
	digits := onlyDigits(number)
	if len(digits) < TraceTail {
		return t, errs.New(errs.Invalid, "a canary has at least %d digits", TraceTail)
	}
	forms := formsOf(digits)
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err = errors.Join(err, ctx.Err()); err != nil || !d.Type().IsRegular() || t.Read >= MaxScan {
				return err
			}
			return t.look(path, forms)
		})
		if err != nil {
			return t, errs.New(errs.Internal, "looking for traces: %w", err)
		}
	}
	return t, nil
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// formsOf gives the ways in which a number could have been written down.
func formsOf(digits string) [][]byte {
	tail := []byte(digits[len(digits)-TraceTail:])
	reversed := slices.Clone(tail)
	slices.Reverse(reversed)
	wide := make([]byte, 0, 2*len(tail))
	for _, c := range tail {
		wide = append(wide, c, 0)
	}
	hexed := []byte(hex.EncodeToString(tail))
	forms := [][]byte{tail, reversed, wide[:len(wide)-1], hexed, bytes.ToUpper(hexed)}
	forms = append(forms, packedForms(digits)...)
	forms = append(forms, spacedForms(tail)...)
	forms = append(forms, base64Forms(tail)...)
	return append(forms, hashForms(digits)...)
}

// spacedForms are the subscriber's digits after a separator, as people and tel: URIs write them (040 123 4567, +358-40-1234567).
func spacedForms(tail []byte) (forms [][]byte) {
	last := tail[len(tail)-subscriber:]
	for _, separator := range " -./)" {
		forms = append(forms, append([]byte{byte(separator)}, last...), slices.Concat(last[:3], []byte{byte(separator)}, last[3:]))
	}
	return forms
}

// packedForms are binary-coded decimals of all the digits, in both orders of the half-bytes, from either start: fewer bytes
// would stand by chance in what is encrypted.
func packedForms(digits string) (forms [][]byte) {
	for start := range 2 {
		var high, low []byte
		for i := start; i+1 < len(digits); i += 2 {
			a, b := digits[i]-'0', digits[i+1]-'0'
			high, low = append(high, a<<4|b), append(low, b<<4|a)
		}
		if len(high) >= minPacked {
			forms = append(forms, high, low)
		}
	}
	return forms
}

// base64Forms are the characters that a tail becomes wherever it begins within a group of three bytes.
func base64Forms(tail []byte) (forms [][]byte) {
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), tail...))
		from := (shift*8 + 5) / 6         // characters before hold bits of what stands before
		to := (shift + len(tail)) * 8 / 6 // and those from here on, of what follows
		forms = append(forms, []byte(text[from:to]))
	}
	return forms
}

func hashForms(digits string) (forms [][]byte) {
	for _, s := range []string{digits, "+" + digits, "00" + digits} {
		m, a, b := md5.Sum([]byte(s)), sha1.Sum([]byte(s)), sha256.Sum256([]byte(s)) //nolint:gosec // see the imports
		for _, sum := range [][]byte{m[:], a[:], b[:]} {
			forms = append(forms, sum, []byte(hex.EncodeToString(sum)))
		}
	}
	return forms
}

// look reads one file in overlapping windows.
func (t *Trace) look(path string, forms [][]byte) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	buf := make([]byte, scanOverlap+scanChunk)
	for kept := 0; ; {
		n, err := io.ReadFull(f, buf[kept:])
		t.Read += int64(n)
		window := buf[:kept+n]
		for _, form := range forms {
			if times := bytes.Count(window, form); times > 0 {
				t.Found[path] += times
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil
		}
		if err != nil {
			return err
		}
		kept = copy(buf, window[len(window)-scanOverlap:]) // a trace in it may count twice: never less than once
	}
}
