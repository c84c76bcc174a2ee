package house

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// ErrFaults means that the log was read whole and does not hold what it must.
var ErrFaults = errors.New("the log does not hold what it must")

// RunVerify checks the whole log, through the running program where there is
// one, and fails with ErrFaults when something does not hold.
func RunVerify(ctx context.Context, s Settings, log zerolog.Logger, out io.Writer) error {
	report, err := verifyAnywhere(ctx, s, log)
	if err != nil {
		return fmt.Errorf("nothing is verified: %w", err)
	}
	if err := report.Print(out); err != nil {
		return err
	}
	if len(report.Faults) > 0 {
		return ErrFaults
	}
	return nil
}

func verifyAnywhere(ctx context.Context, s Settings, log zerolog.Logger) (*Report, error) {
	g, err := layAsItStands(ctx, s, log)
	if errors.Is(err, ErrInUse) {
		said, err := ask(ctx, s.Data, "verify", nil)
		if err != nil {
			return nil, err
		}
		if said.Report == nil {
			return nil, errNoWord
		}
		return said.Report, nil
	}
	if err != nil {
		return nil, err
	}
	var report *Report
	err = g.attached(ctx, func(ctx context.Context) error {
		report, err = Verify(ctx, g)
		return err
	})
	return report, errors.Join(err, g.Close())
}

// RunBackup writes a backup, through the running program where there is one, and
// says what is in it.
func RunBackup(ctx context.Context, s Settings, log zerolog.Logger, file string, out io.Writer) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	made, err := backupAnywhere(ctx, s, log, path)
	if err != nil {
		return fmt.Errorf("no backup is made: %w", err)
	}
	_, err = fmt.Fprintf(out, "%s holds %d streams and %d kept files in %d bytes\n", path, made.Streams, made.Files, made.Bytes)
	return err
}

func backupAnywhere(ctx context.Context, s Settings, log zerolog.Logger, path string) (Written, error) {
	g, err := layAsItStands(ctx, s, log)
	if errors.Is(err, ErrInUse) {
		return askBackup(ctx, s.Data, path)
	}
	if err != nil {
		return Written{}, err
	}
	var made Written
	err = g.attached(ctx, func(ctx context.Context) error {
		made, err = Backup(ctx, g, s.Data, path)
		return err
	})
	return made, errors.Join(err, g.Close())
}

// askBackup has the running program write the file, and looks whether it is where
// this process would look for it: in a container that may be another place.
func askBackup(ctx context.Context, data, path string) (Written, error) {
	said, err := ask(ctx, data, "backup", url.Values{"file": {path}})
	if err != nil {
		return Written{}, err
	}
	if said.Backup == nil || said.Backup.Streams == 0 {
		return Written{}, errNoWord
	}
	info, err := os.Stat(path)
	if err != nil {
		return Written{}, fmt.Errorf("the running program has written it elsewhere: %w", err)
	}
	if info.Size() != said.Backup.Bytes {
		return Written{}, fmt.Errorf("%s has %d bytes, and the running program wrote %d: it is not the file that was written, or it was written again meanwhile", path, info.Size(), said.Backup.Bytes)
	}
	return *said.Backup, nil
}

// attached does the work of a tool on an external server until the connection to
// it is lost: a tool says so rather than wait for the server to come back.
func (g *Ground) attached(ctx context.Context, work func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	lost := g.NC.StatusChanged(nats.DISCONNECTED, nats.RECONNECTING, nats.CLOSED)
	go func() {
		select {
		case <-lost:
			cancel(errors.New("the connection to nats was lost"))
		case <-ctx.Done():
		}
	}()
	err := work(ctx)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		return cause
	}
	return err
}

// RunRestore fills an empty data folder from a backup and says what is in it.
func RunRestore(ctx context.Context, s Settings, log zerolog.Logger, file string, out io.Writer) error {
	if err := holdsNothing(s); err != nil {
		return fmt.Errorf("nothing is restored: %w", err)
	}
	c, err := readThrough(s.Data, file)
	if err == nil && (!slices.Contains(c.streams, events.ConversationStream) || !slices.Contains(c.streams, events.InboundStream)) {
		err = errors.New("it holds no log")
	}
	if err != nil {
		return fmt.Errorf("nothing is restored: %s: %w", file, err)
	}
	if err := restoreInto(ctx, s, log, file, c); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d streams and %d kept files are restored into %s\n", len(c.streams), len(c.files), s.Data)
	return err
}

