package e2e

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// What a machine takes by itself, measured beside what the program takes: a promise
// in milliseconds is held against it where the machine is busy with something else.

// bareBoard reads the log, and tells so many screens how many statements it has
// read, at once and then not more often than every: the least that any board does.
// The function it returns waits until all of want are on every screen, and says how
// late they were, those before warm left out, shortest first.
func bareBoard(t testing.TB, in *rig.Inside, screens, want, warm int, every time.Duration) (late func() []time.Duration) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer func() { _ = listener.Close() }()
	to := make([]net.Conn, screens)
	seen := make([][]time.Time, screens)
	var all sync.WaitGroup
	for i := range screens {
		from, err := net.Dial("tcp", listener.Addr().String())
		must(t, err)
		to[i], err = listener.Accept()
		must(t, err)
		t.Cleanup(func() { _, _ = from.Close(), to[i].Close() })
		all.Go(func() {
			var n uint32
			for len(seen[i]) < want && binary.Read(from, binary.BigEndian, &n) == nil {
				for now := time.Now(); len(seen[i]) < int(n); {
					seen[i] = append(seen[i], now)
				}
			}
		})
	}
	var mu sync.Mutex // guards stood
	var stood []time.Time
	more := make(chan struct{}, 1)
	cursor := in.House.Ground.Out.From(in.House.Ground.Out.Head())
	all.Go(func() {
		defer close(more)
		for n := 0; n < want; {
			entries, err := cursor.Next(t.Context())
			if err != nil {
				return
			}
			mu.Lock()
			for _, e := range entries {
				for _, f := range e.Value.Facts {
					if _, ok := f.Body.(*events.InboundStored); ok {
						stood = append(stood, time.Now())
					}
				}
			}
			n = len(stood)
			mu.Unlock()
			select {
			case more <- struct{}{}:
			default:
			}
		}
	})
	all.Go(func() {
		rest := time.NewTicker(every)
		defer rest.Stop()
		for told, open := 0, true; told < want && open; {
			_, open = <-more
			mu.Lock()
			told = len(stood)
			mu.Unlock()
			for _, conn := range to {
				_ = binary.Write(conn, binary.BigEndian, uint32(told)) // late finds what is missing
			}
			rest.Reset(every)
			<-rest.C
		}
		for _, conn := range to {
			_ = conn.Close()
		}
	})
	return func() (out []time.Duration) {
		t.Helper()
		all.Wait()
		for i := range seen {
			if len(seen[i]) < want {
				t.Fatalf("a bare screen was told of %d of %d", len(seen[i]), want)
			}
			for n := warm; n < want; n++ {
				out = append(out, max(0, seen[i][n].Sub(stood[n])))
			}
		}
		slices.Sort(out)
		return out
	}
}

// bareAnswer is how long the machine takes at this moment for what no answer to a
// hook can do without: a connection over loopback, some bytes there and back, and a
// file in dir synced.
func bareAnswer(dir string) (took time.Duration, err error) {
	began := time.Now()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = listener.Close() }()
	echoed := make(chan error, 1)
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			_, err = io.Copy(conn, conn)
			err = errors.Join(err, conn.Close())
		}
		echoed <- err
	}()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		return 0, err
	}
	_, err = conn.Write(make([]byte, 1024))
	err = errors.Join(err, conn.(*net.TCPConn).CloseWrite())
	_, copied := io.Copy(io.Discard, conn)
	err = errors.Join(err, copied, conn.Close(), <-echoed)
	file, made := os.CreateTemp(dir, "bare")
	if err = errors.Join(err, made); err != nil {
		return 0, err
	}
	_, err = file.Write(make([]byte, 1024))
	err = errors.Join(err, file.Sync(), file.Close(), os.Remove(file.Name()))
	return time.Since(began), err
}
