package ledger

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/bolt"
	"github.com/tributary-inbox/tributary/services/inbox/reports"
	"github.com/tributary-inbox/tributary/services/inbox/views"
)

// joint parts the segments of a contact.
const joint = "\x1f"

// customer takes in what a decision says of a contact's orders, merges and segments.
func (b *batch) customer(d *events.Decision) error {
	for i := range d.Facts {
		var err error
		switch f := d.Facts[i].Body.(type) {
		case *events.OrderStated:
			err = b.order(d, f)
		case *events.ContactMerged:
			err = b.fold(f.From, f.Into)
		case *events.ContactMergeReversed:
			err = b.fold(f.From, "")
		case *events.ContactSegmented:
			err = b.segmented(d.Contact, f)
		case *events.ContactErased:
			if views.ErasesAll(f) {
				err = b.erase(d.Contact)
			}
		}
		if err != nil {
			return fmt.Errorf("take in a customer: %w", err)
		}
	}
	return nil
}

// fold keeps into whom a contact was merged, both ways round; empty undoes it.
func (b *batch) fold(from, into events.ContactID) error {
	folded, folds := b.tx.Bucket(bucketFolded), b.tx.Bucket(bucketFolds)
	pair := func(into []byte) []byte { return append(bolt.AppendString(nil, string(into)), from...) }
	if was := folded.Get([]byte(from)); was != nil {
		if err := folds.Delete(pair(was)); err != nil {
			return err
		}
	}
	if into == "" {
		return folded.Delete([]byte(from))
	}
	if err := folds.Put(pair([]byte(into)), []byte{}); err != nil {
		return err
	}
	return folded.Put([]byte(from), []byte(into))
}

func orderKey(contact events.ContactID, inbox events.InboxID, order string) []byte {
	return append(bolt.AppendString(bolt.AppendString(nil, string(contact)), string(inbox)), order...)
}

// order keeps an order as it is by now, without what it is made of.
func (b *batch) order(d *events.Decision, f *events.OrderStated) error {
	orders, key := b.tx.Bucket(bucketOrders), orderKey(d.Contact, f.Inbox, f.Order.ID)
	o := f.Order
	now := queries.ContactOrder{Inbox: f.Inbox, Order: events.Order{
		ID: o.ID, Currency: o.Currency, Total: o.Total, Refunded: o.Refunded, PlacedAt: o.PlacedAt, UpdatedAt: o.UpdatedAt,
		CancelledAt: o.CancelledAt, Part: o.Part,
	}}
	for _, r := range o.Refunds {
		now.Order.Refunds = append(now.Order.Refunds, events.Refund{ID: r.ID, Amount: r.Amount, At: r.At})
	}
	if v := orders.Get(key); v != nil {
		var was queries.ContactOrder
		if err := json.Unmarshal(v, &was); err != nil {
			return fmt.Errorf("%w: an order: %w", errDamaged, err)
		}
		now = views.PutOrder([]queries.ContactOrder{was}, now)[0]
	}
	text, err := json.Marshal(now)
	if err != nil {
		return err
	}
	if len(key) > bbolt.MaxKeySize {
		return nil // no shop gives such an id
	}
	return orders.Put(key, text)
}

func (b *batch) segmented(contact events.ContactID, f *events.ContactSegmented) error {
	segments := b.tx.Bucket(bucketSegments)
	if len(f.Segments) == 0 {
		return segments.Delete([]byte(contact))
	}
	names := make([]string, len(f.Segments))
	for i, s := range f.Segments {
		names[i] = string(s)
	}
	return segments.Put([]byte(contact), []byte(strings.Join(names, joint)))
}

// erase forgets the orders and segments of a contact and of those folded into them.
func (b *batch) erase(contact events.ContactID) error {
	roots, err := folded(b.tx)
	if err != nil {
		return err
	}
	family := []events.ContactID{contact}
	for from := range roots {
		if roots.of(from) == contact {
			family = append(family, from)
		}
	}
	for _, id := range family {
		prefix := bolt.AppendString(nil, string(id))
		c := b.tx.Bucket(bucketOrders).Cursor()
		for key, _ := c.Seek(prefix); key != nil && strings.HasPrefix(string(key), string(prefix)); key, _ = c.Seek(prefix) {
			if err := c.Delete(); err != nil {
				return err
			}
		}
		if err := b.tx.Bucket(bucketSegments).Delete([]byte(id)); err != nil {
			return err
		}
	}
	return nil
}

