package x

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/intake"
	"github.com/tributary-inbox/tributary/services/social/parts"
)

// Send sends text as direct messages, and pictures with them: X takes one a
// message, uploaded before. The first stands with the last text. Other files are
// rejected.
func (a *Adapter) Send(ctx context.Context, inbox config.Inbox, req events.SendRequest) (events.SendResult, error) {
	s, err := settings(inbox)
	switch {
	case err != nil:
		return events.SendResult{}, err
	case slices.ContainsFunc(req.Message.Attachments, func(f events.Attachment) bool { return !pictures[f.Type] }):
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: "X takes pictures only: JPEG, PNG and WebP up to 5 MB"}, nil
	case !digits(req.To.Value):
		return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadAddress, Detail: "the address is no user id"}, nil
	}
	pieces := split(&req.Message)
	for i := range pieces { // before anything is sent: then none of it has to be taken back
		if pieces[i].file == nil {
			continue
		}
		id, failed, err := a.upload(ctx, s, inbox, *pieces[i].file)
		if err != nil {
			return events.SendResult{}, err
		}
		if failed != nil {
			return *failed, nil
		}
		pieces[i].media = id
	}
	return parts.Send(ctx, len(pieces), false, func(i int) (events.SendResult, error) {
		body := map[string]any{}
		if pieces[i].text != "" {
			body["text"] = pieces[i].text
		}
		if pieces[i].media != "" {
			body["attachments"] = []map[string]string{{"media_id": pieces[i].media}}
		}
		call, err := provider.JSON(s.URL+"/2/dm_conversations/with/"+req.To.Value+"/messages", body)
		if err != nil {
			return events.SendResult{}, err
		}
		got, err := a.do(ctx, s, inbox, call)
		return outcome(got, err, time.Now()), nil
	})
}

// piece is one direct message: a text, a picture, or both. media is the picture's
// id at X.
type piece struct {
	text  string
	file  *events.Attachment
	media string
}

func split(m *events.Message) []piece {
	var out []piece
	if strings.TrimSpace(m.Text) != "" {
		for _, text := range channel.LimitsOf(Kind).Split(m.Text) {
			out = append(out, piece{text: text})
		}
	}
	for i := range m.Attachments {
		if i == 0 && len(out) > 0 {
			out[len(out)-1].file = &m.Attachments[i]
			continue
		}
		out = append(out, piece{file: &m.Attachments[i]})
	}
	return out
}

func (a *Adapter) do(ctx context.Context, s Settings, inbox config.Inbox, call provider.Call) (provider.Answer, error) {
	if call.Header == nil {
		call.Header = http.Header{}
	}
	method := call.Method
	if method == "" {
		method = http.MethodPost
	}
	call.Header.Set("Authorization", authorization(inbox, method, call.URL, time.Now()))
	call.Private = s.AllowPrivate
	return a.client.Do(ctx, call)
}

// said is an answer or a problem of API v2.
type said struct {
	Data struct {
		ID    string `json:"id"`
		Event string `json:"dm_event_id"`
	} `json:"data"`
	Title  string `json:"title"`
	Detail string `json:"detail"`
}

func outcome(got provider.Answer, err error, now time.Time) events.SendResult {
	var failure *provider.Failure
	if errors.As(err, &failure) {
		return failure.Result()
	}
	if err != nil {
		return events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	}
	var s said
	readable := json.Unmarshal(got.Body, &s) == nil
	switch {
	case got.OK() && readable && digits(s.Data.Event):
		return events.SendResult{Outcome: events.Sent, ProviderIDs: []string{s.Data.Event}}
	case got.OK():
		return events.SendResult{Outcome: events.Unclear, Detail: "X's answer cannot be read; it may have the message"}
	}
	result := refused(got, s, false, now)
	switch got.Status {
	case http.StatusForbidden: // the customer takes no messages from us
		result.Code = events.CodeOptedOut
	case http.StatusNotFound:
		result.Code = events.CodeBadAddress
	}
	return result
}

// refused reads an answer that is no success.
func refused(got provider.Answer, s said, safe bool, now time.Time) events.SendResult {
	result := provider.Refused(got, safe, now)
	if s.Detail != "" {
		result.Detail = "X: " + intake.Clip(s.Detail, 200)
	}
	if got.Status == http.StatusTooManyRequests {
		reset, err := strconv.ParseInt(got.Header.Get("X-Rate-Limit-Reset"), 10, 64)
		if wait := time.Unix(reset, 0).Sub(now); err == nil && result.RetryAfter == 0 && wait > 0 {
			result.RetryAfter = min(wait, 24*time.Hour)
		}
	}
	return result
}

// Test asks X whose the token is.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := settings(inbox)
	if err != nil {
		return err
	}
	got, err := a.do(ctx, s, inbox, provider.Call{Method: http.MethodGet, URL: s.URL + "/2/users/me"})
	if err != nil {
		return fmt.Errorf("x: %w", err)
	}
	var me said
	readable := json.Unmarshal(got.Body, &me) == nil
	switch {
	case !got.OK():
		return fmt.Errorf("x answered %d: %s", got.Status, intake.Clip(me.Title, 100))
	case !readable:
		return errors.New("x: the answer cannot be read")
	case me.Data.ID != s.UserID:
		return errors.New("x: the token belongs to another account than user_id")
	}
	return nil
}

// MediaHosts are X's hosts for the files of direct messages.
func (*Adapter) MediaHosts(inbox config.Inbox) []string {
	hosts := []string{"ton.x.com", "ton.twitter.com", "pbs.twimg.com", "video.twimg.com"}
	if s, err := settings(inbox); err == nil && s.AllowPrivate {
		hosts = append(hosts, s.Host())
	}
	return hosts
}

// OpenMedia opens a file. Pictures of direct messages are shown to the account
// only, so the request is signed for every host that MediaHosts names, and for
// no other.
func (a *Adapter) OpenMedia(ctx context.Context, client *http.Client, inbox config.Inbox, f events.Attachment) (channel.Media, error) {
	u, err := url.Parse(f.URL)
	if err != nil {
		return channel.Media{}, fmt.Errorf("x: not a file of this channel: %w", channel.ErrMediaGone)
	}
	ours := false
	for _, host := range a.MediaHosts(inbox) {
		ours = ours || u.Hostname() == host
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
	if err != nil || !ours {
		return channel.Media{}, fmt.Errorf("x: not a file of this channel: %w", channel.ErrMediaGone)
	}
	req.Header.Set("Authorization", authorization(inbox, http.MethodGet, f.URL, time.Now()))
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, fmt.Errorf("x: fetch file: %w", err)
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type"), Name: f.Name}, nil
	case http.StatusNotFound, http.StatusGone:
		err = fmt.Errorf("x answered %d: %w", resp.StatusCode, channel.ErrMediaGone)
	default:
		err = fmt.Errorf("x answered %d about a file", resp.StatusCode)
	}
	_ = resp.Body.Close()
	return channel.Media{}, err
}
