package blob

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// inMemory is how much of a blob is held in memory while its hash is not yet
// known; what is longer goes through a temporary file.
const inMemory = 1 << 20

// spool holds content whose hash is being learned. Object stores name an object
// before they read it, so the content has to wait somewhere.
type spool struct {
	ref  Ref
	mem  bytes.Buffer
	file *os.File // nil when all of it is in mem
}

// takeIn reads r to its end, but not more than limit bytes and one.
func takeIn(r io.Reader, limit int64) (*spool, error) {
	s := &spool{}
	hash := sha256.New()
	limited := io.TeeReader(io.LimitReader(r, min(limit, math.MaxInt64-1)+1), hash)
	n, err := io.CopyN(&s.mem, limited, inMemory)
	if err == nil {
		var more int64
		more, err = s.overflow(limited)
		n += more
	}
	if err != nil && !errors.Is(err, io.EOF) {
		s.close()
		return nil, fmt.Errorf("take in content: %w", err)
	}
	if n > limit {
		s.close()
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	s.ref = Ref{Hash: hex.EncodeToString(hash.Sum(nil)), Size: n}
	return s, nil
}

// overflow writes what is left of r to a file that has no name, so that nothing
// stays behind when the process dies.
func (s *spool) overflow(r io.Reader) (int64, error) {
	f, err := os.CreateTemp("", "blob-")
	if err != nil {
		return 0, err
	}
	s.file = f
	if err := os.Remove(f.Name()); err != nil {
		return 0, err
	}
	return io.Copy(f, r)
}

// content reads everything from the start, in pieces as large as asked for: the
// object store makes a message of whatever one Read gives it.
func (s *spool) content() (io.Reader, error) {
	mem := bytes.NewReader(s.mem.Bytes())
	if s.file == nil {
		return mem, nil
	}
	if _, err := s.file.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return io.MultiReader(mem, s.file), nil
}

func (s *spool) close() {
	if s.file != nil {
		// The file has no name any more and is only read; nothing can be lost.
		_ = s.file.Close()
	}
}
