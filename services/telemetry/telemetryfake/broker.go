// Package telemetryfake is a product that reports what it is used for, and the
// MQTT broker that its reports go through, for tests and the simulation. It
// speaks as much of MQTT 3.1.1 as a reader with a standing session needs: what
// was not acknowledged is kept, and sent again when the reader comes back.
//
// It is no part of the road itself: nothing that serves customers imports it.
package telemetryfake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

// Broker is the broker with one topic. Open it before anybody can connect.
type Broker struct {
	mu       sync.Mutex // guards what follows
	listener net.Listener
	all      map[net.Conn]bool
	live     net.Conn // whoever has subscribed last
	waiting  map[uint16]*report
	order    []uint16
	last     uint16
	serving  sync.WaitGroup
}

// report is one that nobody has acknowledged yet.
type report struct {
	payload []byte
	sent    bool
	done    chan struct{}
}

// New makes a broker.
func New() *Broker {
	return &Broker{all: map[net.Conn]bool{}, waiting: map[uint16]*report{}}
}

// topic is where the reports are published.
const topic = "product/reports"

// Kind is "telemetry".
func (*Broker) Kind() string { return "telemetry" }

// Settings are those of an inbox that reads the broker's topic: a report whose
// word is set is something its customer says, and the plan it names is the
// customer's.
func (b *Broker) Settings(string, string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"source":"mqtt","broker":"mqtt://%s","topic":%q,"allow_private":true,"per_second":1000,
		"id":"/id","time":"/at","customer":{"pointer":"/user","kind":"external"},"rules":[
			{"name":"word","when":{"all":[{"pointer":"/word","op":"exists"}]},"text":"{{/word}}"},
			{"name":"plan","when":{"all":[{"pointer":"/plan","op":"exists"}]},"attributes":{"plan":"{{/plan}}"}}]}`, b.Address(), topic)), nil
}

// Open listens on a port of loopback.
func (b *Broker) Open() error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen as a broker: %w", err)
	}
	b.mu.Lock()
	b.listener = l
	b.mu.Unlock()
	b.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			b.serving.Go(func() { b.attend(conn) })
		}
	})
	return nil
}

// Close ends every connection. What was not acknowledged is lost.
func (b *Broker) Close() error {
	b.mu.Lock()
	l := b.listener
	b.listener = nil
	for conn := range b.all {
		_ = conn.Close()
	}
	b.mu.Unlock()
	if l == nil {
		return nil
	}
	err := l.Close()
	b.serving.Wait()
	return err
}

// Address is host:port; empty before Open.
func (b *Broker) Address() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.listener == nil {
		return ""
	}
	return b.listener.Addr().String()
}

// Drop ends the reader's connection; reports wait until it comes back.
func (b *Broker) Drop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.live != nil {
		_ = b.live.Close()
		b.live = nil
	}
}

// Report publishes a customer's report and returns once the reader has
// acknowledged it. The same id is the same report.
func (b *Broker) Report(ctx context.Context, id, user, word, plan string, at time.Time) error {
	fields := map[string]string{"id": id, "user": user, "at": at.UTC().Format(time.RFC3339Nano)}
	if word != "" {
		fields["word"] = word
	}
	if plan != "" {
		fields["plan"] = plan
	}
	payload, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	r := &report{payload: payload, done: make(chan struct{})}
	b.mu.Lock()
	b.last = b.last%60000 + 1
	n := b.last
	if b.waiting[n] != nil {
		b.mu.Unlock()
		return errors.New("the broker is full")
	}
	b.waiting[n] = r
	b.order = append(b.order, n)
	if b.live != nil {
		b.publish(n)
	}
	b.mu.Unlock()
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return errors.New("nobody acknowledges the report")
	}
}

// publish sends one report; the mutex is held.
func (b *Broker) publish(n uint16) {
	r := b.waiting[n]
	p := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	p.Qos, p.TopicName, p.MessageID, p.Payload, p.Dup = 1, topic, n, r.payload, r.sent
	r.sent = true
	if b.live.SetWriteDeadline(time.Now().Add(10*time.Second)) != nil || p.Write(b.live) != nil {
		_ = b.live.Close() // whoever reads comes back, and it is sent again
	}
}

func (b *Broker) attend(conn net.Conn) {
	b.mu.Lock()
	b.all[conn] = true
	closed := b.listener == nil
	b.mu.Unlock()
	defer b.leave(conn)
	for !closed {
		packet, err := packets.ReadPacket(conn)
		if err != nil || !b.answer(conn, packet) {
			return
		}
	}
}

func (b *Broker) leave(conn net.Conn) {
	_ = conn.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.all, conn)
	if b.live == conn {
		b.live = nil
	}
}

// answer reports whether the connection goes on.
func (b *Broker) answer(conn net.Conn, packet packets.ControlPacket) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch p := packet.(type) {
	case *packets.ConnectPacket:
		ack := packets.NewControlPacket(packets.Connack).(*packets.ConnackPacket)
		ack.SessionPresent = !p.CleanSession && b.last > 0
		return ack.Write(conn) == nil
	case *packets.SubscribePacket:
		ack := packets.NewControlPacket(packets.Suback).(*packets.SubackPacket)
		ack.MessageID, ack.ReturnCodes = p.MessageID, []byte{1}
		if ack.Write(conn) != nil {
			return false
		}
		b.live = conn
		for _, n := range b.order {
			b.publish(n)
		}
	case *packets.PubackPacket:
		if r := b.waiting[p.MessageID]; r != nil {
			delete(b.waiting, p.MessageID)
			for i, n := range b.order {
				if n == p.MessageID {
					b.order = append(b.order[:i:i], b.order[i+1:]...)
					break
				}
			}
			close(r.done)
		}
	case *packets.PingreqPacket:
		return packets.NewControlPacket(packets.Pingresp).Write(conn) == nil
	case *packets.DisconnectPacket:
		return false
	}
	return true
}
