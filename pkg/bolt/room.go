package bolt

import (
	"context"
	"errors"
	"syscall"
	"time"
)

// NoRoom reports whether err says that the disk, or the owner's share of it, is
// full. A transaction that ended so has changed nothing and may be tried again
// when there is room.
func NoRoom(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// roomPause is how long a full disk is left alone before the next try.
const roomPause = time.Second

// WhenRoom writes, and while the disk is full waits and writes again. What is
// derived can be late, and its reader must not end the program for it. Other
// errors are returned as they are, and ctx's when it ends first.
func WhenRoom(ctx context.Context, write func() error) error {
	for {
		err := write()
		if !NoRoom(err) {
			return err
		}
		again := time.NewTimer(roomPause)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return ctx.Err()
		}
	}
}
