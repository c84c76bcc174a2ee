package house

import (
	"github.com/tributary-inbox/tributary/services/automation/people"
	"github.com/tributary-inbox/tributary/services/automation/segments"
	"github.com/tributary-inbox/tributary/services/automation/work"
)

// addAutomation composes what does something by itself when facts are stored.
func (h *House) addAutomation() error {
	g := h.Ground
	known := people.New(g.Out, h.settings.Dir(), h.named("automation"))
	groups, err := segments.New(segments.Deps{NC: g.NC, Table: segmentTable{g.Settings.Segments}, People: known, Logger: h.named("automation"), Metrics: h.Metrics})
	if err != nil {
		return err
	}
	asking, err := h.surveys(known)
	if err != nil {
		return err
	}
	past := func(place uint64) (work.Customers, error) { return known.Past(place) }
	a, err := work.New(work.Deps{
		NC: g.NC, Facts: g.Out, Log: g.Facts, Rules: g.Settings.Rules, Queues: g.Queues, Hours: g.Settings.Hours, Agents: g.Agents,
		Settings: g.Seen, Contact: known.Seen, Known: known.WaitFor, Past: past, Follow: []work.Part{{Name: "people", Service: known}, {Name: "surveys", Service: asking}},
		Lead: []work.Duty{{Name: "segments", Run: groups.Run}, {Name: "surveys", Run: asking.Ask}},
		Dir:  h.settings.KeptDir("automation"), Logger: h.named("automation"), Metrics: h.Metrics,
	})
	if err != nil {
		return err
	}
	h.closers = append(h.closers, a.Close)
	h.group.AddBeside("automation", a)
	return nil
}
