package house

import (
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// routes is what the router knows of routing targets.
type routes struct{ table *kv.Table[config.Route] }

func (r routes) Routes() []config.Route { return values(r.table) }

func (r routes) Changed() <-chan struct{} { return r.table.Changes() }

// segmentTable is what automation knows of segments.
type segmentTable struct{ table *kv.Table[config.Segment] }

func (s segmentTable) Segments() []config.Segment { return values(s.table) }

func (s segmentTable) Changes() <-chan struct{} { return s.table.Changes() }
