package webrtc

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/turn/v5"
)

// The sum was made by openssl: printf '1893456000:seat7' | openssl dgst -sha1 -hmac secret -binary | base64.
func TestTURNCredentials(t *testing.T) {
	b, err := json.Marshal(TURN([]byte("secret"), []string{"turn:192.0.2.1:3478"}, "seat7", time.Unix(1893456000, 0)))
	want := `{"urls":["turn:192.0.2.1:3478"],"username":"1893456000:seat7","credential":"HhhZ0wgIhfoJdaA+lu4Z6HRL5/Q="}`
	if err != nil || string(b) != want {
		t.Errorf("%s %v", b, err)
	}
	if s := TURN([]byte("secret"), nil, "", time.Unix(7, 0)); s.Username != "7" {
		t.Error(s)
	}
}

// Debian's coturn takes them, and neither those of another secret nor those that have ended.
func TestTURNServerTakesCredentials(t *testing.T) {
	program, err := exec.LookPath("turnserver")
	if err != nil || testing.Short() {
		t.Skip("turnserver (coturn) is missing: credentials are not tried on a real one")
	}
	addr := startTURN(t, program, "the shared secret")
	in := func(d time.Duration) time.Time { return time.Now().Add(d) }
	if err := allocate(t, addr, TURN([]byte("the shared secret"), nil, "x", in(time.Hour))); err != nil {
		t.Error("good credentials are refused:", err)
	}
	if err := allocate(t, addr, TURN([]byte("another secret"), nil, "x", in(time.Hour))); err == nil {
		t.Error("those of another secret are taken")
	}
	if err := allocate(t, addr, TURN([]byte("the shared secret"), nil, "x", in(-time.Hour))); err == nil {
		t.Error("those that ended an hour ago are taken")
	}
}

func startTURN(t *testing.T, program, secret string) string {
	t.Helper()
	free, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.LocalAddr().(*net.UDPAddr).Port
	free.Close()
	dir := t.TempDir()
	server := exec.Command(program, "-n", "--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", fmt.Sprintf("--listening-port=%d", port),
		"--realm=santra.test", "--use-auth-secret", "--static-auth-secret="+secret, "--no-tls", "--no-dtls", "--no-cli", "--no-tcp",
		"--min-port=40000", "--max-port=40100", "--allow-loopback-peers", "--log-file=stdout",
		"--pidfile="+filepath.Join(dir, "pid"), "--userdb="+filepath.Join(dir, "db"))
	server.Dir = dir
	if err := server.Start(); err != nil {
		t.Skip("turnserver does not start:", err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	return fmt.Sprintf("127.0.0.1:%d", port)
}

// allocate asks for a relayed address; the client repeats itself until the server has started.
func allocate(t *testing.T, addr string, s ICEServer) error {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c, err := turn.NewClient(&turn.ClientConfig{
		STUNServerAddr: addr, TURNServerAddr: addr, Conn: conn, Username: s.Username, Password: s.Credential, Realm: "santra.test", LoggerFactory: quiet{},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Listen(); err != nil {
		t.Fatal(err)
	}
	relay, err := c.Allocate()
	if err != nil {
		return err
	}
	return relay.Close()
}
