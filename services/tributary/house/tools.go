package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/rs/zerolog"
)

// RunVerify checks the whole log, through the running program where there is
// one, and fails when something does not hold.
func RunVerify(ctx context.Context, s Settings, log zerolog.Logger, out io.Writer) error {
	report, err := verifyAnywhere(ctx, s, log)
	if err != nil {
		return err
	}
	report.Print(out)
	if len(report.Faults) > 0 {
		return errors.New("the log does not hold what it must")
	}
	return nil
}

func verifyAnywhere(ctx context.Context, s Settings, log zerolog.Logger) (*Report, error) {
	g, err := Lay(ctx, s, log)
	if errors.Is(err, ErrInUse) {
		body, err := ask(ctx, s.Data, "/verify", nil)
		if err != nil {
			return nil, err
		}
		report := new(Report)
		return report, json.Unmarshal(body, report)
	}
	if err != nil {
		return nil, err
	}
	report, err := Verify(ctx, g, s.NATSURL != "")
	return report, errors.Join(err, g.Close())
}

// RunBackup writes a backup, through the running program where there is one.
func RunBackup(ctx context.Context, s Settings, log zerolog.Logger, file string) error {
	path, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	g, err := Lay(ctx, s, log)
	if errors.Is(err, ErrInUse) {
		_, err := ask(ctx, s.Data, "/backup", url.Values{"file": {path}})
		return err
	}
	if err != nil {
		return err
	}
	return errors.Join(Backup(ctx, g, s.Data, path), g.Close())
}

// RunRestore fills an empty data folder from a backup.
func RunRestore(ctx context.Context, s Settings, log zerolog.Logger, file string) error {
	if entries, err := os.ReadDir(filepath.Join(s.Data, "log")); s.NATSURL == "" && err == nil && len(entries) > 0 {
		return fmt.Errorf("%s holds a log already: restore into an empty folder", s.Data)
	}
	if err := nothingKept(s.Data); err != nil {
		return err
	}
	g := &Ground{}
	if err := g.connect(ctx, s, log); err != nil {
		return errors.Join(err, g.Close())
	}
	err := errors.Join(Restore(ctx, g.NC, s.Data, file), g.Close())
	if err == nil && s.NATSURL == "" {
		err = syncTree(filepath.Join(s.Data, "log"))
	}
	return err
}

// syncTree makes restored files durable: nobody has waited for them one by one.
func syncTree(root string) error {
	return filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}

// RunRebuild throws every derived file away and builds it anew from the log.
func RunRebuild(ctx context.Context, s Settings, log zerolog.Logger, out io.Writer) error {
	unlock, err := lock(s.Data)
	if err != nil {
		return fmt.Errorf("stop the program first: %w", err)
	}
	if err := errors.Join(os.RemoveAll(s.Dir()), unlock()); err != nil {
		return fmt.Errorf("remove the views: %w", err)
	}
	s.Listen, s.SMTPListen = "127.0.0.1:0", "127.0.0.1:0"
	h, err := Build(ctx, s, log)
	if err != nil {
		return err
	}
	started, facts := time.Now(), h.Ground.Out.Head()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ready := make(chan time.Duration, 1)
	go func() {
		select {
		case <-h.Ready():
		case <-ctx.Done():
		}
		ready <- time.Since(started) // stopping is not part of it
		cancel()
	}()
	err = h.Run(ctx, io.Discard)
	cancel() // it may have ended by itself
	took := <-ready
	fmt.Fprintf(out, "%d decisions read into every view in %v (%.0f a second)\n", facts, took.Round(time.Millisecond), float64(facts)/took.Seconds())
	return errors.Join(err, h.Close())
}
