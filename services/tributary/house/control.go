package house

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/tributary-inbox/tributary/pkg/run"
)

// The control socket lets the commands of the same user ask a running program:
// a file in the data folder, which only its owner may enter.

func socketPath(data string) string { return filepath.Join(data, "control.sock") }

func (h *House) addControl() error {
	if h.Ground.Server == nil {
		return nil // an external NATS is reached by itself
	}
	path := socketPath(h.settings.Data)
	if err := ignoreMissing(os.Remove(path)); err != nil { // left by a killed process; the lock says it is ours
		return fmt.Errorf("control socket: %w", err)
	}
	if len(path) > 100 {
		h.log.Warn().Msg("the data folder's path is too long for a control socket; back up and verify with the program stopped")
		return nil
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return errors.Join(fmt.Errorf("control socket: %w", err), listener.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /backup", h.controlBackup)
	mux.HandleFunc("POST /verify", h.controlVerify)
	web := &http.Server{Handler: mux}
	h.group.Add("control", run.Func(func(ctx context.Context, ready func()) error {
		served := make(chan error, 1)
		go func() { served <- web.Serve(listener) }()
		ready()
		select {
		case err := <-served:
			return err
		case <-ctx.Done():
			return web.Close()
		}
	}))
	return nil
}

// confirmation is every good answer of the control socket. An answer without the
// word of what was done, as an empty one, confirms nothing.
type confirmation struct {
	Done   string   `json:"done"`
	Backup *Written `json:"backup,omitempty"`
	Report *Report  `json:"report,omitempty"`
}

// maxConfirmation bounds an answer of the control socket, in bytes. A report has a
// line for each inbox and a hundred faults at most.
const maxConfirmation = 64 << 20

var (
	errNoWord = errors.New("the running program's answer does not say that it was done")
	errDied   = errors.New("the running program ended, or let go, before it had answered")
)

func (h *House) controlBackup(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Query().Get("file")
	if !filepath.IsAbs(path) {
		http.Error(w, "name the file by its whole path", http.StatusBadRequest)
		return
	}
	made, err := Backup(r.Context(), h.Ground, h.settings.Data, path)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	confirm(w, confirmation{Done: "backup", Backup: &made})
}

func (h *House) controlVerify(w http.ResponseWriter, r *http.Request) {
	report, err := Verify(r.Context(), h.Ground)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	confirm(w, confirmation{Done: "verify", Report: report})
}

func confirm(w http.ResponseWriter, c confirmation) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(c) // a peer that is gone cannot be told
}

// ask has the running program do something, over its control socket.
func ask(ctx context.Context, data, what string, query url.Values) (confirmation, error) {
	var dialed error
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (conn net.Conn, err error) {
		conn, dialed = new(net.Dialer).DialContext(ctx, "unix", socketPath(data))
		return conn, dialed
	}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control/"+what+"?"+query.Encode(), nil)
	if err != nil {
		return confirmation{}, err
	}
	resp, err := client.Do(req)
	switch {
	case ctx.Err() != nil:
		return confirmation{}, ctx.Err()
	case dialed != nil:
		return confirmation{}, fmt.Errorf("%w: %s: it takes no questions, being a tool or about to start or to end: %w", ErrInUse, data, dialed)
	case err != nil:
		return confirmation{}, fmt.Errorf("%w: %w", errDied, err)
	}
	defer func() { _ = resp.Body.Close() }() // only read
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxConfirmation))
	if err != nil {
		return confirmation{}, fmt.Errorf("%w: %w", errDied, err)
	}
	if resp.StatusCode != http.StatusOK {
		return confirmation{}, fmt.Errorf("the running program says: %.1000s", strings.TrimSpace(string(body)))
	}
	var said confirmation
	if err := json.Unmarshal(body, &said); err != nil {
		return confirmation{}, fmt.Errorf("%w: %w", errNoWord, err)
	}
	if said.Done != what {
		return confirmation{}, errNoWord
	}
	return said, nil
}
