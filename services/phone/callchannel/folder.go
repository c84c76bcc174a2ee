package callchannel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/phone/callcsv"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// folder imports the call lists that are put into a folder. A file is read when
// two looks in a row find it unchanged, and again whenever it changes; it is
// never moved or deleted.
type folder struct {
	s     *Service
	inbox config.Inbox
	name  string

	seen    map[string]version
	failing bool
}

// version tells whether a file has changed.
type version struct {
	Size int64 `json:"size"`
	Time int64 `json:"time"` // modified, nanoseconds since 1970
}

func (f *folder) run(ctx context.Context) {
	f.seen = map[string]version{}
	for ctx.Err() == nil {
		err := f.look(ctx)
		if err != nil && !f.failing {
			f.s.trouble(ctx, f.inbox, "the folder of call lists cannot be read", err)
		}
		f.failing = err != nil
		rest(ctx, f.s.deps.Poll, nil)
	}
}

func (f *folder) look(ctx context.Context) error {
	dir := path.Clean(filepath.ToSlash(f.name))
	entries, err := fs.ReadDir(f.s.files.FS(), dir)
	if err != nil {
		return err
	}
	now := map[string]version{}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !strings.EqualFold(path.Ext(e.Name()), ".csv") {
			continue
		}
		v := version{info.Size(), info.ModTime().UnixNano()}
		now[e.Name()] = v
		if f.seen[e.Name()] != v {
			continue // new, or still growing
		}
		if err := f.file(ctx, path.Join(dir, e.Name()), v); err != nil {
			return err
		}
	}
	f.seen = now
	return nil
}

// file reads one file unless this version of it was read.
func (f *folder) file(ctx context.Context, name string, v version) error {
	var done version
	if ok, err := f.s.store.mark(f.inbox.ID, "list:"+name, &done); err != nil || (ok && done == v) {
		return err
	}
	reader, err := callcsv.NewReader(f.inbox)
	if err != nil {
		return err
	}
	file, err := f.s.files.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	err = f.rows(ctx, reader, file)
	if errors.Is(err, callcsv.ErrHeader) {
		f.s.trouble(ctx, f.inbox, "a call list in the folder has not the header that the settings name", err)
		err = nil // the same file would say the same again
	}
	if err != nil {
		return err
	}
	_, err = f.s.take(ctx, f.inbox, batch{mark: "list:" + name, markValue: v})
	return err
}

func (f *folder) rows(ctx context.Context, reader *callcsv.Reader, file fs.File) error {
	var legs []calls.Leg
	var kept []*events.Inbound
	flush := func() error {
		if err := f.s.keep(ctx, f.inbox, kept...); err != nil {
			return err
		}
		_, err := f.s.take(ctx, f.inbox, batch{legs: legs})
		legs, kept = legs[:0], nil
		return err
	}
	rejected := 0
	err := reader.Read(file, func(_ int, raw []byte, leg calls.Leg, bad error) error {
		if bad != nil {
			rejected++
			kept = append(kept, exchange.Kept(f.inbox, bytes.Clone(raw), "text/csv", "unreadable-row", f.s.deps.Now()))
		} else {
			legs = append(legs, leg)
		}
		if len(legs)+len(kept) < importChunk {
			return ctx.Err()
		}
		return flush()
	})
	if rejected > 0 {
		f.s.deps.Health.Failed(ctx, f.inbox.ID, fmt.Sprintf("%d rows of a call list could not be read; they are kept raw", rejected))
	}
	return errors.Join(err, flush())
}
