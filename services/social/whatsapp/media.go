package whatsapp

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// MediaHosts are Meta's content networks.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	s, _ := parse(inbox) // what cannot be read adds no host
	return graph.MediaHosts(s.Access)
}

// OpenMedia asks for a file's link, which lasts about five minutes, and opens it
// with the inbox's token, as the link's host demands. The token goes to the hosts
// of MediaHosts only. Files are kept by the provider for 30 days at most.
func (a *Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	s, err := parse(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	id, ok := strings.CutPrefix(file.URL, mediaScheme)
	if !ok || graph.CheckAccount("media", id) != nil {
		return channel.Media{}, channel.ErrMediaGone
	}
	var found struct {
		URL    string `json:"url"`
		Mime   string `json:"mime_type"`
		SHA256 string `json:"sha256"`
	}
	err = s.Open(a.client, inbox).Get(ctx, id, url.Values{"phone_number_id": {s.PhoneNumberID}}, &found)
	var refused *graph.Refused
	switch {
	case errors.As(err, &refused) && gone(refused):
		return channel.Media{}, channel.ErrMediaGone
	case err != nil:
		return channel.Media{}, err
	}
	if !allowed(found.URL, s.Access) {
		return channel.Media{}, channel.ErrMediaGone
	}
	media, err := graph.Download(ctx, client, found.URL, inbox.Secrets[graph.AccessToken])
	if err != nil {
		return channel.Media{}, err
	}
	media.SHA256 = digest(found.SHA256)
	if found.Mime != "" {
		media.Type = plain(found.Mime)
	}
	media.Name = file.Name
	return media, nil
}

// gone tells a file that does not exist (any more) from a provider that cannot
// answer now.
func gone(r *graph.Refused) bool {
	result, _ := r.Err.Meaning()
	return r.Err.Code != 0 && result.Outcome == events.Rejected || r.Status == http.StatusNotFound || r.Status == http.StatusGone
}

func allowed(link string, access graph.Access) bool {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && !access.AllowPrivate {
		return false
	}
	host := strings.ToLower(u.Hostname())
	for _, h := range graph.MediaHosts(access) {
		if host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h) {
			return true
		}
	}
	return false
}

// digest is the hash in hexadecimal; the provider writes it so here, and in
// base64 within messages.
func digest(text string) string {
	if raw, err := hex.DecodeString(text); err == nil && len(raw) == 32 {
		return strings.ToLower(text)
	}
	if raw, err := base64.StdEncoding.DecodeString(text); err == nil && len(raw) == 32 {
		return hex.EncodeToString(raw)
	}
	return ""
}
