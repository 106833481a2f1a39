//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"santra/internal/protocol/mail"
	"santra/internal/protocol/sip/siptest"
)

// childrenOf lists the processes that a process has started, and theirs.
func childrenOf(pid int) (all []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, _ := os.ReadFile(path)
		_, rest, _ := bytes.Cut(text, []byte(") ")) // "pid (name) state ppid ..."
		fields := bytes.Fields(rest)
		if len(fields) < 2 || string(fields[1]) != strconv.Itoa(pid) || string(fields[0]) == "Z" {
			continue
		}
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		all = append(append(all, child), childrenOf(child)...)
	}
	return all
}

// server gives the process of one of the demo's servers ("serve" or "recorder"); 0 while there is none.
func (c *city) server(command string) int {
	for _, pid := range childrenOf(c.cmd.Process.Pid) {
		args, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if parts := strings.Split(string(args), "\x00"); len(parts) > 1 && parts[1] == command {
			return pid
		}
	}
	return 0
}

// kill is kill -9 of one of the demo's servers, which the demo starts again.
func (c *city) kill(t *testing.T, command string) {
	t.Helper()
	pid := c.server(command)
	if pid == 0 {
		t.Fatalf("no process %s", command)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, command+" runs again", func() bool { now := c.server(command); return now != 0 && now != pid })
}

// healthy waits until a server answers.
func healthy(t *testing.T, addr string) {
	t.Helper()
	eventually(t, soon, "a healthy answer from "+addr, func() bool { return healthStatus(addr) == http.StatusOK })
}

func healthStatus(addr string) int {
	client := http.Client{Timeout: time.Second}
	res, err := client.Get("http://" + addr + "/healthz")
	if err != nil {
		return 0
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// stream delivers letters without end from a few connections and keeps what was acknowledged.
type stream struct {
	mu     sync.Mutex
	acked  []string // SHA-256 of each
	cancel context.CancelFunc
	wg     sync.WaitGroup
}

func (c *city) stream(t *testing.T, writers int, mailbox string) *stream {
	ctx, cancel := context.WithCancel(t.Context())
	s := &stream{cancel: cancel}
	for w := range writers {
		s.wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				raw := letter(mailbox, fmt.Sprintf("Kirje %d/%d", w, i), strings.Repeat("sisältö ", 200))
				client, err := mail.NewClient(mail.ClientConfig{Addr: c.SMTP, Security: mail.Plain})
				if err != nil {
					t.Error(err)
					return
				}
				if client.Submit(ctx, "pirkko@asiakas.example", []string{mailbox}, raw) == nil {
					s.add(raw)
				}
				select { // the disk of a test machine need not be full of letters
				case <-ctx.Done():
				case <-time.After(10 * time.Millisecond):
				}
			}
		})
	}
	return s
}

func (s *stream) add(raw []byte) {
	sum := sha256.Sum256(raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.acked = append(s.acked, hex.EncodeToString(sum[:]))
}

func (s *stream) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acked)
}

// stop ends the stream and gives what was acknowledged.
func (s *stream) stop() []string {
	s.cancel()
	s.wg.Wait()
	return s.acked
}

// TestKillingTheContactCentreLosesNoMail is M12: kill -9 in the middle of deliveries, twice; everything that was acknowledged
// is there, byte for byte, and the recorder did not notice.
func TestKillingTheContactCentreLosesNoMail(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	recorder := c.server("recorder")
	letters := c.stream(t, 4, c.queue(t, "pysakointi").Mailbox)
	for round := range 2 {
		more := letters.count() + 25
		eventually(t, soon, "letters are acknowledged", func() bool { return letters.count() >= more })
		c.kill(t, "serve")
		t.Logf("killed in round %d after %d letters", round, letters.count())
	}
	more := letters.count() + 10
	eventually(t, soon, "letters are acknowledged again", func() bool { return letters.count() >= more })
	acked := letters.stop()
	t.Logf("%d letters were acknowledged", len(acked))
	if out, code := santra(t, "verify", "--ready-file", c.ready); code != 0 {
		t.Errorf("verify: %d %s", code, out)
	}
	for _, sum := range acked {
		if out, code := santra(t, "verify", "--ready-file", c.ready, "--sha256", sum); code != 0 {
			t.Fatalf("an acknowledged letter is lost: %d %s", code, out)
		}
	}
	supervisor := c.logIn(t, "supervisor", "")
	eventually(t, soon, "every letter is a case", func() bool { return supervisor.waitingMails("pysakointi") >= len(acked) })
	if now := c.server("recorder"); now != recorder || healthStatus(c.RecorderHTTP) != http.StatusOK {
		t.Errorf("the recorder was disturbed: %d, now %d", recorder, now)
	}
}

// waitingMails is how many mails wait in a queue.
func (p *person) waitingMails(queue string) int {
	p.t.Helper()
	var board struct {
		Queues []struct {
			ID           string `json:"id"`
			WaitingMails int    `json:"waiting_mails"`
		} `json:"queues"`
	}
	p.must("GET", "/api/queues", nil, &board)
	for _, q := range board.Queues {
		if q.ID == queue {
			return q.WaitingMails
		}
	}
	return -1
}

