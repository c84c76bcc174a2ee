package house

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// FuzzRestore gives Restore any archive: it ends, writes nothing but plain files
// below the folder of what is kept, and of an archive without an end nothing.
func FuzzRestore(f *testing.F) {
	pack := func(headers ...tar.Header) []byte {
		var out bytes.Buffer
		w := tar.NewWriter(&out)
		for _, h := range headers {
			body := []byte(`{"config":{"name":"A"},"state":{}}`)
			if h.Typeflag != 0 {
				body = nil
			}
			h.Mode, h.Size = 0o600, int64(len(body))
			if err := w.WriteHeader(&h); err != nil {
				f.Fatal(err)
			}
			if _, err := w.Write(body); err != nil {
				f.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			f.Fatal(err)
		}
		return out.Bytes()
	}
	end := tar.Header{Name: "complete"}
	whole := pack(tar.Header{Name: "kept/email/mailboxes.db"}, tar.Header{Name: "A.json"}, tar.Header{Name: "A.snapshot"}, end)
	for _, seed := range [][]byte{
		nil, whole, whole[:len(whole)/2], pack(tar.Header{Name: "kept/../x"}, end), pack(tar.Header{Name: "kept/a", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}, tar.Header{Name: "kept/a/b"}, end),
		pack(tar.Header{Name: "A b.snapshot"}, end), pack(tar.Header{Name: ".snapshot"}, end), pack(tar.Header{Name: "kept/d/", Typeflag: tar.TypeDir}, end), sparse(),
	} {
		f.Add(seed, true)
	}
	f.Add([]byte("\x1f\x8b\x08\x00broken"), false)
	nc := taker(f)
	f.Fuzz(func(t *testing.T, data []byte, zip bool) {
		if len(data) > 256<<10 {
			return
		}
		if zip {
			var out bytes.Buffer
			w := gzip.NewWriter(&out)
			if _, err := w.Write(data); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			data = out.Bytes()
		}
		dir := t.TempDir()
		path := filepath.Join(dir, "backup")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		into := filepath.Join(dir, "data")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := Restore(ctx, nc, into, path)
		if ctx.Err() != nil {
			t.Fatalf("it does not end: %v", err)
		}
		whole := eachEntry(path, func(string, io.Reader) error { return nil }) == nil
		kept := keptRoot(into)
		if err := filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case at == path, d.IsDir() && (at == dir || at == into || at == kept):
			case !whole:
				t.Errorf("%s was made of an archive that is not whole", at)
			case len(at) <= len(kept) || at[:len(kept)+1] != kept+string(filepath.Separator), !d.IsDir() && !d.Type().IsRegular():
				t.Errorf("%s was made", at)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}

// sparse is an archive of a few bytes whose file has 1 TiB (GNU format, type S).
func sparse() []byte {
	block := make([]byte, 512)
	copy(block, "kept/huge")
	copy(block[100:], "0000600\x00")
	copy(block[124:], "00000000000\x00")
	copy(block[136:], "00000000000\x00")
	block[156] = 'S'
	copy(block[257:], "ustar  \x00")
	copy(block[386:], "00000000000\x0000000000000\x00")
	copy(block[483:], "\x80\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00")
	copy(block[148:], "        ")
	sum := 0
	for _, b := range block {
		sum += int(b)
	}
	copy(block[148:], []byte{byte('0' + sum>>15&7), byte('0' + sum>>12&7), byte('0' + sum>>9&7), byte('0' + sum>>6&7), byte('0' + sum>>3&7), byte('0' + sum&7), 0, ' '})
	return append(block, make([]byte, 1024)...)
}

func TestASparseFileIsRefused(t *testing.T) {
	r := tar.NewReader(bytes.NewReader(sparse()))
	h, err := r.Next()
	if err != nil || h.Size != 1<<40 {
		t.Fatalf("the sample is not what it should be: %+v, %v", h, err)
	}
	if plainEntry(h) == nil {
		t.Error("taken")
	}
	if err := plainEntry(&tar.Header{Name: "kept/a", Typeflag: tar.TypeReg, PAXRecords: map[string]string{"GNU.sparse.major": "1"}}); err == nil {
		t.Error("a sparse file of the newer format was taken")
	}
	if err := plainEntry(&tar.Header{Name: "kept/a", Typeflag: tar.TypeReg, PAXRecords: map[string]string{"path": "kept/a"}}); err != nil {
		t.Error(err)
	}
}

// taker is a connection to a server without streams whose restoring takes
// anything.
func taker(f *testing.F) *nats.Conn {
	f.Helper()
	s, err := server.NewServer(&server.Options{ServerName: "taker", DontListen: true, NoLog: true, NoSigs: true})
	if err != nil {
		f.Fatal(err)
	}
	s.Start()
	f.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	nc, err := nats.Connect("", nats.InProcessServer(s))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(nc.Close)
	answer := func(subject, text string) {
		_, err := nc.Subscribe(subject, func(m *nats.Msg) {
			if err := m.Respond([]byte(text)); err != nil && !errors.Is(err, nats.ErrConnectionClosed) {
				f.Error(err)
			}
		})
		if err != nil {
			f.Fatal(err)
		}
	}
	answer("$JS.API.STREAM.RESTORE.>", `{"deliver_subject":"take"}`)
	answer("take", `{}`)
	if err := nc.Flush(); err != nil {
		f.Fatal(err)
	}
	return nc
}
