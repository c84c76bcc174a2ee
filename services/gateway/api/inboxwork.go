package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// providerTime bounds how long a provider may keep an operator waiting.
const providerTime = 15 * time.Second

// sampleRequest may be empty: then the credentials are tried, not a sample.
type sampleRequest struct {
	ID   string  `path:"id" maxLength:"64"`
	Body *Sample `required:"false"`
}

// verdict is what a provider says to an inbox's credentials. Detail is for the
// operator.
type verdict struct {
	OK     bool   `json:"ok"`
	Detail string `json:"detail,omitempty"`
}

// condition is how an inbox is doing.
type condition struct {
	Suspended   bool       `json:"suspended"`
	Reason      string     `json:"reason,omitempty"`
	Since       *time.Time `json:"since,omitempty"`
	LastError   string     `json:"last_error,omitempty"`
	LastErrorAt *time.Time `json:"last_error_at,omitempty"`
	Book        *balance   `json:"book,omitempty"`
}

func (a *API) inboxWork() {
	register(a, operation{http.MethodPost, "/inboxes/{id}/test", "Try the credentials, or see what a sample payload would become", access.Administer, 0}, a.testInbox)
	register(a, operation{http.MethodPost, "/inboxes/{id}/connect", "Tell the provider where to post", access.Administer, 0}, a.connectInbox)
	register(a, operation{http.MethodGet, "/inboxes/{id}/templates", "The texts the provider has approved", access.Work, 0}, a.templates)
	register(a, operation{http.MethodGet, "/inboxes/{id}/health", "Whether an inbox can send, its last error and its books", access.Supervise, 0}, a.health)
	register(a, operation{http.MethodPost, "/inboxes/{id}/resume", "Let a suspended inbox send again", access.Administer, 0}, a.resume)
	register(a, operation{http.MethodGet, "/inboxes/{id}/events", "The newest events of an inbox, newest first", access.Administer, 0}, a.tail)
	register(a, operation{http.MethodGet, "/inboxes/{id}/events/{seq}", "What came in, as it came", access.Administer, 0}, a.rawEvent)
	a.imports()
}

func (a *API) testInbox(ctx context.Context, in *sampleRequest) (*answer[document], error) {
	inbox, _, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	if in.Body == nil {
		return a.tryCredentials(ctx, inbox)
	}
	if a.Test == nil {
		return nil, refuse(http.StatusUnprocessableEntity, "this channel cannot be tried with a sample")
	}
	found, err := a.Test(ctx, inbox, *in.Body)
	if err != nil {
		return nil, refuse(http.StatusUnprocessableEntity, "%s", err.Error())
	}
	return asDocument(found)
}

func (a *API) tryCredentials(ctx context.Context, inbox config.Inbox) (*answer[document], error) {
	tester, ok := a.Adapters[inbox.Channel].(channel.Tester)
	if !ok {
		return nil, refuse(http.StatusConflict, "this channel has no credentials to try")
	}
	ctx, cancel := context.WithTimeout(ctx, providerTime)
	defer cancel()
	out := verdict{OK: true}
	if err := tester.Test(ctx, inbox); err != nil {
		out = verdict{Detail: err.Error()}
	}
	return asDocument(out)
}

func asDocument(v any) (*answer[document], error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return &answer[document]{document(data)}, nil
}

func (a *API) connectInbox(ctx context.Context, in *idRequest) (*answer[verdict], error) {
	inbox, _, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	registrar, ok := a.Adapters[inbox.Channel].(channel.Registrar)
	if !ok {
		return nil, refuse(http.StatusConflict, "this channel is not connected from here: enter the hook address at the provider")
	}
	if a.PublicURL == "" {
		return nil, refuse(http.StatusConflict, "the provider must know where to post: start the program with --public-url")
	}
	ctx, cancel := context.WithTimeout(ctx, providerTime)
	defer cancel()
	out := verdict{OK: true}
	if err := registrar.Register(ctx, inbox, a.PublicURL+inbox.HookPath()); err != nil {
		out = verdict{Detail: err.Error()}
	}
	return &answer[verdict]{out}, nil
}

func (a *API) templates(ctx context.Context, in *idRequest) (*answer[list[events.Template]], error) {
	inbox, _, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	templater, ok := a.Adapters[inbox.Channel].(channel.Templater)
	if !ok {
		return nil, refuse(http.StatusConflict, "this channel has no templates")
	}
	ctx, cancel := context.WithTimeout(ctx, providerTime)
	defer cancel()
	found, err := templater.Templates(ctx, inbox)
	if err != nil {
		a.Log.Warn().Err(err).Str("inbox", string(inbox.ID)).Msg("templates not read")
		return nil, refuse(http.StatusBadGateway, "the provider did not give its templates")
	}
	if found == nil {
		found = []events.Template{}
	}
	return &answer[list[events.Template]]{list[events.Template]{Items: found}}, nil
}

func (a *API) health(ctx context.Context, in *idRequest) (*answer[condition], error) {
	inbox, _, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	if !who(ctx).Viewer.SeesInbox(inbox.ID) {
		return nil, refuse(http.StatusNotFound, "there is no such inbox")
	}
	var out condition
	out.Reason, out.Suspended = a.Health.Suspended(inbox)
	if a.Health != nil {
		if record, _, ok := a.Health.Table.Get(in.ID); ok {
			out.LastError, out.LastErrorAt = record.LastError, unlessZero(record.LastErrorAt)
			if out.Suspended {
				out.Since = unlessZero(record.Since)
			}
		}
	}
	found, err := ask.Query[queries.BooksAnswer](ctx, a.Desk.Ask, queries.Books, struct{}{})
	if err != nil {
		return nil, err
	}
	b := found.Inboxes[inbox.ID]
	out.Book = &balance{Book: b, Received: b.Stored + b.Duplicate + b.Rejected}
	return &answer[condition]{out}, nil
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *API) resume(ctx context.Context, in *idRequest) (*answer[inboxView], error) {
	inbox, _, err := a.inbox(in.ID)
	if err != nil {
		return nil, err
	}
	if _, suspended := a.Health.Suspended(inbox); !suspended {
		return nil, refuse(http.StatusConflict, "this inbox is not suspended")
	}
	a.Health.Resume(ctx, inbox.ID)
	if _, still := a.Health.Suspended(inbox); still {
		return nil, after(refuse(http.StatusServiceUnavailable, "cannot store now"), 2)
	}
	return &answer[inboxView]{a.viewInbox(who(ctx).Viewer, inbox)}, nil
}
