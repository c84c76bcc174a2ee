package channel

import (
	"slices"
	"strings"
	"sync"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// Shared is a [Receiver] whose provider has one address for several accounts:
// one Meta app and its pages, one Slack app and its workspaces. What arrives at
// one inbox's hook and is another account's goes to the inbox that names the
// account, whatever its kind, if that inbox believes the request too.
//
// The inbox whose hook was called reads the request first and marks what is of
// another account with [Meant]. The door then has each inbox that names such an
// account read the whole request by its own settings: a signature that holds for
// one inbox proves nothing to an inbox with another secret, and there everything
// stays with the first inbox, as it stated it.
type Shared interface {
	Receiver
	// Accounts are the names by which the provider speaks of the inbox's account.
	// An inbox that names none is given nothing that arrived elsewhere; neither
	// must one name any to which a request needs to prove nothing.
	Accounts(inbox config.Inbox) []string
}

// FlagForeign marks what was kept raw because no inbox here has the account that
// it belongs to.
const FlagForeign = "foreign-account"

// Account is an account of a provider: Name as Shared.Accounts has it, for the
// kind of channel that reads it.
type Account struct{ Kind, Name string }

const (
	meantFlag = "account:"
	// maxAccount bounds the name of an account in bytes, maxRouted how many other
	// inboxes read one request, maxReread the bytes that they read together.
	maxAccount = 128
	maxRouted  = 128
	maxReread  = 64 << 20
)

// Meant marks a statement as another account's than its inbox's, by any of the
// names that the account may go by. What the inbox would not take (it is kept
// raw, with FlagForeign) and what it takes unless somebody else names the account
// are marked alike. On what is kept raw the marks stay as flags, so that an
// operator sees which account is missing.
func Meant(in *events.Inbound, accounts ...Account) {
	for _, a := range accounts {
		if a.Kind == "" || a.Name == "" || len(a.Name) > maxAccount || strings.ContainsFunc(a.Name, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			continue
		}
		in.Flags = append(in.Flags, meantFlag+a.Kind+"/"+a.Name)
	}
}

// meant are the accounts that a statement was marked with.
func meant(in *events.Inbound) []Account {
	var out []Account
	for _, flag := range in.Flags {
		if text, ok := strings.CutPrefix(flag, meantFlag); ok {
			kind, name, _ := strings.Cut(text, "/")
			out = append(out, Account{kind, name})
		}
	}
	return out
}

// route has what belongs to other accounts stated for their inboxes. Statements
// that another inbox has taken are replaced by that inbox's own; all others
// stay.
func (h *Hooks) route(inbox config.Inbox, req *Request, statements []*events.Inbound) []*events.Inbound {
	var wanted []Account
	known := map[Account]bool{}
	for _, in := range statements {
		for _, a := range meant(in) {
			if !known[a] {
				known[a] = true
				wanted = append(wanted, a)
			}
		}
	}
	if len(wanted) == 0 {
		return statements
	}
	via := *req
	via.Via = &inbox
	r := routing{Hooks: h, req: &via, ours: map[key]bool{}, done: map[Account]bool{}, read: map[events.InboxID]map[Account]bool{inbox.ID: nil}}
	for _, in := range statements {
		if len(meant(in)) == 0 {
			r.ours[keyOf(in)] = true
		}
	}
	owners := h.owners()
	for _, a := range wanted {
		for _, owner := range owners[a] {
			if r.taken(a, owner) {
				break
			}
		}
	}
	if r.over > 0 {
		h.Log.Warn().Str("channel", inbox.Channel).Str("inbox", string(inbox.ID)).Int("over", r.over).Msg("provider request names too many accounts; the rest is kept where it arrived")
	}
	var out []*events.Inbound
	for _, in := range statements {
		if slices.ContainsFunc(meant(in), func(a Account) bool { return r.done[a] }) {
			continue
		}
		if in.Type != events.Unknown {
			in.Flags = slices.DeleteFunc(in.Flags, func(f string) bool { return strings.HasPrefix(f, meantFlag) })
		}
		out = append(out, in)
	}
	return append(out, r.out...)
}

// key is what makes a statement the same for two inboxes. What it says counts
// too: a message from one of our accounts to another bears one id on both sides,
// and is a statement on each.
type key struct {
	kind        events.InboundType
	id, content string
}

func keyOf(in *events.Inbound) key { return key{in.Type, in.ProviderID, ContentHash(in)} }

// routing is one request on its way to other inboxes.
type routing struct {
	*Hooks
	req *Request
	// ours is what the inbox stated that the request arrived at: what nobody can
	// tell the account of (an item that is broken) is kept there and not again by
	// every reader.
	ours map[key]bool
	done map[Account]bool
	// read are the inboxes that have read the request, with the accounts that
	// they took; over is how often one more was not given it.
	read map[events.InboxID]map[Account]bool
	over int
	out  []*events.Inbound
}

// taken has an inbox read the request and says whether it takes the account.
func (r *routing) taken(a Account, owner config.Inbox) bool {
	took, was := r.read[owner.ID]
	switch {
	case was:
	case len(r.read) > maxRouted || len(r.read)*len(r.req.Body) > maxReread:
		r.over++
	default:
		took = r.reads(owner)
		r.read[owner.ID] = took
	}
	if took[a] {
		r.done[a] = true
	}
	return r.done[a]
}

// reads is the reading of one inbox: whatever is not of yet another account is
// its own. It takes none of the accounts where it does not believe the request,
// and none that it says are not its own.
func (r *routing) reads(owner config.Inbox) map[Account]bool {
	receiver := r.receivers[owner.Channel]
	statements, _, err := r.receive(receiver, owner, r.req)
	if err != nil {
		r.requests.WithLabelValues(owner.Channel, string(owner.ID), "not-routed").Inc()
		return nil
	}
	took := map[Account]bool{}
	for _, name := range receiver.(Shared).Accounts(owner) {
		took[Account{owner.Channel, name}] = true
	}
	for _, in := range statements {
		others := meant(in)
		for _, a := range others {
			delete(took, a)
		}
		if len(others) == 0 && !r.ours[keyOf(in)] {
			r.out = append(r.out, in)
		}
	}
	r.requests.WithLabelValues(owner.Channel, string(owner.ID), "routed").Inc()
	return took
}

// owners is which inboxes name an account, in the order of the directory. A
// directory that tells of changes is gone through once for each; a webhook to one
// of hundreds of inboxes must not read the settings of all.
func (h *Hooks) owners() map[Account][]config.Inbox {
	directory, tells := h.Inboxes.(interface{ Changes() <-chan struct{} })
	if !tells {
		return h.look()
	}
	h.index.Lock()
	defer h.index.Unlock()
	if h.index.changed != nil {
		select {
		case <-h.index.changed:
		default:
			return h.index.owners
		}
	}
	// Taken before the directory is read: a change in between closes it.
	h.index.changed = directory.Changes()
	h.index.owners = h.look()
	return h.index.owners
}

// index is what owners found.
type index struct {
	sync.Mutex // guards all below
	changed    <-chan struct{}
	owners     map[Account][]config.Inbox // never written once it is here
}

func (h *Hooks) look() map[Account][]config.Inbox {
	out := map[Account][]config.Inbox{}
	for kind, receiver := range h.receivers {
		shared, ok := receiver.(Shared)
		if !ok {
			continue
		}
		for _, inbox := range h.Inboxes.List(kind) {
			for _, name := range shared.Accounts(inbox) {
				a := Account{kind, name}
				out[a] = append(out[a], inbox)
			}
		}
	}
	return out
}
