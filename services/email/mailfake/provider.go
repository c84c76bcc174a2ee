package mailfake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// Provider is the fake of one mail provider.
type Provider interface {
	// Name is the provider's, as inboxes call it in the setting source.
	Name() string
	// Open begins to serve on ports of loopback; Close ends that and waits.
	Open() error
	Close() error
	// Settings are those of an e-mail inbox with this address that the provider
	// serves. They can be asked for once it is open.
	Settings(address string) (settings json.RawMessage, secrets map[string]string)
	// Tell hands a customer's letter to the inbox whose hook is a URL, as patiently
	// as the provider is, and returns nil once it is done with it.
	Tell(ctx context.Context, hook string, l Letter) error
	// State is what the provider's relay took, and how it behaves.
	State() *fake.Server
	// Taken lists the mails that its relay took.
	Taken() []Taken
}

// Reporter is a provider that tells what became of the mails it took.
type Reporter interface {
	Provider
	// Report is the request that tells of one.
	Report(what Event, about Taken, at time.Time) fake.Request
}

// Poster is a provider that hands mail over by posting to a hook.
type Poster interface {
	Provider
	// Hook is the request that tells of a letter, signed and valid at a moment.
	Hook(l Letter, at time.Time) fake.Request
}

// Event is what became of a mail.
type Event string

// The events that a [Reporter] knows.
const (
	Delivered Event = "delivered"
	Opened    Event = "opened"
	Bounced   Event = "bounced"
)

// Settings puts an inbox's settings together: those that every provider has, and
// more under the provider's name.
func Settings(p Provider, r *Relay, address string, own any) json.RawMessage {
	all := map[string]any{"address": address, "source": p.Name(), "relay": r.Settings()}
	if own != nil {
		all[p.Name()] = own
	}
	data, err := json.Marshal(all)
	if err != nil {
		panic(err) // plain values always encode
	}
	return data
}

// Filled is the settings with the secrets among them, as REST takes them when an
// inbox is made.
func Filled(p Provider, address string) (map[string]any, error) {
	plain, secrets := p.Settings(address)
	out := map[string]any{}
	if err := json.Unmarshal(plain, &out); err != nil {
		return nil, fmt.Errorf("settings of the fake of %s: %w", p.Name(), err)
	}
	for name, value := range secrets {
		out[name] = value
	}
	return out, nil
}

// Bounds of patience: real providers wait minutes and hours.
const (
	attempts   = 8
	firstPause = 100 * time.Millisecond
)

// ErrGivenUp wraps the last answer when a provider will not come again.
var ErrGivenUp = errors.New("the provider gives up")

// client is shared by all fakes; it follows no redirect, as providers do not.
var client = &http.Client{
	Timeout:       30 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{MaxIdleConnsPerHost: 64, IdleConnTimeout: 5 * time.Second},
}

// Post posts a request to a hook until it is taken, as long as the provider
// comes again after such a status. A connection that fails is tried again by
// all of them.
func Post(ctx context.Context, hook string, c fake.Request, again func(status int) bool) error {
	pause := firstPause
	for n := 1; ; n++ {
		status, err := once(ctx, hook, c)
		switch {
		case err == nil && status/100 == 2:
			return nil
		case err == nil && !again(status):
			return fmt.Errorf("%w after an answer of %d", ErrGivenUp, status)
		case n == attempts:
			return errors.Join(fmt.Errorf("%w after %d attempts, the last answered %d", ErrGivenUp, n, status), err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		pause *= 2
	}
}

func once(ctx context.Context, hook string, c fake.Request) (int, error) {
	req, err := c.Request(ctx, hook)
	if err != nil {
		return 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	return res.StatusCode, err
}
