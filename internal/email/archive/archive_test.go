package archive

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"santra/internal/errs"
	"santra/internal/keys"
	"santra/internal/pii"
	"santra/internal/protocol/mail"
)

func ring(t testing.TB, dir string) *keys.Ring {
	t.Helper()
	r, err := keys.Open(filepath.Join(dir, "keys"))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func archiveIn(t testing.TB, dir string, change ...func(*Config)) *Archive {
	t.Helper()
	cfg := Config{Dir: filepath.Join(dir, "archive"), Keys: ring(t, dir)}
	for _, f := range change {
		f(&cfg)
	}
	a, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	return a
}

func inbound(agency, raw string) Record {
	return Record{Agency: agency, Direction: In, Raw: []byte(raw), Envelope: mail.Envelope{Protocol: "smtp", From: pii.NewAddress("aino@customer.example"), To: []string{agency + "@city.example"}}}
}

func mustAppend(t testing.TB, a *Archive, batch ...Record) []Ref {
	t.Helper()
	refs, err := a.Append(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	return refs
}

func scan(t testing.TB, a *Archive, agency string) (good []Stored, bad []error) {
	t.Helper()
	for s, err := range a.Scan(t.Context(), agency, Position{}) {
		if err != nil {
			bad = append(bad, err)
		} else {
			good = append(good, s)
		}
	}
	return good, bad
}

func TestArchiveKeepsEveryByte(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir)
	raws := []string{"", "\x00", "\r\n.\r\n", "a\rb\nc\r\r\n", strings.Repeat("\xff", 100_000), recordMagic + "\x00\x00", "Subject: x\r\n\r\nhei\r\n"}
	var refs []Ref
	for _, raw := range raws {
		refs = append(refs, mustAppend(t, a, inbound("parks", raw))...)
	}
	both := mustAppend(t, a, inbound("parks", "two"), inbound("tax", "two"), inbound("parks", "three"))
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a = archiveIn(t, dir)
	for i, ref := range refs {
		s, err := a.Read(t.Context(), ref)
		if err != nil || string(s.Raw) != raws[i] || s.Envelope.From.Reveal() != "aino@customer.example" || s.Direction != In {
			t.Fatalf("%d: %v %+v", i, err, s)
		}
	}
	if both[0].ID == both[1].ID || both[2].Offset <= both[0].Offset || both[1].Agency != "tax" {
		t.Fatalf("%+v", both)
	}
	sum := sha256.Sum256([]byte("three"))
	if s, err := a.FindSHA256(t.Context(), hex.EncodeToString(sum[:])); err != nil || s.Ref != both[2] {
		t.Fatal(err, s.Ref)
	}
	if _, err := a.FindSHA256(t.Context(), strings.Repeat("0", 64)); !errs.Is(err, errs.NotFound) {
		t.Fatal(err)
	}
	r, err := a.VerifyAll(t.Context())
	if err != nil || r.Messages != len(raws)+3 || r.Damaged != 0 {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestNothingPersonalIsOnTheDiskInClear(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir)
	mustAppend(t, a, inbound("parks", "Subject: swing\r\n\r\nThe swing of Aino is broken\r\n"))
	b, err := os.ReadFile(filepath.Join(dir, "archive", "parks", "00000001.seg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"aino", "swing", "Aino", "customer"} {
		if bytes.Contains(b, []byte(secret)) {
			t.Errorf("%q is on the disk", secret)
		}
	}
}

// M14: whichever byte of a stored message is altered, verify names the message or at least its place.
func TestEveryAlteredByteIsFound(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir)
	refs := mustAppend(t, a, inbound("parks", "first"), inbound("parks", "second"), inbound("parks", "third"))
	path := filepath.Join(dir, "archive", "parks", "00000001.seg")
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	victim := refs[1]
	named := 0
	for i := victim.Offset; i < victim.Offset+victim.Length; i++ {
		b := bytes.Clone(original)
		b[i] ^= 0x40
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := a.VerifyAll(t.Context())
		if err != nil || r.Damaged != 1 || r.Messages != 2 || r.Damages[0].At != victim.Position {
			t.Fatalf("byte %d: %+v %v", i-victim.Offset, r, err)
		}
		if r.Damages[0].ID == victim.ID {
			named++
		}
		if _, err := a.Read(t.Context(), victim); err == nil {
			t.Fatalf("byte %d: read back", i)
		}
		if _, err := a.Read(t.Context(), refs[2]); err != nil {
			t.Fatalf("byte %d: the next message suffers: %v", i, err)
		}
	}
	if float64(named) < 0.7*float64(victim.Length) {
		t.Errorf("only %d of %d alterations named the message", named, victim.Length)
	}
}

func TestRecordsCantBeExchanged(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir)
	one := mustAppend(t, a, inbound("parks", "same"))[0]
	mustAppend(t, a, inbound("tax", "same"))
	from, to := filepath.Join(dir, "archive", "parks", "00000001.seg"), filepath.Join(dir, "archive", "tax", "00000001.seg")
	b, _ := os.ReadFile(from)
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
	one.Agency = "tax"
	if _, err := a.Read(t.Context(), one); err == nil {
		t.Fatal("another agency's record was read")
	}
}

// The tail of a segment is cut at every offset: what was acknowledged before is whole, what was not is set aside, and the
// archive goes on.
func TestTornTailAtEveryOffset(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir)
	refs := mustAppend(t, a, inbound("parks", "first"), inbound("parks", "second"))
	last := mustAppend(t, a, inbound("parks", "torn"))[0]
	_ = a.Close()
	path := filepath.Join(dir, "archive", "parks", "00000001.seg")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := last.Offset; size < int64(len(whole)); size++ {
		for _, zeros := range []int{0, int(int64(len(whole)) - size)} { // a torn write may leave zeros behind it
			if err := os.WriteFile(path, append(bytes.Clone(whole[:size]), make([]byte, zeros)...), 0o600); err != nil {
				t.Fatal(err)
			}
			b := archiveIn(t, dir)
			mustAppend(t, b, inbound("parks", "next"))
			good, bad := scan(t, b, "parks")
			if len(bad) > 0 || len(good) != 3 || good[0].Ref != refs[0] || string(good[2].Raw) != "next" {
				t.Fatalf("cut at %d: %d messages, %v", size-last.Offset, len(good), bad)
			}
			r, err := b.VerifyAll(t.Context())
			if err != nil || (len(r.Torn) == 0) != (size == last.Offset && zeros == 0) {
				t.Fatalf("cut at %d: %+v %v", size, r, err)
			}
			_ = b.Close()
			for _, torn := range r.Torn {
				_ = os.Remove(filepath.Join(dir, "archive", torn))
			}
		}
	}
}

