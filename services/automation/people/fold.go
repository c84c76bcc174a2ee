package people

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// apply folds a batch; every record it touches is read and written once.
func (m *Memory) apply(tx *bbolt.Tx, batch []feed.Entry[*events.Decision]) error {
	f := folding{of: tx.Bucket(bucket), before: openFormers(tx, m.ahead), held: map[events.ContactID]*Record{}, changed: map[events.ContactID]news{}}
	for i := range batch {
		if batch[i].Err != nil {
			continue // who reads the log to show it tells the operator
		}
		if err := f.before.reach(batch[i].Value.At, batch[i].Seq); err != nil {
			return err
		}
		if err := tell(batch[i].Value, f.find, f.change); err != nil {
			return err
		}
		if err := f.erase(batch[i].Value); err != nil {
			return err
		}
	}
	in := tx.Bucket(members)
	for id := range f.changed {
		data, err := json.Marshal(f.held[id])
		if err == nil {
			err = f.of.Put([]byte(id), data)
		}
		if err == nil {
			err = enlist(in, f.held[id])
		}
		if err != nil {
			return fmt.Errorf("write contact: %w", err)
		}
	}
	tx.OnCommit(func() { m.touched.add(f.changed) })
	return nil
}

// tell changes the records of those whom a decision is about. find is asked for a
// record before it is changed, and makes one that is not there; changed is told what
// became of it.
func tell(d *events.Decision, find func(events.ContactID) (*Record, error), changed func(*Record, news) error) error {
	if d.Contact == "" {
		return nil
	}
	r, err := find(d.Contact)
	if err != nil {
		return err
	}
	for _, f := range d.Facts {
		if err := changed(r, r.apply(d, f.Body)); err != nil {
			return err
		}
	}
	for c := range d.Conversations {
		owner, err := find(d.Conversations[c].Contact.ID)
		if err != nil {
			return err
		}
		if err := changed(owner, owner.row(&d.Conversations[c])); err != nil {
			return err
		}
	}
	return nil
}

// folding is a batch on its way into the file.
type folding struct {
	of      *bbolt.Bucket
	before  formers
	held    map[events.ContactID]*Record
	changed map[events.ContactID]news
}

func (f *folding) find(id events.ContactID) (*Record, error) {
	r, ok := f.held[id]
	if !ok {
		v := f.of.Get([]byte(id))
		if !f.before.lost() {
			f.before.stands(id, bytes.Clone(v))
		}
		known, there, err := decode(v)
		if err != nil {
			return nil, err
		}
		if r = known; !there {
			r = &Record{ID: id}
		}
		f.held[id] = r
		return r, nil
	}
	if !f.before.knows(id) { // a day has begun within the batch
		var v []byte
		if _, dirty := f.changed[id]; dirty {
			var err error
			if v, err = json.Marshal(r); err != nil {
				return nil, fmt.Errorf("keep a contact: %w", err)
			}
		} else {
			v = bytes.Clone(f.of.Get([]byte(id)))
		}
		f.before.stands(id, v)
	}
	return r, nil
}

func (f *folding) change(r *Record, n news) error {
	if n == none {
		return nil
	}
	f.changed[r.ID] = max(f.changed[r.ID], n)
	return f.before.note(r.ID)
}

// erase makes what is kept of the past forget what a decision erases.
func (f *folding) erase(d *events.Decision) error {
	for i := range d.Facts {
		if what, ok := d.Facts[i].Body.(*events.ContactErased); ok {
			if err := f.before.erase(d, what); err != nil {
				return err
			}
		}
	}
	return nil
}

// enlist keeps a contact among the members as long as it is in a segment.
func enlist(in *bbolt.Bucket, r *Record) error {
	id := []byte(r.ID)
	switch is := in.Get(id) != nil; {
	case len(r.Segments) > 0 && !is:
		return in.Put(id, []byte{})
	case len(r.Segments) == 0 && is:
		return in.Delete(id)
	}
	return nil
}
