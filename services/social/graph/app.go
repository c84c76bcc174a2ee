package graph

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tributary-inbox/tributary/services/social/account"
)

// App is a Meta app, called with its own token.
type App struct {
	API API
	ID  string
}

// ErrElsewhere says that the app's hook for this kind of object points to
// another program's address, which is not overwritten.
var ErrElsewhere = errors.New("the app already reports to another address")

// Subscribe has the app report the fields of a kind of object to hook: Meta,
// "App subscriptions". The provider confirms the hook while it answers. An app
// has one address for all accounts: one that is another inbox's here is replaced,
// since each hook hands on what is not its own, and the other inbox may be gone.
func (a App) Subscribe(ctx context.Context, object, hook, verifyToken string, fields []string) error {
	var now struct {
		Data []struct {
			Object   string `json:"object"`
			Callback string `json:"callback_url"`
			Active   bool   `json:"active"`
		} `json:"data"`
	}
	if err := a.API.Get(ctx, a.ID+"/subscriptions", nil, &now); err != nil {
		return fmt.Errorf("read the app's subscriptions: %w", err)
	}
	for _, s := range now.Data {
		if s.Object == object && s.Active && !account.SameDoor(s.Callback, hook) {
			return ErrElsewhere
		}
	}
	err := a.API.Set(ctx, a.ID+"/subscriptions", map[string]string{
		"object": object, "callback_url": hook, "verify_token": verifyToken, "fields": strings.Join(fields, ","),
	})
	if err != nil {
		return fmt.Errorf("subscribe the app: %w", err)
	}
	return nil
}
