package bolt_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/pkg/bolt"
)

var bucketRows = []byte("rows")

// putRow writes a row and the number of rows in one transaction.
func putRow(db *bbolt.DB, n uint64) error {
	return db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists(bucketRows)
		if err != nil {
			return err
		}
		key := binary.BigEndian.AppendUint64([]byte("row "), n)
		if err := b.Put(key, bytes.Repeat([]byte{byte(n)}, 500)); err != nil {
			return err
		}
		return b.Put([]byte("count"), binary.BigEndian.AppendUint64(nil, n+1))
	})
}

func copyTo(t *testing.T, path string) string {
	t.Helper()
	var out bytes.Buffer
	var told int64
	err := bolt.CopyKept(path, func(size int64) (io.Writer, error) { told = size; return &out, nil })
	if err != nil || told != int64(out.Len()) {
		t.Fatalf("copy: %v, %d bytes of %d", err, out.Len(), told)
	}
	to := filepath.Join(t.TempDir(), "copy.db")
	if err := os.WriteFile(to, out.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// whole wants a file that holds exactly the rows it counts.
func whole(t *testing.T, path string) (rows uint64) {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(func(tx *bbolt.Tx) error {
		for problem := range tx.Check() {
			t.Errorf("the copy is damaged: %v", problem)
		}
		b := tx.Bucket(bucketRows)
		rows = binary.BigEndian.Uint64(b.Get([]byte("count")))
		if n := b.Stats().KeyN; n != int(rows)+1 {
			t.Errorf("%d keys for %d rows", n, rows)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// A copy that is made while a writer works holds one moment of the file.
func TestCopyKeptWhileItIsWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kept.db")
	db, err := bolt.OpenKept(path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := putRow(db, 0); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	last := uint64(1)
	go func() {
		var err error
		for ; ctx.Err() == nil && err == nil; last++ {
			err = putRow(db, last)
		}
		ended <- err
	}()
	var before uint64
	for range 20 {
		rows := whole(t, copyTo(t, path))
		if rows < before {
			t.Errorf("a later copy has %d rows, an earlier one %d", rows, before)
		}
		before = rows
	}
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if rows := whole(t, copyTo(t, path)); rows != last {
		t.Errorf("the copy of the closed file has %d rows, want %d", rows, last)
	}
	if db, err = bolt.OpenKept(path, time.Second); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if rows := whole(t, copyTo(t, path)); rows != last {
		t.Errorf("the copy of the file that was opened again has %d rows, want %d", rows, last)
	}
}

func TestCopyKeptRefuses(t *testing.T) {
	dir := t.TempDir()
	nowhere := func(int64) (io.Writer, error) { return io.Discard, nil }
	if err := bolt.CopyKept(filepath.Join(dir, "none.db"), nowhere); err == nil {
		t.Error("a file that is not there was copied")
	}
	if err := os.WriteFile(filepath.Join(dir, "other.db"), bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := bolt.CopyKept(filepath.Join(dir, "other.db"), nowhere); err == nil {
		t.Error("a file that is no database was copied")
	}
	// Opened by somebody who is not known here, as by another process.
	path := filepath.Join(dir, "theirs.db")
	db, err := bbolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := bolt.CopyKept(path, nowhere); err == nil {
		t.Error("a file that somebody writes was copied")
	}
	full := errors.New("disk full")
	ours, err := bolt.OpenKept(filepath.Join(dir, "ours.db"), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	if err := bolt.CopyKept(ours.Path(), func(int64) (io.Writer, error) { return nil, full }); !errors.Is(err, full) {
		t.Errorf("the reason is lost: %v", err)
	}
	if _, err := bolt.OpenKept(ours.Path(), 10*time.Millisecond); err == nil {
		t.Error("a file that is open was opened again")
	}
}
