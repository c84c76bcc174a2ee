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
	"sort"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// A backup is a gzipped tar: first "format", then an entry kept/… for each file of
// the folder of what is not derived (kept.go), then two entries a stream, NAME.json
// (what the server said of it) and NAME.snapshot (the server's own snapshot, checked
// as it was taken), and last "complete", without which it is refused. Views are
// left out: they are derived.
//
// The order is what makes it one backup though everything goes on meanwhile:
// whatever is copied later knows at least as much. A mark that is older than the
// log has something fetched twice, and the log says nothing twice; a mark that is
// newer would have it lost.

const (
	// backupFormat is raised when an older program could no longer restore what
	// this one writes. A backup that does not name its format has the first.
	backupFormat = 1
	formatEntry  = "format"
	endEntry     = "complete"
)

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

// Written is what a backup holds.
type Written struct {
	Streams, Files int
	Bytes          int64 // the length of the whole file
}

// Backup writes what is kept below data and then every stream to path, which is
// absolute, while the program may run. The file appears under its name only when
// it is whole and synced, and takes the place of one that was there; one that was
// begun and left is swept. Two at once to one path are an error for the second.
func Backup(ctx context.Context, g *Ground, data, path string) (Written, error) {
	made, err := target(path).fill(ctx, g, data)
	if err != nil {
		return Written{}, fmt.Errorf("back up: %w", err)
	}
	return made, nil
}

func (t target) fill(ctx context.Context, g *Ground, data string) (made Written, err error) {
	if err := t.check(data); err != nil {
		return made, err
	}
	f, err := t.open()
	if err != nil {
		return made, err
	}
	defer func() {
		if err != nil { // while it is still locked: nobody else's is taken away
			err = errors.Join(err, ignoreMissing(os.Remove(t.partial())))
		}
		err = errors.Join(err, f.Close())
	}()
	if made, err = writeBackup(ctx, g, data, t, f); err != nil {
		return made, err
	}
	if made.Bytes, err = f.Seek(0, io.SeekCurrent); err != nil {
		return made, err
	}
	return made, t.publish(f)
}

func writeBackup(ctx context.Context, g *Ground, data string, t target, w io.Writer) (made Written, err error) {
	js, err := jetstream.New(g.NC)
	if err != nil {
		return made, err
	}
	var names []string
	lister := js.StreamNames(ctx)
	for name := range lister.Name() {
		names = append(names, name)
	}
	if err := lister.Err(); err != nil {
		return made, err
	}
	// CONVERSATIONS before INBOUND: a statement decided in between is then
	// decided again after a restore; the other way round it would be lost.
	sort.Strings(names)
	zipped := gzip.NewWriter(w)
	out := tar.NewWriter(zipped)
	if err := addEntry(out, formatEntry, []byte(strconv.Itoa(backupFormat))); err != nil {
		return made, err
	}
	if made.Files, err = keptInto(ctx, data, t, out); err != nil {
		return made, err
	}
	for _, name := range names {
		if err := snapshotStream(ctx, g.NC, name, t, out); err != nil {
			return made, fmt.Errorf("stream %s: %w", name, err)
		}
		made.Streams++
	}
	return made, errors.Join(addEntry(out, endEntry, []byte("ok")), out.Close(), zipped.Close())
}

func snapshotStream(ctx context.Context, nc *nats.Conn, name string, t target, out *tar.Writer) error {
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
	spool, err := t.spool()
	if err != nil {
		return err
	}
	defer func() { _ = spool.Close() }() // what it held is read back or given up
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
