package api

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/auth"
)

// agentView is an agent as it is read; only an administrator sees more than
// what is needed to work together.
type agentView struct {
	ID        events.AgentID         `json:"id"`
	Name      string                 `json:"name"`
	Role      config.Role            `json:"role"`
	Teams     []events.TeamID        `json:"teams"`
	Disabled  bool                   `json:"disabled,omitempty"`
	Skills    map[events.SkillID]int `json:"skills,omitempty"`
	Capacity  int                    `json:"capacity,omitempty"`
	Email     string                 `json:"email,omitempty"`
	CreatedAt *time.Time             `json:"created_at,omitempty"`
	UpdatedAt *time.Time             `json:"updated_at,omitempty"`
}

type agentBody struct {
	Name     string          `json:"name" minLength:"1" maxLength:"200"`
	Email    string          `json:"email" minLength:"3" maxLength:"320"`
	Role     config.Role     `json:"role" enum:"agent,supervisor,administrator"`
	Teams    []events.TeamID `json:"teams,omitempty" maxItems:"100"`
	Password string          `json:"password" minLength:"8" maxLength:"1024"`
	AgentWork
}

// AgentWork is what an agent can do, and how much at a time.
type AgentWork struct {
	Skills   *map[events.SkillID]int `json:"skills,omitempty" doc:"Levels from 1 to 10"`
	Capacity *int                    `json:"capacity,omitempty" minimum:"1" maximum:"10000" doc:"100 where nobody says"`
}

