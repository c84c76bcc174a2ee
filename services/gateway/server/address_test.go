package server

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// boxAdapter finds its inboxes by the addresses in their settings, whatever their case.
type boxAdapter struct{}

func (boxAdapter) Kind() string                      { return "box" }
func (boxAdapter) SecretNames(config.Inbox) []string { return nil }
func (boxAdapter) Check(*config.Inbox) error         { return nil }
func (boxAdapter) ChatPath(in config.Inbox) string   { return "/chat/" + in.HookToken }
func (boxAdapter) Addresses(in config.Inbox) []string {
	var s struct{ Addresses []string }
	if json.Unmarshal(in.Settings, &s) != nil {
		return nil
	}
	for i := range s.Addresses {
		s.Addresses[i] = strings.ToLower(s.Addresses[i])
	}
	return s.Addresses
}

func withBoxes(d *Deps) {
	d.Adapters = map[string]channel.Adapter{"webhook": hookAdapter{}, "box": boxAdapter{}}
}

func box(name string, addresses ...string) map[string]any {
	return map[string]any{"channel": "box", "name": name, "settings": map[string]any{"addresses": addresses}}
}

// To see it fail, leave out addressFree, or compare the addresses of the inbox itself.
func TestAnAddressIsOneInboxs(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p, withBoxes)
	admin := g.admin(t)
	var first, second struct {
		ID       string
		ChatPath string `json:"chat_path"`
		HookPath string `json:"hook_path"`
	}
	admin.call(http.MethodPost, "/inboxes", box("Help", "help@shop.test", "care@shop.test"), http.StatusCreated, &first)
	if token := first.HookPath[strings.LastIndexByte(first.HookPath, '/'):]; first.ChatPath != "/chat"+token {
		t.Errorf("the chat is at %q, the hook at %q", first.ChatPath, first.HookPath)
	}
	var problem struct{ Detail, Code string }
	admin.call(http.MethodPost, "/inboxes", box("Other", "CARE@shop.test"), http.StatusConflict, &problem)
	if problem.Code != "conflict" || !strings.Contains(problem.Detail, "Help") {
		t.Errorf("refused with %+v", problem)
	}
	admin.call(http.MethodPost, "/inboxes", box("Other", "sales@shop.test"), http.StatusCreated, &second)
	change := map[string]any{"settings": map[string]any{"addresses": []string{"sales@shop.test", "Help@shop.test"}}}
	admin.call(http.MethodPatch, "/inboxes/"+second.ID, change, http.StatusConflict, nil)
	// An inbox keeps its own, and an address that was given up is free again.
	admin.call(http.MethodPatch, "/inboxes/"+first.ID, map[string]any{"settings": map[string]any{"addresses": []string{"HELP@shop.test"}}}, http.StatusOK, nil)
	admin.call(http.MethodPatch, "/inboxes/"+second.ID, map[string]any{"settings": map[string]any{"addresses": []string{"care@shop.test"}}}, http.StatusOK, nil)
	// Two that share one since an older program can still be paused.
	inbox, rev, _ := p.tables.Inboxes.Get(second.ID)
	inbox.Settings = json.RawMessage(`{"addresses":["help@shop.test"]}`)
	_, err := p.tables.Inboxes.Put(t.Context(), second.ID, inbox, &rev)
	must(t, err)
	admin.call(http.MethodPatch, "/inboxes/"+second.ID, map[string]any{"paused": true}, http.StatusOK, nil)
	admin.call(http.MethodDelete, "/inboxes/"+first.ID, nil, http.StatusNoContent, nil)
}

func TestTwoRequestsAtOnceGetOneAddress(t *testing.T) {
	g := startGateway(t, newPlant(t), withBoxes)
	admin := g.admin(t)
	const writers = 8
	statuses := make([]int, writers)
	data, err := json.Marshal(box("Help", "help@shop.test"))
	must(t, err)
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, g.url+"/api/v1/inboxes", strings.NewReader(string(data)))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Content-Type", "application/json")
			req.Header.Set("Authorization", "Bearer "+admin.token)
			resp, err := admin.web.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			resp.Body.Close()
			statuses[i] = resp.StatusCode
		})
	}
	all.Wait()
	count := map[int]int{}
	for _, s := range statuses {
		count[s]++
	}
	if count[http.StatusCreated] != 1 || count[http.StatusConflict] != writers-1 {
		t.Errorf("the answers are %v", count)
	}
}
