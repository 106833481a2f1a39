package run

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Undumpable keeps the kernel from writing this process's memory anywhere: no core files and no piped cores (RLIMIT_CORE
// alone does not stop those), no ptrace by the same user. The callers' numbers live only in memory (M3).
func Undumpable() error {
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("run: prctl(PR_SET_DUMPABLE): %w", err)
	}
	return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{})
}