// family says into whom contacts were merged.
type family map[events.ContactID]events.ContactID

func folded(tx *bbolt.Tx) (family, error) {
	out := family{}
	err := tx.Bucket(bucketFolded).ForEach(func(from, into []byte) error {
		out[events.ContactID(from)] = events.ContactID(into)
		return nil
	})
	return out, err
}

// of is who a contact is by now. Merges that go round, which no router makes, end.
func (f family) of(id events.ContactID) events.ContactID {
	for range len(f) {
		into, ok := f[id]
		if !ok {
			return id
		}
		id = into
	}
	return id
}

// customers adds every customer, one after the other: most of them stand together in
// the file, and only those who were merged are gathered in memory.
func customers(tx *bbolt.Tx, add func(*reports.Customer)) error {
	roots, err := folded(tx)
	if err != nil {
		return err
	}
	merged := map[events.ContactID]bool{}
	for from := range roots {
		merged[from], merged[roots.of(from)] = true, true
	}
	gathered := map[events.ContactID][]queries.ContactOrder{}
	var last events.ContactID
	var orders []queries.ContactOrder
	done := func() {
		if len(orders) > 0 {
			add(customer(tx, last, orders))
		}
		orders = orders[:0]
	}
	err = tx.Bucket(bucketOrders).ForEach(func(key, value []byte) error {
		name, _, err := bolt.CutString(key)
		var o queries.ContactOrder
		if err == nil {
			err = json.Unmarshal(value, &o)
		}
		if err != nil {
			return fmt.Errorf("%w: an order: %w", errDamaged, err)
		}
		id := events.ContactID(name)
		if merged[id] {
			root := roots.of(id)
			gathered[root] = joined(gathered[root], o)
			return nil
		}
		if id != last {
			done()
			last = id
		}
		orders = append(orders, o)
		return nil
	})
	if err != nil {
		return err
	}
	done()
	for _, id := range sorted(gathered) {
		add(customer(tx, id, gathered[id]))
	}
	return nil
}

// joined adds an order to those of a customer; one that two merged contacts have
// is one.
func joined(list []queries.ContactOrder, o queries.ContactOrder) []queries.ContactOrder {
	at := slices.IndexFunc(list, func(x queries.ContactOrder) bool { return x.Inbox == o.Inbox && x.Order.ID == o.Order.ID })
	if at < 0 {
		return append(list, o)
	}
	list[at] = views.PutOrder([]queries.ContactOrder{list[at]}, o)[0]
	return list
}

func customer(tx *bbolt.Tx, id events.ContactID, orders []queries.ContactOrder) *reports.Customer {
	c := &reports.Customer{ID: id}
	for _, o := range orders {
		c.Orders = append(c.Orders, o.Order)
	}
	if v := tx.Bucket(bucketSegments).Get([]byte(id)); len(v) > 0 {
		c.Segments = strings.Split(string(v), joint)
	}
	return c
}

// maxFamily bounds the contacts that are looked through for one customer.
const maxFamily = 1000

// household are a contact and all who were merged into them, by whatever way.
func household(tx *bbolt.Tx, contact events.ContactID) []events.ContactID {
	out := []events.ContactID{contact}
	for i := 0; i < len(out) && len(out) < maxFamily; i++ {
		prefix := bolt.AppendString(nil, string(out[i]))
		c := tx.Bucket(bucketFolds).Cursor()
		for key, _ := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = c.Next() {
			if id := events.ContactID(key[len(prefix):]); !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out
}

// one is one customer, with the orders of everybody who was merged into them.
func one(tx *bbolt.Tx, contact events.ContactID) (*reports.Customer, error) {
	var orders []queries.ContactOrder
	for _, id := range household(tx, contact) {
		prefix := bolt.AppendString(nil, string(id))
		c := tx.Bucket(bucketOrders).Cursor()
		for key, value := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, value = c.Next() {
			var o queries.ContactOrder
			if err := json.Unmarshal(value, &o); err != nil {
				return nil, fmt.Errorf("%w: an order: %w", errDamaged, err)
			}
			orders = joined(orders, o)
		}
	}
	return customer(tx, contact, orders), nil
}
