package fetch

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode"

	"github.com/gabriel-vasile/mimetype"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

var (
	// errNoWay says that nobody here can open such a file.
	errNoWay = errors.New("there is no way to fetch this file")
	// errOtherBytes says that what came is not what the provider announced.
	errOtherBytes = errors.New("the bytes are not the ones the provider announced")
	// errPanic says that an adapter failed badly; its words may quote a body.
	errPanic = errors.New("the adapter failed")
	// errNoInbox says that the inbox is not known here, or not yet.
	errNoInbox = errors.New("the inbox is not there")
)

// reasonOf says in words for the console why there is no file, and whether that
// is for good. It never quotes the error: URLs hold tokens.
func reasonOf(err error, limit int64) (reason string, final bool) {
	switch {
	case errors.Is(err, channel.ErrMediaGone):
		return "the provider has it no more", true
	case errors.Is(err, errNoWay):
		return "no way to fetch", true
	case errors.Is(err, errHost):
		return errHost.Error(), true
	case errors.Is(err, provider.ErrPrivate):
		return "the file's address is not public", true
	case errors.Is(err, blob.ErrTooLarge):
		return fmt.Sprintf("larger than %d bytes", limit), true
	case errors.Is(err, errOtherBytes):
		return errOtherBytes.Error(), false
	case errors.Is(err, errNoInbox):
		return errNoInbox.Error(), false
	}
	return "the provider did not give it", false
}

// openness is the part of an inbox's settings that the worker reads, whatever
// its kind. MediaHosts is read for kind webhook only.
type openness struct {
	AllowPrivate bool     `json:"allow_private"`
	MediaHosts   []string `json:"media_hosts"`
}

// fetch opens the file, stores it and says what it is. The blob is durable when
// it returns.
func (w *worker) fetch(ctx context.Context, j *job) (*events.Attachment, error) {
	inbox, ok := w.deps.Inboxes.ByID(j.Inbox)
	if !ok {
		return nil, errNoInbox
	}
	ctx, cancel := context.WithTimeout(ctx, w.deps.Timeout)
	defer cancel()
	media, err := w.open(ctx, inbox, j.Attachment)
	if err != nil {
		return nil, err
	}
	defer func() { _ = media.Body.Close() }() // it was only read
	if media.Size > w.deps.MaxBytes {
		return nil, blob.ErrTooLarge
	}
	content := bufio.NewReaderSize(&patient{media.Body}, 4<<10)
	head, err := content.Peek(3 << 10)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read file: %w", err)
	}
	kind, _, _ := strings.Cut(mimetype.Detect(head).String(), ";")
	ref, err := w.deps.Blobs.Put(ctx, content, w.deps.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("store file: %w", err)
	}
	if media.SHA256 != "" && !strings.EqualFold(media.SHA256, ref.Hash) {
		return nil, errors.Join(errOtherBytes, w.abandon(ref.Hash))
	}
	w.bytes.Add(float64(ref.Size))
	settled := j.Attachment
	settled.Hash, settled.Size, settled.Type = ref.Hash, ref.Size, kind
	settled.URL = "" // it may hold a token, and is of no more use
	if settled.Name == "" {
		settled.Name = cleanName(media.Name)
	}
	return &settled, nil
}

// open asks the adapter, behind a guard: whatever makes it panic, the worker
// goes on.
func (s *Service) open(ctx context.Context, inbox config.Inbox, a events.Attachment) (media channel.Media, err error) {
	var open openness
	_ = json.Unmarshal(inbox.Settings, &open) // settings that say neither allow nothing
	from, ok := s.deps.Adapters[inbox.Channel].(channel.MediaSource)
	if !ok {
		if inbox.Channel != "webhook" || len(open.MediaHosts) == 0 {
			return channel.Media{}, errNoWay
		}
		return plain(ctx, s.clients.bound(open.MediaHosts, open.AllowPrivate), a.URL)
	}
	defer func() {
		if p := recover(); p != nil {
			s.deps.Log.Error().Str("channel", inbox.Channel).Str("inbox", string(inbox.ID)).Str("panic", fmt.Sprintf("%T", p)).Msg("adapter panicked over a file")
			err = errPanic
		}
	}()
	media, err = from.OpenMedia(ctx, s.clients.bound(from.MediaHosts(inbox), open.AllowPrivate), inbox, a)
	if err == nil && media.Body == nil {
		err = errPanic
	}
	return media, err
}

// plain fetches a URL as it stands.
func plain(ctx context.Context, client *http.Client, address string) (channel.Media, error) {
	if u, err := url.Parse(address); err != nil || u.Host == "" {
		return channel.Media{}, errNoWay
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return channel.Media{}, errNoWay
	}
	req.Header.Set("User-Agent", "Tributary")
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, fmt.Errorf("fetch file: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
	}
	_ = resp.Body.Close() // nothing of it is read
	switch resp.StatusCode {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
	default:
		if resp.StatusCode < 500 {
			return channel.Media{}, fmt.Errorf("status %d: %w", resp.StatusCode, channel.ErrMediaGone)
		}
	}
	return channel.Media{}, fmt.Errorf("status %d", resp.StatusCode)
}

// patient reads past a short read without an error, which bufio counts as no
// progress after a hundred of them; a body from outside may do that.
type patient struct{ under io.Reader }

// Read waits for at least one byte or an error.
func (p *patient) Read(b []byte) (n int, err error) {
	for n == 0 && err == nil && len(b) > 0 {
		n, err = p.under.Read(b)
	}
	return n, err
}

// maxName bounds a file's name in bytes.
const maxName = 200

// cleanName keeps the last part of a name that a provider gives, without what
// could lead a reader astray.
func cleanName(name string) string {
	name = name[:min(len(name), 8*maxName)]
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.Trim(name, ". ")
	if len(name) > maxName {
		name = strings.Trim(strings.ToValidUTF8(name[:maxName], ""), ". ")
	}
	return name
}
