package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// Do makes a call and returns what its failure means for a message that was to
// be sent; the pointer is nil where there is an answer.
func Do(ctx context.Context, client *provider.Client, call provider.Call) (provider.Answer, *events.SendResult) {
	answer, err := client.Do(ctx, call)
	if err == nil {
		return answer, nil
	}
	var failure *provider.Failure
	if errors.As(err, &failure) {
		r := failure.Result()
		return answer, &r
	}
	return answer, &events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
}

// Unread is the result where the provider answered success in a form that
// nobody can read: it may have the message.
func Unread() events.SendResult {
	return events.SendResult{Outcome: events.Unclear, Detail: "the provider's answer is not readable; it may have the message"}
}

// NoFiles is the result for a message whose files this channel cannot carry.
func NoFiles(why string) events.SendResult {
	return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadMedia, Detail: why}
}

// NoTemplates is the result for a template on a channel that has none.
func NoTemplates() events.SendResult {
	return events.SendResult{Outcome: events.Rejected, Code: events.CodeBadTemplate, Detail: "this channel has no templates"}
}

// OpenURL opens a file that anybody who knows its address may read. 401, 403,
// 404 and 410 are channel.ErrMediaGone: such addresses expire. The caller closes
// the body.
func OpenURL(ctx context.Context, client *http.Client, address string) (channel.Media, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return channel.Media{}, fmt.Errorf("address of the file: %w", channel.ErrMediaGone)
	}
	resp, err := client.Do(req)
	if err != nil {
		return channel.Media{}, errors.New("the file's server did not answer")
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return channel.Media{Body: resp.Body, Size: resp.ContentLength, Type: resp.Header.Get("Content-Type")}, nil
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone:
		err = fmt.Errorf("status %d: %w", resp.StatusCode, channel.ErrMediaGone)
	default:
		err = fmt.Errorf("the file's server answered %d", resp.StatusCode)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	_ = resp.Body.Close()
	return channel.Media{}, err
}
