// Package id makes identifiers: a short lower-case prefix that names the kind,
// then 26 characters of lower-case Crockford base 32, as in
// "cv01jd3x8v7m6q0k2r5t9w4y1zab".
//
// New gives identifiers in the layout of a ULID (48 bits of milliseconds, 80
// random bits): they sort by the time they were made, and within one process
// strictly in the order they were made, even when the wall clock steps back.
// Derive gives the same identifier for the same parts for ever, which is what
// makes a second delivery the same event; it does not sort by time.
//
// An identifier is not a secret. It is safe in a URL, a file name and a NATS
// subject.
package id

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Size is the number of characters after the prefix.
const Size = 26

// MaxPrefix is the longest prefix allowed.
const MaxPrefix = 8

// ErrInvalid is returned by Check for anything that New or Derive cannot have
// made.
var ErrInvalid = errors.New("invalid identifier")

const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

// New makes a new identifier with the given prefix, which is 1 to MaxPrefix
// letters a-z. A wrong prefix is broken wiring and panics. It may be called
// from many goroutines.
func New(prefix string) string { return process.next(prefix, time.Now()) }

// NewAt is New with the time given by the caller's clock. Order is kept within
// the process over both: a time before the latest one used counts as the
// latest.
func NewAt(prefix string, now time.Time) string { return process.next(prefix, now) }

// Derive makes the identifier that belongs to the parts. Every part counts
// with its length, so ("a","bc") and ("ab","c") differ. The result carries the
// first 128 bits of a SHA-256, so two lists of parts do not meet by accident,
// nor by intent in fewer than about 2^64 attempts.
func Derive(prefix string, parts ...string) string {
	mustPrefix(prefix)
	h := sha256.New()
	var n [8]byte
	write := func(s string) {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	write(prefix)
	for _, p := range parts {
		write(p)
	}
	var sum [sha256.Size]byte
	h.Sum(sum[:0])
	return encode(prefix, binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16]))
}

// Check returns an error that wraps ErrInvalid unless s is the prefix followed
// by Size characters of the alphabet, as New and Derive write them.
func Check(prefix, s string) error {
	rest, ok := strings.CutPrefix(s, prefix)
	if !ok || len(rest) != Size || rest[0] > '7' {
		return fmt.Errorf("%w: want %q and %d characters", ErrInvalid, prefix, Size)
	}
	for i := range len(rest) {
		if strings.IndexByte(alphabet, rest[i]) < 0 {
			return fmt.Errorf("%w: character %d is not base 32", ErrInvalid, len(prefix)+i)
		}
	}
	return nil
}

// Valid is Check as a yes or no.
func Valid(prefix, s string) bool { return Check(prefix, s) == nil }

// Time is the moment New put into s, to the millisecond. For an identifier
// made by Derive it means nothing.
func Time(prefix, s string) (time.Time, error) {
	if err := Check(prefix, s); err != nil {
		return time.Time{}, err
	}
	var ms int64
	for _, c := range s[len(prefix) : len(prefix)+10] {
		ms = ms<<5 | int64(strings.IndexRune(alphabet, c))
	}
	return time.UnixMilli(ms).UTC(), nil
}

var process source

// source keeps the last identifier made. One mutex is enough: making an
// identifier takes about 100 ns (BenchmarkNew), and random bytes are read from
// the system 1 KiB at a time.
type source struct {
	mu   sync.Mutex // guards all below
	ms   uint64
	high uint16 // random bits 79..64
	low  uint64 // random bits 63..0
	pool [1024]byte
	left int // bytes of pool not used yet, at its end
}

func (s *source) next(prefix string, now time.Time) string {
	mustPrefix(prefix)
	s.mu.Lock()
	ms := uint64(max(now.UnixMilli(), 0)) & (1<<48 - 1)
	if ms > s.ms {
		s.ms = ms
		s.high = binary.BigEndian.Uint16(s.random(2)) >> 1 // room to count up
		s.low = binary.BigEndian.Uint64(s.random(8))
	} else {
		// A random step rather than one, so that a neighbour cannot be guessed.
		step := uint64(binary.BigEndian.Uint32(s.random(4))) + 1
		before := s.low
		s.low += step
		if s.low < before {
			s.high++
			if s.high == 0 {
				s.ms++
			}
		}
	}
	hi, lo := s.ms<<16|uint64(s.high), s.low
	s.mu.Unlock()
	return encode(prefix, hi, lo)
}

// random needs the lock.
func (s *source) random(n int) []byte {
	if s.left < n {
		rand.Read(s.pool[:]) // never fails: crypto/rand ends the program instead
		s.left = len(s.pool)
	}
	b := s.pool[len(s.pool)-s.left:][:n]
	s.left -= n
	return b
}

func encode(prefix string, hi, lo uint64) string {
	var b [MaxPrefix + Size]byte
	n := copy(b[:], prefix)
	for i := Size - 1; i >= 0; i-- {
		b[n+i] = alphabet[lo&31]
		lo = lo>>5 | hi<<59
		hi >>= 5
	}
	return string(b[:n+Size])
}

func mustPrefix(p string) {
	ok := len(p) >= 1 && len(p) <= MaxPrefix
	for i := range len(p) {
		ok = ok && p[i] >= 'a' && p[i] <= 'z'
	}
	if !ok {
		panic(fmt.Sprintf("id: prefix %q is not 1 to %d letters a-z", p, MaxPrefix))
	}
}
