package house

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// counted counts statements by inbox once they are durable: the received side
// of the books, told by those who publish.
type counted struct {
	next     channel.Publisher
	received *prometheus.CounterVec
}

func count(next channel.Publisher, reg prometheus.Registerer) channel.Publisher {
	c := &counted{next: next, received: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_statements_received_total", Help: "Statements stored in INBOUND since the start, by inbox.",
	}, []string{"inbox"})}
	reg.MustRegister(c.received)
	return c
}

// Publish passes on and counts.
func (c *counted) Publish(ctx context.Context, statements ...*events.Inbound) error {
	if err := c.next.Publish(ctx, statements...); err != nil {
		return err
	}
	for _, in := range statements {
		c.received.WithLabelValues(string(in.Inbox)).Inc()
	}
	return nil
}
