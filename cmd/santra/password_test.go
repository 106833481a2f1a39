package main

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestAPasswordFromAPipe(t *testing.T) {
	for text, want := range map[string]string{"a long password\n": "a long password", "no end of line": "no end of line", "two\r\nlines\n": "two", "": "", "\n": ""} {
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.WriteString(text); err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		got, err := askPassword(r, io.Discard)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
		_ = r.Close()
	}
}

func TestATypedPasswordIsAskedTwice(t *testing.T) {
	typed := func(words ...string) func() ([]byte, error) {
		return func() ([]byte, error) {
			if len(words) == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			word := words[0]
			words = words[1:]
			return []byte(word), nil
		}
	}
	var asked strings.Builder
	if got, err := askTwice(&asked, typed("same", "same")); got != "same" || err != nil || asked.String() != "Password: \nAgain: \n" {
		t.Errorf("%q, %v, %q", got, err, asked.String())
	}
	if _, err := askTwice(io.Discard, typed("one", "other")); err == nil {
		t.Error("two different ones were taken")
	}
	if _, err := askTwice(io.Discard, typed("one")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}
