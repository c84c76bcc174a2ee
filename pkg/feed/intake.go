package feed

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

const (
	// queued is how many messages may wait between the consumer and the decoder;
	// beyond that the consumer is not asked for more.
	queued = 1024
	// together is how many are decoded before the first is shown.
	together = 128
	// beat is how soon a consumer that has vanished is noticed: two beats.
	beat = time.Second
)

// intake reads live messages until ctx ends, through whatever happens to the
// connection, the server or the consumer.
func (f *Feed[T]) intake(ctx context.Context, last uint64) {
	for pause := 10 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, time.Second) {
		before := last
		err := f.follow(ctx, &last)
		if f.log.Healthy() != nil || errors.Is(err, eventlog.ErrClosed) {
			f.fail(err)
			return
		}
		if last > before {
			pause = 10 * time.Millisecond
		}
		again := time.NewTimer(pause)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
		}
	}
}

// follow reads with one ordered consumer, which replaces itself when messages
// are missed, until that consumer gives up. last moves with what was shown.
func (f *Feed[T]) follow(ctx context.Context, last *uint64) error {
	cons, err := f.log.JetStream().OrderedConsumer(ctx, f.log.Stream(), jetstream.OrderedConsumerConfig{
		DeliverPolicy:     jetstream.DeliverByStartSequencePolicy,
		OptStartSeq:       *last + 1,
		InactiveThreshold: 30 * time.Second,
	})
	if err != nil {
		return err
	}
	queue := make(chan Raw, queued)
	over, cancel := context.WithCancel(ctx)
	defer cancel()
	reading, err := cons.Consume(func(m jetstream.Msg) {
		r, err := rawOf(m)
		if err != nil {
			return // not a message of the stream; the consumer notices a gap
		}
		select {
		case queue <- r:
		case <-over.Done():
		}
	}, jetstream.PullExpiry(5*beat), jetstream.PullHeartbeat(beat))
	if err != nil {
		return err
	}
	ended := reading.Closed() // asked once: each asking keeps a goroutine until the end
	defer func() {
		cancel()
		reading.Stop()
		<-ended
	}()
	for {
		select {
		case r := <-queue:
			if err := f.show(ctx, f.gather(r, queue, last), last); err != nil {
				return err
			}
		case <-ended:
			return errors.New("consumer ended")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// gather decodes first and what waits behind it. What was shown before, which a
// replaced consumer may repeat, is left out.
func (f *Feed[T]) gather(first Raw, queue <-chan Raw, last *uint64) []sized[T] {
	out := make([]sized[T], 0, 16)
	seen := *last
	for r := first; ; {
		if r.Seq > seen {
			out = append(out, f.entry(r))
			seen = r.Seq
		}
		if len(out) >= together {
			return out
		}
		select {
		case r = <-queue:
		default:
			return out
		}
	}
}

// show publishes entries as they become durable.
func (f *Feed[T]) show(ctx context.Context, entries []sized[T], last *uint64) error {
	for len(entries) > 0 {
		durable := f.log.DurableSeq()
		n := 0
		for n < len(entries) && entries[n].entry.Seq <= durable {
			n++
		}
		if n > 0 {
			f.publish(entries[:n])
			*last = entries[n-1].entry.Seq
			entries = entries[n:]
			continue
		}
		f.log.Observe(entries[len(entries)-1].entry.Seq)
		if err := f.log.WaitDurable(ctx, entries[0].entry.Seq); err != nil {
			return err
		}
	}
	return nil
}

func rawOf(m jetstream.Msg) (Raw, error) {
	meta, err := m.Metadata()
	if err != nil {
		return Raw{}, err
	}
	return Raw{
		Seq: meta.Sequence.Stream, Subject: m.Subject(), Header: orNil(m.Headers()),
		Data: m.Data(), Time: meta.Timestamp,
	}, nil
}

func orNil(h nats.Header) nats.Header {
	if len(h) == 0 {
		return nil
	}
	return h
}
