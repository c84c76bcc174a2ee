package auth

import (
	"errors"
	"sync"
	"testing"
	"time"
)

// To see it fail, have Confirm not count, or keep another count than SignIn.
func TestGuessingThePresentPasswordIsLimitedLikeASignIn(t *testing.T) {
	s, fake, _ := newService(t)
	if _, err := s.EnsureAdministrator(t.Context(), email, password); err != nil {
		t.Fatal(err)
	}
	agent, _ := s.ByEmail(email)
	for range 30 {
		if err := s.Confirm(t.Context(), "192.0.2.1", agent.ID, password); err != nil {
			t.Fatal(err)
		}
	}
	var limited *TooMany
	guesses := 0
	for ; guesses < 40; guesses++ {
		err := s.Confirm(t.Context(), "192.0.2.1", agent.ID, "wrong")
		if errors.As(err, &limited) {
			break
		}
		if !errors.Is(err, ErrPassword) {
			t.Fatalf("guess %d: %v", guesses, err)
		}
	}
	if limited == nil || guesses < 5 {
		t.Fatalf("limited after %d guesses", guesses)
	}
	if err := s.Confirm(t.Context(), "192.0.2.1", agent.ID, password); !errors.As(err, &limited) {
		t.Errorf("the right one is tried: %v", err)
	}
	if _, _, err := s.SignIn(t.Context(), "192.0.2.1", email, password); !errors.As(err, &limited) {
		t.Errorf("the sign-in counts apart: %v", err)
	}
	fake.Advance(limited.After + time.Second)
	if err := s.Confirm(t.Context(), "192.0.2.1", agent.ID, password); err != nil {
		t.Errorf("after the pause: %v", err)
	}
	if err := s.Confirm(t.Context(), "192.0.2.9", "agnobody", password); !errors.Is(err, ErrSession) {
		t.Errorf("nobody's password: %v", err)
	}
}

// To see it fail, leave out the second look of SignIn at the password.
func TestNoSessionOutlivesThePasswordItBeganWith(t *testing.T) {
	s, _, tables := newService(t)
	if _, err := s.EnsureAdministrator(t.Context(), email, password); err != nil {
		t.Fatal(err)
	}
	for range 2 { // more would be too many failed sign-ins
		agent, _ := s.ByEmail(email)
		was := agent.Password
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				_, _, err := s.SignIn(t.Context(), "192.0.2.1", email, password)
				var limited *TooMany
				if err != nil && !errors.Is(err, ErrSignIn) && !errors.As(err, &limited) {
					t.Error(err)
				}
			})
		}
		var err error
		if agent.Password, err = s.Hash(t.Context(), "another-long-password"); err != nil {
			t.Fatal(err)
		}
		if _, err = tables.Agents.Put(t.Context(), string(agent.ID), agent, nil); err != nil {
			t.Fatal(err)
		}
		if err = s.EndSessions(t.Context(), agent.ID, ""); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		if left := tables.Sessions.All(); len(left) != 0 {
			t.Fatalf("%d sessions began with the old password and live", len(left))
		}
		agent.Password = was
		if _, err = tables.Agents.Put(t.Context(), string(agent.ID), agent, nil); err != nil {
			t.Fatal(err)
		}
	}
}
