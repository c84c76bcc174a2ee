package channel

import (
	"sync"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// Inboxes is the directory of configured inboxes, always current. The values it
// returns are shared: treat them as read-only.
type Inboxes interface {
	ByID(id events.InboxID) (config.Inbox, bool)
	ByHook(channel, token string) (config.Inbox, bool)
	List(channel string) []config.Inbox
}

// Directory is [Inboxes] over the table of inbox settings. It keeps an index of
// hook tokens and rebuilds it when the table has changed.
type Directory struct {
	table *kv.Table[config.Inbox]

	mu      sync.Mutex
	changed <-chan struct{}
	byHook  map[string]config.Inbox
}

// NewDirectory reads the table, which the caller owns and closes.
func NewDirectory(table *kv.Table[config.Inbox]) *Directory { return &Directory{table: table} }

// ByID finds an inbox by its id.
func (d *Directory) ByID(id events.InboxID) (config.Inbox, bool) {
	inbox, _, ok := d.table.Get(string(id))
	return inbox, ok
}

// Changes is closed at the next change of any inbox.
func (d *Directory) Changes() <-chan struct{} { return d.table.Changes() }

// ByHook finds the inbox of a hook path.
func (d *Directory) ByHook(channel, token string) (config.Inbox, bool) {
	if token == "" {
		return config.Inbox{}, false
	}
	inbox, ok := d.hooks()[channel+"/"+token]
	return inbox, ok
}

// List returns all inboxes of a channel, or all where channel is empty, by id.
func (d *Directory) List(channel string) []config.Inbox {
	var out []config.Inbox
	for _, item := range d.table.All() {
		if channel == "" || item.Value.Channel == channel {
			out = append(out, item.Value)
		}
	}
	return out
}

func (d *Directory) hooks() map[string]config.Inbox {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.changed != nil {
		select {
		case <-d.changed:
		default:
			return d.byHook
		}
	}
	// The channel is taken before the table is read: a change in between closes
	// it, and the next call reads again.
	d.changed = d.table.Changes()
	d.byHook = make(map[string]config.Inbox)
	for _, item := range d.table.All() {
		d.byHook[item.Value.Channel+"/"+item.Value.HookToken] = item.Value
	}
	return d.byHook
}
