package house

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A backup is a gzipped tar: first an entry kept/… for each file of the folder of
// what is not derived (kept.go), then two entries a stream, NAME.json (what the
// server said of it) and NAME.snapshot (the server's own snapshot, checked as
// it was taken), and last "complete", without which it is refused. Views are
// left out: they are derived.
//
// The order is what makes it one backup though everything goes on meanwhile:
// whatever is copied later knows at least as much. A mark that is older than the
// log has something fetched twice, and the log says nothing twice; a mark that is
// newer would have it lost.

// chunk is how much of a snapshot travels at a time.
const chunk = 128 << 10

type snapshotHead struct {
	Config json.RawMessage `json:"config"`
	State  json.RawMessage `json:"state"`
	Error  *apiError       `json:"error,omitempty"`
}

type apiError struct {
	Code        int    `json:"code"`
	Description string `json:"description"`
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s", e.Code, e.Description) }

// Backup writes what is kept below data and then every stream to path, while the
// program may run. The file appears under its name only when it is whole and
// synced.
func Backup(ctx context.Context, g *Ground, data, path string) (err error) {
	tmp := path + ".partial"
	f, err := os.OpenFile(tmp, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ignoreMissing(os.Remove(tmp)))
		}
	}()
	if err := writeBackup(ctx, g, data, f); err != nil {
		return errors.Join(fmt.Errorf("back up: %w", err), f.Close())
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("back up: %w", err)
	}
	return os.Rename(tmp, path)
}

func writeBackup(ctx context.Context, g *Ground, data string, w io.Writer) error {
	js, err := jetstream.New(g.NC)
	if err != nil {
		return err
	}
	var names []string
	lister := js.StreamNames(ctx)
	for name := range lister.Name() {
		names = append(names, name)
	}
	if err := lister.Err(); err != nil {
		return err
	}
	// CONVERSATIONS before INBOUND: a statement decided in between is then
	// decided again after a restore; the other way round it would be lost.
	sort.Strings(names)
	zipped := gzip.NewWriter(w)
	out := tar.NewWriter(zipped)
	if err := keptInto(ctx, data, out); err != nil {
		return err
	}
	for _, name := range names {
		if err := snapshotStream(ctx, g.NC, name, out); err != nil {
			return fmt.Errorf("stream %s: %w", name, err)
		}
	}
	return errors.Join(addEntry(out, "complete", []byte("ok")), out.Close(), zipped.Close())
}

func snapshotStream(ctx context.Context, nc *nats.Conn, name string, out *tar.Writer) error {
	inbox := nats.NewInbox()
	chunks := make(chan *nats.Msg, 64)
	sub, err := nc.ChanSubscribe(inbox, chunks)
	if err != nil {
		return err
	}
	defer func() { _ = sub.Unsubscribe() }()
	request, err := json.Marshal(map[string]any{"deliver_subject": inbox, "no_consumers": false, "jsck": true, "chunk_size": chunk})
	if err != nil {
		return err
	}
	answer, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.SNAPSHOT."+name, request)
	if err != nil {
		return err
	}
	var head snapshotHead
	if err := json.Unmarshal(answer.Data, &head); err != nil {
		return err
	}
	if head.Error != nil {
		return head.Error
	}
	spool, err := os.CreateTemp("", "tributary-backup-*")
	if err != nil {
		return err
	}
	defer func() { _, _ = spool.Close(), os.Remove(spool.Name()) }()
	if err := receive(ctx, chunks, spool); err != nil {
		return err
	}
	return addStream(out, name, answer.Data, spool)
}