func TestRecoveryNeverCutsWhatIsKnown(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir)
	ref := mustAppend(t, a, inbound("parks", "known"))[0]
	_ = a.Close()
	path := filepath.Join(dir, "archive", "parks", "00000001.seg")
	b, _ := os.ReadFile(path)
	b[len(b)-1] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	a = archiveIn(t, dir, func(c *Config) { c.Known = func(string) Position { return ref.Next() } })
	r, err := a.VerifyAll(t.Context())
	if err != nil || r.Damaged != 1 || r.Damages[0].ID != ref.ID || len(r.Torn) != 0 {
		t.Fatalf("%+v %v", r, err)
	}
}

func TestSegmentsRoll(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir, func(c *Config) { c.Segment = 2000 })
	for i := range 30 {
		mustAppend(t, a, inbound("parks", fmt.Sprint("message ", i)))
	}
	good, bad := scan(t, a, "parks")
	if len(good) != 30 || len(bad) != 0 || good[29].Ref.Segment < 3 {
		t.Fatal(len(good), bad, good[29].Ref)
	}
	rest := 0
	for s, err := range a.Scan(t.Context(), "parks", good[14].Ref.Next()) {
		if err != nil || string(s.Raw) != fmt.Sprint("message ", 15+rest) {
			t.Fatal(err, string(s.Raw))
		}
		rest++
	}
	if rest != 15 {
		t.Fatal(rest)
	}
}

func TestDestroyedKey(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir)
	ref := mustAppend(t, a, inbound("parks", "x"))[0]
	mustAppend(t, a, inbound("tax", "y"))
	if err := a.cfg.Keys.Destroy("agency/parks/archive"); err != nil {
		t.Fatal(err)
	}
	a.Forget("parks")
	if _, err := a.Read(t.Context(), ref); !errs.Is(err, errs.Gone) {
		t.Fatal(err)
	}
	if r, err := a.VerifyAll(t.Context()); err != nil || r.Destroyed != 1 || r.Messages != 1 || r.Damaged != 0 {
		t.Fatalf("%+v %v", r, err)
	}
}

// failing is a disk that fails when it is told to.
type failing struct {
	File
	d *disk
}

type disk struct {
	mu                    sync.Mutex
	write, sync, truncate error
	syncs                 atomic.Int64
	gate                  chan struct{} // if set, a sync waits for it
	syncing               chan struct{} // if set, gets one for each sync that begins
}

