package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/natsd"
	"github.com/tributary-inbox/tributary/pkg/ws"
)

// bare is the pipeline of the same parts with nothing of the product in it:
// bytes that are posted are appended, read, appended again, and shown.
type bare struct {
	in, out *eventlog.Log
	up      *ws.Upgrader

	mu    sync.Mutex // guards conns
	conns map[*ws.Conn]struct{}
}

// Bare serves the bare pipeline from the folder until ctx ends. It says where
// it listens like the program itself. POST /hook takes a message, /live is the
// socket.
func Bare(ctx context.Context, dir string, out io.Writer) error {
	server, err := natsd.Start(ctx, natsd.Options{StoreDir: dir, Name: "bare"})
	if err != nil {
		return err
	}
	defer server.Shutdown()
	sync := eventlog.NewBlockSync(server.StreamDir)
	closeSync := func() error { return sync.Close() }
	b := &bare{conns: map[*ws.Conn]struct{}{}}
	var conns []*nats.Conn
	defer func() {
		for _, nc := range conns {
			nc.Close()
		}
	}()
	for name, log := range map[string]**eventlog.Log{"IN": &b.in, "OUT": &b.out} {
		nc, err := server.Connect(name)
		if err != nil {
			return err
		}
		conns = append(conns, nc)
		*log, err = eventlog.Open(ctx, nc, eventlog.Config{Stream: jetstream.StreamConfig{Name: name, Subjects: []string{name + ".>"}}, Commit: sync})
		if err != nil {
			return err
		}
		defer (*log).Close()
	}
	if b.up, err = ws.NewUpgrader(ws.Options{CheckOrigin: func(*http.Request) bool { return true }, OverflowCode: 4408, OverflowReason: "too slow", QueueFrames: 8192}); err != nil {
		return err
	}
	return errors.Join(b.serve(ctx, out), closeSync())
}

func (b *bare) serve(ctx context.Context, out io.Writer) error {
	raw := func(r feed.Raw) ([]byte, error) { return r.Data, nil }
	in, err := feed.Open(ctx, b.in, raw, feed.Options{})
	if err != nil {
		return err
	}
	defer in.Close()
	facts, err := feed.Open(ctx, b.out, raw, feed.Options{})
	if err != nil {
		return err
	}
	defer facts.Close()
	var working sync.WaitGroup
	defer working.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	working.Go(func() { b.pass(ctx, in.From(in.Head())) })
	working.Go(func() { b.show(ctx, facts.From(facts.Head())) })

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hook", b.take)
	mux.HandleFunc("GET /live", b.join)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	working.Go(func() {
		<-ctx.Done()
		_ = web.Close() // the process ends with it
	})
	line, err := json.Marshal(map[string]string{"event": "listening", "http": listener.Addr().String()})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n", line)
	if err := web.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (b *bare) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "unreadable", http.StatusBadRequest)
		return
	}
	seq, err := b.in.Append(r.Context(), eventlog.Message{Subject: "IN.m", Data: body})
	if err != nil {
		http.Error(w, "not stored", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	fmt.Fprintf(w, `{"event":"%d"}`, seq)
}

// pass is where the router stands in the program.
func (b *bare) pass(ctx context.Context, cursor *feed.Cursor[[]byte]) {
	for {
		entries, err := cursor.Next(ctx)
		if err != nil {
			return
		}
		for _, e := range entries {
			b.out.AppendAsync(eventlog.Message{Subject: "OUT.m", Data: e.Value})
		}
	}
}

// show is where the hub stands.
func (b *bare) show(ctx context.Context, cursor *feed.Cursor[[]byte]) {
	for {
		entries, err := cursor.Next(ctx)
		if err != nil {
			return
		}
		for _, e := range entries {
			frame := fmt.Appendf(nil, `{"type":"event","id":"1","cursor":"%d",%s,"message":%s}`, e.Seq, addedFact, e.Value)
			if err := b.spread(frame); err != nil {
				fmt.Fprintln(os.Stderr, "bare:", err)
			}
		}
	}
}

func (b *bare) spread(frame []byte) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.conns) < 30 { // below that, framing once costs more than it saves
		for c := range b.conns {
			_ = c.Send(frame) // one that is closing is taken out when it has ended
		}
		return nil
	}
	prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, frame)
	if err != nil {
		return fmt.Errorf("prepare frame: %w", err)
	}
	for c := range b.conns {
		_ = c.SendPrepared(prepared, len(frame)) // likewise
	}
	return nil
}

func (b *bare) join(w http.ResponseWriter, r *http.Request) {
	conn, err := b.up.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	conn.Start(func([]byte) error {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.conns[conn] = struct{}{}
		return conn.Send([]byte(`{"type":"snapshot","id":"1","items":[]}`))
	}, func(error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.conns, conn)
	})
}
