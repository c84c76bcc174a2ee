package api

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
)

// hookTokenBytes makes the last part of a hook path 128 bits of chance: for
// profiles without a signature it is all that keeps strangers out.
const hookTokenBytes = 16

// inboxView is an inbox as it is read. Whoever may not administer sees only
// what is needed to tell channels apart: the hook path is itself a secret.
// Secrets lists names, never values. Generated holds secrets that the channel
// made for itself, and is there once, in the answer that made them.
type inboxView struct {
	ID              events.InboxID    `json:"id"`
	Channel         string            `json:"channel"`
	Name            string            `json:"name"`
	Queue           events.QueueID    `json:"queue,omitempty"`
	Team            events.TeamID     `json:"team,omitempty"`
	Paused          bool              `json:"paused"`
	OneWay          bool              `json:"one_way,omitempty"`
	Suspended       bool              `json:"suspended,omitempty"`
	Settings        *document         `json:"settings,omitempty"`
	Secrets         []string          `json:"secrets,omitempty"`
	Generated       map[string]string `json:"generated,omitempty"`
	Unify           config.Unify      `json:"unify,omitempty"`
	ClaimedAsStated bool              `json:"claimed_as_stated,omitempty"`
	HookPath        string            `json:"hook_path,omitempty"`
	HookURL         string            `json:"hook_url,omitempty" doc:"The hook as the outside reaches it, where a public address is set"`
	ChatPath        string            `json:"chat_path,omitempty" doc:"Where the widget opens its socket, on channels that are a chat of ours"`
	CreatedAt       *time.Time        `json:"created_at,omitempty"`
	UpdatedAt       *time.Time        `json:"updated_at,omitempty"`
}

type inboxBody struct {
	Channel         string         `json:"channel" minLength:"1" maxLength:"64"`
	Name            string         `json:"name" minLength:"1" maxLength:"200"`
	Settings        document       `json:"settings,omitempty" doc:"The channel's own settings, secrets included"`
	Unify           config.Unify   `json:"unify,omitempty" enum:"contact,thread"`
	ClaimedAsStated bool           `json:"claimed_as_stated,omitempty"`
	Queue           events.QueueID `json:"queue,omitempty" maxLength:"64"`
	Team            events.TeamID  `json:"team,omitempty" maxLength:"64"`
	Paused          bool           `json:"paused,omitempty"`
}

