package recorder

import (
	"bytes"
	"context"
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
	canaryTail  = 7 // digits looked for: more than a fragment, shared by every way of writing a number
	scanChunk   = 1 << 20
	scanOverlap = 128 // longer than any form
)

// MaxScan is how many bytes one scan reads; what is looked through first is the smaller folders, the recordings last.
const MaxScan = 1 << 30

// traces counts where a made-up number's last digits stand in the files of some folders: as text (8 and 16 bit), reversed,
// in hexadecimal or in base64. It also gives how many bytes it read: up to MaxScan.
func traces(ctx context.Context, folders []string, number string) (found int, read int64, err error) {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, number)
	if len(digits) < canaryTail {
		return 0, 0, errs.New(errs.Invalid, "a canary has at least %d digits", canaryTail)
	}
	forms := formsOf([]byte(digits[len(digits)-canaryTail:]))
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // removed meanwhile
			}
			if err = errors.Join(err, ctx.Err()); err != nil || !d.Type().IsRegular() || read >= MaxScan {
				return err
			}
			n, size, err := tracesIn(path, forms)
			found, read = found+n, read+size
			return err
		})
		if err != nil {
			return found, read, errs.New(errs.Internal, "recorder: %w", err)
		}
	}
	return found, read, nil
}

// formsOf gives the ways in which digits could have been written down.
func formsOf(tail []byte) [][]byte {
	reversed := slices.Clone(tail)
	slices.Reverse(reversed)
	wide := make([]byte, 0, 2*len(tail))
	for _, c := range tail {
		wide = append(wide, c, 0)
	}
	forms := [][]byte{tail, reversed, wide[:len(wide)-1], []byte(hex.EncodeToString(tail))}
	for shift := range 3 { // where the digits may begin within a group of three bytes
		text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), tail...))
		from := (shift*8 + 5) / 6         // characters before hold bits of what stands before
		to := (shift + len(tail)) * 8 / 6 // and those from here on, of what follows
		forms = append(forms, []byte(text[from:to]))
	}
	return forms
}

func tracesIn(path string, forms [][]byte) (found int, read int64, err error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	buf := make([]byte, scanOverlap+scanChunk)
	for kept := 0; ; {
		n, err := io.ReadFull(f, buf[kept:])
		window := buf[:kept+n]
		read += int64(n)
		for _, form := range forms {
			found += bytes.Count(window, form)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return found, read, nil
		}
		if err != nil {
			return found, read, err
		}
		kept = copy(buf, window[len(window)-scanOverlap:]) // a trace in it may count twice: never less than once
	}
}
