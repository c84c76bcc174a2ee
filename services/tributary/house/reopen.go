package house

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/run"
)

// ErrReopen is what Run returns when the log could not be written, as on a full
// disk, and there is room again. The log takes nothing until it is opened anew:
// close the house and build another.
var ErrReopen = errors.New("the log has to be opened anew")

// leastRoom is how many bytes must be free before a log that failed is opened
// again.
const leastRoom = 16 << 20

// addStore watches the embedded server. Until there is room the program goes on
// with what it can do: it shows what it has, and refuses what it cannot store.
func (h *House) addStore() {
	if h.Ground.Server == nil {
		return // an external NATS is somebody else's to mend
	}
	h.group.Add("store", run.Func(func(ctx context.Context, ready func()) error {
		ready()
		select {
		case <-h.Ground.Server.Failed():
		case <-ctx.Done():
			return nil
		}
		h.log.Error().Msg("the log cannot be written; nothing is taken until there is room on the disk")
		for {
			free, err := room(h.settings.Data)
			if err != nil {
				return err
			}
			if free >= leastRoom {
				return ErrReopen
			}
			again := time.NewTimer(time.Second)
			select {
			case <-again.C:
			case <-ctx.Done():
				again.Stop()
				return nil
			}
		}
	}))
}

// room is how many bytes the data folder can still take.
func room(data string) (uint64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(data, &fs); err != nil {
		return 0, fmt.Errorf("ask for the room on the disk: %w", err)
	}
	return fs.Bavail * uint64(fs.Bsize), nil
}

// guard refuses at once what is to be published once the log has failed, rather
// than have each sender wait until the log does not answer.
func (h *House) guard(to channel.Publisher) channel.Publisher {
	if h.Ground.Server == nil {
		return to
	}
	return &guarded{to, h.Ground.Server.Failed()}
}

type guarded struct {
	channel.Publisher
	failed <-chan struct{}
}

// Publish passes statements on while the log lives.
func (g *guarded) Publish(ctx context.Context, statements ...*events.Inbound) error {
	select {
	case <-g.failed:
		return fmt.Errorf("%w: it could not be written", channel.ErrUnavailable)
	default:
		return g.Publisher.Publish(ctx, statements...)
	}
}
