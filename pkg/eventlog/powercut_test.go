package eventlog

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/natsd"
)

// told is an append that somebody was told is durable.
type told struct {
	seq  uint64
	body []byte
}

// rig is a log on an embedded server whose disk can lose power.
type rig struct {
	srv    *natsd.Server
	nc     *nats.Conn
	commit *BlockSync
	log    *Log
}

func startRig(t *testing.T, dir string, d *disk) *rig {
	t.Helper()
	srv, err := natsd.Start(t.Context(), natsd.Options{StoreDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	nc, err := srv.Connect("power cut")
	if err != nil {
		t.Fatal(err)
	}
	c := NewBlockSync(srv.StreamDir)
	if d != nil {
		c.sync = d.sync
	}
	l, err := Open(t.Context(), nc, Config{
		Stream: jetstream.StreamConfig{Name: "S", Subjects: []string{"s.>"}}, Commit: c,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &rig{srv, nc, c, l}
}

func (r *rig) stop(t *testing.T) {
	t.Helper()
	r.log.Close()
	if err := r.commit.Close(); err != nil {
		t.Error(err)
	}
	r.nc.Close()
	r.srv.Shutdown()
}

// write appends from 32 writers, some of it atomically, until an append fails
// or each writer has had its number, and returns what was told to be durable.
func (r *rig) write(t *testing.T, each int, seed uint64) []told {
	t.Helper()
	var mu sync.Mutex
	var all []told
	var wg sync.WaitGroup
	for w := range 32 {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(seed, uint64(w)))
			for i := range each {
				ts, err := r.writeOne(t, w, i, dice)
				if errors.Is(err, ErrUnavailable) {
					return // the power is gone
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				all = append(all, ts...)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return all
}

func (r *rig) writeOne(t *testing.T, w, i int, dice *rand.Rand) ([]told, error) {
	body := bytes.Repeat(fmt.Appendf(nil, "writer %d append %d;", w, i), 1+dice.IntN(400))
	m := Message{Subject: fmt.Sprintf("s.%d", w), Data: body}
	if w != 0 || i%10 != 0 {
		seq, err := r.log.Append(t.Context(), m)
		return []told{{seq, body}}, err
	}
	seq, err := r.log.AppendAtomic(t.Context(), []Message{m, m, m})
	return []told{{seq - 2, body}, {seq - 1, body}, {seq, body}}, err
}

// missing counts what was told and is not there any more.
func (r *rig) missing(t *testing.T, all []told) int {
	t.Helper()
	n := 0
	for _, a := range all {
		got, err := r.log.Get(t.Context(), a.seq)
		switch {
		case errors.Is(err, ErrNotFound):
			n++
		case err != nil:
			t.Fatal(err)
		case !bytes.Equal(got.Data, a.body):
			t.Errorf("message %d came back as another", a.seq)
			n++
		}
	}
	return n
}

// torn counts atomic appends of which a part is there.
func (r *rig) torn(t *testing.T) int {
	t.Helper()
	first, last, err := r.log.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]int{}
	for seq := first; seq <= last; seq++ {
		m, err := r.log.Get(t.Context(), seq)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if id := m.Header.Get(headerBatchID); id != "" {
			parts[id]++
		}
	}
	n := 0
	for _, have := range parts {
		if have != 3 {
			n++
		}
	}
	return n
}

func TestNothingToldDurableIsLostToAPowerCut(t *testing.T) {
	rounds := 10
	if testing.Short() {
		rounds = 4
	}
	total := 0
	for round := range rounds {
		seed := rand.Uint64()
		dice := rand.New(rand.NewPCG(seed, 0))
		dir, d := t.TempDir(), newDisk()
		for life := range 2 { // the second life begins where the first was cut
			r := startRig(t, dir, d)
			d.cutAfter(dice.IntN(200))
			all := r.write(t, 100, seed+uint64(life))
			d.cut()
			after := t.TempDir()
			d.survive(t, dir, after, dice)
			r.stop(t)

			again := startRig(t, after, nil)
			if n := again.missing(t, all); n > 0 {
				t.Errorf("round %d, life %d, seed %d: %d of %d durable appends are lost", round, life, seed, n, len(all))
			}
			if torn := again.torn(t); torn > 0 {
				t.Errorf("round %d, life %d, seed %d: %d atomic appends are there in part", round, life, seed, torn)
			}
			if again.log.DurableSeq() < maxSeq(all) {
				t.Errorf("round %d: watermark %d is below %d", round, again.log.DurableSeq(), maxSeq(all))
			}
			if _, err := again.log.Append(t.Context(), Message{Subject: "s.after"}); err != nil {
				t.Errorf("round %d: append after recovery: %v", round, err)
			}
			again.stop(t)
			total += len(all)
			dir, d = after, newDisk()
		}
	}
	if total == 0 {
		t.Fatal("nothing was ever told to be durable, so nothing was proved")
	}
	t.Logf("%d durable appends survived %d cuts", total, 2*rounds)
}

// The same story with syncs that do nothing must lose appends; otherwise the
// test above proves nothing.
func TestWithoutSyncsAPowerCutLoses(t *testing.T) {
	lost := 0
	for range 5 {
		dir, d := t.TempDir(), newDisk()
		r := startRig(t, dir, d)
		d.sleep()
		all := r.write(t, 20, 1)
		d.cut()
		after := t.TempDir()
		d.survive(t, dir, after, rand.New(rand.NewPCG(1, 1)))
		r.stop(t)
		again := startRig(t, after, nil)
		lost += again.missing(t, all)
		again.stop(t)
	}
	if lost == 0 {
		t.Fatal("no append was lost although nothing was synced")
	}
}

func maxSeq(all []told) (m uint64) {
	for _, a := range all {
		m = max(m, a.seq)
	}
	return m
}
