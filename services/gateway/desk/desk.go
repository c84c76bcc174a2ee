package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/clock"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// Recent knows conversations that changed a moment ago, before any view does.
type Recent interface {
	Recent(id events.ConversationID) (*events.Conversation, bool)
	Position() uint64
}

// Directory is who and what commands may name. The caller owns the tables.
type Directory struct {
	Inboxes *kv.Table[config.Inbox]
	Agents  *kv.Table[config.Agent]
	Teams   *kv.Table[config.Team]
	Queues  *kv.Table[config.Queue]
}

// Desk checks and carries commands. It may be used from any goroutine.
type Desk struct {
	Ask       *ask.Client
	Recent    Recent
	Directory Directory
	Clock     clock.Clock
	// Head is the last sequence of the log that is known here to be durable.
	Head func() uint64

	newest atomic.Uint64 // sequence that a command was answered with
}

// now is as far as anything has happened that anybody here was told of.
func (d *Desk) now() uint64 { return max(d.Head(), d.newest.Load()) }

// told remembers what a command was answered with.
func (d *Desk) told(seq uint64) {
	for {
		newest := d.newest.Load()
		if seq <= newest || d.newest.CompareAndSwap(newest, seq) {
			return
		}
	}
}

// Command is what somebody asks for. Body is one of the body types of package
// commands, by pointer. ID is the idempotency key; empty makes one, or takes
// the client_id of a reply or a note.
type Command struct {
	ID           string
	Name         string
	Conversation events.ConversationID
	Contact      events.ContactID
	Version      int64
	Body         any
}

func notFound() error {
	return ask.Refuse(http.StatusNotFound, "not_found", "there is no such conversation")
}

// Conversation is the present state of a conversation that the viewer sees.
func (d *Desk) Conversation(ctx context.Context, v *access.Viewer, conversation events.ConversationID) (*events.Conversation, error) {
	return d.ConversationAt(ctx, v, conversation, 0)
}

// ConversationAt is Conversation for a viewer who has written the decision
// minSeq and wants to see it: it waits until somebody has read as far.
func (d *Desk) ConversationAt(ctx context.Context, v *access.Viewer, conversation events.ConversationID, minSeq uint64) (*events.Conversation, error) {
	c, err := d.stateAt(ctx, conversation, minSeq)
	if err == nil && !v.Sees(c) {
		return nil, notFound()
	}
	return c, err
}

// stateAt asks nobody whether it may be shown.
func (d *Desk) stateAt(ctx context.Context, conversation events.ConversationID, minSeq uint64) (*events.Conversation, error) {
	read := d.Recent.Position() // before the look: what Recent knows only grows
	if c, ok := d.Recent.Recent(conversation); ok && read >= minSeq {
		return c, nil
	}
	return d.query(ctx, conversation, minSeq)
}

// query asks the inbox; what it does not know yet it may know once it has read
// as far as this process has shown.
func (d *Desk) query(ctx context.Context, conversation events.ConversationID, minSeq uint64) (*events.Conversation, error) {
	c, err := ask.Query[events.Conversation](ctx, d.Ask, queries.Conversation, queries.ByID{ID: string(conversation), MinSeq: minSeq})
	var p *ask.Problem
	if errors.As(err, &p) && p.Status == http.StatusNotFound {
		if minSeq == 0 && d.Recent.Position() > 0 {
			return d.query(ctx, conversation, d.Recent.Position())
		}
		return nil, notFound()
	}
	return c, err
}

// Do checks a command about a conversation and carries it to the router.
func (d *Desk) Do(ctx context.Context, v *access.Viewer, cmd Command) (*commands.Result, error) {
	if err := d.check(v, &cmd); err != nil {
		return nil, err
	}
	if _, err := d.Conversation(ctx, v, cmd.Conversation); err != nil {
		return nil, err
	}
	return d.carry(ctx, v, cmd)
}

// DoContact is Do for a command about a contact, which the caller has found to
// be visible.
func (d *Desk) DoContact(ctx context.Context, v *access.Viewer, cmd Command) (*commands.Result, error) {
	if err := d.check(v, &cmd); err != nil {
		return nil, err
	}
	return d.carry(ctx, v, cmd)
}

// DoOwn is Do for a command about nobody but agents: presence, and asking for
// work.
func (d *Desk) DoOwn(ctx context.Context, v *access.Viewer, cmd Command) (*commands.Result, error) {
	if err := d.check(v, &cmd); err != nil {
		return nil, err
	}
	return d.carry(ctx, v, cmd)
}

func (d *Desk) carry(ctx context.Context, v *access.Viewer, cmd Command) (*commands.Result, error) {
	body, err := json.Marshal(cmd.Body)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", cmd.Name, err)
	}
	if cmd.ID == "" {
		cmd.ID = id.New("cm")
	}
	result, err := d.Ask.Command(ctx, commands.Envelope{
		ID: cmd.ID, Name: cmd.Name, Actor: events.Author{Kind: "agent", ID: string(v.ID), Name: v.Name},
		Conversation: cmd.Conversation, Contact: cmd.Contact, Version: cmd.Version, Body: body,
	})
	if result != nil {
		d.told(result.Seq)
	}
	var p *ask.Problem
	if errors.As(err, &p) && p.Conversation != nil && !v.Sees(p.Conversation) {
		p.Conversation = nil // it went behind a wall while the command was under way
	}
	return result, err
}

// Status is the HTTP status with which a command succeeds, over either door.
func Status(name string) int {
	if name == commands.Reply || name == commands.AddNote {
		return http.StatusCreated
	}
	return http.StatusOK
}
