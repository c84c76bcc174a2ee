package bolt

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"
)

func TestNoRoom(t *testing.T) {
	full := fmt.Errorf("write: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
	for err, want := range map[error]bool{full: true, syscall.EDQUOT: true, syscall.EIO: false, errors.New("no space left on device"): false, nil: false} {
		if NoRoom(err) != want {
			t.Errorf("NoRoom(%v) is %v", err, !want)
		}
	}
}

// Only a full disk is waited for, and not beyond the context.
func TestWhenRoom(t *testing.T) {
	tries, other := 0, errors.New("torn page")
	err := WhenRoom(t.Context(), func() error {
		if tries++; tries == 1 {
			return syscall.ENOSPC
		}
		return other
	})
	if tries != 2 || err != other {
		t.Errorf("%d tries, %v", tries, err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if err := WhenRoom(ended, func() error { return syscall.ENOSPC }); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
