package simulate

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
)

// basket is a customer's newest order at one shop, with the marks of what was
// told of it. Its state is found where the timelines of the customer show the
// order once and as it is by now.
type basket struct {
	of    orderfake.Shop
	inbox events.InboxID
	order orderfake.Order
	owner int // the customer's number
	marks []string
}

// order makes one change: an order, its refund, a second one, its end. Told again
// it is the same change.
func (c *customer) order(ctx context.Context, s *till, u utterance) error {
	if err := c.introduce(ctx); err != nil {
		return err
	}
	kind := s.of.Kind()
	b := c.orders[kind]
	if b == nil || b.marks[len(b.marks)-1] != u.mark {
		b = c.change(b, s, u)
		if c.orders == nil {
			c.orders = map[string]*basket{}
		}
		c.orders[kind] = b
	}
	for _, r := range s.of.Tell(b.order) {
		if err := c.world.deliver(ctx, kind, s.hook, r); err != nil {
			return err
		}
	}
	return nil
}

// introduce has the customer write with their e-mail address, so that the shop's
// customer is somebody who is known.
func (c *customer) introduce(ctx context.Context) error {
	if c.known {
		return nil
	}
	u := utterance{channel: "webhook", mark: mark(c.world.run, c.world.marks.Add(1))}
	u.text = u.mark + " " + c.lang.lines[0]
	c.world.books.send(u.mark, u.channel)
	if err := c.post(ctx, u); err != nil {
		return err
	}
	c.world.books.ack(u.mark)
	c.world.told.says(c.number, u.mark)
	c.known = true
	return nil
}

func (c *customer) change(b *basket, s *till, u utterance) *basket {
	now := c.world.sentAt(u.mark).UTC().Truncate(time.Second)
	c.world.told.mu.Lock()
	defer c.world.told.mu.Unlock()
	if b == nil || b.order.Cancelled {
		b = &basket{of: s.of, inbox: s.id, owner: c.number, order: orderfake.Order{
			ID: strings.Trim(u.mark, "[]"), Buyer: c.id, Email: c.email, Article: u.text, Total: "30000.00", Placed: now, Changed: now,
		}}
		c.world.told.baskets = append(c.world.told.baskets, b)
		b.marks = append(b.marks, u.mark)
		return b
	}
	b.order.Changed = later(now, b.order.Changed.Add(time.Second))
	if n := len(b.order.Refunds); n < 2 {
		b.order.Refunds = append(append([]string(nil), b.order.Refunds...), strconv.Itoa(1000*(n+1))+".50")
	} else {
		b.order.Cancelled = true
	}
	b.marks = append(b.marks, u.mark)
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// refunded is what the timeline must say.
func (b *basket) refunded() string { return []string{"", "1000.50", "3001.00"}[len(b.order.Refunds)] }

// count finds the marks of the order as often as it stands on the timeline, or
// not at all where it is not as it should be.
func (b *basket) count(lines []queries.TimelineItem, found map[string]int) {
	n := 0
	for _, l := range lines {
		if l.Order == nil || l.Order.ID != b.of.OrderID(b.order) || l.Detail["inbox"] != string(b.inbox) {
			continue
		}
		if n++; l.Order.Refunded != b.refunded() || !l.Order.UpdatedAt.Equal(b.order.Changed) || l.Order.Total != b.order.Total {
			n = 0
			break
		}
	}
	for _, m := range b.marks {
		found[m] = n
	}
}

// report has the product say what its user says.
func (c *customer) report(ctx context.Context, u utterance) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return c.world.o.Reports.Report(ctx, strings.Trim(u.mark, "[]"), c.id, u.text, "", c.world.sentAt(u.mark))
}