func receive(ctx context.Context, chunks <-chan *nats.Msg, to io.Writer) error {
	for {
		select {
		case msg := <-chunks:
			if len(msg.Data) == 0 {
				if status := msg.Header.Get("Status"); status != "" && status != "204" {
					return fmt.Errorf("the server ended the snapshot: %s %s", status, msg.Header.Get("Description"))
				}
				return nil
			}
			if _, err := to.Write(msg.Data); err != nil {
				return err
			}
			if msg.Reply == "" {
				continue // the server wants no word between these
			}
			if err := msg.Respond(nil); err != nil { // asks for more
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(30 * time.Second):
			return errors.New("the server stopped sending")
		}
	}
}

func addStream(out *tar.Writer, name string, head []byte, spool *os.File) error {
	size, err := spool.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := addEntry(out, name+".json", head); err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: name + ".snapshot", Mode: 0o600, Size: size}); err != nil {
		return err
	}
	_, err = io.Copy(out, spool)
	return err
}

func addEntry(out *tar.Writer, name string, data []byte) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := out.Write(data)
	return err
}

// Restore makes the streams of a backup, and what was kept, in an empty data
// folder. The file is read through once before anything is made, so a broken one
// changes nothing, and neither does one that names a file elsewhere.
func Restore(ctx context.Context, nc *nats.Conn, data, path string) error {
	err := eachEntry(path, func(name string, _ io.Reader) error {
		_, err := keptPath(data, name)
		return err
	})
	if err != nil {
		return fmt.Errorf("the backup cannot be read whole: %w", err)
	}
	var head []byte
	return eachEntry(path, func(name string, r io.Reader) error {
		if at, err := keptPath(data, name); at != "" || err != nil {
			return errors.Join(err, restoreKept(at, r))
		}
		switch ext := filepath.Ext(name); ext {
		case ".json":
			var err error
			head, err = io.ReadAll(io.LimitReader(r, 1<<20))
			return err
		case ".snapshot":
			stream := name[:len(name)-len(ext)]
			if err := restoreStream(ctx, nc, stream, head, r); err != nil {
				return fmt.Errorf("restore stream %s: %w", stream, err)
			}
		}
		return nil
	})
}

func eachEntry(path string, each func(name string, r io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return err
	}
	in, complete := tar.NewReader(zipped), false
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := plainEntry(h); err != nil {
			return err
		}
		complete = complete || h.Name == "complete"
		if err := each(h.Name, in); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, in); err != nil {
			return err
		}
	}
	if !complete {
		return errors.New("it ends before its end")
	}
	return nil
}

// plainEntry refuses what no backup has: links, devices and folders, and sparse
// files, of which a few bytes unfold to any length.
func plainEntry(h *tar.Header) error {
	for name := range h.PAXRecords {
		if strings.HasPrefix(name, "GNU.sparse.") {
			return fmt.Errorf("entry %q is a sparse file", h.Name)
		}
	}
	if h.Typeflag != tar.TypeReg {
		return fmt.Errorf("entry %q is no plain file", h.Name)
	}
	return nil
}

func restoreStream(ctx context.Context, nc *nats.Conn, name string, head []byte, r io.Reader) error {
	var was snapshotHead
	if err := json.Unmarshal(head, &was); err != nil {
		return err
	}
	request, err := json.Marshal(map[string]any{"config": was.Config, "state": was.State})
	if err != nil {
		return err
	}
	answer, err := nc.RequestWithContext(ctx, "$JS.API.STREAM.RESTORE."+name, request)
	if err != nil {
		return err
	}
	var begun struct {
		Deliver string    `json:"deliver_subject"`
		Error   *apiError `json:"error"`
	}
	if err := json.Unmarshal(answer.Data, &begun); err != nil {
		return err
	}
	if begun.Error != nil {
		return begun.Error
	}
	buffer := make([]byte, chunk)
	for {
		n, err := io.ReadFull(r, buffer)
		if n > 0 {
			if _, err := nc.RequestWithContext(ctx, begun.Deliver, buffer[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	done, err := nc.RequestWithContext(ctx, begun.Deliver, nil)
	if err != nil {
		return err
	}
	begun.Error = nil
	if err := json.Unmarshal(done.Data, &begun); err != nil {
		return err
	}
	if begun.Error != nil {
		return begun.Error
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
