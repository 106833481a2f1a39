// Package arch keeps the floors of the house: an import goes down, never up, and sideways only where the table says so. The
// test parses the files in this process, because the result of a go list can be served stale from the test cache.
package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "santra/internal/"

// floors gives the floor of each room by the longest prefix of its path below internal/.
var floors = map[string]int{
	"app": 6,
	"web": 5, "store": 5, "blob": 5, "bus": 5, "remote": 5,
	"voice": 4, "email": 4, "recorder": 4,
	"routing": 3, "dispatch": 3, "registry": 3,
	"agency": 2, "identity": 2, "audit": 2, "lease": 2,
	"protocol": 1,
	"token":    0, "pii": 0, "errs": 0, "run": 0, "memnet": 0, "id": 0, "event": 0, "keys": 0,
}

// sideways lists the arrows allowed within a floor.
var sideways = map[string][]string{
	"dispatch":                   {"routing", "routing/engine", "routing/measure"},
	"routing/sim":                {"routing", "routing/engine", "routing/measure"},
	"routing/measure":            {"routing"},
	"routing/plain":              {"routing"},
	"protocol/webrtc":            {"protocol/rtp", "protocol/sdp", "protocol/media", "protocol/webrtc/track"},
	"protocol/webrtc/track":      {"protocol/rtp"},
	"protocol/webrtc/webrtctest": {"protocol/rtp", "protocol/sdp", "protocol/media", "protocol/webrtc/track"},
	"protocol/rtp":               {"protocol/media", "protocol/sdp"},
	"protocol/rtp/secure":        {"protocol/sdp"}, // keys come by session descriptions, and print as redacted by their type
	"protocol/siprec":            {"protocol/sdp"},
	"protocol/sip/siptest":       {"protocol/sdp", "protocol/rtp", "protocol/media"},
	"protocol/sip":               {"protocol/sdp", "protocol/sip/fields"},       // fields: pure readers of header fields, fuzzed by themselves
	"protocol/sip/registrar":     {"protocol/sip/digest", "protocol/sip/limit"}, // it checks who registers, and how often
	// The rooms below protocol/sip, from the wire up: an arrow goes to what stands before it, never to a dialog.
	"protocol/sip/message":     {"protocol/sip/socket", "protocol/sip/fields"},
	"protocol/sip/transaction": {"protocol/sip/socket", "protocol/sip/message"},
	"protocol/sip/guard":       {"protocol/sip/socket", "protocol/sip/message", "protocol/sip/transaction", "protocol/sip/digest", "protocol/sip/limit"},
	"protocol/sip/exchange": {
		"protocol/sip/socket", "protocol/sip/message", "protocol/sip/transaction", "protocol/sip/digest", "protocol/sip/locate",
		"protocol/sip/fields",
	},
	"agency":          {"audit"},
	"agency/prompts":  {"audit"}, // each version is logged, as the city's are
	"identity":        {"audit", "agency"},
	"lease":           {"audit"},
	"voice/count":     {"voice/leg"},   // how legs sounded is counted too
	"voice/leg":       {"voice/tally"}, // how a leg sounded is given as what is summed
	"voice/dial":      {"voice/leg"},   // who is dialled is a leg
	"voice/consult":   {"voice/dial", "voice/gate", "voice/leg", "voice/state"},
	"voice/owed":      {"voice/callback", "voice/dial"},                                                          // what a failure to connect means for a callback
	"voice/site":      {"voice/callback", "voice/dial", "voice/gate", "voice/leg", "voice/notes", "voice/tally"}, // what the room is made of
	"voice/tape":      {"voice/gate", "voice/actor"},                                                             // gate: nothing is recorded without a pass
	"web/api":         {"web/live", "web/api/frame", "web/api/figures", "web/api/telephone"},                     // telephone: forms of answers alone
	"app/config":      {"app/flows"},                                                                             // the prompts that flows may name
	"app/demo":        {"app/config"},
	"app/office":      {"app/config", "app/flows", "app/simulate"},
	"app/bench":       {"app/demo"}, // it measures a demonstration city
	"web/api/frame":   {"web/api/refusal"},
	"web/api/figures": {"web/api/frame", "web/api/telephone"},
}

// onlyIn names the only rooms that may import a library (prefix match on both).
var onlyIn = map[string][]string{
	"github.com/emiago/sipgo":          {"protocol/sip/"}, // with the slash: protocol/siprec is another room
	"github.com/miekg/dns":             {"protocol/sip/locate"},
	"github.com/pion/webrtc":           {"protocol/webrtc"},
	"github.com/pion/ice":              {"protocol/webrtc"},
	"github.com/pion/dtls":             {"protocol/webrtc"},
	"github.com/pion/":                 {"protocol/"},
	"github.com/thesyncim/gopus":       {"protocol/media"},
	"github.com/nats-io/":              {"bus"},
	"database/sql":                     {"store"},
	"modernc.org/sqlite":               {"store"},
	"github.com/jackc/pgx":             {"store"},
	"github.com/pressly/goose":         {"store"},
	"github.com/emersion/go-smtp":      {"protocol/mail", "app/bench"}, // app/bench: as the reference to measure beside
	"github.com/danielgtaylor/huma/v2": {"web/api"},
}

