package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

// checked is a setting that knows what is wrong with it.
type checked[T any] interface {
	*T
	Check() error
}

// draft is a T as somebody sends it: whole, but for what the server fills in. A
// field that T does not have is refused.
type draft[T any] struct{ value T }

// UnmarshalJSON reads it strictly.
func (d *draft[T]) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(&d.value)
}

// Schema is that of a T of which nothing must be there.
func (draft[T]) Schema(r huma.Registry) *huma.Schema {
	s := *huma.SchemaFromType(r, reflect.TypeFor[T]())
	s.Required = nil
	s.PrecomputeMessages()
	return &s
}

// kept is one kind of setting that is served whole: read by who may, written by
// administrators. A setting is replaced, never changed in part, and the
// last writer wins unless If-Match names the revision they saw.
type kept[T any, P checked[T]] struct {
	path, one string // "/hours", "hours of business"
	prefix    string // of its ids
	table     *kv.Table[T]
	reads     access.Action // what one must be allowed to read it; access.Work when empty
	// stamp gives it its id, and the time of its making where it keeps one; was is
	// nil for a new one.
	stamp func(now *T, id string, was *T)
	// names are what people read in it as names; they are cleaned.
	names func(*T) []*string
	// fits holds it against the other settings; may be nil.
	fits func(*T) error
	// shown leaves out what is not kept for who asks; nil shows everything.
	shown func(ctx context.Context, v *T) bool
	// cut takes out of a copy what is not for who asks; nil leaves it whole.
	cut func(ctx context.Context, v *T)
	// used refuses to take it away while something names it; may be nil.
	used func(id string) error
}

type draftRequest[T any] struct{ Body draft[T] }

type replaceRequest[T any] struct {
	ID      string `path:"id" maxLength:"64"`
	IfMatch string `header:"If-Match" maxLength:"64"`
	Body    draft[T]
}

// revised is an answer with the revision that If-Match may name.
type revised[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

func keep[T any, P checked[T]](a *API, k kept[T, P]) {
	reads := cmp.Or(k.reads, access.Work)
	register(a, operation{http.MethodGet, k.path, "List " + k.one, reads, 0}, k.list)
	register(a, operation{http.MethodGet, k.path + "/{id}", "One of the " + k.one, reads, 0}, k.get)
	register(a, operation{http.MethodPost, k.path, "Add to the " + k.one, access.Administer, http.StatusCreated}, func(ctx context.Context, in *draftRequest[T]) (*revised[T], error) {
		return k.put(ctx, id.NewAt(k.prefix, a.Clock.Now()), in.Body.value, nil, new(uint64))
	})
	register(a, operation{http.MethodPut, k.path + "/{id}", "Replace one of the " + k.one, access.Administer, 0}, k.replace)
	register(a, operation{http.MethodDelete, k.path + "/{id}", "Take away one of the " + k.one, access.Administer, http.StatusNoContent}, k.remove)
}

func (k kept[T, P]) list(ctx context.Context, _ *struct{}) (*answer[list[T]], error) {
	out := list[T]{Items: []T{}}
	for _, item := range k.table.All() {
		if k.shown != nil && !k.shown(ctx, &item.Value) {
			continue
		}
		if k.cut != nil {
			k.cut(ctx, &item.Value)
		}
		out.Items = append(out.Items, item.Value)
	}
	return &answer[list[T]]{out}, nil
}

func (k kept[T, P]) get(ctx context.Context, in *idRequest) (*revised[T], error) {
	v, rev, ok := k.table.Get(in.ID)
	if !ok || k.shown != nil && !k.shown(ctx, &v) {
		return nil, k.missing()
	}
	if k.cut != nil {
		k.cut(ctx, &v)
	}
	return &revised[T]{tag(rev), v}, nil
}

func (k kept[T, P]) replace(ctx context.Context, in *replaceRequest[T]) (*revised[T], error) {
	was, rev, ok := k.table.Get(in.ID)
	if !ok {
		return nil, k.missing()
	}
	if in.IfMatch != "" && in.IfMatch != tag(rev) {
		return nil, refuse(http.StatusPreconditionFailed, "somebody has changed it meanwhile")
	}
	return k.put(ctx, in.ID, in.Body.value, &was, &rev)
}

func (k kept[T, P]) put(ctx context.Context, id string, v T, was *T, expect *uint64) (*revised[T], error) {
	k.stamp(&v, id, was)
	for _, name := range k.names(&v) {
		*name = events.CleanName(*name)
	}
	if err := P(&v).Check(); err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "%s", err.Error())
	}
	if k.fits != nil {
		if err := k.fits(&v); err != nil {
			return nil, err
		}
	}
	rev, err := k.table.Put(ctx, id, v, expect)
	if err != nil {
		return nil, err
	}
	return &revised[T]{tag(rev), v}, nil
}

func (k kept[T, P]) remove(ctx context.Context, in *idRequest) (*nothing, error) {
	if _, _, ok := k.table.Get(in.ID); !ok {
		return nil, k.missing()
	}
	if k.used != nil {
		if err := k.used(in.ID); err != nil {
			return nil, err
		}
	}
	return nil, k.table.Delete(ctx, in.ID)
}

func (k kept[T, P]) missing() error {
	return refuse(http.StatusNotFound, "there is nothing of that name among the %s", k.one)
}

func tag(rev uint64) string { return fmt.Sprintf(`"%d"`, rev) }
