package desk

import (
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// Settings are the tables of what people decide about work: how it is measured,
// where it goes, and what happens by itself. The caller opens and closes them.
type Settings struct {
	Skills         *kv.Table[config.Skill]
	Workload       *kv.Table[config.Workload] // one entry, config.WorkloadID
	Hours          *kv.Table[config.Hours]
	Policies       *kv.Table[config.Policy]
	Routes         *kv.Table[config.Route]
	Rules          *kv.Table[config.Rule]
	Macros         *kv.Table[config.Macro]
	Canned         *kv.Table[config.Canned]
	Segments       *kv.Table[config.Segment]
	Questionnaires *kv.Table[config.Questionnaire]
	Alarms         *kv.Table[queries.Alarm]
}
