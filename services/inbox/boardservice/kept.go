package boardservice

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/inbox/board"
)

// How long boards are kept for every hour and every day, by the time of the newest,
// and how much room all may take on disk.
const (
	hourly   = 26 * time.Hour
	daily    = 15 * 24 * time.Hour
	maxBytes = 512 << 20
	maxFiles = 4096
)

// near is how many decisions lie between two boards on disk at most, however old they
// are, as long as there is room: what a past minute has to replay. A decision takes
// about 20 µs (BenchmarkReplay), so that is one second. A board is written after
// half as many.
const near = 50_000

// A file is the magic, a CRC-32 of the rest in four bytes, and the rest: a gob of
// kept. Its name is the time of the state in Unix milliseconds and the sequence of
// its last decision.
const (
	magic   = "tributary board 1\n"
	suffix  = ".board"
	maxFile = 256 << 20
)

// kept is a state on disk but for its board, which follows.
type kept struct {
	Facts    uint64
	Stored   time.Time
	Settings uint64
	At       time.Time
	Alarms   map[string]queries.Alarm
	Since    map[string]time.Time
	Looked   time.Time
}

// copied is a state as it stood at one moment, to be written beside it.
type copied struct {
	kept
	board *board.Saved
}

// copy is what is kept next; the decisions until then are counted from here.
func (st *state) copy() *copied {
	st.kept = st.facts
	return &copied{
		kept{st.facts, st.stored, st.settings, st.at, maps.Clone(st.alarms), st.watch.Since(), st.looked}, st.board.Save(),
	}
}

// write writes it to a file that is empty.
func (c *copied) write(f *os.File) error {
	if _, err := f.WriteString(magic + "\x00\x00\x00\x00"); err != nil {
		return err
	}
	sum := crc32.NewIEEE()
	out := bufio.NewWriterSize(io.MultiWriter(f, sum), 64<<10)
	if err := errors.Join(gob.NewEncoder(out).Encode(&c.kept), c.board.Write(out), out.Flush()); err != nil {
		return err
	}
	_, err := f.WriteAt(binary.BigEndian.AppendUint32(nil, sum.Sum32()), int64(len(magic)))
	return err
}

var errKept = errors.New("not a board of this format, or damaged")

func decode(zone *time.Location, data []byte) (*state, error) {
	body, ok := bytes.CutPrefix(data, []byte(magic))
	if !ok || len(body) < 4 || binary.BigEndian.Uint32(body) != crc32.ChecksumIEEE(body[4:]) {
		return nil, errKept
	}
	var k kept
	from := bytes.NewReader(body[4:])
	if err := gob.NewDecoder(from).Decode(&k); err != nil {
		return nil, fmt.Errorf("%w: %w", errKept, err)
	}
	b, err := board.Read(zone, from)
	if err != nil {
		return nil, err
	}
	st := newState(zone)
	st.board, st.facts, st.stored, st.settings, st.at, st.looked = b, k.Facts, k.Stored, k.Settings, k.At, k.Looked
	st.kept = k.Facts
	if k.Alarms != nil {
		st.alarms = k.Alarms
	}
	st.setAlarms()
	st.watch.Recall(k.Since)
	return st, nil
}

// file is a board on disk.
type file struct {
	path  string
	at    time.Time
	facts uint64
	size  int64
}

// shelf is the folder of boards. Its methods may be called from any goroutine.
type shelf struct {
	dir  string
	near uint64
	one  sync.Mutex // puts and drops one after the other
}

// list is what there is, the newest first.
func (s *shelf) list() ([]file, error) {
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list boards: %w", err)
	}
	var out []file
	for _, e := range entries {
		ms, seq, ok := strings.Cut(strings.TrimSuffix(e.Name(), suffix), "-")
		at, err1 := strconv.ParseInt(ms, 10, 64)
		facts, err2 := strconv.ParseUint(seq, 10, 64)
		info, err3 := e.Info()
		if !ok || !strings.HasSuffix(e.Name(), suffix) || errors.Join(err1, err2, err3) != nil {
			continue
		}
		out = append(out, file{filepath.Join(s.dir, e.Name()), time.UnixMilli(at).UTC(), facts, info.Size()})
	}
	slices.SortFunc(out, func(a, b file) int {
		return cmp.Or(cmp.Compare(b.facts, a.facts), b.at.Compare(a.at))
	})
	return out, nil
}

// put keeps a state, and forgets what need not be kept. A file that power failure
// tears is told by its checksum.
func (s *shelf) put(c *copied) error {
	s.one.Lock()
	defer s.one.Unlock()
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of boards: %w", err)
	}
	// Rounded up: a board stands for no time before the last thing it knows.
	path := filepath.Join(s.dir, strconv.FormatInt(c.At.Add(time.Millisecond-1).UnixMilli(), 10)+"-"+strconv.FormatUint(c.Facts, 10)+suffix)
	f, err := os.OpenFile(path+".tmp", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("keep a board: %w", err)
	}
	if err := errors.Join(c.write(f), f.Close()); err != nil {
		return fmt.Errorf("keep a board: %w", errors.Join(err, os.Remove(path+".tmp")))
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("keep a board: %w", err)
	}
	files, err := s.list()
	if err != nil {
		return err
	}
	var errs []error
	for _, f := range needless(files, s.near) {
		errs = append(errs, os.Remove(f.path))
	}
	return errors.Join(errs...)
}

// needless are the files that need not be kept, of those that there are, the newest
// first. Where they take more room than there is, those that are left stand further
// and further apart; and where nothing else helps, the oldest go.
func needless(files []file, near uint64) (out []file) {
	if len(files) == 0 {
		return nil
	}
	for gap := max(near, 1); ; gap *= 2 {
		left, size := []file(nil), int64(0)
		left, out = thinned(files, gap)
		for _, f := range left {
			size += f.size
		}
		if size <= maxBytes && len(left) <= maxFiles {
			return out
		}
		if gap > files[0].facts {
			return append(out, beyond(left)...)
		}
	}
}

// thinned parts the files: beside the newest of all, one of every hour and of every
// day stays, and of whatever age those without which more than gap decisions would
// lie between two of them, or before the oldest.
func thinned(files []file, gap uint64) (left, out []file) {
	left = append(left, files[0])
	span := int64(-1)
	for i, f := range files[1:] {
		age, of := files[0].at.Sub(f.at), f.at.Unix()/3600
		if age > hourly {
			of = f.at.Unix() / 86400
		}
		older := uint64(0)
		if i+2 < len(files) {
			older = files[i+2].facts
		}
		if (of == span || age > daily) && left[len(left)-1].facts-older <= gap {
			out = append(out, f)
			continue
		}
		span, left = of, append(left, f)
	}
	return left, out
}

// beyond are those for which there is no room.
func beyond(files []file) (out []file) {
	room := int64(maxBytes) - files[0].size
	for i, f := range files[1:] {
		if f.size > room || i+1 >= maxFiles {
			out = append(out, f)
			continue
		}
		room -= f.size
	}
	return out
}

func (s *shelf) open(zone *time.Location, f file) (*state, error) {
	if f.size > maxFile {
		return nil, errKept
	}
	data, err := os.ReadFile(f.path)
	if err != nil {
		return nil, err
	}
	return decode(zone, data)
}

// drop forgets a file that cannot be used; one that stays is tried and dropped again.
func (s *shelf) drop(f file) {
	s.one.Lock()
	defer s.one.Unlock()
	_ = os.Remove(f.path)
}
