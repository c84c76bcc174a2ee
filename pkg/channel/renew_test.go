package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// tokens is a provider whose refresh token holds for one exchange.
type tokens struct {
	echo
	mu      sync.Mutex // guards all below
	valid   string
	calls   int
	fails   error
	between func() // runs while an exchange is under way
}

func (t *tokens) RenewAt(in config.Inbox) (time.Time, bool) {
	var at time.Time
	_ = json.Unmarshal(in.Settings, &at)
	return at, in.Secrets["refresh"] != ""
}

func (t *tokens) Postpone(in config.Inbox, until time.Time) (config.Inbox, error) {
	data, err := json.Marshal(until)
	in.Settings = data
	return in, err
}

func (t *tokens) Renew(_ context.Context, in config.Inbox) (map[string]string, time.Time, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.calls++
	if t.between != nil {
		t.between()
	}
	if t.fails != nil {
		return nil, time.Time{}, t.fails
	}
	if in.Secrets["refresh"] != t.valid {
		return nil, time.Time{}, fmt.Errorf("used before: %w", ErrRenewal)
	}
	t.valid = fmt.Sprint("refresh", t.calls)
	out := maps.Clone(in.Secrets)
	out["refresh"], out["access"] = t.valid, fmt.Sprint("access", t.calls)
	return out, renewStart.Add(24 * time.Hour), nil
}

var renewStart = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

func renewing(t *testing.T) (*tokens, *Renewals, func(change func(*config.Inbox)), func() config.Inbox) {
	t.Helper()
	server := testkit.NATS(t)
	log, err := eventlog.Open(t.Context(), server.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: server.Commit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	inboxes := openTable[config.Inbox](t, server, log, config.KindInbox)
	health := &Health{Table: openTable[config.Health](t, server, log, config.KindHealth), Log: testkit.Logger(t)}
	r := &Renewals{Table: inboxes, Health: health, Log: testkit.Logger(t), Now: func() time.Time { return renewStart }}
	write := func(change func(*config.Inbox)) {
		t.Helper()
		in, _, _ := inboxes.Get("in")
		in.Secrets = maps.Clone(in.Secrets)
		change(&in)
		if _, err := inboxes.Put(t.Context(), "in", in, nil); err != nil {
			t.Fatal(err)
		}
	}
	write(func(in *config.Inbox) {
		*in = config.Inbox{ID: "in", Channel: "echo", Secrets: map[string]string{"refresh": "refresh0", "access": "access0", "sign": "s"}}
	})
	return &tokens{valid: "refresh0"}, r, write, func() config.Inbox { in, _, _ := inboxes.Get("in"); return in }
}

func TestCredentialsAreExchangedWhenDue(t *testing.T) {
	provider, r, write, now := renewing(t)
	r.Once(t.Context(), provider)
	in := now()
	if in.Secrets["access"] != "access1" || in.Secrets["refresh"] != "refresh1" || in.Secrets["sign"] != "s" || !in.UpdatedAt.Equal(renewStart) {
		t.Fatalf("%+v", in)
	}
	r.Once(t.Context(), provider)
	if provider.calls != 1 {
		t.Errorf("%d exchanges before the next is due", provider.calls)
	}
	write(func(in *config.Inbox) { delete(in.Secrets, "refresh"); in.Settings = nil })
	r.Once(t.Context(), provider)
	if provider.calls != 1 {
		t.Error("an exchange with nothing to exchange")
	}
}

// A refresh token holds once: two processes must not both use it.
func TestOneProcessExchanges(t *testing.T) {
	provider, r, _, now := renewing(t)
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { r.Once(t.Context(), provider) })
	}
	wait.Wait()
	if _, suspended := r.Health.Suspended(now()); provider.calls != 1 || now().Secrets["access"] != "access1" || suspended {
		t.Errorf("%d exchanges, access %q, suspended %v", provider.calls, now().Secrets["access"], suspended)
	}
}

// What an operator changes while an exchange is under way stays, and so does what
// the exchange gave unless it was that which they changed.
func TestOperatorWritesDuringAnExchange(t *testing.T) {
	provider, r, write, now := renewing(t)
	provider.between = func() {
		write(func(in *config.Inbox) { in.Name = "renamed"; in.Secrets["sign"] = "other" })
	}
	r.Once(t.Context(), provider)
	if in := now(); in.Name != "renamed" || in.Secrets["sign"] != "other" || in.Secrets["access"] != "access1" || in.Secrets["refresh"] != "refresh1" {
		t.Errorf("%+v", in)
	}
	provider.between = func() { write(func(in *config.Inbox) { in.Secrets["refresh"] = "by hand" }) }
	write(func(in *config.Inbox) { in.Settings = nil })
	r.Once(t.Context(), provider)
	if in := now(); in.Secrets["refresh"] != "by hand" || in.Secrets["access"] != "access1" {
		t.Errorf("the operator's credentials were overwritten: %+v", in.Secrets)
	}
}

func TestExchangeThatFails(t *testing.T) {
	provider, r, write, now := renewing(t)
	provider.fails = errors.New("the provider did not answer")
	r.Once(t.Context(), provider)
	r.Once(t.Context(), provider) // still the first one's time
	if _, suspended := r.Health.Suspended(now()); provider.calls != 1 || suspended {
		t.Errorf("%d calls, suspended %v", provider.calls, suspended)
	}
	r.Now = func() time.Time { return renewStart.Add(renewClaim) }
	provider.fails = fmt.Errorf("it said no: %w", ErrRenewal)
	r.Once(t.Context(), provider)
	r.Now = func() time.Time { return renewStart.Add(2 * renewClaim) }
	r.Once(t.Context(), provider)
	if why, suspended := r.Health.Suspended(now()); provider.calls != 2 || !suspended {
		t.Errorf("%d calls, suspended %v: %s", provider.calls, suspended, why)
	}
	// New credentials are tried at once and end the suspension.
	provider.fails = nil
	write(func(in *config.Inbox) { in.Secrets["refresh"], in.Settings = provider.valid, nil })
	r.Now = func() time.Time { return time.Now().Add(time.Hour) }
	r.Once(t.Context(), provider)
	if _, suspended := r.Health.Suspended(now()); suspended || now().Secrets["access"] != "access3" {
		t.Errorf("suspended %v, %+v", suspended, now().Secrets)
	}
}

// Whoever has just entered other credentials is not shut out because the old ones
// were refused at that moment.
func TestRefusalOfOldCredentialsShutsNobodyOut(t *testing.T) {
	provider, r, write, now := renewing(t)
	provider.fails = fmt.Errorf("it said no: %w", ErrRenewal)
	provider.between = func() {
		write(func(in *config.Inbox) { in.Secrets["refresh"], in.UpdatedAt = "by hand", renewStart })
	}
	r.Once(t.Context(), provider)
	if why, suspended := r.Health.Suspended(now()); suspended || now().Secrets["refresh"] != "by hand" {
		t.Errorf("suspended %v: %s", suspended, why)
	}
}

func TestRenewalsRunAndEnd(t *testing.T) {
	provider, r, _, now := renewing(t)
	r.Every = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	changed := r.Table.Changes()
	go func() { defer close(done); r.Run(ctx, provider) }()
	for now().Secrets["access"] != "access1" {
		<-changed
		changed = r.Table.Changes()
	}
	cancel()
	<-done
}

func openTable[T any](t *testing.T, server *testkit.Server, log *eventlog.Log, kind string) *kv.Table[T] {
	t.Helper()
	table, err := kv.Open[T](t.Context(), server.Conn(t), log, events.ConfigBucket, kind)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Close)
	return table
}
