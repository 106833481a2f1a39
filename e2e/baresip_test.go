//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	bin "encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// baresipConfig says what a baresip is like. Without a sound card: it says what is in a file, and writes what it hears to one.
type baresipConfig struct {
	account string   // as in its accounts
	listen  string   // where it listens; "": anywhere
	modules []string // beside those of A-law, files and accounts
	wav     string   // what it says; "": the agent's tone in 8 kHz
	more    []string // lines of its configuration
}

// write makes a folder for it.
func (b baresipConfig) write(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	modules := "/usr/lib/baresip/modules"
	if found, _ := filepath.Glob("/usr/lib/*/baresip/modules"); len(found) > 0 {
		modules = found[0]
	}
	if b.listen == "" {
		b.listen = "127.0.0.1:0"
	}
	if b.wav == "" {
		b.wav = toneWAV(t, agentTone)
	}
	lines := slices.Concat([]string{
		"sip_listen " + b.listen, "audio_source aufile," + dir + "/tone.wav", "audio_player aubridge,none", "snd_path " + dir,
		"net_interface 127.0.0.1", "module_path " + modules,
	}, b.more)
	for _, m := range append([]string{"g711", "aufile", "aubridge"}, b.modules...) {
		lines = append(lines, "module "+m+".so")
	}
	lines = append(lines, "module_app account.so", "module_app menu.so", "")
	files := map[string]string{
		"accounts": b.account + "\n", "contacts": "", "current_contact": "", "tone.wav": b.wav, "config": strings.Join(lines, "\n"),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// spoken is what a program writes, to be read while it runs.
type spoken struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (s *spoken) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(p)
}

func (s *spoken) all() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// startBaresip runs it until the test ends, with commands that it does at its start. It writes every SIP message that it sends or
// gets.
func startBaresip(ctx context.Context, t *testing.T, dir string, commands ...string) *spoken {
	t.Helper()
	args := []string{"-f", dir, "-s"}
	for _, c := range commands {
		args = append(args, "-e", c)
	}
	cmd := exec.CommandContext(ctx, partner(t, "baresip", "baresip-core"), args...)
	out := new(spoken)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(out.all())
		}
	})
	return out
}

// scripted is a baresip that does what it is told, by its ctrl_tcp.
type scripted struct {
	dir    string
	out    *spoken
	conn   net.Conn
	mu     sync.Mutex
	events []baresipEvent
}

// baresipEvent is what it tells by itself.
type baresipEvent struct {
	Event         bool
	Type          string
	Direction, ID string
	Param         string
	Peeruri       string
	Data          string // of an answer to a command
	OK            bool
}

// startScripted runs it until the test ends.
func startScripted(ctx context.Context, t *testing.T, b baresipConfig) *scripted {
	t.Helper()
	at := "127.0.0.1:" + freePort(t)
	b.modules = append(slices.Clone(b.modules), "ctrl_tcp", "sndfile")
	b.more = append(slices.Clone(b.more), "ctrl_tcp_listen "+at)
	s := &scripted{dir: b.write(t)}
	s.out = startBaresip(ctx, t, s.dir)
	eventually(t, soon, "baresip takes commands", func() (ok bool) {
		var err error
		s.conn, err = net.Dial("tcp", at)
		return err == nil
	})
	t.Cleanup(func() {
		_ = s.conn.Close()
		if t.Failed() {
			t.Logf("%+v", s.told())
		}
	})
	go s.read()
	return s
}

// read takes what it tells: JSON in netstrings.
func (s *scripted) read() {
	in := bufio.NewReader(s.conn)
	for {
		head, err := in.ReadString(':')
		n, err2 := strconv.Atoi(strings.TrimSuffix(head, ":"))
		if err != nil || err2 != nil {
			return
		}
		text := make([]byte, n+1) // and a comma
		if _, err := io.ReadFull(in, text); err != nil {
			return
		}
		var e baresipEvent
		if json.Unmarshal(bytes.TrimSuffix(text, []byte(",")), &e) == nil {
			s.mu.Lock()
			s.events = append(s.events, e)
			s.mu.Unlock()
		}
	}
}

func (s *scripted) told() []baresipEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.events)
}

// do gives it a command.
func (s *scripted) do(t *testing.T, command, params string) {
	t.Helper()
	text, _ := json.Marshal(map[string]string{"command": command, "params": params})
	if _, err := fmt.Fprintf(s.conn, "%d:%s,", len(text), text); err != nil {
		t.Fatal(err)
	}
}

// count is how often it has told of something.
func (s *scripted) count(kind string) int {
	n := 0
	for _, e := range s.told() {
		if e.Type == kind {
			n++
		}
	}
	return n
}

// tells waits until it has told of something so often, and gives the last time.
func (s *scripted) tells(t *testing.T, kind string, times int) (last baresipEvent) {
	t.Helper()
	eventually(t, soon, fmt.Sprintf("baresip tells %s, %d times", kind, times), func() bool { return s.count(kind) >= times })
	for _, e := range s.told() {
		if e.Type == kind {
			last = e
		}
	}
	return last
}

// wavHead is the head of a WAV file of 16 bits; its lengths are not filled in before its end.
const wavHead = 44

// hears asks whether baresip has lately heard mostly one tone, for half a second: what it hears it writes to a file while it goes on.
func (s *scripted) hears(hz float64) bool {
	pcm, rate := s.heard()
	n := rate / 2
	if n == 0 || len(pcm) < n {
		return false
	}
	return portion(pcm[len(pcm)-n:], hz, float64(rate)) > 0.5
}

// heard is the first channel of what it has heard in its last call, with the sampling rate in Hz.
func (s *scripted) heard() (pcm []float64, rate int) {
	files, _ := filepath.Glob(filepath.Join(s.dir, "dump-*-dec.wav")) // sorted, by time
	if len(files) == 0 {
		return nil, 0
	}
	text, err := os.ReadFile(files[len(files)-1])
	if err != nil || len(text) < wavHead {
		return nil, 0
	}
	channels, rate := int(text[22]), int(bin.LittleEndian.Uint32(text[24:]))
	for at := wavHead; at+2*channels <= len(text); at += 2 * channels {
		pcm = append(pcm, float64(int16(bin.LittleEndian.Uint16(text[at:])))/32768)
	}
	return pcm, rate
}
