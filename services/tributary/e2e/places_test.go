package e2e

import (
	"net/http"
	"testing"

	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// A queue or a team that settings send conversations to is not taken away under
// them: what comes would wait where nobody looks.
//
// To see it fail: in gateway/api, leave placeUsed out of removeQueue.
func TestAPlaceThatSettingsNameStays(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	queue, team := admin.Named("/queues", "nights", nil), admin.Named("/teams", "nights", nil)
	macro := admin.Named("/macros", "hand over", map[string]any{"do": []any{map[string]any{"do": "transfer", "queue": queue, "team": team}}})
	other := admin.Named("/queues", "days", map[string]any{"overflow_to": queue, "overflow_after": 60})
	gone := func(path string, status int) { t.Helper(); admin.Call(http.MethodDelete, path, nil, status, nil) }
	gone("/queues/"+queue, http.StatusConflict)
	gone("/teams/"+team, http.StatusConflict)
	gone("/queues/"+other, http.StatusNoContent)
	gone("/queues/"+queue, http.StatusConflict)
	gone("/macros/"+macro, http.StatusNoContent)
	gone("/queues/"+queue, http.StatusNoContent)
	gone("/teams/"+team, http.StatusNoContent)
}
