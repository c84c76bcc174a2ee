package mailchannel

import (
	"context"
	"fmt"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/mailgun"
)

// MediaHosts are Mailgun's, whose routes can store files instead of sending them.
// Every other way brings files as bytes.
func (a *Adapter) MediaHosts(inbox config.Inbox) []string {
	if s, err := ParseSettings(inbox); err != nil || s.source() != SourceMailgun {
		return nil
	}
	return mailgun.Hosts
}

// OpenMedia opens a file that Mailgun stored.
func (a *Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, file events.Attachment) (channel.Media, error) {
	s, err := ParseSettings(inbox)
	if err != nil {
		return channel.Media{}, err
	}
	if s.source() != SourceMailgun {
		return channel.Media{}, fmt.Errorf("mail of this inbox brings its files along: %w", channel.ErrMediaGone)
	}
	return mailgun.Open(ctx, client, inbox.Secrets[SecretMailgunKey], file.URL)
}

var _ channel.MediaSource = (*Adapter)(nil)
