package graph

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// MediaHosts are where Meta keeps files: signed links to its content networks.
func MediaHosts(access Access) []string {
	hosts := []string{".fbcdn.net", ".fbsbx.com", ".cdninstagram.com", ".facebook.com", ".whatsapp.net"}
	if u, err := url.Parse(access.APIURL); err == nil && access.AllowPrivate {
		hosts = append(hosts, u.Hostname()) // a fake serves its files itself
	}
	return hosts
}

// Download opens a file by its link. Links are signed and run out, so 4xx other
// than "too many" and "not now" means that it will never be had. token is sent
// when it is not empty.
func Download(ctx context.Context, client *http.Client, link, token string) (channel.Media, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, link, nil)
	if err != nil {
		return channel.Media{}, channel.ErrMediaGone
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	req.Header.Set("User-Agent", "Tributary")
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, errors.New("the file's host could not be reached")
	}
	switch s := resp.StatusCode; {
	case s == http.StatusOK:
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
	case s >= 400 && s <= 499 && s != http.StatusTooManyRequests && s != http.StatusRequestTimeout && s != http.StatusUnauthorized:
		_ = resp.Body.Close()
		return channel.Media{}, channel.ErrMediaGone
	}
	_ = resp.Body.Close()
	return channel.Media{}, errors.New("the file's host does not answer with a file")
}

// Link is a URL of a file as a statement may carry it: https, not too long, and
// nothing where it is something else.
func Link(text string) string {
	u, err := url.Parse(text)
	if err != nil || len(text) > 2000 || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
		return ""
	}
	return text
}

// FileName makes a name out of a link for a file that has none.
func FileName(link, otherwise string) string {
	if u, err := url.Parse(link); err == nil {
		if name := path.Base(u.Path); name != "." && name != "/" && strings.Contains(name, ".") && len(name) <= 200 {
			return name
		}
	}
	return otherwise
}

// Kind is the word that Meta has for a file of this type: image, video, audio or
// otherwise.
func Kind(mime, otherwise string) string {
	main, _, _ := strings.Cut(mime, "/")
	switch main {
	case "image", "video", "audio":
		return main
	}
	return otherwise
}

// Load reads the bytes of an attachment that has no link of its own. The result
// is nil when they are there; a file that is lost, too large, or that this
// installation cannot open is a rejection.
func Load(ctx context.Context, blobs blob.Store, a events.Attachment, limit int64) ([]byte, *events.SendResult) {
	no := func(why string) *events.SendResult {
		return &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: why}
	}
	if blobs == nil || a.Hash == "" {
		return nil, no("the file has no address that the provider could fetch")
	}
	if a.Size > limit {
		return nil, no(errTooLarge.Error())
	}
	r, err := blobs.Open(ctx, a.Hash)
	switch {
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrBadHash):
		return nil, no("the file is no longer stored")
	case err != nil:
		return nil, &events.SendResult{Outcome: events.Retry, Detail: "the file cannot be read now"}
	}
	defer func() { _ = r.Close() }()
	data, err := ReadAll(r, limit)
	switch {
	case errors.Is(err, errTooLarge):
		return nil, no(err.Error())
	case err != nil:
		return nil, &events.SendResult{Outcome: events.Retry, Detail: "the file cannot be read now"}
	}
	return data, nil
}
