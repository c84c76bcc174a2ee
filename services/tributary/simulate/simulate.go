package simulate

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetryfake"
)

// Options say whom to drive and how hard.
type Options struct {
	// URL is the server's HTTP address, such as http://127.0.0.1:8080; SMTP is
	// its mail port as host:port, empty to leave mail out.
	URL, SMTP string
	// Email and Password are an administrator's: inboxes and agents are made.
	Email, Password string
	// Customers is how many people write, Agents how many work.
	Customers, Agents int
	// Rate is messages a second from all customers, on average.
	Rate float64
	// Duration is how long customers write.
	Duration time.Duration
	// Providers are fakes of channels' providers that customers write through
	// beside webhook, mail and chat. Each is served on a port of its own on
	// loopback, so the server must run on this machine.
	Providers []fake.Provider
	// Mail are fakes of mail providers, each with an inbox of its own, under the
	// same condition. They are opened and closed.
	Mail []mailfake.Provider
	// Exchanges are fakes of telephone exchanges: customers call, nobody takes it,
	// and are called back. Shops are fakes of shops where they order, are refunded
	// and cancel, and Reports the product that they use. All are served under the
	// same condition; those that have sockets are opened and closed.
	Exchanges []callfake.Exchange
	Shops     []orderfake.Shop
	Reports   *telemetryfake.Broker
	// Seed chooses customers and what they do.
	Seed uint64
}

// ErrBooks means that what the server holds is not what was acknowledged.
var ErrBooks = errors.New("the books do not balance")

// world is one simulation.
type world struct {
	o     Options
	run   string
	admin *client
	inbox places
	books *books
	marks atomic.Int64
	say   func(format string, args ...any)
	desk  *desk

	providers []*provider
	posts     []*post
	relay     mailfake.Relay // of the inbox behind the mail port
	lines     []*line
	shops     []*till
	told      told
}

// made is an inbox as REST tells of it.
type made struct {
	ID        string            `json:"id"`
	HookPath  string            `json:"hook_path"`
	Generated map[string]string `json:"generated"`
}

// places are the inboxes made for this run.
type places struct {
	hook, mail, chat string // path, address, path
	chatSecret       string
	ids              []string
}

// Run simulates, prints what happened to out and returns ErrBooks, wrapped, when
// something acknowledged is missing or stands twice. When ctx ends the customers
// fall silent and the books are held against the server all the same.
func Run(ctx context.Context, o Options, out io.Writer) error {
	o.URL = strings.TrimSuffix(o.URL, "/")
	if o.Customers < 1 || o.Rate <= 0 || o.Duration <= 0 || o.Agents < 0 {
		return errors.New("customers, rate and duration must be positive")
	}
	w := &world{
		o: o, run: "s" + strconv.FormatInt(time.Now().UnixMilli(), 36), books: newBooks(),
		admin: &client{http: newHTTP(), base: o.URL}, say: func(f string, a ...any) { fmt.Fprintf(out, f+"\n", a...) },
	}
	if err := w.admin.signIn(ctx, o.Email, o.Password); err != nil {
		return err
	}
	defer w.closeProviders()
	defer w.closeMail()
	defer w.closeTellers()
	if err := w.makePlaces(ctx); err != nil {
		return err
	}
	w.say("run %s, seed %d: %d customers, %d agents, %.1f messages a second for %v", w.run, o.Seed, o.Customers, o.Agents, o.Rate, o.Duration)
	began := time.Now()
	if err := w.live(ctx); err != nil {
		return err
	}
	w.say("wrote for %v; now the books", time.Since(began).Round(time.Millisecond))
	checking, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Minute)
	defer cancel()
	return w.settle(checking)
}

// add makes an inbox; via names the provider where a channel has several.
func (w *world) add(ctx context.Context, channel, via string, settings map[string]any) (made, error) {
	var m made
	name := strings.Join(strings.Fields("simulated "+channel+" "+via), " ") + " "
	body := map[string]any{"channel": channel, "name": name + w.run, "settings": settings}
	err := w.admin.call(ctx, "POST", "/api/v1/inboxes", 0, body, &m)
	var r *refused
	if errors.As(err, &r) && r.status == http.StatusConflict {
		// The provider's account is with the inbox of a run before this one.
		if err = w.takeAway(ctx, name); err == nil {
			err = w.admin.call(ctx, "POST", "/api/v1/inboxes", 0, body, &m)
		}
	}
	if err != nil {
		return m, fmt.Errorf("make the %s inbox: %w", strings.TrimSpace(channel+" "+via), err)
	}
	w.inbox.ids = append(w.inbox.ids, m.ID)
	return m, nil
}

// takeAway deletes the inboxes of runs before this one whose name begins so; what they
// received stays.
func (w *world) takeAway(ctx context.Context, name string) error {
	var all struct{ Items []struct{ ID, Name string } }
	if err := w.admin.call(ctx, "GET", "/api/v1/inboxes", 0, nil, &all); err != nil {
		return err
	}
	for _, inbox := range all.Items {
		if strings.HasPrefix(inbox.Name, name) && !strings.HasSuffix(inbox.Name, " "+w.run) {
			if err := w.admin.call(ctx, "DELETE", "/api/v1/inboxes/"+inbox.ID, 0, nil, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (w *world) makePlaces(ctx context.Context) error {
	hook, err := w.add(ctx, "webhook", "", map[string]any{"profile": "plain", "auth": "none"})
	if err != nil {
		return err
	}
	w.inbox.hook = hook.HookPath
	chat, err := w.add(ctx, "webchat", "", map[string]any{"title": "Simulated shop"})
	if err != nil {
		return err
	}
	w.inbox.chat = "/chat/" + chat.HookPath[strings.LastIndexByte(chat.HookPath, '/')+1:]
	w.inbox.chatSecret = chat.Generated["identity_secret"]
	if err := w.openProviders(ctx); err != nil {
		return err
	}
	if err := w.openTellers(ctx); err != nil {
		return err
	}
	return w.openMail(ctx)
}

// live lets agents and customers do what they do until the time is over.
func (w *world) live(ctx context.Context) error {
	rng := rand.New(rand.NewPCG(w.o.Seed, 1))
	d, err := w.openDesk(ctx, rng)
	if err != nil {
		return err
	}
	w.desk = d
	customers := make([]*customer, w.o.Customers)
	for i := range customers {
		customers[i] = w.newCustomer(i, rng)
	}
	working, stopWork := context.WithCancel(ctx)
	defer stopWork()
	var work sync.WaitGroup
	for _, a := range d.agents {
		work.Go(func() { a.work(working) })
	}
	w.write(ctx, customers, rng)
	stopWork()
	work.Wait()
	for _, c := range customers {
		c.leave()
	}
	return nil
}

// write has customers write, each in their own time, at the moments that the
// tide of the run gives.
func (w *world) write(ctx context.Context, customers []*customer, rng *rand.Rand) {
	var writing sync.WaitGroup
	defer writing.Wait()
	tide := newTide(w.o.Rate, w.o.Duration, rng)
	start := time.Now()
	for {
		at, ok := tide.next()
		if !ok || !sleep(ctx, time.Until(start.Add(at))) {
			return
		}
		// A few customers write much, most little.
		i := int(float64(len(customers)) * rng.Float64() * rng.Float64())
		said := customers[i].think(rng)
		writing.Go(func() { customers[i].speak(context.WithoutCancel(ctx), said) })
	}
}
