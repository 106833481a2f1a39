package store

import (
	"context"
	"embed"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"santra/internal/errs"
)

//go:embed migrations/*.sql
var common embed.FS

// The tables in which goose keeps the versions: one for what every database has, one for the schema on top.
const (
	commonVersions = "schema_common"
	schemaVersions = "schema_version"
)

// migrate brings the common tables and then the schema to their newest versions, one process at a time.
func (db *DB) migrate(ctx context.Context, schema fs.FS) error {
	own, err := fs.Sub(common, "migrations")
	if err != nil {
		return err
	}
	if err := db.up(ctx, own, commonVersions); err != nil || schema == nil {
		return err
	}
	return db.up(ctx, schema, schemaVersions)
}

func (db *DB) up(ctx context.Context, files fs.FS, table string) error {
	opts := []goose.ProviderOption{goose.WithTableName(table), goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true)}
	dialect := database.DialectSQLite3
	if db.dialect == Postgres {
		dialect = database.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return errs.New(errs.Internal, "store: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	provider, err := goose.NewProvider(dialect, db.write, rendered{files, db.dialect}, opts...)
	if errors.Is(err, goose.ErrNoMigrations) {
		return nil
	}
	if err != nil {
		return errs.New(errs.Internal, "store: migrations: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return errs.New(errs.KindOf(Kind(err)), "store: migration: %w", err)
	}
	return nil
}

// Render turns a migration for PostgreSQL into one for the dialect. Three forms differ:
//
//	bigint generated always as identity primary key   SQLite: integer primary key autoincrement
//	… any line …                    -- postgres       the line is PostgreSQL's alone
//	-- sqlite: any text                               the text is SQLite's alone
//
// Types need no rendering: SQLite takes text, bigint, smallint and bytea as they are.
func Render(text string, d Dialect) string {
	if d != SQLite {
		return text
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		switch trimmed := strings.TrimSpace(line); {
		case strings.HasSuffix(trimmed, "-- postgres"):
			out.WriteString("\n")
		case strings.HasPrefix(trimmed, "-- sqlite:"):
			out.WriteString(strings.TrimPrefix(trimmed, "-- sqlite:") + "\n")
		default:
			out.WriteString(line)
		}
	}
	return strings.ReplaceAll(out.String(), "bigint generated always as identity primary key", "integer primary key autoincrement")
}

// rendered is a folder of migrations as the dialect reads them.
type rendered struct {
	fs.FS
	dialect Dialect
}

// Open implements fs.FS.
func (r rendered) Open(name string) (fs.File, error) {
	f, err := r.FS.Open(name)
	if err != nil || path.Ext(name) != ".sql" {
		return f, err
	}
	text, err := io.ReadAll(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &renderedFile{f, strings.NewReader(Render(string(text), r.dialect))}, nil
}

type renderedFile struct {
	fs.File
	text *strings.Reader
}

// Read implements fs.File.
func (f *renderedFile) Read(b []byte) (int, error) { return f.text.Read(b) }
