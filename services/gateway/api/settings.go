package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

// settled registers the settings that are served whole.
func (a *API) settled() {
	s := &a.Settings
	keep(a, kept[config.Skill, *config.Skill]{path: "/skills", one: "skills", prefix: "sk", table: s.Skills,
		names: func(v *config.Skill) []*string { return []*string{&v.Name} },
		stamp: func(v *config.Skill, id string, was *config.Skill) {
			if v.ID, v.CreatedAt = events.SkillID(id), a.Clock.Now(); was != nil {
				v.CreatedAt = was.CreatedAt
			}
		}, used: a.skillUsed})
	keep(a, kept[config.Hours, *config.Hours]{path: "/hours", one: "hours of business", prefix: "hr", table: s.Hours,
		names: func(v *config.Hours) []*string {
			out := []*string{&v.Name}
			for i := range v.Holidays {
				out = append(out, &v.Holidays[i].Name)
			}
			return out
		},
		stamp: func(v *config.Hours, id string, _ *config.Hours) { v.ID = config.HoursID(id) }, used: a.hoursUsed})
	keep(a, kept[config.Policy, *config.Policy]{path: "/policies", one: "service level policies", prefix: "po", table: s.Policies,
		names: func(v *config.Policy) []*string { return []*string{&v.Name} },
		stamp: func(v *config.Policy, id string, _ *config.Policy) { v.ID = events.PolicyID(id) },
		fits:  func(v *config.Policy) error { return a.hoursExist(v.Hours) }, used: a.policyUsed})
	keep(a, kept[config.Route, *config.Route]{path: "/routes", one: "routing targets", prefix: "rt", table: s.Routes, reads: access.Supervise,
		names: func(v *config.Route) []*string { return []*string{&v.Name} },
		stamp: func(v *config.Route, id string, _ *config.Route) { v.ID = events.RouteID(id); plain(v.Tags) },
		fits: func(v *config.Route) error {
			return cmp.Or(compiles(config.KindRoute, v.When), a.exist(v.Queue, v.Team, ""), a.skillsExist(v.Needs))
		}})
	keep(a, kept[config.Rule, *config.Rule]{path: "/rules", one: "rules", prefix: "ru", table: s.Rules, reads: access.Supervise,
		names: func(v *config.Rule) []*string { return []*string{&v.Name} },
		stamp: func(v *config.Rule, id string, _ *config.Rule) {
			v.ID, v.Stopped = events.RuleID(id), ""
			plainTags(v.Do)
		},
		fits: func(v *config.Rule) error { return cmp.Or(compiles(config.KindRule, v.When), a.actionsFit(v.Do)) }})
	keep(a, kept[config.Macro, *config.Macro]{path: "/macros", one: "macros", prefix: "mc", table: s.Macros,
		names: func(v *config.Macro) []*string { return []*string{&v.Name} },
		stamp: func(v *config.Macro, id string, _ *config.Macro) { v.ID = id; plainTags(v.Do) },
		fits:  a.macroFits,
		shown: func(ctx context.Context, v *config.Macro) bool { return forTeams(ctx, v.Teams) }})
	keep(a, kept[config.Canned, *config.Canned]{path: "/canned", one: "canned answers", prefix: "ca", table: s.Canned,
		names: func(v *config.Canned) []*string { return []*string{&v.Name} },
		stamp: func(v *config.Canned, id string, _ *config.Canned) { v.ID = id }, fits: a.shortcutFree,
		shown: func(ctx context.Context, v *config.Canned) bool { return forTeams(ctx, v.Teams) }})
	keep(a, kept[config.Segment, *config.Segment]{path: "/segments", one: "segments", prefix: "sg", table: s.Segments,
		names: func(v *config.Segment) []*string { return []*string{&v.Name} },
		stamp: func(v *config.Segment, id string, _ *config.Segment) { v.ID = events.SegmentID(id) },
		fits:  func(v *config.Segment) error { return compiles(config.KindSegment, v.When) },
		cut: func(ctx context.Context, v *config.Segment) { // an agent sees who is in one, and not by what
			if !access.May(who(ctx).Viewer.Role, access.Supervise) {
				v.When = ""
			}
		}})
	keep(a, kept[config.Questionnaire, *config.Questionnaire]{path: "/surveys", one: "surveys", prefix: "sv", table: s.Questionnaires,
		names: func(v *config.Questionnaire) []*string { return []*string{&v.Name} },
		stamp: func(v *config.Questionnaire, id string, _ *config.Questionnaire) { v.ID = events.QuestionnaireID(id) },
		fits:  func(v *config.Questionnaire) error { return compiles(config.KindQuestionnaire, v.When) }})
	keep(a, kept[queries.Alarm, *queries.Alarm]{path: "/alarms", one: "alarms", prefix: "al", table: s.Alarms, reads: access.Supervise,
		names: func(v *queries.Alarm) []*string { return []*string{&v.Name} },
		stamp: func(v *queries.Alarm, id string, _ *queries.Alarm) { v.ID = id },
		fits:  func(v *queries.Alarm) error { return a.lineExists(v.Scope) }})
	register(a, operation{http.MethodGet, "/workload", "How much of an agent's capacity a conversation takes", access.Work, 0}, a.workload)
	register(a, operation{http.MethodPut, "/workload", "Say how much a conversation takes", access.Administer, 0}, a.setWorkload)
}