type agentPatch struct {
	Name     *string          `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Email    *string          `json:"email,omitempty" minLength:"3" maxLength:"320"`
	Role     *config.Role     `json:"role,omitempty" enum:"agent,supervisor,administrator"`
	Teams    *[]events.TeamID `json:"teams,omitempty" maxItems:"100"`
	Password *string          `json:"password,omitempty" minLength:"8" maxLength:"1024"`
	Disabled *bool            `json:"disabled,omitempty"`
	AgentWork
}

func (w *AgentWork) apply(a *config.Agent) {
	set(&a.Skills, w.Skills)
	set(&a.Capacity, w.Capacity)
}

func (a *API) agents() {
	register(a, operation{http.MethodGet, "/agents", "List agents", access.Work, 0}, a.listAgents)
	register(a, operation{http.MethodPost, "/agents", "Make an agent", access.Administer, http.StatusCreated}, a.makeAgent)
	register(a, operation{http.MethodGet, "/agents/{id}", "One agent", access.Work, 0}, a.oneAgent)
	register(a, operation{http.MethodPatch, "/agents/{id}", "Change an agent", access.Administer, 0}, a.changeAgent)
}

func viewAgent(v *access.Viewer, in config.Agent) agentView {
	out := agentView{ID: in.ID, Name: in.Name, Role: in.Role, Teams: in.Teams, Disabled: in.Disabled, Skills: in.Skills, Capacity: cmp.Or(in.Capacity, config.DefaultCapacity)}
	if out.Teams == nil {
		out.Teams = []events.TeamID{}
	}
	if access.May(v.Role, access.Administer) || v.ID == in.ID {
		out.Email, out.CreatedAt, out.UpdatedAt = in.Email, &in.CreatedAt, &in.UpdatedAt
	}
	return out
}

func (a *API) listAgents(ctx context.Context, _ *struct{}) (*answer[list[agentView]], error) {
	out := list[agentView]{Items: []agentView{}}
	for _, item := range a.Desk.Directory.Agents.All() {
		out.Items = append(out.Items, viewAgent(who(ctx).Viewer, item.Value))
	}
	return &answer[list[agentView]]{out}, nil
}

func (a *API) agent(id string) (config.Agent, uint64, error) {
	in, rev, ok := a.Desk.Directory.Agents.Get(id)
	if !ok {
		return in, 0, refuse(http.StatusNotFound, "there is no such agent")
	}
	return in, rev, nil
}

func (a *API) oneAgent(ctx context.Context, in *idRequest) (*answer[agentView], error) {
	found, _, err := a.agent(in.ID)
	if err != nil {
		return nil, err
	}
	return &answer[agentView]{viewAgent(who(ctx).Viewer, found)}, nil
}

func (a *API) makeAgent(ctx context.Context, in *bodyRequest[agentBody]) (*answer[agentView], error) {
	b, now := in.Body, a.Clock.Now()
	password, err := a.hash(ctx, b.Password)
	if err != nil {
		return nil, err
	}
	teams := b.Teams
	if teams == nil {
		teams = []events.TeamID{}
	}
	agent := config.Agent{
		ID: events.AgentID(id.NewAt("ag", now)), Name: b.Name, Email: auth.NormaliseEmail(b.Email), Role: b.Role,
		Teams: teams, Password: password, CreatedAt: now,
	}
	b.apply(&agent)
	return a.storeAgent(ctx, agent, new(uint64))
}

func (a *API) changeAgent(ctx context.Context, in *patchRequest[agentPatch]) (*answer[agentView], error) {
	agent, rev, err := a.agent(in.ID)
	if err != nil {
		return nil, err
	}
	b := in.Body
	set(&agent.Name, b.Name)
	set(&agent.Role, b.Role)
	set(&agent.Teams, b.Teams)
	set(&agent.Disabled, b.Disabled)
	b.apply(&agent)
	if b.Email != nil {
		agent.Email = auth.NormaliseEmail(*b.Email)
	}
	if b.Password != nil {
		if agent.Password, err = a.hash(ctx, *b.Password); err != nil {
			return nil, err
		}
	}
	out, err := a.storeAgent(ctx, agent, &rev)
	if err == nil && (agent.Disabled || b.Password != nil) {
		err = a.Auth.EndSessions(ctx, agent.ID, who(ctx).Key)
	}
	return out, err
}

// tidy cleans a name, of which something must be left.
func tidy(name *string) error {
	if *name = events.CleanName(*name); *name == "" {
		return refuse(http.StatusUnprocessableEntity, "the name is empty")
	}
	return nil
}

// storeAgent holds the lock over the look and the write, so that two requests
// cannot give one address to two agents, nor take away the last administrator.
func (a *API) storeAgent(ctx context.Context, agent config.Agent, expect *uint64) (*answer[agentView], error) {
	if err := tidy(&agent.Name); err != nil {
		return nil, err
	}
	a.emails.Lock()
	defer a.emails.Unlock()
	if err := a.checkAgent(agent); err != nil {
		return nil, err
	}
	agent.UpdatedAt = a.Clock.Now()
	if _, err := a.Desk.Directory.Agents.Put(ctx, string(agent.ID), agent, expect); err != nil {
		return nil, err
	}
	return &answer[agentView]{viewAgent(who(ctx).Viewer, agent)}, nil
}

func (a *API) checkAgent(agent config.Agent) error {
	for skill, level := range agent.Skills {
		if skill == "" || len(skill) > 64 || level < 1 || level > 10 || len(agent.Skills) > 100 {
			return refuse(http.StatusUnprocessableEntity, "at most 100 skills, each with a level from 1 to 10")
		}
	}
	// One that was taken away since they learned it is no reason to refuse their new name.
	was, _, _ := a.Desk.Directory.Agents.Get(string(agent.ID))
	for skill := range agent.Skills {
		if _, had := was.Skills[skill]; had {
			continue
		}
		if err := a.skillsExist([]events.Need{{Skill: skill}}); err != nil {
			return err
		}
	}
	name, domain, ok := strings.Cut(agent.Email, "@")
	if !ok || name == "" || domain == "" || strings.ContainsFunc(agent.Email, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return refuse(http.StatusUnprocessableEntity, "email is not an address")
	}
	for _, team := range agent.Teams {
		if err := a.placed("", team); err != nil {
			return err
		}
	}
	administrators := 0
	for _, item := range a.Desk.Directory.Agents.All() {
		other := item.Value
		if other.ID == agent.ID {
			continue
		}
		if other.Email == agent.Email {
			return refuse(http.StatusConflict, "another agent signs in with this address")
		}
		if other.Role == config.RoleAdministrator && !other.Disabled {
			administrators++
		}
	}
	if administrators == 0 && (agent.Role != config.RoleAdministrator || agent.Disabled) {
		return refuse(http.StatusConflict, "there must be an administrator who can sign in")
	}
	return nil
}
