package mailchannel

import (
	"context"
	"errors"
	"fmt"
	"net/textproto"
	"regexp"
	"strings"
	"time"

	"github.com/wneessen/go-mail"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/email/postmark"
)

// deliver makes one attempt at the relay. The context bounds it.
func (a *Adapter) deliver(ctx context.Context, relay Relay, s Settings, msg *mail.Msg, id string) (events.SendResult, error) {
	if strings.HasSuffix(strings.ToLower(relay.Host), ".postmarkapp.com") || s.source() == SourcePostmark {
		// Else Postmark puts an id of its own in place of ours, and answers and
		// bounces refer to one that nobody knows.
		msg.SetGenHeader("X-PM-KeepID", "true")
		// Its own reports name a mail by the id that is kept from us; what stands
		// here comes back with them.
		msg.SetGenHeader(postmark.MessageHeader, string(ourMessage(id)))
	}
	client, err := a.client(ctx, relay)
	if err != nil {
		return events.SendResult{Outcome: events.Rejected, Detail: "the relay's settings cannot be used"}, nil
	}
	if err := client.DialWithContext(ctx); err != nil {
		// Nothing has left yet. A wrong password is mended by a person: the inbox
		// whose own relay refuses it is suspended until then. With the relay that all
		// share, dispatch waits until the program is started anew.
		return events.SendResult{Outcome: events.Retry, Suspend: s.Relay.Host != "" && refusesUs(err), Detail: "relay not reached: " + redact(err)}, nil
	}
	err = client.Send(msg)
	_ = client.Close() // after the relay's answer QUIT changes nothing
	return outcome(msg, err, relay, id), nil
}

// refusesUs reports that the relay knows the credentials and takes them not
// (RFC 4954 §6).
func refusesUs(err error) bool {
	var said *textproto.Error
	return errors.As(err, &said) && (said.Code == 535 || said.Code == 534 || said.Code == 538)
}

func (a *Adapter) client(ctx context.Context, relay Relay) (*mail.Client, error) {
	timeout := 30 * time.Second
	if end, ok := ctx.Deadline(); ok {
		// The client knows only a timeout; leave a moment to report it.
		timeout = max(time.Until(end)-200*time.Millisecond, 100*time.Millisecond)
	}
	opts := []mail.Option{mail.WithTimeout(timeout), mail.WithHELO(a.opt.Helo), mail.WithoutNoop()}
	port := 587
	switch relay.TLS {
	case "implicit":
		port = 465
		opts = append(opts, mail.WithSSL())
	case "none":
		opts = append(opts, mail.WithTLSPolicy(mail.NoTLS))
	case "opportunistic":
		opts = append(opts, mail.WithTLSPolicy(mail.TLSOpportunistic))
	default:
		opts = append(opts, mail.WithTLSPolicy(mail.TLSMandatory))
	}
	if relay.Port != 0 {
		port = relay.Port
	}
	opts = append(opts, mail.WithPort(port))
	if a.opt.TLS != nil {
		tlsConfig := a.opt.TLS.Clone()
		tlsConfig.ServerName = relay.Host
		opts = append(opts, mail.WithTLSConfig(tlsConfig))
	}
	if relay.Username != "" {
		auth := mail.SMTPAuthAutoDiscover
		if relay.TLS == "none" {
			auth = mail.SMTPAuthPlainNoEnc
		}
		opts = append(opts, mail.WithSMTPAuth(auth), mail.WithUsername(relay.Username), mail.WithPassword(relay.Password))
	}
	return mail.NewClient(relay.Host, opts...)
}

// outcome reads how an attempt ended. The relay has taken the mail once it
// answered the final dot with 2xx; between the dot and that answer nobody
// knows; before the dot it has nothing.
func outcome(msg *mail.Msg, err error, relay Relay, id string) events.SendResult {
	if err == nil || msg.IsDelivered() {
		ids := []string{id}
		if other := rewrittenID(relay, msg.ServerResponse()); other != "" {
			ids = append(ids, other)
		}
		return events.SendResult{Outcome: events.Sent, ProviderIDs: ids}
	}
	result := events.SendResult{Outcome: events.Retry, Detail: redact(err)}
	var failed *mail.SendError
	if !errors.As(err, &failed) {
		return result
	}
	code := failed.ErrorCode()
	switch {
	case failed.Reason == mail.ErrSMTPDataClose && code == 0:
		result.Outcome = events.Unclear
		result.ProviderIDs = []string{id}
		result.Detail = "the connection was lost after the mail was sent and before the relay confirmed it"
	case failed.Reason == mail.ErrGetSender, failed.Reason == mail.ErrGetRcpts, failed.Reason == mail.ErrNoUnencoded:
		result.Outcome = events.Rejected
	case code == 530, code == 535, code == 538, code == 534:
		// The relay wants us to sign in: for the administrator to mend.
		result.RetryAfter = 5 * time.Minute
	case code >= 500:
		result.Outcome = events.Rejected
	case code == 421, code == 450, code == 451, code == 452:
		result.RetryAfter = time.Minute // greylisting and load pass by themselves
	}
	return result
}

// composeFailed tells what cannot be sent from what cannot be read just now.
func composeFailed(err error) (events.SendResult, error) {
	if errors.Is(err, errCannotSend) {
		return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}, nil
	}
	return events.SendResult{}, fmt.Errorf("compose mail: %w", err)
}

var someAddress = regexp.MustCompile(`[^\s<>]+@[^\s<>]+`)

// redact keeps what the relay said without whom it was about.
func redact(err error) string {
	text, _, _ := strings.Cut(err.Error(), ", affected recipient")
	text, _, _ = strings.Cut(text, ", affected message")
	return cut(strings.Join(strings.Fields(someAddress.ReplaceAllString(text, "(address)")), " "), 300)
}

var (
	sesHost     = regexp.MustCompile(`^email-smtp(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com$`)
	sesResponse = regexp.MustCompile(`(?i)\bok ([0-9a-f-]{40,80})\b`)
)

// rewrittenID is the id that Amazon SES puts in place of ours, which answers
// will refer to.
func rewrittenID(relay Relay, response string) string {
	region := sesHost.FindStringSubmatch(relay.Host)
	said := sesResponse.FindStringSubmatch(response)
	switch {
	case region == nil || said == nil:
		return ""
	case region[1] == "us-east-1":
		return said[1] + "@email.amazonses.com"
	}
	return said[1] + "@" + region[1] + ".amazonses.com"
}
