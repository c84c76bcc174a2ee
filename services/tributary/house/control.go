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

func (h *House) controlBackup(w http.ResponseWriter, r *http.Request) {
	if err := Backup(r.Context(), h.Ground, h.settings.Data, r.URL.Query().Get("file")); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (h *House) controlVerify(w http.ResponseWriter, r *http.Request) {
	report, err := Verify(r.Context(), h.Ground, true)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(report)
}

// ask sends a request to the running program's control socket.
func ask(ctx context.Context, data, path string, query url.Values) ([]byte, error) {
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socketPath(data))
	}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://control"+path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask the running program: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, fmt.Errorf("ask the running program: %w", err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(strings.TrimSpace(string(body)))
	}
	return body, nil
}
