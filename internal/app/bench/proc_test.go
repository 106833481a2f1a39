package bench

import (
	"net"
	"os"
	"os/exec"
	"testing"
	"time"
)

func TestStatOfAProcessWithAnOddName(t *testing.T) {
	line := []byte("42 (a) b (c)) S 7 42 42 0 -1 4194304 1 2 3 4 150 25 0 0 20 0 1 0 100 0 0\n")
	f, err := statFields(line)
	if err != nil {
		t.Fatal(err)
	}
	if f[1] != "7" || f[11] != "150" || f[12] != "25" {
		t.Fatalf("parent %s, user %s, system %s", f[1], f[11], f[12])
	}
	for _, bad := range []string{"", "42 (a", "42 (a) S 1"} {
		if _, err := statFields([]byte(bad)); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestOwnTimesAndMemory(t *testing.T) {
	before, err := cpuOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for began := ownCPU(); ownCPU()-began < 3*tick; { //nolint:revive // it works to be measured
	}
	after, err := cpuOf(os.Getpid())
	if err != nil || after <= before {
		t.Fatal(before, after, err)
	}
	if rss, err := rssOf(os.Getpid()); err != nil || rss < 1<<20 {
		t.Fatal(rss, err)
	}
	if _, err := cpuOf(1 << 30); err == nil {
		t.Error("a process that is not there has a time")
	}
	if _, err := rssIn([]byte("Name:\tx\n")); err == nil {
		t.Error("no VmRSS is taken")
	}
}

func TestChildOf(t *testing.T) {
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Skip("skipped: sleep is missing")
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	found := 0
	for range 200 { // between fork and exec the command line is ours
		if pid, err := childOf(os.Getpid(), "1000"); err == nil {
			found = pid
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if found != cmd.Process.Pid {
		t.Fatalf("found %d, want %d", found, cmd.Process.Pid)
	}
	if _, err := childOf(os.Getpid(), "nothing of the kind"); err == nil {
		t.Error("a child is found that is not there")
	}
}

func TestTheMachine(t *testing.T) {
	m, err := machineIn("cpu  100 0 50 800 20 0 10 20 0 0")
	if err != nil {
		t.Fatal(err)
	}
	if m.busy != 180*tick || m.all != 1000*tick {
		t.Fatal(m)
	}
	for _, bad := range []string{"", "cpu0 1 2 3", "cpu a 0 50 800 20 0 10 20"} {
		if _, err := machineIn(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if m, err := machineCPU(); err != nil || m.all < m.busy {
		t.Fatal(m, err)
	}
	var n noise
	n.add(machine{busy: 500, all: 1000}, window{cpu: 300})
	n.add(machine{busy: 900, all: 1000}, window{cpu: 100})
	n.add(machine{}, window{})
	if n.least != 0.2 || n.most != 0.8 {
		t.Fatal(n)
	}
}

func TestDroppedIn(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  125: 0100007F:A577 00000000:0000 07 00000000:00000340 00:00000000 00000000     0        0 1643455 2 0000000089dd6db7 4
  152: 0100007F:A592 00000000:0000 07 00000000:00000340 00:00000000 00000000     0        0 1643449 2 00000000eec042af 9
`
	if n := droppedIn([]byte(table), map[string]bool{"1643455": true, "7": true}); n != 4 {
		t.Fatal(n)
	}
}

// TestDropsOfAFullSocket lets a socket overflow.
func TestDropsOfAFullSocket(t *testing.T) {
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	before, err := droppedOf(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for range 20000 {
		_, _ = c.WriteTo(make([]byte, 1000), c.LocalAddr())
	}
	after, err := droppedOf(os.Getpid())
	if err != nil || after <= before {
		t.Fatal(before, after, err)
	}
	_, n, err := socketsOf(os.Getpid())
	if err != nil || n < 4 {
		t.Fatal(n, err)
	}
}

func TestNoiseOfTwoCities(t *testing.T) {
	var all, none noise
	all.join(none)
	if all.windows != 0 {
		t.Fatal(all)
	}
	all.join(noise{0.4, 0.6, 2})
	all.join(noise{0.2, 0.5, 3})
	all.join(none)
	if all != (noise{0.2, 0.6, 5}) {
		t.Fatal(all)
	}
}
