package eventlog

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// dropTornBatch deletes what a power cut left of an atomic batch that nobody was
// told about. The server itself completes such a batch from its staging area,
// which it empties once the batch is written, not once it is synced; so half a
// batch at the end of the stream whose rest is nowhere is possible, though it
// takes a cut within those milliseconds. It runs before anybody appends.
func dropTornBatch(ctx context.Context, st jetstream.Stream) error {
	state := st.CachedInfo().State
	if state.Msgs == 0 {
		return nil
	}
	id := ""
	for seq := state.LastSeq; seq >= state.FirstSeq && seq > 0; seq-- {
		m, err := st.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			// Somebody deleted it, perhaps the committing message of a whole
			// batch: this is no tear.
			return nil
		}
		if err != nil {
			return fmt.Errorf("look for a torn batch: %w", err)
		}
		have := m.Header.Get(headerBatchID)
		if have == "" || m.Header.Get(headerBatchCommit) != "" || (id != "" && have != id) {
			return nil
		}
		id = have
		if err := st.DeleteMsg(ctx, seq); err != nil {
			return fmt.Errorf("delete message %d of a torn batch: %w", seq, err)
		}
	}
	return nil
}
