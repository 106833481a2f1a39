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
	minPacked   = 5 // bytes of a packed form
	scanChunk   = 1 << 20
	scanOverlap = 160 // longer than any form
)

// Traces counts where a made-up number (a canary) stands in the files of some folders: its last digits as text of 8 and 16
// bits, reversed, packed two to a byte, in hexadecimal and base64, and the number's unsalted hashes. Files that vanish
// meanwhile are passed over. errs.Invalid for a number of fewer than TraceTail digits.
func Traces(ctx context.Context, folders []string, number string) (map[string]int, error) {
	digits := onlyDigits(number)
	if len(digits) < TraceTail {
		return nil, errs.New(errs.Invalid, "a canary has at least %d digits", TraceTail)
	}
	forms := formsOf(digits)
	found := map[string]int{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err = errors.Join(err, ctx.Err()); err != nil || !d.Type().IsRegular() {
				return err
			}
			n, err := tracesIn(path, forms)
			if n > 0 {
				found[path] += n
			}
			return err
		})
		if err != nil {
			return found, errs.New(errs.Internal, "looking for traces: %w", err)
		}
	}
	return found, nil
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
	forms = append(forms, base64Forms(tail)...)
	return append(forms, hashForms(digits)...)
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

func tracesIn(path string, forms [][]byte) (int, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	defer f.Close()
	buf := make([]byte, scanOverlap+scanChunk)
	found, kept := 0, 0
	for {
		n, err := io.ReadFull(f, buf[kept:])
		window := buf[:kept+n]
		for _, form := range forms {
			found += bytes.Count(window, form)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return found, nil
		}
		if err != nil {
			return found, err
		}
		kept = copy(buf, window[len(window)-scanOverlap:]) // a trace in it may count twice: never less than once
	}
}
