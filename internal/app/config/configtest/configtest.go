// Package configtest gives tests the configuration of docs/examples: whole, with one word altered, or over folders of the
// test's own. It owns no rule of a configuration and must not know the room config, whose own tests read it too.
package configtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Docs gives the path of a page or an example below docs, from wherever the test's package is.
func Docs(t testing.TB, name string) string {
	t.Helper()
	dir := "."
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "docs", name)
		}
		if whole, err := filepath.Abs(dir); err != nil || whole == "/" {
			t.Fatal("the test runs outside the repository: ", err)
		}
		dir = filepath.Join(dir, "..")
	}
}

// Centre gives the path of the example of santra.yaml.
func Centre(t testing.TB) string {
	t.Helper()
	return Docs(t, "examples/santra.yaml")
}

// Read gives a file's text.
func Read(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Altered gives the example of santra.yaml with the one place that has old saying now, as a file of the test's own.
func Altered(t testing.TB, old, now string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "santra.yaml")
	write(t, path, replaced(t, Read(t, Centre(t)), old, now))
	return path
}

// Placed gives ":line:column:" of a word in a file, or ":" where none is asked for.
func Placed(t testing.TB, path, word string) string {
	t.Helper()
	if word == "" {
		return ":"
	}
	before, _, found := strings.Cut(Read(t, path), word)
	if !found {
		t.Fatalf("the file has no %q", word)
	}
	return fmt.Sprintf(":%d:%d:", 1+strings.Count(before, "\n"), len(before)-strings.LastIndex(before, "\n"))
}

// House is the example's configuration over folders of the test's own; that of the data is there and empty.
type House struct {
	T      testing.TB
	Dir    string // holds data, keys and the file
	Config string // path of santra.yaml
}

// NewHouse makes a house.
func NewHouse(t testing.TB) House {
	t.Helper()
	h := House{T: t, Dir: t.TempDir()}
	h.Config = filepath.Join(h.Dir, "santra.yaml")
	if err := os.Mkdir(filepath.Join(h.Dir, "data"), 0o700); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(Read(t, Centre(t)), "/var/lib/santra-keys", filepath.Join(h.Dir, "keys"))
	write(t, h.Config, strings.ReplaceAll(text, "/var/lib/santra", filepath.Join(h.Dir, "data")))
	return h
}

// Database gives the path of the house's database, which is made by who opens it first.
func (h House) Database() string { return filepath.Join(h.Dir, "data", "santra.db") }

// Alter makes the one place that has old say now.
func (h House) Alter(old, now string) {
	h.T.Helper()
	write(h.T, h.Config, replaced(h.T, Read(h.T, h.Config), old, now))
}

func replaced(t testing.TB, text, old, now string) string {
	t.Helper()
	if n := strings.Count(text, old); n != 1 {
		t.Fatalf("the file has %q %d times", old, n)
	}
	return strings.Replace(text, old, now, 1)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
