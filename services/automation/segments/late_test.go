package segments

import (
	"fmt"
	"sync"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/automation/people"
)

// late is what is known of one contact, which a test brings up to date by hand.
type late struct {
	mu     sync.Mutex // guards what follows
	person people.Person
	news   []events.ContactID
	looked int
	wake   chan struct{}
}

func (l *late) Person(events.ContactID) (*people.Person, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.person
	return &p, nil
}

func (l *late) Each(_ events.ContactID, _ int, see func(*people.Person)) (events.ContactID, error) {
	p, err := l.Person("")
	see(p)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looked++
	return "", err
}

func (l *late) Members(after events.ContactID, limit int, see func(*people.Person)) (events.ContactID, error) {
	return l.Each(after, limit, see)
}

func (l *late) Among(ids []events.ContactID) ([]events.ContactID, error) { return ids, nil }

func (l *late) Changes() <-chan struct{} { return l.wake }

func (l *late) Changed(bool) ([]events.ContactID, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.news
	l.news = nil
	return out, false
}

// A segment goes while the fact that put somebody into it is still on its way to
// the memory: when it arrives, they are taken out again.
func TestAFactThatComesLateIsNews(t *testing.T) {
	w := newTown(t)
	l := &late{wake: make(chan struct{}, 1), person: people.Person{Contact: config.SeeContact("kim", "Kim", nil, nil)}}
	worker, err := New(Deps{NC: w.nc, Table: w.table, People: l, Logger: testkit.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	given := func(n int) {
		t.Helper()
		testkit.Eventually(t, patience, func() error {
			w.mu.Lock()
			defer w.mu.Unlock()
			if len(w.given) != n {
				return fmt.Errorf("%d commands, want %d", len(w.given), n)
			}
			return nil
		})
	}
	w.table.set(`true`)
	w.run(worker.Run)
	given(1)
	w.table.set()
	testkit.Eventually(t, patience, func() error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.looked < 2 {
			return fmt.Errorf("looked %d times", l.looked)
		}
		return nil
	})
	given(1)
	l.mu.Lock()
	l.person.Segments, l.person.Segmented, l.news = []events.SegmentID{"s0"}, 5, []events.ContactID{"kim"}
	l.mu.Unlock()
	l.wake <- struct{}{}
	given(2)
	if body := string(w.given[1].Body); body != `{"segments":[]}` {
		t.Errorf("given %s", body)
	}
}
