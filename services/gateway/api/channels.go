package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/forms"
)

// kind is a channel that inboxes can be made of, and what its adapter can do.
type kind struct {
	forms.Form
	// CanTest, CanConnect and Templates say which operations of an inbox work.
	CanTest    bool `json:"can_test"`
	CanConnect bool `json:"can_connect"`
	Templates  bool `json:"templates"`
	// Hook says that the provider posts to us, Sends that answers can go out.
	Hook   bool    `json:"hook"`
	Sends  bool    `json:"sends"`
	Limits *limits `json:"limits,omitempty"`
}

// limits are channel.Limits as a screen needs them. Times are in seconds; a
// value that is nought does not limit.
type limits struct {
	Text        int     `json:"text,omitempty"`
	Unit        string  `json:"unit,omitempty" enum:"runes,utf16,bytes"`
	PerSecond   float64 `json:"per_second,omitempty"`
	Window      int64   `json:"window_s,omitempty"`
	AgentWindow int64   `json:"agent_window_s,omitempty"`
	Templates   bool    `json:"templates,omitempty"`
	Attachments int     `json:"attachments,omitempty" doc:"How many files a message may carry; -1 is none at all"`
	FileBytes   int64   `json:"file_bytes,omitempty"`
	Files       string  `json:"files" enum:"none,upload,link" doc:"How files reach the provider; by link it fetches them from the public https address of this program, and without one attachments is -1"`
	Accept      string  `json:"accept,omitempty" doc:"Types of files taken, as in HTML's accept attribute; any where it is empty"`
	Source      string  `json:"source,omitempty"`
}

func (a *API) channels() {
	register(a, operation{http.MethodGet, "/channels", "The channels there are, and what an inbox of each needs", access.Work, 0}, a.listChannels)
}

func (a *API) listChannels(context.Context, *struct{}) (*answer[list[kind]], error) {
	out := list[kind]{Items: []kind{}}
	for _, form := range forms.All(a.Adapters) {
		adapter := a.Adapters[form.Kind]
		k := kind{Form: form, Limits: a.limitsOf(form.Kind)}
		_, k.CanTest = adapter.(channel.Tester)
		_, k.CanConnect = adapter.(channel.Registrar)
		_, k.Templates = adapter.(channel.Templater)
		_, k.Hook = adapter.(channel.Receiver)
		_, k.Sends = adapter.(channel.Sender)
		k.Imports = k.Imports && a.Import != nil
		out.Items = append(out.Items, k)
	}
	return &answer[list[kind]]{out}, nil
}

func (a *API) limitsOf(name string) *limits {
	l := channel.LimitsOf(name)
	if l == (channel.Limits{}) {
		return nil
	}
	if l.Files == channel.NoFiles || l.Files == channel.ByLink && !strings.HasPrefix(a.PublicURL, "https://") {
		l.Attachments = -1
	}
	return &limits{
		Text: l.Text, Unit: [...]string{channel.Runes: "runes", channel.UTF16: "utf16", channel.Bytes: "bytes"}[l.Unit],
		PerSecond: l.PerSecond, Window: int64(l.Window / time.Second), AgentWindow: int64(l.AgentWindow / time.Second),
		Templates: l.Templates, Attachments: l.Attachments, FileBytes: l.FileBytes, Files: l.Files.String(), Accept: l.Accept, Source: l.Source,
	}
}
