package twiliovoice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// errNoClient says that the adapter was made for reading only.
var errNoClient = errors.New("twilio cannot be asked from here")

// Test reads the account, which must be active.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, _, err := read(inbox)
	if err != nil {
		return err
	}
	var said struct {
		Status string `json:"status"`
	}
	if err := a.ask(ctx, s, inbox, ".json", nil, &said); err != nil {
		return err
	}
	if said.Status != "active" {
		return errors.New("twilio: the account is not active")
	}
	return nil
}

// Register has the calls of every number in own_numbers, and word of how they
// ended, posted to the hook, which must be the inbox's public_url. Each number
// must be the account's.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	s, house, err := read(inbox)
	switch {
	case err != nil:
		return err
	case hook != s.hook(inbox):
		return errors.New("twilio: public_url is not the address of this hook, so no signature would hold")
	case len(s.OwnNumbers) == 0:
		return errors.New("twilio: own_numbers says none whose calls could be taken")
	}
	for _, n := range s.OwnNumbers {
		if err := a.lead(ctx, s, inbox, house.Number(n).Value, hook); err != nil {
			return err
		}
	}
	return nil
}

func (a *Adapter) lead(ctx context.Context, s *Settings, inbox config.Inbox, number, hook string) error {
	var found struct {
		Numbers []struct {
			ID string `json:"sid"`
		} `json:"incoming_phone_numbers"`
	}
	if err := a.ask(ctx, s, inbox, "/IncomingPhoneNumbers.json?PhoneNumber="+url.QueryEscape(number), nil, &found); err != nil {
		return err
	}
	if len(found.Numbers) != 1 {
		return errors.New("twilio: the account does not have one of own_numbers")
	}
	form := url.Values{"VoiceUrl": {hook}, "VoiceMethod": {"POST"}, "StatusCallback": {hook}, "StatusCallbackMethod": {"POST"}}
	return a.ask(ctx, s, inbox, "/IncomingPhoneNumbers/"+url.PathEscape(found.Numbers[0].ID)+".json", form, &struct{}{})
}

// ask makes one call below the account and reads its answer; form nil makes it a
// GET.
func (a *Adapter) ask(ctx context.Context, s *Settings, inbox config.Inbox, path string, form url.Values, into any) error {
	if a.client == nil {
		return errNoClient
	}
	call := provider.Call{Method: http.MethodGet, URL: s.APIURL + "/2010-04-01/Accounts/" + s.Account + path, Private: s.AllowPrivate, Header: http.Header{}}
	if form != nil {
		call.Method, call.Body = http.MethodPost, []byte(form.Encode())
		call.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	(&http.Request{Header: call.Header}).SetBasicAuth(s.Account, inbox.Secrets[SecretToken])
	answer, err := a.client.Do(ctx, call)
	if err != nil {
		return fmt.Errorf("ask twilio: %w", err)
	}
	if !answer.OK() {
		var problem struct {
			Code int `json:"code"`
		}
		_ = json.Unmarshal(answer.Body, &problem) // without a code the status says it
		return fmt.Errorf("ask twilio: it answered %d, code %d", answer.Status, problem.Code)
	}
	if json.Unmarshal(answer.Body, into) != nil {
		return errors.New("ask twilio: the answer cannot be read")
	}
	return nil
}
