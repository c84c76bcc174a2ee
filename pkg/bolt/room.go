package bolt

import (
	"errors"
	"syscall"
)

// NoRoom reports whether err says that the disk, or the owner's share of it, is
// full. A transaction that ended so has changed nothing and may be tried again
// when there is room.
func NoRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
