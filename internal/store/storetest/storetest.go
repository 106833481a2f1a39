// Package storetest runs a test on every database of the house: SQLite in the test's own folder, and a real PostgreSQL that
// it starts once in a test process and ends with it. Where PostgreSQL is missing the test is skipped, naming it.
package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"santra/internal/store"
)

const (
	startLimit = 60 * time.Second
	startLook  = 20 * time.Millisecond
	role       = "postgres"
	database   = "postgres"
)

// Each runs f on every database, each empty but for the migrations.
func Each(t *testing.T, migrations fs.FS, f func(t *testing.T, db *store.DB)) {
	EachDSN(t, func(t *testing.T, dsn string) {
		db, err := store.Open(t.Context(), store.Config{DSN: dsn, Migrations: migrations})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		f(t, db)
	})
}

// EachDSN runs f with the address of an empty database of each kind.
func EachDSN(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite gives the address of an empty SQLite database in the test's folder.
func SQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "test.db") }

// Postgres gives the address of an empty PostgreSQL database; it skips the test where PostgreSQL is not installed.
func Postgres(t testing.TB) string {
	t.Helper()
	bin, ok := programs()
	if !ok {
		t.Skip("missing test partner: PostgreSQL (Debian: apt-get install postgresql)")
	}
	s, err := server(bin)
	if err != nil {
		t.Fatal(err)
	}
	dsn, err := s.create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return dsn
}

// server starts the one PostgreSQL of this test process. It is the only state of a package in the house: no test outlives
// the process, and a server for each test would cost a second each.
var server = func() func(bin string) (*cluster, error) {
	var once sync.Once
	var s *cluster
	var err error
	return func(bin string) (*cluster, error) {
		once.Do(func() { s, err = start(bin) })
		return s, err
	}
}()

// programs finds the newest PostgreSQL where Debian puts it, or on the path.
func programs() (dir string, ok bool) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		slices.SortFunc(found, func(a, b string) int { return len(a) - len(b) + slices.Compare([]byte(a), []byte(b)) })
		return filepath.Dir(found[len(found)-1]), true
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err == nil
}

// cluster is a running server, reached by a socket in its folder.
type cluster struct {
	dir  string
	hold io.Closer // the server's parent ends it when this closes: with this process, however it ends
	next atomic.Int64
}

// script runs the server under a parent that waits for the end of its input, then stops the server by its process id and
// removes the folder. So nothing is left even when the test process is killed.
const script = `
"$1/initdb" -D "$2/data" -U postgres --auth=trust --no-sync -E UTF8 --locale=C >"$2/log" 2>&1 || exit 1
"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off -c max_connections=300 -c shared_buffers=64MB >>"$2/log" 2>&1 &
pid=$!
read _
kill -INT $pid
wait $pid
rm -rf "$2"
`

func start(bin string) (*cluster, error) {
	dir, err := os.MkdirTemp("", "santra-pg-")
	if err != nil {
		return nil, err
	}
	who, err := owner(dir)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", script, "sh", bin, dir)
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who, Setpgid: true}
	hold, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &cluster{dir: dir, hold: hold}
	return s, s.wait()
}

// owner gives the user to run as, nil for ourselves: PostgreSQL refuses to run as root.
func owner(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(role)
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
}

func (s *cluster) dsn(name string) string {
	return fmt.Sprintf("postgres://%s@/%s?host=%s", role, name, s.dir)
}

// wait looks until the server answers.
func (s *cluster) wait() error {
	db, err := sql.Open("pgx", s.dsn(database))
	if err != nil {
		return err
	}
	defer db.Close()
	deadline := time.Now().Add(startLimit)
	for {
		err := db.Ping()
		if err == nil {
			return nil
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("PostgreSQL does not start: %w\n%s", err, log)
		}
		<-time.After(startLook)
	}
}

// create makes an empty database and gives its address.
func (s *cluster) create(ctx context.Context) (string, error) {
	db, err := sql.Open("pgx", s.dsn(database))
	if err != nil {
		return "", err
	}
	defer db.Close()
	name := fmt.Sprintf("test_%d", s.next.Add(1))
	_, err = db.ExecContext(ctx, "create database "+name)
	return s.dsn(name), err
}
