package wechat

import (
	"context"
	"encoding/json"
	"strconv"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/wire"
)

// tokens keeps one access token for each account while it holds.
type tokens struct {
	mu   sync.Mutex // guards held
	held map[string]*token
}

type token struct {
	mu    sync.Mutex // held while one is fetched: one call serves all who wait
	value string
	until time.Time
}

// most bounds the accounts whose tokens are kept.
const most = 4096

func (t *tokens) of(key string) *token {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil || len(t.held) >= most {
		t.held = map[string]*token{}
	}
	if t.held[key] == nil {
		t.held[key] = &token{}
	}
	return t.held[key]
}

// access is the account's token. A token equal to dead is not used again: a new
// one is asked for. The result says why there is none.
func (a *Adapter) access(ctx context.Context, inbox config.Inbox, s *Settings, dead string) (string, *events.SendResult) {
	t := a.tokens.of(wire.Hash(s.URL, s.AppID, inbox.Secrets["app_secret"]))
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.value != "" && t.value != dead && time.Now().Before(t.until) {
		return t.value, nil
	}
	call, err := provider.JSON(s.URL+"/cgi-bin/stable_token", map[string]any{
		"grant_type": "client_credential", "appid": s.AppID, "secret": inbox.Secrets["app_secret"], "force_refresh": dead != "",
	})
	if err != nil {
		return "", &events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	}
	call.Private, call.SafeToRepeat = s.AllowPrivate, true
	answer, failed := wire.Do(ctx, a.client, call)
	if failed != nil {
		return "", failed
	}
	if !answer.OK() {
		r := provider.Refused(answer, true, time.Now())
		return "", &r
	}
	var said struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
		Code    int    `json:"errcode"`
	}
	if json.Unmarshal(answer.Body, &said) != nil || said.Token == "" && said.Code == 0 {
		return "", &events.SendResult{Outcome: events.Retry, Detail: "WeChat's answer to a request for a token is not readable"}
	}
	if said.Code != 0 {
		r := refused(said.Code)
		if r.Outcome == events.Rejected || r.Suspend {
			r = events.SendResult{Outcome: events.Retry, Suspend: true, Detail: "WeChat gives no token: code " + strconv.Itoa(said.Code)}
		}
		return "", &r
	}
	t.value = said.Token
	// A little early, so that it does not end on the way.
	t.until = time.Now().Add(time.Duration(min(max(said.Expires-120, 1), 7200)) * time.Second)
	return t.value, nil
}

// dead reports codes that say that the token is not, or no longer, good.
func dead(code int) bool { return code == 40001 || code == 40014 || code == 42001 }
