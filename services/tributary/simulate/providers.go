package simulate

import (
	"context"
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

func (p *provider) serve() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("serve the fake of %s: %w", p.Kind(), err)
	}
	p.api = "http://" + listener.Addr().String()
	p.server = &http.Server{Handler: p.Provider, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(listener) }() // ends with closeProviders
	return nil
}

func (w *world) closeProviders() {
	for _, p := range w.providers {
		_ = p.server.Close()
	}
}

// makeInbox makes the inbox twice over: some providers sign the address they
// call, which is not known before the inbox is there.
func (w *world) makeInbox(ctx context.Context, p *provider) error {
	var m made
	body := map[string]any{"channel": p.Kind(), "name": "simulated " + p.Kind() + " " + w.run}
	var err error
	if body["settings"], err = fake.Filled(p, p.api, w.o.URL+"/hooks/"+p.Kind()+"/not-known-yet"); err != nil {
		return err
	}
	if err := w.admin.call(ctx, "POST", "/api/v1/inboxes", 0, body, &m); err != nil {
		return fmt.Errorf("make the %s inbox: %w", p.Kind(), err)
	}
	w.inbox.ids, p.hook = append(w.inbox.ids, m.ID), m.HookPath
	change := map[string]any{}
	if change["settings"], err = fake.Filled(p, p.api, w.o.URL+m.HookPath); err != nil {
		return err
	}
	if err := w.admin.call(ctx, "PATCH", "/api/v1/inboxes/"+m.ID, 0, change, nil); err != nil {
		return fmt.Errorf("settle the %s inbox: %w", p.Kind(), err)
	}
	return nil
}

// say has the provider tell what a customer wrote. Whatever is no success is
// asked again by the caller, as most providers do.
func (c *customer) say(ctx context.Context, p *provider, u utterance) error {
	r := p.Say(c.id, number(u.mark), u.text, c.world.sentAt(u.mark).UTC())
	req, err := r.Request(ctx, c.world.o.URL+p.hook)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Kind(), err)
	}
	res, err := c.world.admin.http.Do(req)
	if err != nil {
		return fmt.Errorf("%s: %w", p.Kind(), err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("%s: %w", p.Kind(), err)
	}
	if res.StatusCode/100 != 2 {
		return errors.Join(&refused{"POST hook of " + p.Kind(), res.StatusCode, ""}, fmt.Errorf("%.200s", answer))
	}
	return nil
}

// tellProviders counts the answers that providers took, and those that they
// took twice although nobody had asked for it twice.
func (w *world) tellProviders() (twice int) {
	for _, p := range w.providers {
		times := map[string]int{}
		for _, m := range p.State().Sent() {
			if mark := findMark(m.Text, w.run); mark != "" {
				times[mark]++
			}
		}
		for mark, n := range times {
			w.books.count("answers taken by " + p.Kind())
			if n > 1 {
				w.say("TAKEN TWICE %s by %s: %d", mark, p.Kind(), n)
				twice++
			}
		}
	}
	return twice
}
