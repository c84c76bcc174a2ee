package zalo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// RenewAt is when the access token is to be exchanged: at once where nobody has
// done it yet, never without a refresh token.
func (*Adapter) RenewAt(inbox config.Inbox) (time.Time, bool) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return time.Time{}, false
	}
	return s.RenewAt, inbox.Secrets["refresh_token"] != "" && inbox.Secrets["app_secret"] != ""
}

// Postpone writes the moment into the settings.
func (*Adapter) Postpone(inbox config.Inbox, until time.Time) (config.Inbox, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return inbox, err
	}
	s.RenewAt = until.UTC().Truncate(time.Second)
	return inbox, channel.WriteSettings(&inbox, s)
}

// Renew exchanges the refresh token, which holds for one exchange and three
// months, for the next pair of tokens: Zalo for Developers, "Official Account:
// access token from a refresh token". The next exchange is due when three
// quarters of the access token's life are over.
func (a *Adapter) Renew(ctx context.Context, inbox config.Inbox) (map[string]string, time.Time, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, time.Time{}, err
	}
	form := url.Values{"refresh_token": {inbox.Secrets["refresh_token"]}, "app_id": {s.AppID}, "grant_type": {"refresh_token"}}
	answer, err := a.client.Do(ctx, provider.Call{
		URL: s.AuthURL + "/v4/oa/access_token", Body: []byte(form.Encode()), Private: s.AllowPrivate,
		Header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Secret_key": {inbox.Secrets["app_secret"]}},
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("renew Zalo's tokens: %w", err)
	}
	var said struct {
		Error   int      `json:"error"`
		Access  string   `json:"access_token"`
		Refresh string   `json:"refresh_token"`
		Life    flexible `json:"expires_in"` // seconds
	}
	readable := json.Unmarshal(answer.Body, &said) == nil
	switch {
	case !answer.OK() && answer.Status != http.StatusBadRequest && answer.Status != http.StatusUnauthorized || !readable:
		return nil, time.Time{}, fmt.Errorf("renew Zalo's tokens: status %d", answer.Status)
	case said.Error != 0:
		return nil, time.Time{}, fmt.Errorf("code %d from Zalo: %w", said.Error, channel.ErrRenewal)
	case strings.TrimSpace(said.Access) == "" || strings.TrimSpace(said.Refresh) == "":
		return nil, time.Time{}, errors.New("renew Zalo's tokens: the answer holds none")
	}
	seconds, err := strconv.Atoi(string(said.Life))
	if err != nil || seconds < 60 || seconds > 365*24*3600 {
		seconds = 3600 // the shortest life that Zalo has given a token
	}
	secrets := maps.Clone(inbox.Secrets)
	secrets["access_token"], secrets["refresh_token"] = said.Access, said.Refresh
	return secrets, time.Now().Add(time.Duration(seconds) * time.Second * 3 / 4), nil
}
