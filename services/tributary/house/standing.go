package house

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// ErrNoLog means that a tool was led to a place where nothing was ever stored,
// most often because the folder's name is misspelt. An empty log would balance.
var ErrNoLog = errors.New("there is no log")

func logDir(data string) string { return filepath.Join(data, "log") }

// whole refuses a data folder that a restore has not filled to the end.
func whole(data string) error {
	switch _, err := os.Lstat(filepath.Join(data, unfinishedName)); {
	case err == nil:
		return fmt.Errorf("%s: %w", data, errUnfinished)
	case errors.Is(err, os.ErrNotExist):
		return nil
	default:
		return err
	}
}

// holdsLog looks for the embedded server's files, before a server is started that
// would make them.
func (s *Settings) holdsLog() error {
	if s.NATSURL != "" {
		return nil // asItStands asks that server
	}
	entries, err := os.ReadDir(logDir(s.Data))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("look for the log: %w", err)
	}
	if len(entries) == 0 {
		return fmt.Errorf("%w in %s", ErrNoLog, s.Data)
	}
	return nil
}

// layAsItStands is Lay for a tool: it makes no log where there is none, and one
// that is there keeps its own settings.
func layAsItStands(ctx context.Context, s Settings, log zerolog.Logger) (*Ground, error) {
	if err := s.holdsLog(); err != nil {
		return nil, err
	}
	return layWith(ctx, s, log, (*Ground).asItStands)
}

// asItStands takes from the log how long it keeps statements and in how many
// copies. A tool is often called without the settings that the program runs with,
// and what they shorten would be deleted for good.
func (g *Ground) asItStands(ctx context.Context, s Settings) (Settings, error) {
	js, err := jetstream.New(g.NC)
	if err != nil {
		return s, err
	}
	for _, name := range []string{events.ConversationStream, events.InboundStream} {
		stream, err := js.Stream(ctx, name)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return s, fmt.Errorf("%w: nothing named %s", ErrNoLog, name)
		}
		if err != nil {
			return s, fmt.Errorf("ask for stream %s: %w", name, err)
		}
		was := stream.CachedInfo().Config
		s.KeepInbound, s.Replicas = was.MaxAge, was.Replicas // INBOUND is the last
	}
	return s, nil
}