type inboxPatch struct {
	Name            *string         `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Settings        *document       `json:"settings,omitempty" doc:"Replaces all settings; a secret that is left out stays, null takes it away"`
	Unify           *config.Unify   `json:"unify,omitempty" enum:"contact,thread"`
	ClaimedAsStated *bool           `json:"claimed_as_stated,omitempty"`
	Queue           *events.QueueID `json:"queue,omitempty" maxLength:"64"`
	Team            *events.TeamID  `json:"team,omitempty" maxLength:"64"`
	Paused          *bool           `json:"paused,omitempty"`
}

type idRequest struct {
	ID string `path:"id" maxLength:"64"`
}

type bodyRequest[B any] struct{ Body B }

type patchRequest[B any] struct {
	ID   string `path:"id" maxLength:"64"`
	Body B
}

func (a *API) inboxes() {
	register(a, operation{http.MethodGet, "/inboxes", "List inboxes", access.Work, 0}, a.listInboxes)
	register(a, operation{http.MethodPost, "/inboxes", "Make an inbox", access.Administer, http.StatusCreated}, a.makeInbox)
	register(a, operation{http.MethodGet, "/inboxes/{id}", "One inbox", access.Work, 0}, a.oneInbox)
	register(a, operation{http.MethodPatch, "/inboxes/{id}", "Change an inbox", access.Administer, 0}, a.changeInbox)
	register(a, operation{http.MethodDelete, "/inboxes/{id}", "Take an inbox away; what it received stays", access.Administer, http.StatusNoContent}, a.removeInbox)
}

func (a *API) viewInbox(v *access.Viewer, in config.Inbox) inboxView {
	_, suspended := a.Health.Suspended(in)
	out := inboxView{ID: in.ID, Channel: in.Channel, Name: in.Name, Queue: in.Queue, Team: in.Team, Paused: in.Paused, OneWay: in.OneWay, Suspended: suspended}
	if !access.May(v.Role, access.Administer) {
		return out
	}
	settings := document(in.Settings)
	out.Settings, out.Secrets = &settings, slices.Sorted(maps.Keys(in.Secrets))
	out.Unify, out.ClaimedAsStated, out.HookPath = in.Unify, in.ClaimedAsStated, in.HookPath()
	if a.PublicURL != "" {
		out.HookURL = a.PublicURL + in.HookPath()
	}
	if chat, ok := a.Adapters[in.Channel].(channel.Chat); ok {
		out.ChatPath = chat.ChatPath(in)
	}
	out.CreatedAt, out.UpdatedAt = &in.CreatedAt, &in.UpdatedAt
	return out
}

func (a *API) listInboxes(ctx context.Context, _ *struct{}) (*answer[list[inboxView]], error) {
	out := list[inboxView]{Items: []inboxView{}}
	for _, item := range a.Desk.Directory.Inboxes.All() {
		out.Items = append(out.Items, a.viewInbox(who(ctx).Viewer, item.Value))
	}
	return &answer[list[inboxView]]{out}, nil
}

func (a *API) inbox(id string) (config.Inbox, uint64, error) {
	in, rev, ok := a.Desk.Directory.Inboxes.Get(id)
	if !ok {
		return in, 0, refuse(http.StatusNotFound, "there is no such inbox")
	}
	return in, rev, nil
}

func (a *API) oneInbox(ctx context.Context, in *idRequest) (*answer[inboxView], error) {
	found, _, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[inboxView]{a.viewInbox(who(ctx).Viewer, found)}, nil
}

func (a *API) makeInbox(ctx context.Context, in *bodyRequest[inboxBody]) (*answer[inboxView], error) {
	b, now := in.Body, a.Clock.Now()
	inbox := config.Inbox{
		ID: events.InboxID(id.NewAt("in", now)), Channel: b.Channel, Name: b.Name, Unify: b.Unify, ClaimedAsStated: b.ClaimedAsStated,
		Queue: b.Queue, Team: b.Team, Paused: b.Paused, HookToken: auth.NewSecret(hookTokenBytes), CreatedAt: now,
	}
	return a.storeInbox(ctx, inbox, json.RawMessage(b.Settings), new(uint64))
}

func (a *API) changeInbox(ctx context.Context, in *patchRequest[inboxPatch]) (*answer[inboxView], error) {
	inbox, rev, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	set(&inbox.Name, b.Name)
	set(&inbox.Unify, b.Unify)
	set(&inbox.ClaimedAsStated, b.ClaimedAsStated)
	set(&inbox.Queue, b.Queue)
	set(&inbox.Team, b.Team)
	set(&inbox.Paused, b.Paused)
	settings := inbox.Settings
	if b.Settings != nil {
		settings = json.RawMessage(*b.Settings)
	}
	return a.storeInbox(ctx, inbox, settings, &rev)
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}

// storeInbox has the channel check the settings, moves secrets where they are
// not read back from, and writes.
func (a *API) storeInbox(ctx context.Context, inbox config.Inbox, settings json.RawMessage, expect *uint64) (*answer[inboxView], error) {
	adapter, ok := a.Adapters[inbox.Channel]
	if !ok {
		return nil, refuse(http.StatusUnprocessableEntity, "there is no such channel; there are %s", strings.Join(slices.Sorted(maps.Keys(a.Adapters)), ", "))
	}
	if err := a.placed(inbox.Queue, inbox.Team); err != nil {
		return nil, err
	}
	if err := tidy(&inbox.Name); err != nil {
		return nil, err
	}
	inbox.Secrets = maps.Clone(inbox.Secrets) // tables share their values
	inbox.Settings = settings
	if err := hideSecrets(&inbox, adapter); err != nil {
		return nil, err
	}
	given := maps.Clone(inbox.Secrets)
	if err := adapter.Check(&inbox); err != nil {
		return nil, settingsFault(err)
	}
	// Check may have filled in settings, and must not have put a secret there.
	if err := hideSecrets(&inbox, adapter); err != nil {
		return nil, err
	}
	inbox.UpdatedAt = a.Clock.Now()
	if err := a.putInbox(ctx, inbox, adapter, expect); err != nil {
		return nil, err
	}
	out := a.viewInbox(who(ctx).Viewer, inbox)
	for name, value := range inbox.Secrets {
		if _, ok := given[name]; !ok {
			if out.Generated == nil {
				out.Generated = map[string]string{}
			}
			out.Generated[name] = value
		}
	}
	return &answer[inboxView]{out}, nil
}

// putInbox holds the lock over the look and the write, so that two requests cannot
// give one address to two inboxes.
func (a *API) putInbox(ctx context.Context, inbox config.Inbox, adapter channel.Adapter, expect *uint64) error {
	a.addresses.Lock()
	defer a.addresses.Unlock()
	if err := a.addressFree(inbox, adapter); err != nil {
		return err
	}
	_, err := a.Desk.Directory.Inboxes.Put(ctx, string(inbox.ID), inbox, expect)
	return err
}

// addressFree refuses an address, or whatever else the channel finds an inbox by, that
// another inbox of the channel has. What the inbox had before stays its own: one that
// shares an address since an older program can still be renamed and paused.
func (a *API) addressFree(inbox config.Inbox, adapter channel.Adapter) error {
	wanted := channel.AddressesOf(adapter, inbox)
	if had, _, ok := a.Desk.Directory.Inboxes.Get(string(inbox.ID)); ok {
		old := channel.AddressesOf(adapter, had)
		wanted = slices.DeleteFunc(slices.Clone(wanted), func(address string) bool { return slices.Contains(old, address) })
	}
	if len(wanted) == 0 {
		return nil
	}
	for _, item := range a.Desk.Directory.Inboxes.All() {
		other := item.Value
		if other.ID == inbox.ID || other.Channel != inbox.Channel {
			continue
		}
		for _, address := range channel.AddressesOf(adapter, other) {
			if slices.Contains(wanted, address) {
				return refuse(http.StatusConflict, "the inbox %s has this address or account already", other.Name)
			}
		}
	}
	return nil
}

// hideSecrets moves the channel's secrets out of the settings. A secret that is
// not a string is kept as JSON text; null takes it away.
func hideSecrets(inbox *config.Inbox, adapter channel.Adapter) error {
	settings := map[string]json.RawMessage{}
	if len(inbox.Settings) > 0 {
		if err := json.Unmarshal(inbox.Settings, &settings); err != nil {
			return refuse(http.StatusUnprocessableEntity, "settings must be an object")
		}
	}
	for _, name := range adapter.SecretNames(*inbox) {
		raw, ok := settings[name]
		if !ok {
			continue
		}
		delete(settings, name)
		if inbox.Secrets == nil {
			inbox.Secrets = map[string]string{}
		}
		var text string
		switch {
		case bytes.Equal(raw, []byte("null")):
			delete(inbox.Secrets, name)
			continue
		case json.Unmarshal(raw, &text) != nil:
			text = string(raw)
		}
		inbox.Secrets[name] = text
	}
	data, err := json.Marshal(settings)
	inbox.Settings = data
	return err
}

// placed makes sure that a queue and a team exist, where they are named.
func (a *API) placed(queue events.QueueID, team events.TeamID) error {
	if queue != "" {
		if _, _, ok := a.Desk.Directory.Queues.Get(string(queue)); !ok {
			return refuse(http.StatusUnprocessableEntity, "there is no such queue")
		}
	}
	if team != "" {
		if _, _, ok := a.Desk.Directory.Teams.Get(string(team)); !ok {
			return refuse(http.StatusUnprocessableEntity, "there is no such team")
		}
	}
	return nil
}

func (a *API) removeInbox(ctx context.Context, in *idRequest) (*nothing, error) {
	if _, _, err := a.inbox(in.ID); err != nil {
		return nil, err
	}
	return nil, a.Desk.Directory.Inboxes.Delete(ctx, in.ID)
}
