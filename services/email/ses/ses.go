// Package ses reads what Amazon SES sends through Amazon SNS: mail received by
// a receipt rule with an SNS action, and what became of mails that left through
// SES.
//
// Everything is signed by SNS, and anybody can have SNS sign: only the topics
// that the inbox names are believed. A subscription is confirmed by one GET, for
// those topics only. Certificates come over https from Amazon's own hosts and
// are kept; an inbox may name another host that speaks as SNS does. SNS gives an answer fifteen seconds and repeats after 5xx, rarely
// after 4xx.
//
// A mail that SES put into S3 (all above 150 KB) is not in the notification: it
// is kept with its place, and read by nobody here.
//
// Sources: the SNS Developer Guide, Verifying the signatures of Amazon SNS
// messages; the SES Developer Guide, Contents of notifications.
package ses

import (
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // signature version 1 of SNS is defined over it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/email/arrival"
)

// Settings are an inbox's part of them.
type Settings struct {
	// Topics are the ARNs of the SNS topics that may post here.
	Topics []string `json:"topics,omitempty"`
	// APIURL stands in place of Amazon's hosts, for something that speaks as SNS
	// does: certificates and confirmations come from there and from nowhere else.
	// Empty is Amazon. It is https, unless AllowPrivate is set.
	APIURL string `json:"api_url,omitempty"`
	// AllowPrivate lets APIURL be inside the own network.
	AllowPrivate bool `json:"allow_private,omitempty"`
}

