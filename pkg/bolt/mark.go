package bolt

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

type mark struct {
	Schema uint64 `json:"schema"`
	Boot   string `json:"boot"`
	Clean  bool   `json:"clean"`
}

func markPath(path string) string { return path + ".mark" }

// bootID is "" where the kernel does not tell.
func bootID() string {
	b, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// readMark gives ErrUnclean for a mark that is missing or not one.
func readMark(path string) (mark, error) {
	f, err := os.Open(markPath(path))
	if errors.Is(err, os.ErrNotExist) {
		return mark{}, fmt.Errorf("%w: no mark", ErrUnclean)
	}
	if err != nil {
		return mark{}, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, 4096))
	if err != nil {
		return mark{}, err
	}
	return parseMark(b)
}

func parseMark(b []byte) (mark, error) {
	var m mark
	if err := json.Unmarshal(b, &m); err != nil || m.Schema == 0 {
		return mark{}, fmt.Errorf("%w: damaged mark", ErrUnclean)
	}
	return m, nil
}

// writeMark replaces the mark and returns when it is on disk.
func writeMark(path string, m mark) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	tmp := markPath(path) + ".tmp"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp, markPath(path)); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
