package mailchannel

import (
	"context"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
	"github.com/tributary-inbox/tributary/services/email/postmark"
)

// receiveWithin bounds one request: shorter than any provider waits.
const receiveWithin = 12 * time.Second

// Receive takes what a mail service posts. Attachments are durable in the blob
// store before it returns; where they cannot be stored it is 503, since some
// services drop a mail after any 4xx.
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	s, err := ParseSettings(inbox)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	switch s.source() {
	case SourceSMTP, SourceIMAP:
		return nil, channel.Reply{}, channel.Refuse(http.StatusNotFound, "no-hook", "mail of this inbox does not come by web hook")
	}
	if req.Method != http.MethodPost {
		return nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post to this address")
	}
	ctx, cancel := context.WithTimeout(context.Background(), receiveWithin)
	defer cancel()
	came, err := a.open(ctx, inbox, s, req)
	if err != nil {
		return nil, channel.Reply{}, err
	}
	in := &intake{blobs: a.opt.Blobs, inboxes: a.opt.Inboxes, checker: a.checker, now: req.At.UTC()}
	out, err := in.statements(ctx, inbox, s, came)
	if err != nil {
		return nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "unavailable", "cannot store now")
	}
	reply := channel.Reply{Status: http.StatusOK} // Postmark and Mailgun want exactly this
	if len(out) == 0 {
		reply.Body = []byte{}
	}
	return out, reply, nil
}

// open verifies a request and unpacks it.
func (a *Adapter) open(ctx context.Context, inbox config.Inbox, s Settings, req *channel.Request) ([]arrival.Arrival, error) {
	switch s.source() {
	case SourceSendGrid:
		if err := s.SendGrid.Verify(req); err != nil {
			return nil, err
		}
		return s.SendGrid.Read(req), nil
	case SourceMailgun:
		return a.mailgun.Read(inbox.Secrets[SecretSigningKey], req)
	case SourcePostmark:
		if err := s.Postmark.Verify(inbox.Secrets[SecretPostmarkPassword], req); err != nil {
			return nil, err
		}
		return postmark.Read(req), nil
	case SourceSES:
		return a.ses.Read(ctx, s.SES, req)
	}
	return nil, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
}

var _ channel.Receiver = (*Adapter)(nil)
