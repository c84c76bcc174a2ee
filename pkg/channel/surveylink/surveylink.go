// Package surveylink makes and opens the public addresses of surveys' pages: what
// stands in the question that a customer gets.
//
// An address is /s/{token}. The token names the conversation and the survey, under
// an HMAC that only this installation can make; it says nothing of the customer,
// and whoever has it may answer that one survey and nothing else. The keys stand
// beside those of file addresses, as an entry of their own, and are kept for as
// long as a survey may be answered. Whether it still may is the router's to say.
package surveylink

import (
	"bytes"
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// Root is where addresses begin; whoever serves them mounts it.
const Root = "/s/"

// ErrForged means that nobody here made the token.
var ErrForged = filelink.ErrForged

const (
	purpose = "survey"
	entry   = "surveys"
	// holds is longer than any survey may be answered.
	holds = 100 * 24 * time.Hour
)

// Links makes and opens addresses. Methods may be called from any goroutine.
type Links struct {
	keys filelink.Keys
	base string
}

// New needs the table of keys, which the caller owns. Base is where the outside
// reaches this program, as in https://inbox.example.com; empty where nobody has
// said. now may be nil.
func New(table *kv.Table[config.FileKeys], base string, now func() time.Time) *Links {
	return &Links{keys: filelink.Keys{Table: table, Now: now, Entry: entry, Holds: holds}, base: strings.TrimRight(base, "/")}
}

// Link is the address of a survey's page; empty where this program has none that
// a customer could reach.
func (l *Links) Link(ctx context.Context, conversation events.ConversationID, survey events.SurveyID) (string, error) {
	base, err := url.Parse(l.base)
	if err != nil || base.Host == "" || base.Scheme != "https" && base.Scheme != "http" {
		return "", nil
	}
	token, err := l.Token(ctx, conversation, survey)
	if err != nil {
		return "", err
	}
	return l.base + Root + token, nil
}

// Token is the last part of the address.
func (l *Links) Token(ctx context.Context, conversation events.ConversationID, survey events.SurveyID) (string, error) {
	return l.keys.Seal(ctx, purpose, []byte(string(conversation)+"\x00"+string(survey)))
}

// Open is what a token names. The error is ErrForged.
func (l *Links) Open(token string) (events.ConversationID, events.SurveyID, error) {
	body, err := l.keys.Unseal(purpose, token)
	if err != nil {
		return "", "", err
	}
	conversation, survey, ok := bytes.Cut(body, []byte{0})
	if !ok || len(conversation) == 0 || len(survey) == 0 {
		return "", "", ErrForged
	}
	return events.ConversationID(conversation), events.SurveyID(survey), nil
}