func (a *API) workload(context.Context, *struct{}) (*answer[config.Workload], error) {
	v, _, ok := a.Settings.Workload.Get(config.WorkloadID)
	if !ok {
		v = config.DefaultWorkload()
	}
	return &answer[config.Workload]{v}, nil
}

func (a *API) setWorkload(ctx context.Context, in *bodyRequest[config.Workload]) (*answer[config.Workload], error) {
	if err := in.Body.Check(); err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "%s", err.Error())
	}
	if _, err := a.Settings.Workload.Put(ctx, config.WorkloadID, in.Body, nil); err != nil {
		return nil, err
	}
	return &answer[config.Workload]{in.Body}, nil
}

func (a *API) hoursExist(id config.HoursID) error {
	if id == "" {
		return nil
	}
	if _, _, ok := a.Settings.Hours.Get(string(id)); !ok {
		return refuse(http.StatusUnprocessableEntity, "there are no such hours")
	}
	return nil
}

// exist refuses what names a queue, a team or an agent that is not there.
func (a *API) exist(queue events.QueueID, team events.TeamID, agent events.AgentID) error {
	if agent != "" {
		if v, _, ok := a.Desk.Directory.Agents.Get(string(agent)); !ok || v.Disabled {
			return refuse(http.StatusUnprocessableEntity, "there is no such agent")
		}
	}
	return a.placed(queue, team)
}

// skillsExist refuses needs of skills that nobody has described.
func (a *API) skillsExist(needs []events.Need) error {
	for _, n := range needs {
		if _, _, ok := a.Settings.Skills.Get(string(n.Skill)); !ok {
			return refuse(http.StatusUnprocessableEntity, "there is no such skill")
		}
	}
	return nil
}

// lineExists refuses a line that the board does not have.
func (a *API) lineExists(s queries.BoardScope) error {
	ok := true
	switch s.Kind {
	case queries.BoardQueue:
		_, _, ok = a.Desk.Directory.Queues.Get(s.ID)
	case queries.BoardTeam:
		_, _, ok = a.Desk.Directory.Teams.Get(s.ID)
	case queries.BoardInbox:
		_, _, ok = a.Desk.Directory.Inboxes.Get(s.ID)
	case queries.BoardChannel:
		_, ok = a.Adapters[s.ID]
	}
	if !ok {
		return refuse(http.StatusUnprocessableEntity, "there is no such line on the board")
	}
	return nil
}

// plain brings tags into the form in which conversations have them; what is no tag
// stays, for Check to refuse.
func plain(tags []string) {
	for i, said := range tags {
		if tag, ok := events.Tag(said); ok {
			tags[i] = tag
		}
	}
}

func plainTags(list []config.Action) {
	for i := range list {
		plain(list[i].Tags)
	}
}

func (a *API) actionsFit(list []config.Action) error {
	for i := range list {
		if err := a.exist(list[i].Queue, list[i].Team, list[i].Agent); err != nil {
			return err
		}
	}
	return nil
}

func (a *API) shortcutFree(v *config.Canned) error {
	for _, item := range a.Settings.Canned.All() {
		if item.Value.Shortcut == v.Shortcut && item.Value.ID != v.ID {
			return refuse(http.StatusConflict, "another answer has that shortcut")
		}
	}
	return nil
}

func (a *API) skillUsed(id string) error {
	named := func(needs []events.Need) bool {
		return slices.ContainsFunc(needs, func(n events.Need) bool { return string(n.Skill) == id })
	}
	for _, q := range a.Desk.Directory.Queues.All() {
		if named(q.Value.Needs) {
			return refuse(http.StatusConflict, "a queue needs the skill")
		}
	}
	for _, r := range a.Settings.Routes.All() {
		if named(r.Value.Needs) {
			return refuse(http.StatusConflict, "a routing target needs the skill")
		}
	}
	return nil
}

func (a *API) hoursUsed(id string) error {
	for _, p := range a.Settings.Policies.All() {
		if string(p.Value.Hours) == id {
			return refuse(http.StatusConflict, "a service level policy counts in these hours")
		}
	}
	for _, q := range a.Desk.Directory.Queues.All() {
		if string(q.Value.Hours) == id {
			return refuse(http.StatusConflict, "a queue has these hours")
		}
	}
	return nil
}

func (a *API) policyUsed(id string) error {
	for _, q := range a.Desk.Directory.Queues.All() {
		if string(q.Value.Policy) == id {
			return refuse(http.StatusConflict, "a queue has this policy")
		}
	}
	return nil
}

// placeUsed refuses to take away a queue or a team, whichever is named, that settings
// send conversations to.
func (a *API) placeUsed(queue events.QueueID, team events.TeamID) error {
	here := func(q events.QueueID, t events.TeamID) bool {
		return queue != "" && q == queue || team != "" && t == team
	}
	sends := func(list []config.Action) bool {
		return slices.ContainsFunc(list, func(act config.Action) bool { return here(act.Queue, act.Team) })
	}
	for _, item := range a.Settings.Routes.All() {
		if here(item.Value.Queue, item.Value.Team) {
			return refuse(http.StatusConflict, "a routing target names it")
		}
	}
	for _, item := range a.Settings.Rules.All() {
		if sends(item.Value.Do) {
			return refuse(http.StatusConflict, "a rule names it")
		}
	}
	for _, item := range a.Settings.Macros.All() {
		if sends(item.Value.Do) {
			return refuse(http.StatusConflict, "a macro names it")
		}
	}
	return nil
}
