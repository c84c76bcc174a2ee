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
	"strconv"
	"strings"

	"github.com/nats-io/nats.go"
)

// errUnfinished says that a folder holds the beginning of a restore and no more.
var errUnfinished = errors.New("a restore into this folder did not come to its end, so what it holds is not whole: empty it and restore again")

// unfinishedName is the file that stands in a data folder while it is being
// filled. A program that finds it does not start on half a log.
const unfinishedName = "restoring"

// contents are the names of what a backup holds.
type contents struct{ streams, files []string }

// Restore makes the streams of a backup, and what was kept, in an empty data
// folder. The file is read through once before anything is made, so a broken one
// changes nothing, and neither does one that names a file elsewhere.
func Restore(ctx context.Context, nc *nats.Conn, data, path string) error {
	if _, err := readThrough(data, path); err != nil {
		return err
	}
	return fill(ctx, nc, data, path)
}

// readThrough reads a backup to its end and says what is in it.
func readThrough(data, path string) (contents, error) {
	var c contents
	if strings.HasSuffix(path, partialSuffix) {
		return c, fmt.Errorf("%s is what is left of a backup that was not finished: it is none", path)
	}
	err := eachEntry(path, func(name string, r io.Reader) error {
		at, err := keptPath(data, name)
		switch stream, isStream := strings.CutSuffix(name, ".snapshot"); {
		case err != nil:
			return err
		case at != "":
			c.files = append(c.files, name)
		case isStream:
			c.streams = append(c.streams, stream)
		case name == formatEntry:
			return known(r)
		}
		return nil
	})
	if err != nil {
		return c, fmt.Errorf("the backup cannot be read whole: %w", err)
	}
	return c, nil
}

// known refuses a format that this program does not know.
func known(r io.Reader) error {
	text, err := io.ReadAll(io.LimitReader(r, 20))
	if err != nil {
		return err
	}
	format, err := strconv.Atoi(string(text))
	if err != nil || format < 1 {
		return errors.New("it does not name its format")
	}
	if format > backupFormat {
		return fmt.Errorf("it has the format %d of a later program, and this one knows %d", format, backupFormat)
	}
	return nil
}

// fill makes what a backup holds that was read through.
func fill(ctx context.Context, nc *nats.Conn, data, path string) error {
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

// eachEntry reads the file to its last byte, where its checksum stands. It never
// returns io.EOF, which a caller could take for a good end.
func eachEntry(path string, each func(name string, r io.Reader) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // only read
	zipped, err := gzip.NewReader(f)
	switch {
	case errors.Is(err, io.EOF):
		return errors.New("it is empty")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("it does not begin as a backup does")
	case err != nil:
		return err
	}
	in, last := tar.NewReader(zipped), ""
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return cutShort(err)
		}
		if err := plainEntry(h); err != nil {
			return err
		}
		last = h.Name
		if err := each(h.Name, in); err != nil {
			return cutShort(err)
		}
		if _, err := io.Copy(io.Discard, in); err != nil {
			return cutShort(err)
		}
	}
	if _, err := io.Copy(io.Discard, zipped); err != nil {
		return cutShort(err)
	}
	if last != endEntry {
		return errEndsEarly
	}
	return nil
}

var errEndsEarly = errors.New("it ends before its end")

func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errEndsEarly
	}
	return err
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
