package server

import (
	"net/http"
	"testing"
)

// To see it fail, leave out tidy, or names of the settings that are kept whole.
func TestNamesAreCleaned(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	const given, want = "\u202E Sales\u200B\u0000 \u2066desk\r\n", "Sales desk"
	week := map[string]any{"monday": []map[string]string{{"from": "09:00", "to": "18:00"}}}
	for path, extra := range map[string]map[string]any{
		"/teams": {}, "/queues": {"teams": []string{}}, "/inboxes": {"channel": "webhook", "settings": map[string]any{"profile": "p"}},
		"/agents": {"email": "n@example.test", "role": "agent", "password": adminPassword},
		"/skills": {}, "/segments": {"when": `contact.name == "x"`}, "/hours": {"zone": "Asia/Seoul", "week": week},
	} {
		body := map[string]any{"name": given}
		for k, v := range extra {
			body[k] = v
		}
		var made struct{ ID, Name string }
		admin.call(http.MethodPost, path, body, http.StatusCreated, &made)
		if made.Name != want {
			t.Errorf("%s: the name is %q", path, made.Name)
		}
		body["name"] = "\u200B\u202E"
		admin.call(http.MethodPost, path, body, http.StatusUnprocessableEntity, nil)
		if path == "/agents" || path == "/teams" || path == "/queues" || path == "/inboxes" {
			var changed struct{ Name string }
			admin.call(http.MethodPatch, path+"/"+made.ID, map[string]any{"name": given + "2"}, http.StatusOK, &changed)
			if changed.Name != want+" 2" {
				t.Errorf("%s: the name becomes %q", path, changed.Name)
			}
		}
	}
}

// What an older program stored is not carried on by commands.
func TestAStoredNameReachesNoCommand(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	agent, rev, _ := p.tables.Agents.Get(string(admin.id))
	agent.Name = "\u202Etoor\u0000"
	_, err := p.tables.Agents.Put(t.Context(), string(agent.ID), agent, &rev)
	must(t, err)
	var me struct{ Name string }
	admin.call(http.MethodGet, "/me", nil, http.StatusOK, &me)
	if me.Name != "toor" {
		t.Errorf("the author of commands is %q", me.Name)
	}
}
