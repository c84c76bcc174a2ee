package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// provider is the fake of one channel's provider, served on loopback for as long
// as the simulation runs, and the inbox that talks to it.
type provider struct {
	fake.Provider
	server *http.Server
	api    string
	hook   string // path
}

// openProviders serves the fakes and makes an inbox for each.
func (w *world) openProviders(ctx context.Context) error {
	for _, f := range w.o.Providers {
		p := &provider{Provider: f}
		if err := p.serve(); err != nil {
			return err
		}
		w.providers = append(w.providers, p)
		if err := w.makeInbox(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (p *provider) serve() (err error) {
	p.server, p.api, err = serve(p.Kind(), p.Provider)
	return err
}

// serve serves a fake on a port of loopback until the server is closed.
func serve(kind string, h http.Handler) (server *http.Server, api string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("serve the fake of %s: %w", kind, err)
	}
	server = &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // ends when it is closed
	return server, "http://" + listener.Addr().String(), nil
}

func (w *world) closeProviders() {
	for _, p := range w.providers {
		_ = p.server.Close()
	}
}

// makeInbox makes a provider's inbox.
func (w *world) makeInbox(ctx context.Context, p *provider) error {
	m, err := w.settleInbox(ctx, p, p.api)
	p.hook = m.HookPath
	return err
}

// settler is a fake that says how an inbox must be set to talk to it.
type settler interface {
	Kind() string
	Settings(api, hook string) (settings json.RawMessage, secrets map[string]string)
}

// settleInbox makes an inbox twice over: some providers sign the address they
// call, which is not known before the inbox is there.
func (w *world) settleInbox(ctx context.Context, p settler, api string) (made, error) {
	settings, err := filled(p, api, w.o.URL+"/hooks/"+p.Kind()+"/not-known-yet")
	if err != nil {
		return made{}, err
	}
	m, err := w.add(ctx, p.Kind(), "", settings)
	if err != nil {
		return m, err
	}
	if settings, err = filled(p, api, w.o.URL+m.HookPath); err != nil {
		return m, err
	}
	if err := w.admin.call(ctx, "PATCH", "/api/v1/inboxes/"+m.ID, 0, map[string]any{"settings": settings}, nil); err != nil {
		return m, fmt.Errorf("settle the %s inbox: %w", p.Kind(), err)
	}
	return m, nil
}

func filled(p settler, api, hook string) (map[string]any, error) {
	plain, secrets := p.Settings(api, hook)
	out := map[string]any{}
	if err := json.Unmarshal(plain, &out); err != nil {
		return nil, fmt.Errorf("settings of the fake of %s: %w", p.Kind(), err)
	}
	for name, value := range secrets {
		out[name] = value
	}
	return out, nil
}

// say has the provider tell what a customer wrote.
func (c *customer) say(ctx context.Context, p *provider, u utterance) error {
	return c.world.deliver(ctx, p.Kind(), p.hook, p.Say(c.id, number(u.mark), u.text, c.world.sentAt(u.mark).UTC()))
}

// repeats reports whether what a channel's provider missed the answer to comes
// again. Where it does not, a second telling would be a second message.
func (w *world) repeats(kind string) bool {
	for _, p := range w.providers {
		if r, ok := p.Provider.(interface{ Repeats() bool }); ok && p.Kind() == kind {
			return r.Repeats()
		}
	}
	return true
}

// deliver brings a request to a hook. Whatever is no success is asked again by
// the caller, as most providers do.
func (w *world) deliver(ctx context.Context, kind, hook string, r fake.Request) error {
	req, err := r.Request(ctx, w.o.URL+hook)
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	res, err := w.admin.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("%s: %w", kind, err)
	}
	if res.StatusCode/100 != 2 {
		return errors.Join(&refused{"POST hook of " + kind, res.StatusCode, ""}, fmt.Errorf("%.200s", answer))
	}
	return nil
}

// tellProviders counts the answers that providers took, and those that they
// took twice although nobody had asked for it twice.
func (w *world) tellProviders() (twice int) {
	servers := w.relays()
	for _, p := range w.providers {
		servers[p.Kind()] = p.State()
	}
	for name, server := range servers {
		times := map[string]int{}
		for _, m := range server.Sent() {
			if mark := findMark(m.Text, w.run); mark != "" {
				times[mark]++
			}
		}
		for mark, n := range times {
			w.books.count("answers taken by " + name)
			if n > 1 {
				w.say("TAKEN TWICE %s by %s: %d", mark, name, n)
				twice++
			}
		}
	}
	return twice
}