// recordingState is what the agent's desktop shows of the one call.
func (a *agent) recordingState() string {
	var calls struct {
		Calls []struct{ State, Recording string }
	}
	if a.try("GET", "/api/calls", nil, &calls) != http.StatusOK || len(calls.Calls) != 1 {
		return ""
	}
	return calls.Calls[0].Recording
}

// wrapUpDone ends the wrap-up, which begins when the end of the call has reached the desk.
func (a *agent) wrapUpDone(t *testing.T) {
	t.Helper()
	var me struct{ State string }
	eventually(t, soon, "the wrap-up is over", func() bool {
		return a.try("POST", "/api/me/wrapup/done", nil, nil) == http.StatusOK || a.try("GET", "/api/me", nil, &me) == http.StatusOK && me.State == "ready"
	})
}

// talk places a call, lets the agent's phone answer it and waits until both hear each other and it is recorded.
func (c *city) talk(ctx context.Context, t *testing.T, a *agent, from *siptest.Phone) (call, desk *siptest.Call, number string) {
	t.Helper()
	number, caller := newCaller()
	call, err := from.Call(ctx, c.queue(t, "pysakointi").Number, caller)
	if err != nil {
		t.Fatal(err)
	}
	select {
	case desk = <-a.phone.Calls():
	case <-ctx.Done():
		t.Fatal("the agent's phone did not ring")
	}
	hear(ctx, t, call, desk)
	eventually(t, soon, "recording is on", func() bool { return a.recordingState() == "on" })
	return call, desk, number
}

// hear waits until both parties hear each other.
func hear(ctx context.Context, t *testing.T, call, desk *siptest.Call) {
	t.Helper()
	if err := desk.WaitHears(ctx, customerTone); err != nil {
		t.Fatal("the agent does not hear the customer:", err)
	}
	if err := call.WaitHears(ctx, agentTone); err != nil {
		t.Fatal("the customer does not hear the agent:", err)
	}
}

// during lets a stretch of conversation pass.
func during(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-time.After(d):
	case <-t.Context().Done():
	}
}

// TestKillingTheRecorderCutsNoCall: kill -9 of the recorder in the middle of a recorded call. The call and the mails go on,
// the agent sees that recording is off and then on again, and what was recorded before is recovered but for its last second.
func TestKillingTheRecorderCutsNoCall(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	call, desk, _ := c.talk(ctx, t, a, customer(t, c, "udp"))
	recorded := time.Now()
	during(t, 4*time.Second)
	centre, before := c.server("serve"), time.Since(recorded)
	c.kill(t, "recorder")
	eventually(t, soon, "the agent sees that recording is off", func() bool { return a.recordingState() == "off" })
	if err := c.submit(t, letter(c.queue(t, "kotihoito").Mailbox, "Tallennin on poissa", "teksti"), c.queue(t, "kotihoito").Mailbox); err != nil {
		t.Error("mail stops with the recorder:", err)
	}
	hear(ctx, t, call, desk)
	eventually(t, soon, "recording is on again", func() bool { return a.recordingState() == "on" })
	during(t, 3*time.Second)
	hear(ctx, t, call, desk)
	if err := call.HangUp(ctx); err != nil {
		t.Fatal(err)
	}
	manager := c.logIn(t, "manager", "kaupunkiymparisto")
	var parts []recording
	eventually(t, soon, "both parts are in the catalogue", func() bool {
		parts = manager.recordings("kaupunkiymparisto")
		return len(parts) == 2 && !slices.ContainsFunc(parts, func(r recording) bool { return r.State == "recording" })
	})
	slices.SortFunc(parts, func(x, y recording) int { return x.Part - y.Part })
	if parts[0].State != "recovered" || parts[1].State != "complete" || parts[0].Session != parts[1].Session || parts[0].Part >= parts[1].Part {
		t.Errorf("the parts are %+v", parts)
	}
	if lost := before.Seconds() - parts[0].Seconds; lost > 2 { // one second, and the machine's noise
		t.Errorf("%.1f s of %s were lost", lost, before)
	}
	for _, r := range parts {
		if audio := play(t, manager, r.ID); float64(len(audio)) < r.Seconds*2*2*8000*0.5 {
			t.Errorf("part %d has only %d bytes of audio for %.1f s", r.Part, len(audio), r.Seconds)
		}
	}
	if c.server("serve") != centre {
		t.Error("the contact centre was started again")
	}
}

// TestKillingTheContactCentreKeepsTheRecording: kill -9 of the contact centre in the middle of a recorded call. The recorder
// closes what it has by itself, and it can be heard.
func TestKillingTheContactCentreKeepsTheRecording(t *testing.T) {
	t.Parallel()
	c := start(t, "--seats", "1")
	a := c.agent(t, 0, siptest.Config{Tone: agentTone})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, _, _ = c.talk(ctx, t, a, customer(t, c, "udp"))
	during(t, 4*time.Second)
	c.kill(t, "serve")
	healthy(t, c.HTTP)
	rec := c.recorded(t, "kaupunkiymparisto", 1)[0]
	if rec.Seconds < 3 {
		t.Errorf("only %.1f s are kept, as %s", rec.Seconds, rec.State)
	}
	if audio := play(t, c.logIn(t, "manager", "kaupunkiymparisto"), rec.ID); float64(len(audio)) < 3*2*8000 {
		t.Errorf("only %d bytes of audio", len(audio))
	}
}
