package house

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// ErrInUse means that another process works on the data folder.
var ErrInUse = errors.New("another process works on this data folder")

// Who works on a folder that holds the log does so alone. Processes before an
// external NATS may share one, but not with a tool that takes its files away.
const (
	alone  = syscall.LOCK_EX
	shared = syscall.LOCK_SH
)

// lock takes the data folder for this process. The lock goes with the process,
// however it ends.
func lock(data string, how int) (func() error, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data folder: %w", err)
	}
	err = syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrInUse, data), f.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data folder: %w", err), f.Close())
	}
	return f.Close, nil
}