var arn = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}$`)

// Check refuses settings without a topic: any account of AWS could post.
func (s Settings) Check() error {
	if len(s.Topics) == 0 {
		return errors.New("settings.ses.topics is empty: name the SNS topics that may post here")
	}
	for _, t := range s.Topics {
		if !arn.MatchString(t) {
			return errors.New("settings.ses.topics holds something that is no topic ARN")
		}
	}
	if s.APIURL == "" {
		return nil
	}
	u, err := url.Parse(s.APIURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" ||
		u.Scheme != "https" && (u.Scheme != "http" || !s.AllowPrivate) {
		return errors.New("settings.ses.api_url is no https address of a host")
	}
	return nil
}

// Door verifies and reads requests. Use New; it may be called from many
// goroutines.
type Door struct{ certificates *certificates }

// New makes a door that reaches Amazon through client, which the caller owns,
// and hosts inside the own network, for inboxes that allow it, through another.
func New(client, private *http.Client) *Door { return &Door{newCertificates(client, private)} }

// notice is the envelope that SNS posts. A subject that is missing is not signed,
// an empty one is.
type notice struct {
	Type             string  `json:"Type"`
	MessageID        string  `json:"MessageId"`
	TopicArn         string  `json:"TopicArn"`
	Subject          *string `json:"Subject"`
	Message          string  `json:"Message"`
	Timestamp        string  `json:"Timestamp"`
	Token            string  `json:"Token"`
	SignatureVersion string  `json:"SignatureVersion"`
	Signature        string  `json:"Signature"`
	SigningCertURL   string  `json:"SigningCertURL"`
	SubscribeURL     string  `json:"SubscribeURL"`
}

// Read verifies a request and reads it; a confirmation is carried out. An error
// is a *channel.Refusal.
func (d *Door) Read(ctx context.Context, s Settings, req *channel.Request) ([]arrival.Arrival, error) {
	var n notice
	if err := json.Unmarshal(req.Body, &n); err != nil {
		return nil, channel.Refuse(http.StatusBadRequest, "unreadable", "this is no notification of SNS")
	}
	if !slices.Contains(s.Topics, n.TopicArn) {
		return nil, channel.Refuse(http.StatusForbidden, "unknown-topic", "this topic is not one of the inbox's")
	}
	if err := d.verify(ctx, s, &n, req.At); err != nil {
		return nil, err
	}
	switch n.Type {
	case "SubscriptionConfirmation":
		return nil, d.confirm(ctx, s, &n)
	case "UnsubscribeConfirmation":
		return []arrival.Arrival{n.keep("unsubscribed", req)}, nil
	case "Notification":
		return []arrival.Arrival{n.read(req)}, nil
	}
	return []arrival.Arrival{n.keep("event", req)}, nil
}

// signed is the text that the signature covers.
func (n *notice) signed() string {
	var b strings.Builder
	put := func(name, value string) { b.WriteString(name + "\n" + value + "\n") }
	put("Message", n.Message)
	put("MessageId", n.MessageID)
	if n.Type == "SubscriptionConfirmation" || n.Type == "UnsubscribeConfirmation" {
		put("SubscribeURL", n.SubscribeURL)
		put("Timestamp", n.Timestamp)
		put("Token", n.Token)
	} else {
		if n.Subject != nil {
			put("Subject", *n.Subject)
		}
		put("Timestamp", n.Timestamp)
	}
	put("TopicArn", n.TopicArn)
	put("Type", n.Type)
	return b.String()
}

func (d *Door) verify(ctx context.Context, s Settings, n *notice, now time.Time) error {
	refuse := func(why string) error { return channel.Refuse(http.StatusForbidden, "bad-signature", "%s", why) }
	signature, err := base64.StdEncoding.DecodeString(n.Signature)
	if err != nil || len(signature) == 0 {
		return refuse("the notification is not signed")
	}
	if !s.trusts(n.SigningCertURL) || !strings.HasSuffix(n.SigningCertURL, ".pem") {
		return refuse("the certificate is not on a host of Amazon SNS")
	}
	key, err := d.certificates.key(ctx, s.private(), n.SigningCertURL, now)
	if errors.Is(err, errNoCertificate) {
		return refuse("what stands at the certificate's address is none")
	}
	if err != nil {
		return channel.Refuse(http.StatusServiceUnavailable, "no-certificate", "the certificate could not be fetched now")
	}
	text := []byte(n.signed())
	switch n.SignatureVersion {
	case "1":
		sum := sha1.Sum(text) //nolint:gosec // see the import
		err = rsa.VerifyPKCS1v15(key, crypto.SHA1, sum[:], signature)
	case "2":
		sum := sha256.Sum256(text)
		err = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature)
	default:
		return refuse("the signature's version is unknown")
	}
	if err != nil {
		return refuse("the signature does not fit")
	}
	return nil
}

var snsHost = regexp.MustCompile(`^sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$`)

// trusts reports an https address on a host of SNS, without a port or a user, or
// one on the host that the inbox names instead.
func (s Settings) trusts(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil {
		return false
	}
	if s.APIURL == "" {
		return u.Scheme == "https" && snsHost.MatchString(u.Host)
	}
	own, err := url.Parse(s.APIURL)
	return err == nil && own.Host != "" && u.Scheme == own.Scheme && u.Host == own.Host
}

// private reports that what is trusted may be inside the own network.
func (s Settings) private() bool { return s.APIURL != "" && s.AllowPrivate }

// confirm subscribes. Whatever goes wrong, SNS asks again.
func (d *Door) confirm(ctx context.Context, s Settings, n *notice) error {
	if !s.trusts(n.SubscribeURL) {
		return channel.Refuse(http.StatusForbidden, "bad-address", "the address to confirm at is not Amazon's")
	}
	if _, err := d.certificates.get(ctx, s.private(), n.SubscribeURL); err != nil {
		return channel.Refuse(http.StatusServiceUnavailable, "not-confirmed", "the subscription could not be confirmed now")
	}
	return nil
}

func (n *notice) at(fallback time.Time) time.Time {
	if at, err := time.Parse(time.RFC3339, n.Timestamp); err == nil {
		return at.UTC()
	}
	return fallback
}

func (n *notice) keep(why string, req *channel.Request) arrival.Arrival {
	id := n.MessageID
	if id == "" {
		sum := sha256.Sum256(req.Body)
		id = hex.EncodeToString(sum[:])
	}
	return arrival.Arrival{Kept: &arrival.Kept{ID: "sns:" + id, Why: why, Raw: req.Body, Type: "application/json", At: n.at(req.At)}}
}
