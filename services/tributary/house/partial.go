package house

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// partialSuffix ends the name of a backup that is being written, or that was
// when its writer was killed.
const partialSuffix = ".partial"

// errBeingWritten says that two want to write one backup.
var errBeingWritten = errors.New("another backup is being written there")

// target is the name under which a backup appears once it is whole. Until then
// it grows in a file beside it, which its writer holds locked and nobody else may
// read: it holds what customers wrote. So does the spool, a second file there,
// whose name is gone before anything stands in it.
type target string

func (t target) partial() string { return string(t) + partialSuffix }

// check refuses a place where no backup belongs.
func (t target) check(data string) error {
	if info, err := os.Stat(string(t)); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder; name a file", t)
	}
	for _, below := range []string{filepath.Join(data, "log"), filepath.Join(data, "views"), keptRoot(data)} {
		root, err := filepath.Abs(below)
		if err != nil {
			return err
		}
		if strings.HasPrefix(string(t), root+string(filepath.Separator)) {
			return fmt.Errorf("%s is among what is backed up; name a file elsewhere", t)
		}
	}
	return nil
}

// open begins the file, after taking away what a killed writer has left.
func (t target) open() (*os.File, error) {
	for range 100 { // whoever else sweeps here can come in between only so often
		if err := t.sweep(); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(t.partial(), os.O_CREATE|os.O_EXCL|os.O_WRONLY|syscall.O_NOFOLLOW, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		mine, err := hold(f, t.partial())
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if mine {
			return f, nil
		}
		if err := f.Close(); err != nil {
			return nil, err
		}
	}
	return nil, fmt.Errorf("%w: %s", errBeingWritten, t.partial())
}

// sweep takes away what nobody writes any more.
func (t target) sweep() error {
	if err := ignoreMissing(os.Remove(t.spoolName())); err != nil {
		return err
	}
	f, err := os.OpenFile(t.partial(), os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	stale, err := hold(f, t.partial())
	if err == nil && stale {
		err = os.Remove(t.partial())
	}
	return errors.Join(err, f.Close())
}

// hold locks f, and says whether it still is what stands at path.
func hold(f *os.File, path string) (bool, error) {
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			return false, fmt.Errorf("%w: %s", errBeingWritten, path)
		}
		return false, fmt.Errorf("lock %s: %w", path, err)
	}
	held, err := f.Stat()
	if err != nil {
		return false, err
	}
	there, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && os.SameFile(held, there), err
}

// publish gives the file its name. What had the name before is replaced at once,
// never cut.
func (t target) publish(f *os.File) error {
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(t.partial(), string(t)); err != nil {
		return err
	}
	return syncFile(filepath.Dir(string(t)))
}

func (t target) spoolName() string { return string(t) + ".spool" }

// spool is for what has to be measured before it is written. It lies where the
// backup will, since there has to be room for it there anyway, and goes away when
// it is closed, however that comes about.
func (t target) spool() (*os.File, error) {
	f, err := os.OpenFile(t.spoolName(), os.O_CREATE|os.O_EXCL|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(t.spoolName()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// syncFile makes a file, or the names in a folder, durable.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