func (d *disk) get(f func(*disk) error) error { d.mu.Lock(); defer d.mu.Unlock(); return f(d) }

func (f failing) WriteAt(b []byte, at int64) (int, error) {
	if err := f.d.get(func(d *disk) error { return d.write }); err != nil {
		n, _ := f.File.WriteAt(b[:len(b)/2], at)
		return n, err
	}
	return f.File.WriteAt(b, at)
}

func (f failing) Sync() error {
	if f.d.syncing != nil {
		f.d.syncing <- struct{}{}
	}
	if f.d.gate != nil {
		<-f.d.gate
	}
	f.d.syncs.Add(1)
	if err := f.d.get(func(d *disk) error { return d.sync }); err != nil {
		return err
	}
	return f.File.Sync()
}

func (f failing) Truncate(n int64) error {
	if err := f.d.get(func(d *disk) error { return d.truncate }); err != nil {
		return err
	}
	return f.File.Truncate(n)
}

func onDisk(d *disk) func(*Config) {
	return func(c *Config) {
		c.Open = func(path string) (File, error) {
			f, err := OpenFile(path)
			return failing{f, d}, err
		}
	}
}

func TestFullDisk(t *testing.T) {
	full := errors.New("no space left")
	for name, fail := range map[string]*disk{
		"write": {write: full}, "write and truncate": {write: full, truncate: full}, "sync": {sync: full}, "all": {write: full, sync: full, truncate: full},
	} {
		t.Run(name, func(t *testing.T) {
			dir, d := t.TempDir(), &disk{}
			a := archiveIn(t, dir, onDisk(d))
			mustAppend(t, a, inbound("parks", "before"))
			d.mu.Lock()
			d.write, d.sync, d.truncate = fail.write, fail.sync, fail.truncate
			d.mu.Unlock()
			for range 3 {
				if _, err := a.Append(t.Context(), []Record{inbound("parks", "lost")}); !errs.Is(err, errs.Unavailable) {
					t.Fatal(err)
				}
			}
			d.mu.Lock()
			d.write, d.sync, d.truncate = nil, nil, nil
			d.mu.Unlock()
			mustAppend(t, a, inbound("parks", "after"))
			good, bad := scan(t, a, "parks")
			if len(good) != 2 || string(good[1].Raw) != "after" || len(bad) != 0 {
				t.Fatal(len(good), bad)
			}
			_ = a.Close()
			good, _ = scan(t, archiveIn(t, dir), "parks")
			var words []string
			for _, s := range good {
				if string(s.Raw) != "lost" { // an unacknowledged message may come back; an acknowledged one must
					words = append(words, string(s.Raw))
				}
			}
			if strings.Join(words, " ") != "before after" {
				t.Fatal(words)
			}
		})
	}
}

func TestAppendsShareSyncs(t *testing.T) {
	const n = 100
	d := &disk{gate: make(chan struct{}), syncing: make(chan struct{}, n)}
	a := archiveIn(t, t.TempDir(), onDisk(d))
	var wg sync.WaitGroup
	appendOne := func(i int) {
		wg.Go(func() {
			refs, err := a.Append(t.Context(), []Record{inbound("parks", fmt.Sprint(i))})
			if err != nil || len(refs) != 1 {
				t.Error(err)
			}
		})
	}
	appendOne(0)
	<-d.syncing // the first is on its way alone, and the writer waits at the gate
	l, err := a.log("parks")
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < n; i++ {
		appendOne(i)
	}
	for waiting := 0; waiting < n-1; runtime.Gosched() { // until all others wait behind the first sync
		l.mu.Lock()
		waiting = len(l.waiting)
		l.mu.Unlock()
	}
	close(d.gate)
	wg.Wait()
	if syncs := d.syncs.Load(); syncs > 4 {
		t.Errorf("%d syncs for %d messages", syncs, n)
	}
	if good, bad := scan(t, a, "parks"); len(good) != n || len(bad) != 0 {
		t.Fatal(len(good), bad)
	}
}

func TestAppendRefusals(t *testing.T) {
	a := archiveIn(t, t.TempDir())
	for _, agency := range []string{"", "../x", "A", "a/b"} {
		if _, err := a.Append(t.Context(), []Record{inbound(agency, "x")}); err == nil {
			t.Errorf("agency %q was taken", agency)
		}
	}
	_ = a.Close()
	if _, err := a.Append(t.Context(), []Record{inbound("parks", "x")}); !errs.Is(err, errs.Unavailable) {
		t.Error(err)
	}
}

