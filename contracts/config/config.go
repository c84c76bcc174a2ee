// Package config holds the settings that people make in the console and that
// live in the bucket events.ConfigBucket, with history, so that the past can be
// replayed under the rules of its day. Keys are Kind + "." + id.
package config

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Prefixes of keys in the bucket.
const (
	KindInbox         = "inbox"
	KindAgent         = "agent"
	KindTeam          = "team"
	KindQueue         = "queue"
	KindSession       = "session"
	KindSecret        = "secret"
	KindHealth        = "health"
	KindSkill         = "skill"
	KindWorkload      = "workload" // one entry, [WorkloadID]
	KindRoute         = "route"
	KindRule          = "rule"
	KindMacro         = "macro"
	KindCanned        = "canned"
	KindSegment       = "segment"
	KindQuestionnaire = "questionnaire"
	KindAlarm         = "alarm"
	// KindFileKeys has one entry, FileKeysID.
	KindFileKeys = "filekeys"
)

// WorkloadID is the id of the only entry of kind KindWorkload.
const WorkloadID = "all"

// FileKeysID is the id of the only entry of kind KindFileKeys.
const FileKeysID = "links"

// Unify says how an inbox's messages join conversations.
type Unify string

// UnifyContact: one open conversation a contact, over all channels. UnifyThread:
// a new subject or thread of this inbox opens its own.
const (
	UnifyContact Unify = "contact"
	UnifyThread  Unify = "thread"
)

// Inbox is one configured account on a channel. Settings holds what is not
// secret; secrets stand in Secrets and are never read back over REST.
type Inbox struct {
	ID       events.InboxID    `json:"id"`
	Channel  string            `json:"channel"`
	Name     string            `json:"name"`
	Settings json.RawMessage   `json:"settings"`
	Secrets  map[string]string `json:"secrets,omitempty"`
	Unify    Unify             `json:"unify,omitempty"`
	// ClaimedAsStated counts what a visitor types as stated.
	ClaimedAsStated bool           `json:"claimed_as_stated,omitempty"`
	Queue           events.QueueID `json:"queue,omitempty"`
	Team            events.TeamID  `json:"team,omitempty"`
	// HookToken is the unguessable last part of the hook path.
	HookToken string `json:"hook_token,omitempty"`
	// Paused keeps answers back. What comes in is taken as ever: some providers
	// never send again what was refused once.
	Paused bool `json:"paused,omitempty"`
	// OneWay says that nothing can be sent through this inbox (a webhook source
	// without a reply address); the adapter's Check sets it, and the router then
	// chooses another road for an answer.
	OneWay    bool      `json:"one_way,omitempty"`
	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Health is what an operator must know of an inbox and nobody sets by hand; the
// key is the inbox's id. A suspended inbox sends nothing: what is to go out
// waits, and what comes in is taken as ever.
type Health struct {
	Inbox       events.InboxID `json:"inbox"`
	Suspended   bool           `json:"suspended,omitempty"`
	Reason      string         `json:"reason,omitempty"`
	Since       time.Time      `json:"since,omitzero"`
	LastError   string         `json:"last_error,omitempty"`
	LastErrorAt time.Time      `json:"last_error_at,omitzero"`
}

// FileKeys are the keys that public links to files are signed with, the newest
// first: it signs, the others only verify. A key that is taken out makes every
// link void that was signed with it.
type FileKeys struct {
	Keys []FileKey `json:"keys"`
}

// FileKey is one of them. ID stands in every link that the key signed and is no
// secret. RetiredAt is when a newer key took its place; the zero time means that
// none has.
type FileKey struct {
	ID        string    `json:"id"`
	Secret    []byte    `json:"secret"`
	CreatedAt time.Time `json:"created_at"`
	RetiredAt time.Time `json:"retired_at,omitzero"`
}

// HookPath is where a provider posts for this inbox.
func (i *Inbox) HookPath() string { return "/hooks/" + i.Channel + "/" + i.HookToken }

// FedBy are the teams for which an inbox brings work: those of the queue that it
// fills, and the one that it gives to, each once; where there are none it brings it
// for everybody. What it returns may share ofQueue's room and is not to be changed.
func FedBy(ofQueue []events.TeamID, team events.TeamID) []events.TeamID {
	if team == "" || slices.Contains(ofQueue, team) {
		return ofQueue
	}
	return append(slices.Clip(ofQueue), team)
}

// Role is what an agent may do.
type Role string

// An agent works conversations of their teams; a supervisor sees all of their
// teams' load; an administrator also makes inboxes, agents and teams.
const (
	RoleAgent         Role = "agent"
	RoleSupervisor    Role = "supervisor"
	RoleAdministrator Role = "administrator"
)

// Agent is a person who signs in. Password is an argon2id hash in PHC form.
type Agent struct {
	ID       events.AgentID  `json:"id"`
	Name     string          `json:"name"`
	Email    string          `json:"email"`
	Role     Role            `json:"role"`
	Teams    []events.TeamID `json:"teams"`
	Password string          `json:"password,omitempty"`
	Disabled bool            `json:"disabled,omitempty"`
	// Skills are levels from 1 to 10; Capacity is [DefaultCapacity] when nought.
	Skills    map[events.SkillID]int `json:"skills,omitempty"`
	Capacity  int                    `json:"capacity,omitempty"`
	CreatedAt time.Time              `json:"created_at"`
	UpdatedAt time.Time              `json:"updated_at"`
}

// DefaultCapacity is the work an agent takes at a time where nothing else is
// set, in the units of [Weight].
const DefaultCapacity = 100

// Team is a group of agents.
type Team struct {
	ID        events.TeamID `json:"id"`
	Name      string        `json:"name"`
	CreatedAt time.Time     `json:"created_at"`
}

// Session is a signed-in session; the key is the SHA-256 of its token, so the
// bucket holds nothing that signs anybody in.
type Session struct {
	Agent     events.AgentID `json:"agent"`
	CreatedAt time.Time      `json:"created_at"`
	ExpiresAt time.Time      `json:"expires_at"`
}
