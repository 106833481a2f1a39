package pii

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
)

func TestTracesFindsEveryForm(t *testing.T) {
	const number = "+358409182736"
	sum := sha256.Sum256([]byte(number))
	for name, text := range map[string][]byte{
		"plain":       []byte("x" + number + "y"),
		"national":    []byte("0409182736"),
		"tel":         []byte("tel:+358-40-9182736"),
		"spaced":      []byte("040 918 2736"),
		"reversed":    []byte("637281904 0"),
		"utf-16":      {'4', 0, '0', 0, '9', 0, '1', 0, '8', 0, '2', 0, '7', 0, '3', 0, '6', 0},
		"hex":         []byte(hex.EncodeToString([]byte(number))),
		"base64":      []byte(base64.StdEncoding.EncodeToString([]byte("{\"from\":\"" + number + "\"}"))),
		"base64 + 1":  []byte(base64.StdEncoding.EncodeToString([]byte("{\"from\": \"" + number + "\"}"))),
		"packed":      {0x35, 0x84, 0x09, 0x18, 0x27, 0x36},
		"packed, SS7": {0x53, 0x48, 0x90, 0x81, 0x72, 0x63},
		"hash":        []byte(hex.EncodeToString(sum[:])),
		"over chunks": append(bytes.Repeat([]byte{'.'}, scanOverlap+scanChunk-5), number...),
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "f"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if found, err := Traces(context.Background(), []string{dir}, number); err != nil || found.Count() == 0 {
			t.Errorf("%s: %v %v", name, found, err)
		}
	}
}

// TestTracesAnywhere: wherever in a large file, also across what is read at once, also within base64 of anything.
func TestTracesAnywhere(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		off := rapid.IntRange(scanChunk-20, scanChunk+scanOverlap+20).Draw(rt, "offset")
		content := append(make([]byte, off), "+358409182736"...)
		if rapid.Bool().Draw(rt, "base64") {
			content = append(bytes.Repeat([]byte("."), scanChunk-50), base64.StdEncoding.EncodeToString(content[scanChunk-30:])...)
		}
		if err := os.WriteFile(filepath.Join(dir, "f"), content, 0o600); err != nil {
			rt.Fatal(err)
		}
		if found, err := Traces(context.Background(), []string{dir}, "+358409182736"); err != nil || found.Count() == 0 {
			rt.Fatal(found, err)
		}
	})
}

func TestTracesFindsNothingWhereNothingIs(t *testing.T) {
	dir := t.TempDir()
	text := fmt.Sprintf("a fragment 2736, another number +358401112223, %x", sha256.Sum256([]byte("x")))
	if err := os.WriteFile(filepath.Join(dir, "f"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if found, err := Traces(context.Background(), []string{dir, filepath.Join(dir, "gone")}, "+358409182736"); err != nil || found.Count() != 0 {
		t.Fatal(found, err)
	}
	if _, err := Traces(context.Background(), nil, "12345"); !errs.Is(err, errs.Invalid) {
		t.Fatal(err)
	}
}
