package house

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/services/automation/work"
	"github.com/tributary-inbox/tributary/services/gateway/desk"
	"github.com/tributary-inbox/tributary/services/inbox/boardservice"
	"github.com/tributary-inbox/tributary/services/inbox/ledger"
	"github.com/tributary-inbox/tributary/services/router/rehearse"
)

// Ground is what every service stands on: the log's streams, their feeds, the
// tables of settings and the blobs. Close it after the services.
type Ground struct {
	NC       *nats.Conn
	Server   *natsd.Server // nil with an external NATS
	Inbound  *eventlog.Log
	Facts    *eventlog.Log
	Outbound *eventlog.Log
	Dead     *eventlog.Log
	Config   *eventlog.Log
	In       *feed.Feed[*events.Inbound]
	Out      *feed.Feed[*events.Decision]
	Changes  *feed.Feed[boardservice.Setting]        // of the settings that the board counts by
	Hours    *feed.Feed[ledger.Setting]              // of those that reports are made under
	Rules    *feed.Feed[kv.Change[rehearse.Setting]] // of those that work is given out by
	Seen     *feed.Feed[kv.Change[work.Setting]]     // of those that rules see
	Inboxes  *kv.Table[config.Inbox]
	Agents   *kv.Table[config.Agent]
	Teams    *kv.Table[config.Team]
	Queues   *kv.Table[config.Queue]
	Sessions *kv.Table[config.Session]
	Health   *kv.Table[config.Health]
	FileKeys *kv.Table[config.FileKeys]
	Settings desk.Settings
	Blobs    blob.Store

	commit  eventlog.Commit
	closers []func() error
}

// Dir is the folder of derived files.
func (s *Settings) Dir() string { return filepath.Join(s.Data, "views") }

// KeptDir is the folder of a service for what is not derived from the log: marks
// of mailboxes, legs of calls that are not over, what telemetry has said
// already. Losing it repeats work; the log still says nothing twice.
func (s *Settings) KeptDir(service string) string { return filepath.Join(s.Data, "kept", service) }

// Lay opens everything, and makes what is not there yet. On an error nothing
// stays open.
func Lay(ctx context.Context, s Settings, log zerolog.Logger) (*Ground, error) {
	return layWith(ctx, s, log, func(_ *Ground, _ context.Context, s Settings) (Settings, error) { return s, nil })
}

// layWith has a word with whoever asks once the server is there, and before
// anything on it is made or changed.
func layWith(ctx context.Context, s Settings, log zerolog.Logger, look func(*Ground, context.Context, Settings) (Settings, error)) (*Ground, error) {
	g := &Ground{}
	if err := g.lay(ctx, s, log, look); err != nil {
		return nil, errors.Join(err, g.Close())
	}
	return g, nil
}

func (g *Ground) lay(ctx context.Context, s Settings, log zerolog.Logger, look func(*Ground, context.Context, Settings) (Settings, error)) error {
	if err := g.connect(ctx, s, log); err != nil {
		return err
	}
	if err := whole(s.Data); err != nil {
		return err
	}
	s, err := look(g, ctx, s)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(s.Dir(), 0o700); err != nil {
		return fmt.Errorf("make the data folder: %w", err)
	}
	if err := g.openLogs(ctx, s); err != nil {
		return err
	}
	if err := g.openFeeds(ctx); err != nil {
		return err
	}
	return g.openTables(ctx)
}

// connect starts the embedded server, or dials the external one.
func (g *Ground) connect(ctx context.Context, s Settings, log zerolog.Logger) error {
	how := alone
	if s.NATSURL != "" {
		how = shared
	}
	unlock, err := lock(s.Data, how)
	if err != nil {
		return err
	}
	g.onClose(unlock)
	if s.NATSURL != "" {
		options := []nats.Option{nats.Name("tributary"), nats.MaxReconnects(-1), nats.ReconnectWait(250 * time.Millisecond), nats.Timeout(5 * time.Second)}
		if s.NATSToken != "" {
			options = append(options, nats.Token(s.NATSToken))
		}
		nc, err := nats.Connect(s.NATSURL, options...)
		if err != nil {
			return fmt.Errorf("connect to nats: %w", err)
		}
		g.NC, g.commit = nc, eventlog.ServerAck()
		g.onClose(func() error { nc.Close(); return nil })
		return nil
	}
	server, err := natsd.Start(ctx, natsd.Options{StoreDir: logDir(s.Data), Name: "tributary", Logger: log})
	if err != nil {
		return err
	}
	g.Server = server
	g.onClose(func() error { server.Shutdown(); return nil })
	if g.NC, err = server.Connect("tributary"); err != nil {
		return fmt.Errorf("connect to the embedded server: %w", err)
	}
	g.onClose(func() error { g.NC.Close(); return nil })
	sync := eventlog.NewBlockSync(server.StreamDir)
	g.commit = sync
	g.onClose(sync.Close)
	return nil
}

func (g *Ground) openLogs(ctx context.Context, s Settings) error {
	logs := map[string]**eventlog.Log{
		events.InboundStream: &g.Inbound, events.ConversationStream: &g.Facts,
		events.OutboundStream: &g.Outbound, events.DeadStream: &g.Dead,
	}
	for _, stream := range events.Streams(s.KeepInbound) {
		opened, err := g.openLog(ctx, jetstream.StreamConfig{
			Name: stream.Name, Subjects: stream.Subjects, MaxAge: stream.MaxAge, Description: stream.Why,
			Replicas: s.Replicas, Duplicates: min(2*time.Minute, orForever(stream.MaxAge)),
		})
		if err != nil {
			return err
		}
		*logs[stream.Name] = opened
	}
	table := kv.Stream(events.ConfigBucket)
	table.Replicas = s.Replicas
	opened, err := g.openLog(ctx, table)
	if err != nil {
		return err
	}
	g.Config = opened
	g.Blobs, err = blob.Open(ctx, g.NC, events.BlobBucket, s.Replicas, g.commit)
	if err != nil {
		return fmt.Errorf("open blobs: %w", err)
	}
	return nil
}