// Any batch of any messages comes back as it was, in order, after any number of restarts.
func TestArchiveProperty(t *testing.T) {
	base := t.TempDir()
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		dir := filepath.Join(base, fmt.Sprint(n))
		segment := rapid.Int64Range(1, 3000).Draw(rt, "segment")
		var want [][]byte
		for range rapid.IntRange(1, 4).Draw(rt, "restarts") {
			a := archiveIn(t, dir, func(c *Config) { c.Segment = segment })
			var batch []Record
			for _, raw := range rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 500), 1, 5).Draw(rt, "batch") {
				batch = append(batch, Record{Agency: "parks", Direction: In, Raw: raw})
				want = append(want, raw)
			}
			mustAppend(t, a, batch...)
			good, bad := scan(t, a, "parks")
			if len(bad) > 0 || len(good) != len(want) {
				rt.Fatalf("%d of %d, %v", len(good), len(want), bad)
			}
			for i, s := range good {
				if !bytes.Equal(s.Raw, want[i]) {
					rt.Fatalf("message %d changed", i)
				}
			}
			_ = a.Close()
		}
	})
}

// killedEnv makes the test binary the process that is killed.
const killedEnv = "SANTRA_TEST_ARCHIVE"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killedEnv); dir != "" {
		appendForever(dir)
		return
	}
	os.Exit(m.Run())
}

func appendForever(dir string) {
	ring, err := keys.Open(filepath.Join(dir, "keys"))
	if err != nil {
		panic(err)
	}
	a, err := Open(Config{Dir: filepath.Join(dir, "archive"), Keys: ring, Segment: 200_000})
	if err != nil {
		panic(err)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				raw := bytes.Repeat([]byte("x"), 5000)
				refs, err := a.Append(context.Background(), []Record{{Agency: "parks", Direction: In, Raw: raw}})
				if err != nil {
					panic(err)
				}
				mu.Lock()
				fmt.Println(refs[0].ID) // the acknowledgement
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	acknowledged := map[string]bool{}
	for round := range 5 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killedEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			acknowledged[lines.Text()] = true
			if n == 20+round*13 {
				_ = cmd.Process.Signal(syscall.SIGKILL)
			}
		}
		_ = cmd.Wait()
	}
	a := archiveIn(t, dir)
	good, bad := scan(t, a, "parks")
	if len(bad) > 0 {
		t.Fatal(bad)
	}
	for _, s := range good {
		delete(acknowledged, s.ID)
	}
	for id := range acknowledged {
		if len(id) == 26 { // the last line may be cut by the kill
			t.Errorf("acknowledged %s is lost", id)
		}
	}
}

func FuzzFrames(f *testing.F) {
	frame, _, err := encode(&Record{Agency: "parks", Direction: In, Raw: []byte("x")}, make([]byte, 32))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(append(bytes.Clone(frame), frame...))
	f.Add(append([]byte("SMA1junk"), frame...))
	f.Fuzz(func(t *testing.T, b []byte) {
		var at int64
		for p, whole := range frames(bytes.NewReader(b), 0, int64(len(b))) {
			if p.at != at || p.next <= p.at || p.next > int64(len(b)) {
				t.Fatalf("piece %d-%d after %d", p.at, p.next, at)
			}
			if whole {
				_, _, _ = decode(p.frame, make([]byte, 32))
			}
			at = p.next
		}
		if at != int64(len(b)) {
			t.Fatalf("ended at %d of %d", at, len(b))
		}
	})
}

func TestReadOnlyBesideAWriter(t *testing.T) {
	dir := t.TempDir()
	a := archiveIn(t, dir)
	mustAppend(t, a, inbound("parks", "first"))
	reader, err := Open(Config{Dir: a.cfg.Dir, Keys: a.cfg.Keys, ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	ref := mustAppend(t, a, inbound("parks", "second"))[0]
	if s, err := reader.FindSHA256(t.Context(), ref.SHA256); err != nil || string(s.Raw) != "second" {
		t.Fatal(err)
	}
	if _, err := reader.Append(t.Context(), []Record{inbound("parks", "x")}); !errs.Is(err, errs.Denied) {
		t.Fatal(err)
	}
	path := filepath.Join(a.cfg.Dir, "parks", "00000001.seg")
	b, _ := os.ReadFile(path)
	b[len(b)-1] ^= 1
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if r, err := reader.VerifyAll(t.Context()); err != nil || r.Damaged != 1 || r.Messages != 1 || r.Damages[0].ID != ref.ID {
		t.Fatalf("%+v %v", r, err)
	}
}
