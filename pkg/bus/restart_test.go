package bus_test

import (
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/bus"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// The suite's own reconnect test wants a command that restarts a broker; this
// is the same with a server in the process: nothing is lost, and the order of
// first deliveries holds.
func TestTheServerRestartsUnderASubscription(t *testing.T) {
	host, port, err := net.SplitHostPort(testkit.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	o := natsd.Options{StoreDir: t.TempDir(), Host: host, Logger: testkit.Logger(t)}
	if o.Port, err = strconv.Atoi(port); err != nil {
		t.Fatal(err)
	}
	srv, err := natsd.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	nc, err := nats.Connect(srv.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "R", Subjects: []string{"r.>"}}); err != nil {
		t.Fatal(err)
	}
	sub, err := bus.NewSubscriber(bus.SubscriberConfig{JetStream: js, Group: "g", Key: bus.Total, AckWait: time.Second, DrainTimeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	c := subscribe(t, sub, "r.x")
	pub := bus.NewPublisher(bus.OverJetStream(js), nil)
	seen := map[string]bool{}
	expect := func(id string) {
		t.Helper()
		for !seen[id] {
			m := receive(t, c)
			if !seen[m.UUID] && m.UUID != id {
				t.Fatalf("%s came before %s", m.UUID, id)
			}
			seen[m.UUID] = true
			m.Ack()
		}
	}
	for round := range 3 {
		id := func(n int) string { return fmt.Sprint(round, "-", n) }
		for n := range 5 {
			testkit.Eventually(t, patience, func() error { return pub.Publish("r.x", message.NewMessage(id(n), nil)) })
		}
		expect(id(0))
		srv.Shutdown()
		if srv, err = natsd.Start(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		for n := 1; n < 5; n++ {
			expect(id(n))
		}
	}
	srv.Shutdown()
	began := time.Now()
	if err := sub.Close(); err != nil || time.Since(began) > patience {
		t.Fatalf("close without a server took %v, %v", time.Since(began), err)
	}
}
