package bus

import (
	"context"
	"time"
)

// Delivery is where a message came from and how often it has been tried.
type Delivery struct {
	// Stream and Seq are its place in the log.
	Stream string
	Seq    uint64
	// Subject is the one it was published to.
	Subject string
	// Attempt counts from 1. It is what the server and this process know
	// together: attempts of a key's message in a process that is gone count
	// as one.
	Attempt int
	// Stored is when it entered the log.
	Stored time.Time
}

type deliveryKey struct{}

// DeliveryOf is what the Subscriber knows of the message whose context is ctx;
// false for a message from elsewhere.
func DeliveryOf(ctx context.Context) (Delivery, bool) {
	d, ok := ctx.Value(deliveryKey{}).(Delivery)
	return d, ok
}
