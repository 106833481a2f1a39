package recorder

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

func TestCanaryIsFoundInEveryForm(t *testing.T) {
	const number = "+358401239876"
	wide := []byte{}
	for _, u := range utf16.Encode([]rune("x" + number + "y")) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	for name, content := range map[string][]byte{
		"text": []byte("From: <sip:" + number + "@x>"), "national": []byte("040 1239876"), "utf-16": wide,
		"hex": []byte(hex.EncodeToString([]byte(number))), "base64": []byte(base64.StdEncoding.EncodeToString([]byte(`{"n":"` + number + `"}`))),
		"reversed": []byte("6789321048"),
	} {
		dir := t.TempDir()
		must(t, os.WriteFile(filepath.Join(dir, "f"), content, 0o600))
		if n, _, err := traces(t.Context(), []string{dir}, number); err != nil || n == 0 {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "f"), []byte("2026-11-23-A12-9876"), 0o600))
	if n, _, err := traces(t.Context(), []string{dir}, number); err != nil || n != 0 {
		t.Error("a fragment is no trace:", n, err)
	}
	if _, _, err := traces(t.Context(), []string{dir}, "123"); err == nil {
		t.Error("a canary as short as a fragment")
	}
}

// TestCanaryAnywhere: wherever in a large file, also across what is read at once, also within base64 of anything.
func TestCanaryAnywhere(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		off := rapid.IntRange(scanChunk-20, scanChunk+scanOverlap+20).Draw(rt, "offset")
		content := append(make([]byte, off), "1239876"...)
		if rapid.Bool().Draw(rt, "base64") {
			content = append(bytes.Repeat([]byte("."), scanChunk-50), base64.StdEncoding.EncodeToString(content[scanChunk-30:])...)
		}
		must(t, os.WriteFile(filepath.Join(dir, "f"), content, 0o600))
		if n, _, err := traces(t.Context(), []string{dir}, "+358401239876"); err != nil || n == 0 {
			rt.Fatal(n, err)
		}
	})
}
