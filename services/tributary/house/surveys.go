package house

import (
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/services/automation/people"
	"github.com/tributary-inbox/tributary/services/automation/survey"
)

// surveyLinks make and open the addresses of surveys' pages.
func (h *House) surveyLinks() *surveylink.Links {
	return surveylink.New(h.Ground.FileKeys, h.settings.PublicURL, nil)
}

// surveys composes what asks customers by itself.
func (h *House) surveys(known *people.Memory) (*survey.Worker, error) {
	g := h.Ground
	w, err := survey.New(survey.Deps{
		NC: g.NC, Facts: g.Out, Questionnaires: g.Settings.Questionnaires, Links: h.surveyLinks(),
		Contact: known.Seen, Agents: g.Agents, Queues: g.Queues, Hours: g.Settings.Hours,
		Dir: h.settings.Dir(), Logger: h.named("automation"), Metrics: h.Metrics,
	})
	if err == nil {
		h.closers = append(h.closers, w.Close)
	}
	return w, err
}
