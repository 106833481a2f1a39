package store

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestRewrite(t *testing.T) {
	for in, want := range map[string]string{
		`select $2, $1`:                               `select ?2, ?1`,
		`select '$1', "$2", $10`:                      `select '$1', "$2", ?10`,
		`select 'it''s $1', $1`:                       `select 'it''s $1', ?1`,
		"select $1 -- not $2\n, $3":                   "select ?1 -- not $2\n, ?3",
		`select /* $1 'x */ $2`:                       `select /* $1 'x */ ?2`,
		`select $1::text, n::bigint`:                  `select ?1, n`,
		`select 1 for update`:                         `select 1 `,
		"select 1\nFOR  UPDATE\n SKIP LOCKED limit 1": "select 1\n limit 1",
		`select 1 for update nowait`:                  `select 1 `,
		`select update_for from forupdate for x`:      `select update_for from forupdate for x`,
		`select 'for update', $1`:                     `select 'for update', ?1`,
		`select a->>'$.x' from t`:                     `select a->>'$.x' from t`,
		`select 'open`:                                `select 'open`,
		`select name$1`:                               `select name?1`,
		``:                                            ``,
	} {
		if got := Rewrite(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

// What is in quotes or comments never changes, whatever it is.
func TestRewriteLeavesStringsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		inside := rapid.StringMatching(`[a-z$0-9: -]{0,30}`).Draw(t, "inside")
		for _, quoted := range []string{"'" + inside + "'", `"` + inside + `"`, "/*" + inside + "*/", "--" + inside + "\n"} {
			if got := Rewrite("select $1, " + quoted + " $2"); got != "select ?1, "+quoted+" ?2" {
				t.Fatal(got)
			}
		}
	})
}

func FuzzRewrite(f *testing.F) {
	f.Add("select $1::text from t where 'a''b' = $2 for update skip locked -- x")
	f.Add("'\"--/*$1")
	f.Fuzz(func(t *testing.T, s string) {
		if got := Rewrite(s); len(got) > len(s) {
			t.Fatal("it grew")
		}
	})
}

func TestRender(t *testing.T) {
	const text = "create table t (\n  seq bigint generated always as identity primary key,\n  v tsvector -- postgres\n);\n-- sqlite: create virtual table f using fts5(x);\n"
	if got := Render(text, Postgres); got != text {
		t.Error(got)
	}
	got := Render(text, SQLite)
	if !strings.Contains(got, "integer primary key autoincrement") || strings.Contains(got, "tsvector") || !strings.Contains(got, "\n create virtual table") {
		t.Error(got)
	}
}

func TestTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(1, 1<<53).Draw(t, "micros")
		if Micros(Time(n)) != n {
			t.Fatal(n)
		}
	})
	if !Time(0).IsZero() || Micros(Time(0)) != 0 {
		t.Error("the zero time is 0")
	}
}
