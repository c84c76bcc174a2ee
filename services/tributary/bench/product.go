package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

const (
	adminEmail    = "bench@example.com"
	adminPassword = "measure twice, cut once"
)

// product is the program under test, with an inbox to post to.
type product struct {
	*server
	token, hook string
	crew        []string // ids of the agents of a queue
	idle        float64  // MiB a moment after the start, before anybody signed in
}

// startProduct starts the program on a folder and signs in. A fresh folder gets
// an inbox.
func (s *suite) startProduct(ctx context.Context, data string) (*product, error) {
	began := time.Now()
	args := []string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--smtp-listen", "127.0.0.1:0", "--mail-dns", "off", "--log-format", "json", "--log-level", "warn"}
	if s.o.Profile != "" {
		args = append(args, "--pprof")
	}
	c, err := launch(ctx, []string{"TRIBUTARY_ADMIN_EMAIL=" + adminEmail, "TRIBUTARY_ADMIN_PASSWORD=" + adminPassword}, args...)
	if err != nil {
		return nil, err
	}
	srv, err := listening(c, began)
	if err != nil {
		return nil, err
	}
	p := &product{server: srv}
	pause(ctx, idleWait)
	p.idle, _ = p.memory()
	if err := p.settle(ctx); err != nil {
		return nil, joined(err, p.stop())
	}
	return p, nil
}

func (p *product) settle(ctx context.Context) error {
	var session struct{ Token string }
	if err := p.rest(ctx, "POST", "/session", map[string]string{"email": adminEmail, "password": adminPassword}, &session); err != nil {
		return err
	}
	p.token = session.Token
	type inbox struct {
		HookPath string `json:"hook_path"`
	}
	var known struct{ Items []inbox }
	if err := p.rest(ctx, "GET", "/inboxes", nil, &known); err != nil {
		return err
	}
	if len(known.Items) == 0 {
		var made inbox
		settings := map[string]string{"profile": "plain", "auth": "none"}
		if err := p.rest(ctx, "POST", "/inboxes", map[string]any{"channel": "webhook", "name": "bench", "settings": settings}, &made); err != nil {
			return err
		}
		known.Items = append(known.Items, made)
	}
	p.hook = known.Items[0].HookPath
	return nil
}

// rest asks the REST interface; into may be nil.
func (p *product) rest(ctx context.Context, method, path string, body, into any) error {
	var data []byte
	if body != nil {
		var err error
		if data, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode %s: %w", path, err)
		}
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://"+p.http+"/api/v1"+path, bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+p.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("%s %s answered %d", method, path, res.StatusCode)
	}
	if into == nil {
		return nil
	}
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// aim fills in where a plan goes.
func (p *product) aim(plan Plan) Plan {
	plan.Address, plan.Token, plan.Hook = p.http, p.token, p.hook
	plan.Live = "ws://" + p.http + "/live?token=" + url.QueryEscape(p.token)
	plan.Marker = `"provider_id":"` + idPrefix
	return plan
}

// startBare starts the bare pipeline, as a target of the same plans.
func (s *suite) startBare(ctx context.Context, data string) (*server, func(Plan) Plan, error) {
	began := time.Now()
	c, err := launch(ctx, nil, "bench", "bare", data)
	if err != nil {
		return nil, nil, err
	}
	srv, err := listening(c, began)
	if err != nil {
		return nil, nil, err
	}
	return srv, func(plan Plan) Plan {
		plan.Address, plan.Hook, plan.Live = srv.http, "/hook", "ws://"+srv.http+"/live"
		plan.Marker = `"id":"` + idPrefix
		return plan
	}, nil
}

// load runs the generator as a process of its own. ready, which may be nil, is
// called when a crowd has gathered.
func (s *suite) load(ctx context.Context, plan Plan, ready func() error) (*Result, error) {
	c, err := launch(ctx, nil, "bench", "load")
	if err != nil {
		return nil, err
	}
	res, err := talk(c, plan, ready)
	_ = c.in.Close() // it has read all it needs, or has ended
	if err != nil {
		return nil, joined(err, c.stop())
	}
	return res, c.wait()
}

func talk(c *child, plan Plan, ready func() error) (*Result, error) {
	enc, dec := json.NewEncoder(c.in), json.NewDecoder(c.out)
	if err := enc.Encode(plan); err != nil {
		return nil, fmt.Errorf("tell the generator: %w", err)
	}
	res := &Result{}
	if ready != nil {
		if err := dec.Decode(res); err != nil {
			return nil, fmt.Errorf("wait for the crowd: %w", err)
		}
		if err := ready(); err != nil {
			return nil, err
		}
		if err := enc.Encode(struct{}{}); err != nil {
			return nil, fmt.Errorf("tell the generator: %w", err)
		}
	}
	if err := dec.Decode(res); err != nil {
		return nil, fmt.Errorf("hear from the generator: %w", err)
	}
	return res, nil
}