// openLog opens a log over a connection of its own, so that the appends of one
// stream do not queue behind another's.
func (g *Ground) openLog(ctx context.Context, cfg jetstream.StreamConfig) (*eventlog.Log, error) {
	nc := g.NC
	if g.Server != nil {
		own, err := g.Server.Connect("log-" + cfg.Name)
		if err != nil {
			return nil, fmt.Errorf("connect for %s: %w", cfg.Name, err)
		}
		g.onClose(func() error { own.Close(); return nil })
		nc = own
	}
	l, err := eventlog.Open(ctx, nc, eventlog.Config{Stream: cfg, Commit: g.commit})
	if err != nil {
		return nil, err
	}
	g.onClose(func() error { l.Close(); return nil })
	return l, nil
}

func (g *Ground) openFeeds(ctx context.Context) (err error) {
	g.In, err = feed.Open(ctx, g.Inbound, func(r feed.Raw) (*events.Inbound, error) { return events.DecodeInbound(r.Data) }, feed.Options{Ring: 1024, RingBytes: 4 << 20})
	if err != nil {
		return fmt.Errorf("open the feed of statements: %w", err)
	}
	g.onClose(func() error { g.In.Close(); return nil })
	g.Out, err = feed.Open(ctx, g.Facts, DecodeFact, feed.Options{Ring: 4096, RingBytes: 6 << 20})
	if err != nil {
		return fmt.Errorf("open the feed of facts: %w", err)
	}
	g.onClose(func() error { g.Out.Close(); return nil })
	g.Changes, err = feed.Open(ctx, g.Config, boardservice.DecodeSetting, feed.Options{Ring: 256, RingBytes: 1 << 20, PastBytes: 1 << 20})
	if err != nil {
		return fmt.Errorf("open the feed of settings: %w", err)
	}
	g.onClose(func() error { g.Changes.Close(); return nil })
	g.Hours, err = feed.Open(ctx, g.Config, ledger.DecodeSetting, feed.Options{Ring: 256, RingBytes: 1 << 20, PastBytes: 1 << 20})
	if err != nil {
		return fmt.Errorf("open the feed of hours: %w", err)
	}
	g.onClose(func() error { g.Hours.Close(); return nil })
	g.Rules, err = feed.Open(ctx, g.Config, rehearse.DecodeSetting, feed.Options{Ring: 256, RingBytes: 1 << 20, PastBytes: 1 << 20})
	if err != nil {
		return fmt.Errorf("open the feed of rules: %w", err)
	}
	g.onClose(func() error { g.Rules.Close(); return nil })
	g.Seen, err = feed.Open(ctx, g.Config, work.DecodeSetting, feed.Options{Ring: 256, RingBytes: 1 << 20, PastBytes: 1 << 20})
	if err != nil {
		return fmt.Errorf("open the feed of what rules see: %w", err)
	}
	g.onClose(func() error { g.Seen.Close(); return nil })
	return nil
}

// DecodeFact reads a decision and tells it its place.
func DecodeFact(r feed.Raw) (*events.Decision, error) {
	d, err := events.DecodeDecision(r.Data)
	if err != nil {
		return nil, err
	}
	d.Seq = r.Seq
	return d, nil
}

func (g *Ground) openTables(ctx context.Context) error {
	return errors.Join(
		openTable(ctx, g, config.KindInbox, &g.Inboxes), openTable(ctx, g, config.KindAgent, &g.Agents),
		openTable(ctx, g, config.KindTeam, &g.Teams), openTable(ctx, g, config.KindQueue, &g.Queues),
		openTable(ctx, g, config.KindSession, &g.Sessions), openTable(ctx, g, config.KindHealth, &g.Health),
		openTable(ctx, g, config.KindFileKeys, &g.FileKeys), g.openSettings(ctx),
	)
}

func (g *Ground) openSettings(ctx context.Context) error {
	s := &g.Settings
	return errors.Join(
		openTable(ctx, g, config.KindSkill, &s.Skills), openTable(ctx, g, config.KindWorkload, &s.Workload),
		openTable(ctx, g, config.KindHours, &s.Hours), openTable(ctx, g, config.KindPolicy, &s.Policies),
		openTable(ctx, g, config.KindRoute, &s.Routes), openTable(ctx, g, config.KindRule, &s.Rules),
		openTable(ctx, g, config.KindMacro, &s.Macros), openTable(ctx, g, config.KindCanned, &s.Canned),
		openTable(ctx, g, config.KindSegment, &s.Segments), openTable(ctx, g, config.KindQuestionnaire, &s.Questionnaires),
		openTable(ctx, g, config.KindAlarm, &s.Alarms),
	)
}

func openTable[T any](ctx context.Context, g *Ground, kind string, into **kv.Table[T]) error {
	table, err := kv.Open[T](ctx, g.NC, g.Config, events.ConfigBucket, kind)
	if err != nil {
		return err
	}
	*into = table
	g.onClose(func() error { table.Close(); return nil })
	return nil
}

func (g *Ground) onClose(f func() error) { g.closers = append(g.closers, f) }

// Close lets go of everything, newest first.
func (g *Ground) Close() error {
	var errs []error
	for i := len(g.closers) - 1; i >= 0; i-- {
		errs = append(errs, g.closers[i]())
	}
	g.closers = nil
	return errors.Join(errs...)
}

func orForever(d time.Duration) time.Duration {
	if d == 0 {
		return 1 << 62
	}
	return d
}
