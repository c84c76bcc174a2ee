package house

import (
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/services/inbox/ledger"
	"github.com/tributary-inbox/tributary/services/router/hours"
)

// calendar counts reports in the hours that the router counts service levels in.
func calendar(h config.Hours) (ledger.Calendar, error) {
	zone, err := h.Location()
	if err != nil {
		return nil, err
	}
	return hours.Compile(h, zone)
}
