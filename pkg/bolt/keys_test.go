package bolt_test

import (
	"bytes"
	"cmp"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/pkg/bolt"
	"go.etcd.io/bbolt"
	"pgregory.net/rapid"
)

type row struct {
	name   string
	newest uint64
	n      uint64
}

func (r row) key() []byte {
	return bolt.AppendUint64(bolt.AppendNewest(bolt.AppendString(nil, r.name), r.newest), r.n)
}

func (r row) compare(o row) int {
	return cmp.Or(strings.Compare(r.name, o.name), cmp.Compare(o.newest, r.newest), cmp.Compare(r.n, o.n))
}

func drawRow(t *rapid.T, label string) row {
	bytes := rapid.SliceOfN(rapid.SampledFrom([]byte{0, 1, 'a', 0xfe, 0xff}), 0, 4)
	return row{string(bytes.Draw(t, label)), rapid.Uint64().Draw(t, label), rapid.Uint64().Draw(t, label)}
}

func TestKeysSortAsTheirFieldsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawRow(t, "a"), drawRow(t, "b")
		if got, want := bytes.Compare(a.key(), b.key()), a.compare(b); got != want {
			t.Fatalf("%v against %v: keys %d, fields %d", a, b, got, want)
		}
	})
}

func TestKeysCanBeTakenApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawRow(t, "row")
		var got row
		var err error
		key := want.key()
		if got.name, key, err = bolt.CutString(key); err != nil {
			t.Fatal(err)
		}
		if got.newest, key, err = bolt.CutNewest(key); err != nil {
			t.Fatal(err)
		}
		if got.n, key, err = bolt.CutUint64(key); err != nil || len(key) != 0 || got != want {
			t.Fatalf("%v became %v, %v", want, got, err)
		}
		for n := range want.key() {
			cutOne(want.key()[:n]) // must not panic
		}
	})
}

func cutOne(key []byte) bool {
	_, rest, err := bolt.CutString(key)
	if err != nil {
		return false
	}
	_, _, err = bolt.CutUint64(rest)
	return err == nil
}

func TestAfterIsTheEndOfAPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		prefix, key := []byte(drawRow(t, "p").name), []byte(drawRow(t, "k").name)
		end := bolt.After(prefix)
		inside := bytes.HasPrefix(key, prefix)
		before := end == nil || bytes.Compare(key, end) < 0
		if inside && !before || !inside && before && bytes.Compare(key, prefix) >= 0 {
			t.Fatalf("prefix %x, key %x, end %x", prefix, key, end)
		}
	})
}

func FuzzCut(f *testing.F) {
	f.Add(row{"a\x00b", 1, 2}.key())
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, key []byte) {
		s, rest, err := bolt.CutString(key)
		if err == nil && !bytes.Equal(append(bolt.AppendString(nil, s), rest...), key) {
			t.Fatalf("%x was read as %q and %x", key, s, rest)
		}
	})
}

func TestHashTellsContentsApart(t *testing.T) {
	open := func() *bolt.DB { return mustOpen(t, filepath.Join(t.TempDir(), "x.db"), bolt.Options{Schema: 1}) }
	hash := func(db *bolt.DB, skip ...string) string {
		h, err := bolt.Hash(db.DB, skip...)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	a, b := open(), open()
	put(t, a.DB, "x", "1", "one")
	put(t, a.DB, "x", "2", "two")
	put(t, b.DB, "x", "2", "old")
	put(t, b.DB, "x", "2", "two")
	put(t, b.DB, "x", "1", "one")
	if hash(a) != hash(b) {
		t.Fatal("the same content by another way has another hash")
	}
	seen := map[string]string{hash(a): "start"}
	for _, step := range []struct{ bucket, key, value string }{
		{"x", "12", "two"}, {"x", "1", "one2"}, {"y", "", "x"}, {"y2", "k", "v"},
	} {
		if step.key == "" {
			step.key = "k"
		}
		put(t, a.DB, step.bucket, step.key, step.value)
		h := hash(a)
		if before, ok := seen[h]; ok {
			t.Fatalf("%v has the hash of %s", step, before)
		}
		seen[h] = step.bucket + step.key
	}
	if err := a.Update(func(tx *bbolt.Tx) error {
		_, err := tx.Bucket([]byte("x")).CreateBucket([]byte("nested"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, ok := seen[hash(a)]; ok {
		t.Fatal("an empty nested bucket has no effect")
	}
	if hash(a, "x", "y", "y2") != hash(b, "x") {
		t.Fatal("skipped buckets count")
	}
}
