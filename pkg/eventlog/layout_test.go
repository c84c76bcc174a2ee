package eventlog

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// These tests hold the facts of the package comment against the server that is
// built in. When one fails after an upgrade, BlockSync must be thought through
// again before the upgrade is taken.

// Facts 1 and 2: at the moment of the acknowledgement the record stands in the
// block with the highest index, and earlier blocks do not change any more.
func TestLayoutAcknowledgedBytesStandInTheNewestBlock(t *testing.T) {
	r := startRig(t, t.TempDir(), nil)
	defer r.stop(t)
	dir := filepath.Join(r.srv.StreamDir("S"), blocksDir)
	var rolled bool
	sizes := map[int]int64{}
	for i := range 600 {
		body := bytes.Repeat(fmt.Appendf(nil, "record-%06d/", i), 2500) // 30 KB
		if _, err := r.log.AppendAsync(Message{Subject: "s.a", Data: body}).Accepted(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := listBlocks(dir)
		if err != nil || len(all) == 0 {
			t.Fatalf("blocks %v, %v", all, err)
		}
		newest := all[len(all)-1]
		if !tailHolds(t, filepath.Join(dir, fmt.Sprintf("%d.blk", newest)), body) {
			t.Fatalf("append %d was acknowledged and is not at the end of block %d", i, newest)
		}
		for _, n := range all[:len(all)-1] {
			rolled = true
			st, err := os.Stat(filepath.Join(dir, fmt.Sprintf("%d.blk", n)))
			if err != nil {
				t.Fatal(err)
			}
			if was, known := sizes[n]; known && was != st.Size() {
				t.Fatalf("block %d changed from %d to %d bytes after block %d began", n, was, st.Size(), newest)
			}
			sizes[n] = st.Size()
		}
	}
	if !rolled {
		t.Fatal("no second block was made, so nothing was learned about rolling over")
	}
}

// tailHolds says whether the file ends with body and the 8-byte checksum.
func tailHolds(t *testing.T, path string, body []byte) bool {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	tail := make([]byte, len(body)+8)
	if st.Size() < int64(len(tail)) {
		return false
	}
	if _, err := f.ReadAt(tail, st.Size()-int64(len(tail))); err != nil {
		t.Fatal(err)
	}
	return bytes.Equal(tail[:len(body)], body)
}

// Fact 3: also while the server deletes, erases and compacts, the file that was
// synced before an append is told is the one that holds it, to its last byte.
func TestLayoutSyncedFileIsTheOneWithTheMessage(t *testing.T) {
	d := newDisk()
	r := startRig(t, t.TempDir(), d)
	defer r.stop(t)
	st, err := r.log.js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(r.srv.StreamDir("S"), blocksDir)
	body := make([]byte, 100_000)
	newest := 0
	for i := range 400 {
		seq, err := r.log.Append(t.Context(), Message{Subject: "s.a", Data: body})
		if err != nil {
			t.Fatal(err)
		}
		all, err := listBlocks(dir)
		if err != nil {
			t.Fatal(err)
		}
		newest = all[len(all)-1]
		file, err := os.Stat(filepath.Join(dir, fmt.Sprintf("%d.blk", newest)))
		if err != nil {
			t.Fatal(err)
		}
		d.mu.Lock()
		synced := d.sizes[inode(file)]
		d.mu.Unlock()
		if synced != file.Size() {
			t.Fatalf("append %d was told with %d of %d bytes of block %d synced", i, synced, file.Size(), newest)
		}
		switch i % 4 {
		case 1:
			err = st.DeleteMsg(t.Context(), seq)
		case 2:
			err = st.SecureDeleteMsg(t.Context(), seq-1)
		case 3:
			err = st.SecureDeleteMsg(t.Context(), seq)
		}
		if err != nil && i%4 != 2 {
			t.Fatal(err)
		}
	}
	if newest < 3 {
		t.Fatalf("only %d blocks were made, so nothing was learned about compaction", newest)
	}
}

// Fact 4: what follows a bad checksum is cut off, and what stands before stays.
func TestLayoutSpoiltTailIsCut(t *testing.T) {
	dir := t.TempDir()
	r := startRig(t, dir, nil)
	for range 10 {
		if _, err := r.log.Append(t.Context(), Message{Subject: "s.a", Data: []byte("body")}); err != nil {
			t.Fatal(err)
		}
	}
	block := filepath.Join(r.srv.StreamDir("S"), blocksDir, "1.blk")
	r.stop(t)
	whole, err := os.ReadFile(block)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)-3] ^= 1
	if err := os.WriteFile(block, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	r = startRig(t, dir, nil)
	defer r.stop(t)
	if _, err := r.log.Get(t.Context(), 9); err != nil {
		t.Errorf("the message before the spoilt one: %v", err)
	}
	if m, err := r.log.Get(t.Context(), 10); err == nil {
		t.Errorf("the spoilt message is still there: %q", m.Data)
	}
}

// A batch of which a power cut left the beginning is taken out when the log is
// opened, and a whole one whose last message was deleted on purpose is not.
func TestTornBatchIsTakenOut(t *testing.T) {
	three := []Message{{Subject: "s.a"}, {Subject: "s.b"}, {Subject: "s.c"}}
	dir := t.TempDir()
	r := startRig(t, dir, nil)
	if _, err := r.log.AppendAtomic(t.Context(), three); err != nil {
		t.Fatal(err)
	}
	if _, err := r.log.AppendAtomic(t.Context(), three); err != nil {
		t.Fatal(err)
	}
	msgs := filepath.Join(r.srv.StreamDir("S"), blocksDir)
	r.stop(t)
	dropLastRecord(t, filepath.Join(msgs, "1.blk"))
	if err := os.Remove(filepath.Join(msgs, "index.db")); err != nil {
		t.Fatal(err)
	}

	r = startRig(t, dir, nil)
	for seq, there := range map[uint64]bool{1: true, 2: true, 3: true, 4: false, 5: false} {
		if _, err := r.log.Get(t.Context(), seq); (err == nil) != there {
			t.Errorf("message %d: %v", seq, err)
		}
	}
	last, err := r.log.AppendAtomic(t.Context(), three)
	if err != nil {
		t.Fatal(err)
	}
	st, err := r.log.js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	if err := st.DeleteMsg(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	r.stop(t)
	r = startRig(t, dir, nil)
	defer r.stop(t)
	if _, err := r.log.Get(t.Context(), last-1); err != nil {
		t.Errorf("a whole batch was taken for a torn one: %v", err)
	}
}

// dropLastRecord cuts a block before its last record. A record begins with its
// length, four bytes little-endian, whose highest bit says that it has headers.
func dropLastRecord(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	last := 0
	for at := 0; at < len(b); {
		last = at
		at += int(binary.LittleEndian.Uint32(b[at:]) &^ (1 << 31))
	}
	if err := os.Truncate(path, int64(last)); err != nil {
		t.Fatal(err)
	}
}
