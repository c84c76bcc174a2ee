package sending

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/bus"
)

// sweep takes what is settled out of OUTBOUND until ctx ends. A failure costs room
// until the next time.
func (s *Service) sweep(ctx context.Context, js jetstream.JetStream) {
	tick := time.NewTicker(s.deps.Sweep)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := sweepOnce(ctx, js); err != nil && ctx.Err() == nil {
			s.deps.Logger.Warn().Err(err).Msg("what is sent is not swept out of its stream")
		}
	}
}

// sweepOnce deletes up to the first answer that is not settled, but never the last
// message, which tells the pump its place.
func sweepOnce(ctx context.Context, js jetstream.JetStream) error {
	stream, err := js.Stream(ctx, events.OutboundStream)
	if err != nil {
		return fmt.Errorf("find outbound: %w", err)
	}
	consumer, err := stream.Consumer(ctx, bus.Durable("dispatch", events.OutboundWildcard))
	if err != nil {
		return fmt.Errorf("find who sends: %w", err)
	}
	info, err := consumer.Info(ctx)
	if err != nil {
		return fmt.Errorf("ask how far is settled: %w", err)
	}
	state := stream.CachedInfo().State
	upTo := min(info.AckFloor.Stream+1, state.LastSeq)
	if upTo <= state.FirstSeq {
		return nil
	}
	if err := stream.Purge(ctx, jetstream.WithPurgeSequence(upTo)); err != nil {
		return fmt.Errorf("sweep outbound: %w", err)
	}
	return nil
}
