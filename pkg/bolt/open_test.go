package bolt_test

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/bolt"
	"go.etcd.io/bbolt"
)

const childEnv = "BOLT_TEST_CHILD_FILE"

// TestMain turns the test binary into the process that is killed.
func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		writeForEver(path)
	}
	os.Exit(m.Run())
}

func boot(id string) bolt.Options {
	return bolt.Options{Schema: 1, BootID: func() string { return id }}
}

func mustOpen(t *testing.T, path string, opts bolt.Options) *bolt.DB {
	t.Helper()
	db, err := bolt.Open(path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func put(t *testing.T, db *bbolt.DB, bucket, key, value string) {
	t.Helper()
	err := db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte(bucket))
		if err != nil {
			return err
		}
		return b.Put([]byte(key), []byte(value))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, db *bbolt.DB, bucket, key string) (value string) {
	t.Helper()
	err := db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(bucket)); b != nil {
			value = string(b.Get([]byte(key)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestCleanCloseSurvivesAReboot(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dir", "views.db")
	db := mustOpen(t, path, boot("one"))
	put(t, db.DB, "b", "k", "v")
	if err := errors.Join(db.Close(), db.Close()); err != nil {
		t.Fatal(err)
	}
	if got := get(t, mustOpen(t, path, boot("two")).DB, "b", "k"); got != "v" {
		t.Fatalf("read %q", got)
	}
}

func TestPowerLossIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views.db")
	db := mustOpen(t, path, boot("one"))
	put(t, db.DB, "b", "k", "v")
	if err := db.Abandon(); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(path, boot("two")); !errors.Is(err, bolt.ErrUnclean) {
		t.Fatalf("open under another boot gave %v", err)
	}
	if _, err := bolt.Open(path, boot("")); !errors.Is(err, bolt.ErrUnclean) {
		t.Fatalf("open without a boot id gave %v", err)
	}
	again, fresh, why, err := bolt.OpenOrRemove(path, boot("two"))
	if err != nil || !fresh || !errors.Is(why, bolt.ErrUnclean) {
		t.Fatalf("fresh %v, why %v, %v", fresh, why, err)
	}
	if got := get(t, again.DB, "b", "k"); got != "" {
		t.Fatalf("the refused file lives on: %q", got)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDeathOfTheProcessAloneLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views.db")
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var last uint64
	lines := bufio.NewScanner(out)
	for last < 500 && lines.Scan() {
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it had told before it died
		if _, err := fmt.Sscan(lines.Text(), &last); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child was not killed")
	}
	db, fresh, why, err := bolt.OpenOrRemove(path, bolt.Options{Schema: 1})
	if err != nil || fresh || why != nil {
		t.Fatalf("fresh %v, why %v, %v", fresh, why, err)
	}
	defer db.Close()
	for n := range last + 1 {
		if get(t, db.DB, "b", string(binary.BigEndian.AppendUint64(nil, n))) == "" {
			t.Fatalf("key %d of %d told as written is gone", n, last)
		}
	}
}

// writeForEver tells each key after its commit.
func writeForEver(path string) {
	db, err := bolt.Open(path, bolt.Options{Schema: 1})
	for n := uint64(0); err == nil; n++ {
		err = db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("b"))
			if err != nil {
				return err
			}
			return b.Put(binary.BigEndian.AppendUint64(nil, n), []byte("value"))
		})
		fmt.Println(n)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func TestAnotherSchemaIsStale(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views.db")
	db := mustOpen(t, path, bolt.Options{Schema: 1})
	put(t, db.DB, "b", "k", "v")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(path, bolt.Options{Schema: 2}); !errors.Is(err, bolt.ErrStale) {
		t.Fatalf("open gave %v", err)
	}
	db, fresh, why, err := bolt.OpenOrRemove(path, bolt.Options{Schema: 1})
	if err != nil || fresh || why != nil {
		t.Fatalf("the right schema: fresh %v, why %v, %v", fresh, why, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := bolt.Open(path, bolt.Options{}); err == nil {
		t.Fatal("schema zero passed")
	}
}

func TestDamageIsRefused(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"mark gone":    func(p string) error { return os.Remove(p + ".mark") },
		"mark garbage": func(p string) error { return os.WriteFile(p+".mark", []byte("{"), 0o600) },
		"file garbage": func(p string) error { return os.WriteFile(p, make([]byte, 64<<10), 0o600) },
		"file cut":     func(p string) error { return os.Truncate(p, 100) },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "views.db")
			db := mustOpen(t, path, bolt.Options{Schema: 1})
			put(t, db.DB, "b", "k", "v")
			if err := errors.Join(db.Close(), harm(path)); err != nil {
				t.Fatal(err)
			}
			db, fresh, why, err := bolt.OpenOrRemove(path, bolt.Options{Schema: 1})
			if err != nil || !fresh || !errors.Is(why, bolt.ErrUnclean) {
				t.Fatalf("fresh %v, why %v, %v", fresh, why, err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestASecondOwnerIsLockedOut(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views.db")
	mustOpen(t, path, bolt.Options{Schema: 1})
	if _, err := bolt.Open(path, bolt.Options{Schema: 1, LockWait: 1}); !errors.Is(err, bolt.ErrLocked) {
		t.Fatalf("second open gave %v", err)
	}
}

// A commit that was told as done must be in the file after Close, also one
// that raced with it.
func TestCloseWhileWritersRun(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views.db")
	db := mustOpen(t, path, boot("one"))
	var wg sync.WaitGroup
	var mu sync.Mutex
	var told []string
	for w := range 4 {
		wg.Go(func() {
			for n := 0; ; n++ {
				key := fmt.Sprint(w, "-", n)
				err := db.Update(func(tx *bbolt.Tx) error {
					b, err := tx.CreateBucketIfNotExists([]byte("b"))
					if err != nil {
						return err
					}
					return b.Put([]byte(key), []byte("x"))
				})
				if err != nil {
					return // the database is closed
				}
				mu.Lock()
				told = append(told, key)
				mu.Unlock()
			}
		})
	}
	put(t, db.DB, "b", "first", "x")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	again := mustOpen(t, path, boot("two"))
	for _, key := range told {
		if get(t, again.DB, "b", key) == "" {
			t.Fatalf("%s is gone", key)
		}
	}
}

func FuzzOpenFile(f *testing.F) {
	f.Add([]byte("not a database"), []byte(`{"schema":1,"boot":"x","clean":true}`))
	f.Fuzz(func(t *testing.T, data, mark []byte) {
		// Only the mark is a parser of ours; a clean mark vouches for the data.
		path := filepath.Join(t.TempDir(), "f.db")
		if err := errors.Join(os.WriteFile(path, []byte("short"), 0o600), os.WriteFile(path+".mark", mark, 0o600)); err != nil {
			t.Fatal(err)
		}
		db, err := bolt.Open(path, boot("y"))
		if err == nil {
			t.Fatal("rubbish opened", db.Close())
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	for _, how := range []string{"clean", "killed"} {
		b.Run(how, func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "big.db")
			fill(b, path, how == "clean")
			for b.Loop() {
				b.StopTimer()
				if how == "killed" {
					copyFile(b, path, path+".copy")
					copyFile(b, path+".mark", path+".copy.mark")
				}
				b.StartTimer()
				name := path
				if how == "killed" {
					name += ".copy"
				}
				db, err := bolt.Open(name, bolt.Options{Schema: 1})
				if err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}

func fill(b *testing.B, path string, clean bool) {
	b.Helper()
	db, err := bolt.Open(path, bolt.Options{Schema: 1})
	if err != nil {
		b.Fatal(err)
	}
	for batch := range uint64(1000) {
		err := db.Update(func(tx *bbolt.Tx) error {
			bucket, err := tx.CreateBucketIfNotExists([]byte("b"))
			for n := uint64(0); n < 1000 && err == nil; n++ {
				err = bucket.Put(bolt.AppendUint64(nil, batch*1000+n), make([]byte, 200))
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if clean {
		err = db.Close()
	} else {
		err = db.Abandon()
	}
	if err != nil {
		b.Fatal(err)
	}
}

func copyFile(b *testing.B, from, to string) {
	b.Helper()
	in, err := os.Open(from)
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		b.Fatal(err)
	}
	_, err = io.Copy(out, in)
	if err := errors.Join(err, out.Close()); err != nil {
		b.Fatal(err)
	}
}
