package sending

import (
	"fmt"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// TestWhatAsksForNothingIsReadOnce: a start reads on where the last one ended, also
// where nobody has been answered since; and not where OUTBOUND is another stream than
// the one that the place speaks of.
//
// To see it fail: in pump start, leave out what was kept; or the comparison of
// OUTBOUND's end.
func TestWhatAsksForNothingIsReadOnce(t *testing.T) {
	r := newRig(t)
	r.deps.Dir = t.TempDir()
	stop := r.start()
	r.want("c1", "m1")
	r.becomes("m1", events.StatusSent)
	stop()
	for i := range 40 {
		d := &events.Decision{ID: fmt.Sprint("quiet", i), At: time.Now(), Facts: []events.Fact{events.NewFact(&events.ConversationRead{Conversation: "c1"})}}
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.log.Append(t.Context(), eventlog.Message{Subject: "conversation.1", Data: data}); err != nil {
			t.Fatal(err)
		}
	}
	_, head, err := r.log.Bounds(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	testkit.Eventually(t, time.Minute, func() error {
		r.start()()
		if at := r.kept(); at.Fact != head {
			return fmt.Errorf("the place is %+v, the facts end at %d", at, head)
		}
		return nil
	})
	if from := r.begins(r.kept()); from != head {
		t.Errorf("a start begins at %d of %d", from, head)
	}
	if from := r.begins(place{Fact: head, Outbound: 99}); from >= head {
		t.Errorf("with another OUTBOUND a start begins at %d of %d", from, head)
	}
	r.start()
	r.want("c1", "m2")
	r.becomes("m2", events.StatusSent)
	if got := r.provider.order(); len(got) != 2 {
		t.Errorf("asked for %v", got)
	}
}

func (r *rig) kept() place {
	r.t.Helper()
	p, err := openPlaces(r.deps.Dir)
	if err != nil {
		r.t.Fatal(err)
	}
	at := p.load()
	if err := p.close(); err != nil {
		r.t.Fatal(err)
	}
	return at
}

// begins is where a pump would begin with a place.
func (r *rig) begins(at place) uint64 {
	r.t.Helper()
	kept, err := openPlaces(r.t.TempDir())
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = kept.close() }()
	if err := kept.save(at, true); err != nil {
		r.t.Fatal(err)
	}
	from, err := (&pump{facts: r.deps.Facts, outbound: r.deps.Outbound, places: kept, log: r.deps.Logger}).start(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return from
}