// pure lists what rooms of rules must not import: no I/O, no clock of their own beyond the types of time, no goroutines.
var pure = map[string][]string{
	"routing":         {"net", "os", "sync", "context", "database/sql", "io", "log/slog"},
	"routing/engine":  {"net", "os", "sync", "context", "database/sql", "io", "log/slog"},
	"agency/dialplan": {"net", "os", "context", "database/sql", "io", "log/slog"}, // sync: a Meter is counted on by many calls
	"voice/carrier":   {"net", "os", "sync", "context", "database/sql", "io", "log/slog", "time"},
	"voice/state":     {"net", "os", "sync", "context", "io", "log/slog"},
	"routing/measure": {"net", "os", "sync", "database/sql", "io", "log/slog"}, // context: the signatures of its Journal

	"voice/flow":          {"net", "os", "sync", "context", "io", "log/slog"}, // what a caller hears, tested without a call
	"voice/flow/rehearse": {"net", "os", "sync", "context", "io", "log/slog"},
	"protocol/media/say":  {"net", "os", "sync", "context", "io", "log/slog"},
}

type file struct {
	room    string
	name    string
	test    bool
	imports []string
}

func TestFloors(t *testing.T) {
	for _, f := range parse(t) {
		for _, imp := range f.imports {
			if problem := f.breach(imp); problem != "" {
				t.Errorf("%s imports %s: %s", f.name, imp, problem)
			}
		}
	}
}

// TestTheTestCanFail feeds breaches to the rules.
func TestTheTestCanFail(t *testing.T) {
	for _, c := range []struct{ room, imp string }{
		{"routing", module + "dispatch"},
		{"voice", module + "email"},
		{"agency", module + "store"},
		{"recorder", module + "registry"},
		{"voice", "github.com/emiago/sipgo/sip"},
		{"protocol/siprec", "github.com/emiago/sipgo/sip"},
		{"protocol/sip/message", module + "protocol/sip/exchange"},
		{"protocol/sip/transaction", module + "protocol/sip/guard"},
		{"email", "database/sql"},
		{"routing", "sync"},
		{"routing/engine", "sync"},
		{"voice/flow", "os"},
		{"voice/flow", module + "voice/gate"},
		{"newroom", module + "errs"},
		{"voice", module + "recorder"},
	} {
		if (file{room: c.room}).breach(c.imp) == "" {
			t.Errorf("%s → %s passes", c.room, c.imp)
		}
	}
	for _, c := range []struct{ room, imp string }{
		{"voice", module + "dispatch"},
		{"store/centre", module + "email"},
		{"protocol/sip", "github.com/emiago/sipgo"},
		{"protocol/sip/message", "github.com/emiago/sipgo/sip"},
		{"protocol/sip/exchange", module + "protocol/sip/message"},
	} {
		if p := (file{room: c.room}).breach(c.imp); p != "" {
			t.Errorf("%s → %s: %s", c.room, c.imp, p)
		}
	}
}

func (f file) breach(imp string) string {
	for lib, rooms := range onlyIn {
		if strings.HasPrefix(imp, lib) && !f.test && !slices.ContainsFunc(rooms, func(r string) bool { return strings.HasPrefix(f.room+"/", r) }) {
			return "only in " + strings.Join(rooms, ", ")
		}
	}
	if !f.test && slices.Contains(pure[f.room], imp) {
		return "the room is pure"
	}
	from, ok := floor(f.room)
	if !ok {
		return "the room is on no floor: add it to the table"
	}
	to, inside := strings.CutPrefix(imp, module)
	if !inside || to == f.room {
		return ""
	}
	return f.arrow(from, to)
}

func (f file) arrow(from int, to string) string {
	level, ok := floor(to)
	switch {
	case !ok:
		return "imports a room on no floor"
	case f.room == "recorder" && level >= 3:
		return "recorder knows no other room of floors 3 and 4"
	case level < from, slices.Contains(sideways[f.room], to), f.test, to == "errs", within(to, f.room), within(f.room, to):
		return ""
	case level > from:
		return "an arrow up"
	default:
		return "an arrow sideways that the table does not allow"
	}
}

// within tells whether a is a part of room b.
func within(a, b string) bool { return strings.HasPrefix(a, b+"/") }

func floor(room string) (int, bool) {
	top, _, _ := strings.Cut(room, "/")
	n, ok := floors[top]
	return n, ok
}

func parse(t *testing.T) (files []file) {
	t.Helper()
	root := ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		ast, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		f := file{room: filepath.ToSlash(filepath.Dir(rel)), name: rel, test: strings.HasSuffix(path, "_test.go")}
		for _, i := range ast.Imports {
			imp, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			f.imports = append(f.imports, imp)
		}
		if f.room != "arch" {
			files = append(files, f)
		}
		return nil
	})
	if err != nil || len(files) == 0 {
		t.Fatalf("parsed %d files: %v", len(files), err)
	}
	return files
}
