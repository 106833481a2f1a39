package store_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"santra/internal/store"
)

func openSQLite(t *testing.T) (*store.DB, string) {
	t.Helper()
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Config{DSN: "sqlite:" + filepath.Join(dir, "a b?.db"), Migrations: schema})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, dir
}

func traces(t *testing.T, dir, secret string) int {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil || len(files) == 0 {
		t.Fatal("no database file", err)
	}
	n := 0
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		n += bytes.Count(data, []byte(secret))
	}
	return n
}

func contains(s, part string) bool { return strings.Contains(s, part) }
