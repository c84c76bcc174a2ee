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
}

type queuePatch struct {
	Name  *string          `json:"name,omitempty" minLength:"1" maxLength:"200"`
	Teams *[]events.TeamID `json:"teams,omitempty" maxItems:"100"`
}

func (a *API) queues() {
	register(a, operation{http.MethodGet, "/queues", "List queues", access.Work, 0}, a.listQueues)
	register(a, operation{http.MethodPost, "/queues", "Make a queue", access.Administer, http.StatusCreated}, a.makeQueue)
	register(a, operation{http.MethodPatch, "/queues/{id}", "Change a queue", access.Administer, 0}, a.changeQueue)
	register(a, operation{http.MethodDelete, "/queues/{id}", "Take away a queue that no inbox fills", access.Administer, http.StatusNoContent}, a.removeQueue)
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
	return a.storeQueue(ctx, queue, new(uint64))
}

func (a *API) changeQueue(ctx context.Context, in *patchRequest[queuePatch]) (*answer[config.Queue], error) {
	queue, rev, ok := a.Desk.Directory.Queues.Get(in.ID)
	if !ok {
		return nil, refuse(http.StatusNotFound, "there is no such queue")
	}
	set(&queue.Name, in.Body.Name)
	set(&queue.Teams, in.Body.Teams)
	return a.storeQueue(ctx, queue, &rev)
}

func (a *API) storeQueue(ctx context.Context, queue config.Queue, expect *uint64) (*answer[config.Queue], error) {
	if queue.Teams == nil {
		queue.Teams = []events.TeamID{}
	}
	for _, team := range queue.Teams {
		if err := a.placed("", team); err != nil {
			return nil, err
		}
	}
	if _, err := a.Desk.Directory.Queues.Put(ctx, string(queue.ID), queue, expect); err != nil {
		return nil, err
	}
	return &answer[config.Queue]{queue}, nil
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
	return nil, a.Desk.Directory.Queues.Delete(ctx, in.ID)
}
