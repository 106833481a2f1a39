package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"santra/internal/errs"
)

// lockName is the file in a data folder that its one server holds.
const lockName = "lock"

// Lock takes a data folder for this process alone until it is closed or the process ends, however it ends. errs.Conflict
// where another has it: two servers on one folder would write over each other's archive.
func Lock(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("run: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, errs.New(errs.Conflict, "another process serves %s", dir)
		}
		return nil, fmt.Errorf("run: lock %s: %w", dir, err)
	}
	return f, nil
}
