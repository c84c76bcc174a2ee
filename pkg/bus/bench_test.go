package bus_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// BenchmarkRoundTrip publishes, synced, in calls of 64 messages of 512 bytes,
// and counts them as they come out of a subscription and are acknowledged.
func BenchmarkRoundTrip(b *testing.B) {
	for name, shape := range map[string]func(*bus.SubscriberConfig){
		"InOrder":     inOrder,
		"PerKey16":    func(c *bus.SubscriberConfig) { c.Key, c.Concurrency = bus.BySubject, 16 },
		"Unordered16": atOnce,
	} {
		b.Run(name, func(b *testing.B) {
			log := testkit.NATS(b).OpenLog(b, "B", "b.>")
			cfg := bus.SubscriberConfig{JetStream: log.JetStream(), Group: "g", Durability: log, MaxAckPending: 1024}
			shape(&cfg)
			sub, err := bus.NewSubscriber(cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer sub.Close()
			c, err := sub.Subscribe(context.Background(), "b.*")
			if err != nil {
				b.Fatal(err)
			}
			pub := bus.NewPublisher(bus.OverLog(log), nil)
			failed := make(chan error, 1)
			b.ResetTimer()
			go func() {
				var err error
				for sent := 0; sent < b.N && err == nil; sent += 64 {
					batch := make([]*message.Message, min(64, b.N-sent))
					for i := range batch {
						batch[i] = message.NewMessage(fmt.Sprint(sent+i), make([]byte, 512))
					}
					err = pub.Publish(fmt.Sprint("b.", sent/64%32), batch...)
				}
				failed <- err
			}()
			for range b.N {
				(<-c).Ack()
			}
			if err := <-failed; err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
		})
	}
}
