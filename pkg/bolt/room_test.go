package bolt

import (
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