func restoreInto(ctx context.Context, s Settings, log zerolog.Logger, file string, c contents) error {
	g := &Ground{}
	if err := errors.Join(g.connect(ctx, s, log), g.lacks(ctx, c.streams)); err != nil {
		return fmt.Errorf("nothing is restored: %w", errors.Join(err, g.Close()))
	}
	mark := filepath.Join(s.Data, unfinishedName)
	if err := begin(mark); err != nil {
		return fmt.Errorf("nothing is restored: %w", errors.Join(err, g.Close()))
	}
	err := g.attached(ctx, func(ctx context.Context) error { return fill(ctx, g.NC, s.Data, file) })
	if err = errors.Join(err, g.Close()); err == nil {
		err = syncTree(s.Data)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errUnfinished, err)
	}
	return errors.Join(os.Remove(mark), syncFile(s.Data))
}

// begin leaves the mark of a folder that is not whole yet.
func begin(mark string) error {
	if err := os.MkdirAll(filepath.Dir(mark), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil {
		return err
	}
	return syncFile(filepath.Dir(mark))
}

// lacks refuses an external server that has one of the streams already.
func (g *Ground) lacks(ctx context.Context, streams []string) error {
	if g.Server != nil || g.NC == nil {
		return nil
	}
	js, err := jetstream.New(g.NC)
	if err != nil {
		return err
	}
	for _, name := range streams {
		switch _, err := js.Stream(ctx, name); {
		case err == nil:
			return fmt.Errorf("%w: the server has a stream %s already", errNotEmpty, name)
		case !errors.Is(err, jetstream.ErrStreamNotFound):
			return fmt.Errorf("ask for stream %s: %w", name, err)
		}
	}
	return nil
}

var errNotEmpty = errors.New("restore into an empty folder")

// holdsNothing refuses a data folder in which anything stands.
func holdsNothing(s Settings) error {
	if err := whole(s.Data); err != nil {
		return err
	}
	if entries, err := os.ReadDir(logDir(s.Data)); s.NATSURL == "" && err == nil && len(entries) > 0 {
		return fmt.Errorf("%w: %s holds a log already", errNotEmpty, s.Data)
	}
	return errors.Join(noFiles(keptRoot(s.Data)), noFiles(s.Dir()))
}

// noFiles refuses a folder that has files already.
func noFiles(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, os.ErrNotExist):
			return nil
		case err == nil && !d.IsDir():
			return fmt.Errorf("%w: %s is there already", errNotEmpty, path)
		}
		return err
	})
}

// syncTree makes restored files durable: nobody has waited for them one by one.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.IsDir() && !d.Type().IsRegular() {
			return err
		}
		return syncFile(path)
	})
}

// RunRebuild throws every derived file away and builds it anew from the log.
func RunRebuild(ctx context.Context, s Settings, log zerolog.Logger, out io.Writer) error {
	if err := s.Check(); err != nil {
		return err
	}
	if err := s.holdsLog(); err != nil {
		return err
	}
	unlock, err := lock(s.Data, alone)
	if err != nil {
		return fmt.Errorf("stop the program first: %w", err)
	}
	if err := errors.Join(os.RemoveAll(s.Dir()), unlock()); err != nil {
		return fmt.Errorf("remove the views: %w", err)
	}
	s.Listen, s.SMTPListen = "127.0.0.1:0", "127.0.0.1:0"
	h, err := BuildIn(ctx, s, log, Outside{asItStands: true})
	if err != nil {
		return err
	}
	facts, took, err := h.untilReady(ctx)
	if err = errors.Join(err, h.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%d decisions read into every view in %v (%.0f a second)\n", facts, took.Round(time.Millisecond), float64(facts)/took.Seconds())
	return err
}

// untilReady runs everything until every view has read the log, and says how many
// decisions that were and how long it took.
func (h *House) untilReady(ctx context.Context) (facts uint64, took time.Duration, err error) {
	started, facts := time.Now(), h.Ground.Out.Head()
	running, stop := context.WithCancel(ctx)
	defer stop()
	read := make(chan time.Duration, 1)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-h.Ready():
			read <- time.Since(started) // stopping is not part of it
			stop()
		case <-running.Done():
		}
	}()
	err = h.Run(running, io.Discard)
	stop() // it may have ended by itself
	<-watched
	select {
	case took = <-read:
		return facts, took, err
	default:
		return 0, 0, errors.Join(errors.New("the views are not whole; the program goes on with them when it starts, or rebuild again"), err, ctx.Err())
	}
}
