package mailchannel

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// storage answers for Mailgun's storage.
type storage struct{ asked []*http.Request }

func (s *storage) RoundTrip(req *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, req)
	answer := func(status int, body string) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)), Header: http.Header{"Content-Type": {"image/png"}}, Request: req}, nil
	}
	_, key, _ := req.BasicAuth()
	switch {
	case key != "key-1":
		return answer(http.StatusUnauthorized, "Forbidden")
	case strings.HasSuffix(req.URL.Path, "/attachments/0"):
		return answer(http.StatusOK, "a picture")
	}
	return answer(http.StatusNotFound, "no such file")
}

func TestStoredFilesOfMailgun(t *testing.T) {
	const at = "https://storage-europe-west1.api.mailgun.net/v3/domains/example.com/messages/AgEFx/attachments/"
	for name, c := range map[string]struct {
		url, key string
		want     string
		gone     bool
		asks     int
	}{
		"there":         {at + "0", "key-1", "a picture", false, 1},
		"deleted":       {at + "1", "key-1", "", true, 1},
		"wrong key":     {at + "0", "key-2", "", false, 1},
		"no key":        {at + "0", "", "", true, 0},
		"another host":  {"https://evil.example/attachments/0", "key-1", "", true, 0},
		"a host alike":  {"https://evilmailgun.net/attachments/0", "key-1", "", true, 0},
		"without tls":   {strings.Replace(at, "https", "http", 1) + "0", "key-1", "", true, 0},
		"no address":    {":", "key-1", "", true, 0},
		"host of a dot": {"https://mailgun.net/attachments/0", "key-1", "", true, 0},
	} {
		p, files := mailgunProvider(t), &storage{}
		p.secrets[SecretMailgunKey] = c.key
		inbox := p.inbox(t)
		media, err := p.adapter.OpenMedia(t.Context(), &http.Client{Transport: files}, inbox, events.Attachment{URL: c.url})
		if len(files.asked) != c.asks || errors.Is(err, channel.ErrMediaGone) != c.gone || (err == nil) != (c.want != "") {
			t.Errorf("%s: %v, asked %d times", name, err, len(files.asked))
		}
		if err != nil {
			continue
		}
		if data, err := io.ReadAll(media.Body); err != nil || string(data) != c.want || media.Type != "image/png" || media.Size != int64(len(c.want)) {
			t.Errorf("%s: %q %+v %v", name, data, media, err)
		}
		if hosts := p.adapter.MediaHosts(inbox); len(hosts) != 1 || hosts[0] != ".mailgun.net" {
			t.Errorf("hosts %v", hosts)
		}
	}
	if hosts := postmarkProvider(t).adapter.MediaHosts(postmarkProvider(t).inbox(t)); hosts != nil {
		t.Errorf("files of postmark may come from %v", hosts)
	}
}
