package auth

import (
	"context"
	"errors"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// FirstEmail is whom a first start makes when it is told no address.
const FirstEmail = "admin@localhost"

// First is the administrator that a first start made. Password is set only when
// it was generated; it is shown once and stored nowhere.
type First struct {
	Created  bool
	Email    string
	Password string
}

// EnsureAdministrator makes an administrator when there is none that could sign
// in. Several processes may call it at once; one of them makes it. An empty
// password is generated.
func (s *Service) EnsureAdministrator(ctx context.Context, email, password string) (First, error) {
	for _, item := range s.tables.Agents.All() {
		if item.Value.Role == config.RoleAdministrator && !item.Value.Disabled {
			return First{}, nil
		}
	}
	if email = NormaliseEmail(email); email == "" {
		email = FirstEmail
	}
	if len(password) > MaxPassword {
		return First{}, fmt.Errorf("make administrator: password is over %d bytes", MaxPassword)
	}
	first := First{Created: true, Email: email}
	if password == "" {
		password = NewSecret(15)
		first.Password = password
	}
	hash, err := s.Hash(ctx, password)
	if err != nil {
		return First{}, fmt.Errorf("make administrator: %w", err)
	}
	now := s.clock.Now()
	agent := config.Agent{
		ID: events.AgentID(id.Derive("ag", email)), Name: "Administrator", Email: email, Role: config.RoleAdministrator,
		Teams: []events.TeamID{}, Password: hash, CreatedAt: now, UpdatedAt: now,
	}
	_, rev, _ := s.tables.Agents.Get(string(agent.ID))
	_, err = s.tables.Agents.Put(ctx, string(agent.ID), agent, &rev)
	if errors.Is(err, kv.ErrConflict) {
		return First{}, nil // another process was first
	}
	if err != nil {
		return First{}, fmt.Errorf("make administrator: %w", err)
	}
	return first, nil
}
