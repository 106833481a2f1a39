package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"santra/internal/errs"
)

// tick is the unit of times in /proc (USER_HZ), which Linux fixes for user space.
const tick = 10 * time.Millisecond

// cpuOf sums user and system time of processes, in steps of tick (proc(5), /proc/PID/stat).
func cpuOf(pids ...int) (sum time.Duration, err error) {
	for _, pid := range pids {
		fields, err := statOf(pid)
		if err != nil {
			return 0, err
		}
		for _, i := range []int{11, 12} { // utime, stime, counted from the state
			n, err := strconv.ParseInt(fields[i], 10, 64)
			if err != nil {
				return 0, fmt.Errorf("/proc/%d/stat: %w", pid, err)
			}
			sum += time.Duration(n) * tick
		}
	}
	return sum, nil
}

// statOf gives the fields of /proc/PID/stat from the third on: the second, the name, may hold anything.
func statOf(pid int) ([]string, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil, err
	}
	return statFields(text)
}

func statFields(text []byte) ([]string, error) {
	end := bytes.LastIndexByte(text, ')')
	fields := strings.Fields(string(text[end+1:]))
	if end < 0 || len(fields) < 13 {
		return nil, errs.New(errs.Invalid, "not a line of /proc/PID/stat")
	}
	return fields, nil
}

// rssOf sums the resident memory of processes, in bytes.
func rssOf(pids ...int) (sum int64, err error) {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil {
			return 0, err
		}
		n, err := rssIn(text)
		if err != nil {
			return 0, fmt.Errorf("/proc/%d/status: %w", pid, err)
		}
		sum += n
	}
	return sum, nil
}

func rssIn(status []byte) (int64, error) {
	for l := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(l, "VmRSS:"); ok {
			n, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return n << 10, err
		}
	}
	return 0, errs.New(errs.NotFound, "no VmRSS")
}

// socketsOf gives the inodes of a process's sockets (proc(5), /proc/PID/fd), and how many descriptors it has in all.
func socketsOf(pid int) (inodes map[string]bool, descriptors int, err error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	all, err := os.ReadDir(dir)
	if err != nil {
		return nil, 0, err
	}
	inodes = map[string]bool{}
	for _, d := range all {
		target, _ := os.Readlink(filepath.Join(dir, d.Name()))
		if rest, ok := strings.CutPrefix(target, "socket:["); ok {
			inodes[strings.TrimSuffix(rest, "]")] = true
		}
	}
	return inodes, len(all), nil
}

// droppedOf sums the datagrams that the kernel had no room for in the open UDP sockets of processes.
func droppedOf(pids ...int) (sum uint64, err error) {
	for _, pid := range pids {
		inodes, _, err := socketsOf(pid)
		if err != nil {
			return 0, err
		}
		table, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/udp", pid))
		if err != nil {
			return 0, err
		}
		sum += droppedIn(table, inodes)
	}
	return sum, nil
}

// droppedIn reads /proc/net/udp: the tenth column is the inode, the last one the drops.
func droppedIn(table []byte, inodes map[string]bool) (sum uint64) {
	for l := range strings.Lines(string(table)) {
		fields := strings.Fields(l)
		if len(fields) < 13 || !inodes[fields[9]] {
			continue
		}
		n, _ := strconv.ParseUint(fields[len(fields)-1], 10, 64)
		sum += n
	}
	return sum
}

// childOf finds the child of a process whose command line has an argument.
func childOf(parent int, argument string) (int, error) {
	all, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, dir := range all {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		fields, err := statOf(pid)
		if err != nil || fields[1] != strconv.Itoa(parent) {
			continue
		}
		line, _ := os.ReadFile(dir + "/cmdline")
		if bytes.Contains(line, []byte("\x00"+argument+"\x00")) {
			return pid, nil
		}
	}
	return 0, errs.New(errs.NotFound, "no child %q of process %d", argument, parent)
}

// machine is what all processors together have done since the start.
type machine struct{ busy, all time.Duration }

func machineCPU() (machine, error) {
	f, err := os.Open("/proc/stat")
	if err != nil {
		return machine{}, err
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		return machine{}, err
	}
	return machineIn(line)
}

// machineIn reads "cpu user nice system idle iowait irq softirq steal ..." (proc(5)).
func machineIn(line string) (m machine, err error) {
	fields := strings.Fields(line)
	if len(fields) < 9 || fields[0] != "cpu" {
		return m, errs.New(errs.Invalid, "not the first line of /proc/stat")
	}
	for i, f := range fields[1:9] {
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return m, fmt.Errorf("/proc/stat: %w", err)
		}
		m.all += time.Duration(n) * tick
		if i != 3 && i != 4 { // idle, iowait
			m.busy += time.Duration(n) * tick
		}
	}
	return m, nil
}

func (m machine) since(before machine) machine {
	return machine{m.busy - before.busy, m.all - before.all}
}

// noise is how busy the machine was beside what was watched: the load's processes, and strangers.
type noise struct {
	least, most float64
	windows     int
}

func (n *noise) add(m machine, w window) {
	if m.all <= 0 {
		return
	}
	share := max(float64(m.busy-w.cpu)/float64(m.all), 0) // the machine's times are sampled, a process's are exact
	n.join(noise{share, share, 1})
}

// join takes another's windows.
func (n *noise) join(o noise) {
	switch {
	case o.windows == 0:
		return
	case n.windows == 0:
		*n = o
		return
	}
	n.windows += o.windows
	n.least, n.most = min(n.least, o.least), max(n.most, o.most)
}

// String says it for the table's foot.
func (n noise) String() string {
	if n.windows == 0 {
		return "the rest of the machine was not watched"
	}
	return fmt.Sprintf("the rest of the machine (telephones included) was %.0f–%.0f %% busy", 100*n.least, 100*n.most)
}
