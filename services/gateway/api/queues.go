package api

import (
	"context"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

type queueBody struct {
	Name  string          `json:"name" minLength:"1" maxLength:"200"`
	Teams []events.TeamID `json:"teams,omitempty" maxItems:"100"`
	QueueRules
}

type queuePatch struct {
	Name  *string          `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Teams *[]events.TeamID `json:"teams,omitempty" maxItems:"100"`
	QueueRules
}

// QueueRules say how a queue gives out work. Times are in seconds.
type QueueRules struct {
	Mode          *config.QueueMode  `json:"mode,omitempty" enum:"manual,pull,push"`
	OfferFor      *int               `json:"offer_for,omitempty" minimum:"0" maximum:"600" doc:"How long an agent may think; 0 gives without asking"`
	PassFor       *int               `json:"pass_for,omitempty" minimum:"0" maximum:"86400"`
	Away          *bool              `json:"away,omitempty" doc:"Who lets an offer expire becomes away"`
	Boost         *int               `json:"boost,omitempty" minimum:"0" maximum:"86400" doc:"What a step of priority is worth in waiting"`
	Needs         *[]events.Need     `json:"needs,omitempty" maxItems:"20"`
	Relax         *[]config.Relax    `json:"relax,omitempty" maxItems:"20"`
	PreferFor     *int               `json:"prefer_for,omitempty" minimum:"0" maximum:"86400"`
	WrapUp        *int               `json:"wrap_up,omitempty" minimum:"0" maximum:"3600"`
	OverflowTo    *events.QueueID    `json:"overflow_to,omitempty" maxLength:"64"`
	OverflowAfter *int               `json:"overflow_after,omitempty" minimum:"0" maximum:"604800"`
	Policy        *events.PolicyID   `json:"policy,omitempty" maxLength:"64" doc:"The service level of those who wait here"`
	Hours         *config.HoursID    `json:"hours,omitempty" maxLength:"64"`
	Closed        *config.ClosedMode `json:"closed,omitempty" enum:",hold,move" doc:"What happens outside of the hours"`
	ClosedTo      *events.QueueID    `json:"closed_to,omitempty" maxLength:"64"`
}

func (r *QueueRules) apply(q *config.Queue) {
	set(&q.Mode, r.Mode)
	set(&q.OfferFor, r.OfferFor)
	set(&q.PassFor, r.PassFor)
	set(&q.Away, r.Away)
	set(&q.Boost, r.Boost)
	set(&q.Needs, r.Needs)
	set(&q.Relax, r.Relax)
	set(&q.PreferFor, r.PreferFor)
	set(&q.WrapUp, r.WrapUp)
	set(&q.OverflowTo, r.OverflowTo)
	set(&q.OverflowAfter, r.OverflowAfter)
	set(&q.Policy, r.Policy)
	set(&q.Hours, r.Hours)
	set(&q.Closed, r.Closed)
	set(&q.ClosedTo, r.ClosedTo)
}

func (a *API) queues() {
	register(a, operation{http.MethodGet, "/queues", "List queues", access.Work, 0}, a.listQueues)
	register(a, operation{http.MethodPost, "/queues", "Make a queue", access.Administer, http.StatusCreated}, a.makeQueue)
	register(a, operation{http.MethodPatch, "/queues/{id}", "Change a queue", access.Administer, 0}, a.changeQueue)
	register(a, operation{http.MethodDelete, "/queues/{id}", "Take away a queue that no inbox fills and in which no conversation stands", access.Administer, http.StatusNoContent}, a.removeQueue)
}

func (a *API) listQueues(context.Context, *struct{}) (*answer[list[config.Queue]], error) {
	out := list[config.Queue]{Items: []config.Queue{}}
	for _, item := range a.Desk.Directory.Queues.All() {
		out.Items = append(out.Items, item.Value)
	}
	return &answer[list[config.Queue]]{out}, nil
}

func (a *API) makeQueue(ctx context.Context, in *bodyRequest[queueBody]) (*answer[config.Queue], error) {
	now := a.Clock.Now()
	queue := config.Queue{ID: events.QueueID(id.NewAt("qu", now)), Name: in.Body.Name, Teams: in.Body.Teams, CreatedAt: now}
	in.Body.apply(&queue)
	return a.storeQueue(ctx, queue, new(uint64))
}

func (a *API) changeQueue(ctx context.Context, in *patchRequest[queuePatch]) (*answer[config.Queue], error) {
	queue, rev, ok := a.Desk.Directory.Queues.Get(in.ID)
	if !ok {
		return nil, refuse(http.StatusNotFound, "there is no such queue")
	}
	set(&queue.Name, in.Body.Name)
	set(&queue.Teams, in.Body.Teams)
	in.Body.apply(&queue)
	return a.storeQueue(ctx, queue, &rev)
}

func (a *API) storeQueue(ctx context.Context, queue config.Queue, expect *uint64) (*answer[config.Queue], error) {
	if err := tidy(&queue.Name); err != nil {
		return nil, err
	}
	if queue.Teams == nil {
		queue.Teams = []events.TeamID{}
	}
	for _, team := range queue.Teams {
		if err := a.placed("", team); err != nil {
			return nil, err
		}
	}
	if err := a.checkRules(queue); err != nil {
		return nil, err
	}
	if err := a.putQueue(ctx, queue, expect); err != nil {
		return nil, err
	}
	return &answer[config.Queue]{queue}, nil
}

// putQueue writes a queue that does not close a ring of overflows. Requests to this
// process come one after another. Where another process closed the ring from the other
// side meanwhile, whoever wrote last sees both, and takes back its own.
func (a *API) putQueue(ctx context.Context, queue config.Queue, expect *uint64) error {
	a.overflows.Lock()
	defer a.overflows.Unlock()
	table := a.Desk.Directory.Queues
	was, _, known := table.Get(string(queue.ID))
	if a.comesRound(queue) {
		return errRound()
	}
	rev, err := table.Put(ctx, string(queue.ID), queue, expect)
	if err != nil || !known || !a.comesRound(queue) {
		return err
	}
	if _, err := table.Put(ctx, string(queue.ID), was, &rev); err != nil {
		return err
	}
	return errRound()
}

func errRound() error {
	return refuse(http.StatusUnprocessableEntity, "overflow_to leads back to this queue: what waits would go round for ever")
}

// comesRound reports whether what overflows out of a queue would come back to it.
func (a *API) comesRound(queue config.Queue) bool {
	passed := map[events.QueueID]bool{}
	for at := queue; at.OverflowTo != "" && at.OverflowAfter > 0; {
		if at.OverflowTo == queue.ID {
			return true
		}
		next, _, ok := a.Desk.Directory.Queues.Get(string(at.OverflowTo))
		if !ok || passed[next.ID] {
			return false // a ring of others, from before there was this check
		}
		passed[next.ID] = true
		at = next
	}
	return false
}

func (a *API) removeQueue(ctx context.Context, in *idRequest) (*nothing, error) {
	if _, _, ok := a.Desk.Directory.Queues.Get(in.ID); !ok {
		return nil, refuse(http.StatusNotFound, "there is no such queue")
	}
	for _, item := range a.Desk.Directory.Inboxes.All() {
		if string(item.Value.Queue) == in.ID {
			return nil, refuse(http.StatusConflict, "an inbox fills the queue")
		}
	}
	for _, item := range a.Desk.Directory.Queues.All() {
		if q := &item.Value; string(q.ID) != in.ID && (string(q.OverflowTo) == in.ID || string(q.ClosedTo) == in.ID) {
			return nil, refuse(http.StatusConflict, "another queue passes on to the queue")
		}
	}
	if err := a.placeUsed(events.QueueID(in.ID), ""); err != nil {
		return nil, err
	}
	// What stands in a queue that is gone waits for nobody: no policy, no turn, no clock.
	switch open, snoozed, err := a.Desk.Standing(ctx, events.QueueID(in.ID)); {
	case err != nil:
		return nil, err
	case open+snoozed > 0:
		return nil, refuse(http.StatusConflict, "%d open and %d snoozed conversations stand in the queue: transfer or resolve them first", open, snoozed)
	}
	return nil, a.Desk.Directory.Queues.Delete(ctx, in.ID)
}

// checkRules refuses rules that name what is not there or make no sense.
func (a *API) checkRules(q config.Queue) error {
	if q.OverflowTo != "" {
		if _, _, ok := a.Desk.Directory.Queues.Get(string(q.OverflowTo)); !ok || q.OverflowTo == q.ID {
			return refuse(http.StatusUnprocessableEntity, "overflow_to must be another queue that exists")
		}
	}
	if err := a.hoursExist(q.Hours); err != nil {
		return err
	}
	if _, _, ok := a.Settings.Policies.Get(string(q.Policy)); !ok && q.Policy != "" {
		return refuse(http.StatusUnprocessableEntity, "there is no such policy")
	}
	if q.Closed != config.ClosedGoesOn && q.Hours == "" {
		return refuse(http.StatusUnprocessableEntity, "what is done outside of the hours needs hours")
	}
	if q.Closed == config.ClosedMoves || q.ClosedTo != "" {
		if _, _, ok := a.Desk.Directory.Queues.Get(string(q.ClosedTo)); !ok || q.ClosedTo == q.ID {
			return refuse(http.StatusUnprocessableEntity, "closed_to must be another queue that exists")
		}
	}
	for _, n := range q.Needs {
		if n.Skill == "" || len(n.Skill) > 64 || n.Level < 1 || n.Level > 10 {
			return refuse(http.StatusUnprocessableEntity, "a need is a skill and a level from 1 to 10")
		}
	}
	if err := a.skillsExist(q.Needs); err != nil {
		return err
	}
	for _, r := range q.Relax {
		if r.After < 1 || r.By < 1 || r.By > 10 {
			return refuse(http.StatusUnprocessableEntity, "a step of relaxing has seconds from 1 and takes off 1 to 10 levels")
		}
	}
	return nil
}
