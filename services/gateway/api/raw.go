package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// rawShown is how many bytes of what came in are shown.
const rawShown = 256 << 10

type rawRequest struct {
	ID  string `path:"id" maxLength:"64"`
	Seq uint64 `path:"seq" minimum:"1"`
}

// rawView is what came in, as it came: Text where it is UTF-8, else Bytes. Partial
// says that there is more than is shown.
type rawView struct {
	Seq     uint64 `json:"seq"`
	Type    string `json:"type"`
	Size    int64  `json:"size"`
	Text    string `json:"text,omitempty"`
	Bytes   []byte `json:"bytes,omitempty"`
	Partial bool   `json:"partial,omitempty"`
}

// rawEvent shows the bytes of one event of an inbox, understood or not, for as long as
// statements are kept.
func (a *API) rawEvent(ctx context.Context, in *rawRequest) (*answer[rawView], error) {
	inbox, _, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	gone := refuse(http.StatusNotFound, "there is no such event of this inbox, or it is kept no longer")
	if a.Statements == nil || in.Seq > a.Statements.Head() {
		return nil, gone
	}
	ctx, cancel := context.WithTimeout(ctx, tailTime)
	defer cancel()
	entries, err := a.Statements.From(in.Seq - 1).Next(ctx)
	if errors.Is(err, feed.ErrBeyondEnd) || errors.Is(err, context.DeadlineExceeded) {
		return nil, gone
	}
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Seq != in.Seq || e.Err != nil || e.Value.Inbox != inbox.ID || e.Value.Raw == nil {
			continue
		}
		return a.rawOf(ctx, e.Seq, e.Value.Raw)
	}
	return nil, gone
}

func (a *API) rawOf(ctx context.Context, seq uint64, raw *events.Raw) (*answer[rawView], error) {
	out := rawView{Seq: seq, Type: raw.Type, Size: raw.Size}
	data := raw.Bytes
	if raw.Hash != "" {
		r, err := a.Blobs.Open(ctx, raw.Hash)
		if errors.Is(err, blob.ErrNotFound) {
			return nil, refuse(http.StatusNotFound, "what came in is kept no longer")
		}
		if err != nil {
			return nil, fmt.Errorf("open what came in: %w", err)
		}
		defer func() { _ = r.Close() }() // it was only read
		if data, err = io.ReadAll(io.LimitReader(r, rawShown)); err != nil {
			return nil, fmt.Errorf("read what came in: %w", err)
		}
	}
	data = data[:min(len(data), rawShown)]
	out.Partial = int64(len(data)) < raw.Size
	for n := 0; out.Partial && n < utf8.UTFMax-1 && len(data) > 0 && !utf8.Valid(data); n++ {
		data = data[:len(data)-1] // a character that was cut
	}
	if utf8.Valid(data) {
		out.Text = string(data)
	} else {
		out.Bytes = data
	}
	return &answer[rawView]{out}, nil
}
