package blob_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func open(t *testing.T, s *testkit.Server) blob.Store {
	t.Helper()
	b, err := blob.Open(t.Context(), s.Conn(t), "blobs", 1, s.Commit)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func content(n int) []byte {
	dice := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(dice.Uint32())
	}
	return b
}

func readAll(t *testing.T, b blob.Store, hash string) ([]byte, error) {
	t.Helper()
	r, err := b.Open(t.Context(), hash)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

func TestPutOpenDelete(t *testing.T) {
	b := open(t, testkit.NATS(t))
	for _, n := range []int{0, 1, 128 << 10, 1<<20 - 1, 1 << 20, 1<<20 + 1, 5 << 20} {
		want := content(n)
		sum := sha256.Sum256(want)
		ref, err := b.Put(t.Context(), iotest.HalfReader(bytes.NewReader(want)), int64(n))
		if err != nil || ref.Hash != hex.EncodeToString(sum[:]) || ref.Size != int64(n) {
			t.Fatalf("put %d bytes: %+v, %v", n, ref, err)
		}
		got, err := readAll(t, b, ref.Hash)
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("read %d bytes back: %d, %v", n, len(got), err)
		}
		r, err := b.Open(t.Context(), ref.Hash)
		if err != nil {
			t.Fatal(err)
		}
		if size, known := blob.SizeOf(r); !known || size != int64(n) {
			t.Fatalf("a blob of %d bytes has the size %d, %v", n, size, known)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second finds nothing and is content
			if err := b.Delete(t.Context(), ref.Hash); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := readAll(t, b, ref.Hash); !errors.Is(err, blob.ErrNotFound) {
			t.Fatalf("after delete: %v", err)
		}
		if ref, err = b.Put(t.Context(), bytes.NewReader(want), int64(n)); err != nil {
			t.Fatalf("put again after delete: %v", err)
		}
		if got, err := readAll(t, b, ref.Hash); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("read back after delete: %d, %v", len(got), err)
		}
	}
}

func TestSizeOfSomethingElse(t *testing.T) {
	if _, known := blob.SizeOf(iotest.HalfReader(strings.NewReader("x"))); known {
		t.Fatal("a reader that knows no size has one")
	}
}

func TestEqualContentIsStoredOnce(t *testing.T) {
	s := testkit.NATS(t)
	b := open(t, s)
	want := content(300 << 10)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := b.Put(t.Context(), bytes.NewReader(want), 1<<20); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	st, err := s.JetStream(t).Stream(t.Context(), "OBJ_blobs")
	if err != nil {
		t.Fatal(err)
	}
	if n := st.CachedInfo().State.Bytes; n > 400<<10 {
		t.Fatalf("%d bytes for one blob of %d", n, len(want))
	}
}

func TestRefusals(t *testing.T) {
	s := testkit.NATS(t)
	b := open(t, s)
	for _, n := range []int{11, 1 << 20, 3 << 20} {
		if _, err := b.Put(t.Context(), bytes.NewReader(content(n)), int64(n-1)); !errors.Is(err, blob.ErrTooLarge) {
			t.Errorf("%d bytes, one too many: %v", n, err)
		}
	}
	broken := errors.New("line dropped")
	r := io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken))
	if _, err := b.Put(t.Context(), r, 100); !errors.Is(err, broken) || errors.Is(err, blob.ErrUnavailable) {
		t.Errorf("broken reader: %v", err)
	}
	for _, hash := range []string{"", "x", strings.Repeat("A", 64), strings.Repeat("g", 64), "../" + strings.Repeat("a", 61)} {
		if _, err := b.Open(t.Context(), hash); !errors.Is(err, blob.ErrBadHash) {
			t.Errorf("open %q: %v", hash, err)
		}
		if err := b.Delete(t.Context(), hash); !errors.Is(err, blob.ErrBadHash) {
			t.Errorf("delete %q: %v", hash, err)
		}
	}
	if _, err := b.Open(t.Context(), strings.Repeat("a", 64)); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("never put: %v", err)
	}
}

func TestDamageIsNoticed(t *testing.T) {
	s := testkit.NATS(t)
	b := open(t, s)
	ref, err := b.Put(t.Context(), bytes.NewReader(content(1000)), 1000)
	if err != nil {
		t.Fatal(err)
	}
	// A chunk that does not belong there, as a bug or an intruder might leave it.
	js := s.JetStream(t)
	st, err := js.Stream(t.Context(), "OBJ_blobs")
	if err != nil {
		t.Fatal(err)
	}
	chunk, err := st.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := st.Purge(t.Context(), jetstream.WithPurgeSubject(chunk.Subject)); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), chunk.Subject, content(999)); err != nil {
		t.Fatal(err)
	}
	if got, err := readAll(t, b, ref.Hash); err == nil {
		t.Fatalf("read %d other bytes without an error", len(got))
	}
}

func TestUnavailable(t *testing.T) {
	s := testkit.NATS(t)
	b := open(t, s)
	if err := s.Commit.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), strings.NewReader("x"), 10); !errors.Is(err, blob.ErrUnavailable) {
		t.Fatalf("put that cannot be made durable: %v", err)
	}
}
