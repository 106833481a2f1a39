// Package ports tells whether a range of ports for sound is free of what the kernel gives to others. It opens none.
package ports

import (
	"os"
	"strconv"
	"strings"

	"santra/internal/errs"
)

// The kernel's settings that matter for a range of ports (ip-sysctl of Linux).
const (
	localPorts    = "ip_local_port_range"     // ports that it gives to whoever asks for any, "32768	60999"
	reservedPorts = "ip_local_reserved_ports" // but for these, "8080,20000-32767"
)

// kernelSays reads a setting; "" where it can't be read.
func kernelSays(setting string) string {
	b, err := os.ReadFile("/proc/sys/net/ipv4/" + setting)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// span is a range, ends included.
type span struct{ from, to uint32 }

// Check refuses a range, ends included, of which the kernel may give ports to any client socket: then a call would find no
// port, now and then. errs.Invalid says what to set.
func Check(from, to uint16) error { return check(uint32(from), uint32(to), kernelSays) }

func check(from, to uint32, says func(setting string) string) error {
	f := strings.Fields(says(localPorts))
	if len(f) != 2 {
		return nil // not Linux as we know it
	}
	local, ok := spanOf(f[0] + "-" + f[1])
	if !ok {
		return nil
	}
	taken := span{max(from, local.from), min(to, local.to)}
	if taken.from > taken.to || reserved(taken, says(reservedPorts)) {
		return nil
	}
	return errs.At(errs.Invalid, "ports", "the kernel gives ports %d to %d to other programs; set a range outside of them, or sysctl net.ipv4.%s=%d-%d",
		local.from, local.to, reservedPorts, from, to)
}

// reserved tells whether each port of r is in the list.
func reserved(r span, list string) bool {
	next := r.from
	for found := true; found && next <= r.to; {
		found = false
		for part := range strings.SplitSeq(list, ",") {
			if p, ok := spanOf(part); ok && p.from <= next && next <= p.to {
				next, found = p.to+1, true
			}
		}
	}
	return next > r.to
}

// spanOf reads "20000-32767" or "8080".
func spanOf(s string) (span, bool) {
	first, last, isRange := strings.Cut(strings.TrimSpace(s), "-")
	if !isRange {
		last = first
	}
	from, err := strconv.ParseUint(first, 10, 16)
	if err != nil {
		return span{}, false
	}
	to, err := strconv.ParseUint(last, 10, 16)
	return span{uint32(from), uint32(to)}, err == nil && from <= to
}
