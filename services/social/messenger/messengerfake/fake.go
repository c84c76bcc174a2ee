// Package messengerfake is a Facebook page that takes messages, for tests and
// the simulation. A page whose window for a customer was closed refuses anything
// but the tag HUMAN_AGENT, as Meta does.
package messengerfake

import (
	"encoding/json"
	"fmt"

	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
)

// Page is the id of the fake's page.
const Page = "104000000000001"

// Fake is the page. The shared part is in graphfake.
type Fake struct{ *graphfake.Page }

// New makes a page that works.
func New() *Fake {
	p := graphfake.NewPage("messenger", "page", Page)
	p.MayTag, p.Upload = true, true
	return &Fake{p}
}

// Settings are those of an inbox that talks to the fake at api.
func (f *Fake) Settings(api, _ string) (json.RawMessage, map[string]string) {
	return json.RawMessage(fmt.Sprintf(`{"page_id":%q,"app_id":"55","human_agent":true,"api_url":%q,"allow_private":true}`, Page, api)), graphfake.Secrets()
}
