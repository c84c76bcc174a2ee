package imap

import (
	"context"
	"errors"

	goimap "github.com/emersion/go-imap/v2"
)

// Test signs in, opens the folder and leaves again; nothing is fetched or
// changed. An error says in words for operators what is wrong, without a name or
// a secret. Of the options only Store, Client, Clock and TLS count; without a
// Store a renewed refresh token is not kept.
func Test(ctx context.Context, account Account, opt Options) error {
	if err := account.Settings.Check(account.Secrets); err != nil {
		return err
	}
	w := New(account, opt)
	s, err := w.connect(ctx)
	if err != nil {
		return errors.New(reason(err))
	}
	defer func() { _ = s.Close() }()
	defer s.within(ctx, askWithin)()
	if _, err := s.Select(account.Settings.mailbox(), &goimap.SelectOptions{ReadOnly: true}).Wait(); err != nil {
		return errors.New("the mailbox has no folder of this name that can be opened")
	}
	_ = s.Logout().Wait() // it is left either way
	return nil
}
