// Package id makes the identifiers that leave the house: 128 random bits in lower-case base32, 26 characters. They can't
// be guessed or counted; they are still never authority.
package id

import (
	"crypto/rand"
	"encoding/base32"
)

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Len is the length of an id in characters.
const Len = 26

// New gives a fresh id.
func New() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	return encoding.EncodeToString(b[:])
}

// Valid tells whether s has the form of an id.
func Valid(s string) bool {
	if len(s) != Len {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
