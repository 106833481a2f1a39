package config

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"santra/internal/errs"
)

func TestTURN(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	good := TURN{URLs: []string{"turn:turn.city.example:3478?transport=tcp", "turns:turn.city.example:443"}, SecretFile: file, Country: "FI"}
	if err := good.check(); err != nil {
		t.Fatal(err)
	}
	if e := good.endpoint(); len(e) != 1 || e[0].Country != "FI" {
		t.Error(e)
	}
	servers, err := good.Servers()
	if err != nil {
		t.Fatal(err)
	}
	a, b := servers()[0], servers()[0]
	until, id, _ := strings.Cut(a.Username, ":")
	ends, err := strconv.ParseInt(until, 10, 64)
	if left := time.Until(time.Unix(ends, 0)); err != nil || left > turnLife || left < turnLife-time.Minute || id == "" {
		t.Error(a.Username)
	}
	if a.Username == b.Username || a.Credential == b.Credential || a.Credential == "" || len(a.URLs) != 2 {
		t.Error("two browsers share", a.Username)
	}
}

func TestNoTURN(t *testing.T) {
	if servers, err := (TURN{}).Servers(); servers != nil || err != nil || (TURN{}).check() != nil || (TURN{}).endpoint() != nil {
		t.Error("a server out of nothing", err)
	}
}

func TestTURNIsRefused(t *testing.T) {
	short := filepath.Join(t.TempDir(), "short")
	if err := os.WriteFile(short, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	one := []string{"turn:turn.city.example"}
	for field, bad := range map[string]TURN{
		"urls":        {URLs: []string{"http://turn.city.example"}, SecretFile: "x"},
		"secret_file": {URLs: one},
	} {
		if e, ok := errors.AsType[*errs.Error](bad.check()); !ok || e.Field != turnField+"."+field {
			t.Error(field, e)
		}
	}
	for _, bad := range []TURN{{SecretFile: "x"}, {URLs: make([]string, maxTURN+1), SecretFile: "x"}, {Country: "FI"}, {URLs: []string{"turn:"}, SecretFile: "x"}} {
		if bad.check() == nil {
			t.Error("taken:", bad)
		}
	}
	for _, file := range []string{short, filepath.Join(t.TempDir(), "none")} {
		if _, err := (TURN{URLs: one, SecretFile: file}).Servers(); err == nil {
			t.Error("taken:", file)
		}
	}
}
