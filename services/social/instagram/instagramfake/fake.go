// Package instagramfake is an Instagram professional account that takes messages
// and replies to comments, for tests and the simulation.
package instagramfake

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
)

// Account is the id of the fake's account.
const Account = "17841400000000001"

// Fake is the account. The shared part is in graphfake.
type Fake struct{ *graphfake.Page }

// New makes an account that works.
func New() *Fake { return &Fake{graphfake.NewPage("instagram", "instagram", Account)} }

// Settings are those of an inbox that talks to the fake at api.
func (*Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"account_id":%q,"app_id":"66","human_agent":true,"api_url":%q,"allow_private":true}`, Account, api)), graphfake.Secrets()
}

// Comment tells of a comment that a customer wrote under a medium.
func (*Fake) Comment(customer, medium, id, text string, at time.Time) fake.Request {
	value := map[string]any{
		"id": id, "text": text, "from": map[string]any{"id": customer, "username": "user_" + customer}, "media": map[string]any{"id": medium, "media_product_type": "FEED"},
	}
	return graphfake.Envelope("instagram", Account, "changes", at, map[string]any{"field": "comments", "value": value})
}
