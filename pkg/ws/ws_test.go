package ws_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/pkg/ws"
)

func TestMain(m *testing.M) {
	testkit.NoLeaks(m)
}

const patience = time.Minute

// bench is a server of one connection and a client of it.
type bench struct {
	conn   *ws.Conn
	client *websocket.Conn
	got    chan string
}

func options() ws.Options {
	return ws.Options{
		CheckOrigin:  func(r *http.Request) bool { return r.Header.Get("Origin") != "https://evil.example" },
		OverflowCode: 4408, OverflowReason: "resume", CloseWait: patience,
	}
}

func serve(t *testing.T, opts ws.Options, onUpgrade func(*ws.Conn)) (url string) {
	t.Helper()
	up, err := ws.NewUpgrader(opts)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		onUpgrade(c)
	}))
	t.Cleanup(srv.Close)
	return "ws" + strings.TrimPrefix(srv.URL, "http")
}

func start(t *testing.T, opts ws.Options) *bench {
	t.Helper()
	b := &bench{got: make(chan string, 100)}
	conns := make(chan *ws.Conn, 1)
	url := serve(t, opts, func(c *ws.Conn) {
		c.Start(func(text []byte) error {
			if string(text) == "refuse me" {
				return fmt.Errorf("handler: %w", &ws.Closed{Code: 4001, Reason: "as you wish"})
			}
			if string(text) == "break" {
				return errors.New("broken inside")
			}
			b.got <- string(text)
			return nil
		}, nil)
		conns <- c
	})
	client, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	b.client, b.conn = client, <-conns
	t.Cleanup(func() {
		client.Close()
		b.wait(t)
	})
	return b
}

func (b *bench) wait(t *testing.T) {
	t.Helper()
	select {
	case <-b.conn.Done():
	case <-time.After(patience):
		t.Fatal("the connection did not end")
	}
}

func (b *bench) read(t *testing.T) string {
	t.Helper()
	b.client.SetReadDeadline(time.Now().Add(patience))
	_, p, err := b.client.ReadMessage()
	if err != nil {
		t.Fatal(err)
	}
	return string(p)
}

// readClose reads to the end and returns the code, and how many messages came
// before it.
func (b *bench) readClose(t *testing.T) (code int, reason string, before int) {
	t.Helper()
	b.client.SetReadDeadline(time.Now().Add(patience))
	for {
		_, _, err := b.client.ReadMessage()
		var ce *websocket.CloseError
		if errors.As(err, &ce) {
			return ce.Code, ce.Text, before
		} else if err != nil {
			t.Fatal(err)
		}
		before++
	}
}

func TestFramesArriveInOrderEachAsItsOwnMessage(t *testing.T) {
	b := start(t, options())
	prepared, err := websocket.NewPreparedMessage(websocket.TextMessage, []byte("prepared"))
	if err != nil {
		t.Fatal(err)
	}
	large := strings.Repeat("ü", 50_000)
	const rounds = 300
	for n := range rounds {
		if err := errors.Join(b.conn.Send(fmt.Append(nil, n)), b.conn.SendPrepared(prepared, 8)); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.conn.Send([]byte(large)); err != nil {
		t.Fatal(err)
	}
	for n := range rounds {
		if one, two := b.read(t), b.read(t); one != fmt.Sprint(n) || two != "prepared" {
			t.Fatalf("round %d: %q, %q", n, one, two)
		}
	}
	if got := b.read(t); got != large {
		t.Fatalf("the large frame became %d bytes", len(got))
	}
	for _, text := range []string{"one", "zwei ✓"} {
		if err := b.client.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := <-b.got; got != text {
			t.Fatalf("server read %q", got)
		}
	}
}

func TestManySendersAtOnce(t *testing.T) {
	opts := options()
	opts.QueueFrames = 1 << 20
	b := start(t, opts)
	const senders, each = 16, 300
	var wg sync.WaitGroup
	for s := range senders {
		wg.Go(func() {
			for n := range each {
				if err := b.conn.Send(fmt.Append(nil, s, " ", n)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	next := map[int]int{}
	for range senders * each {
		var s, n int
		if _, err := fmt.Sscan(b.read(t), &s, &n); err != nil {
			t.Fatal(err)
		}
		if next[s] != n {
			t.Fatalf("sender %d: frame %d, want %d", s, n, next[s])
		}
		next[s]++
	}
	wg.Wait()
	deadline := time.Now().Add(patience)
	for frames, bytes := b.conn.Queued(); frames != 0 || bytes != 0; frames, bytes = b.conn.Queued() {
		if time.Now().After(deadline) {
			t.Fatalf("%d frames, %d bytes left on the books", frames, bytes)
		}
	}
}

func TestSlowReaderIsClosedWithTheCode(t *testing.T) {
	for name, limit := range map[string]func(*ws.Options){
		"bytes":  func(o *ws.Options) { o.QueueBytes = 256 << 10 },
		"frames": func(o *ws.Options) { o.QueueFrames = 16 },
	} {
		t.Run(name, func(t *testing.T) {
			opts := options()
			limit(&opts)
			b := start(t, opts)
			frame := []byte(strings.Repeat("x", 16<<10))
			accepted := 0
			var err error
			for err == nil { // nobody reads until the queue is full
				if err = b.conn.Send(frame); err == nil {
					accepted++
				}
			}
			if !errors.Is(err, ws.ErrOverflow) {
				t.Fatalf("send gave %v", err)
			}
			if err := b.conn.Send(frame); !errors.Is(err, ws.ErrClosed) {
				t.Fatalf("send after overflow gave %v", err)
			}
			code, reason, before := b.readClose(t)
			if code != 4408 || reason != "resume" || before > accepted {
				t.Fatalf("closed with %d %q after %d of %d", code, reason, before, accepted)
			}
			b.wait(t)
			var why *ws.Closed
			if !errors.As(b.conn.Err(), &why) || why.Code != 4408 || why.Remote {
				t.Fatalf("ended with %v", b.conn.Err())
			}
		})
	}
}

func TestAReaderThatNeverReadsIsCutOff(t *testing.T) {
	opts := options()
	opts.WriteWait, opts.CloseWait, opts.QueueFrames = 50*time.Millisecond, 50*time.Millisecond, 1<<20
	opts.QueueBytes = 64 << 20
	b := start(t, opts)
	frame := []byte(strings.Repeat("x", 1<<20))
	for range 32 { // more than the kernel's buffers take
		if err := b.conn.Send(frame); err != nil {
			break
		}
	}
	b.wait(t)
	if b.conn.Err() == nil {
		t.Fatal("no reason given")
	}
}

func TestBadFramesAreAnsweredWithTheirCode(t *testing.T) {
	for name, c := range map[string]struct {
		kind int
		data []byte
		code int
	}{
		"huge":      {websocket.TextMessage, make([]byte, 1<<20), websocket.CloseMessageTooBig},
		"not utf-8": {websocket.TextMessage, []byte{'a', 0xff}, websocket.CloseInvalidFramePayloadData},
		"binary":    {websocket.BinaryMessage, []byte("x"), websocket.CloseUnsupportedData},
		"refused":   {websocket.TextMessage, []byte("refuse me"), 4001},
		"broken":    {websocket.TextMessage, []byte("break"), websocket.CloseInternalServerErr},
	} {
		t.Run(name, func(t *testing.T) {
			b := start(t, options())
			go b.client.WriteMessage(c.kind, c.data) // may fail half way: the server hangs up
			if code, _, _ := b.readClose(t); code != c.code {
				t.Fatalf("closed with %d, want %d", code, c.code)
			}
			b.client.Close() // the server lingers for what was cut off
			b.wait(t)
			var why *ws.Closed
			if !errors.As(b.conn.Err(), &why) || why.Code != c.code || why.Remote {
				t.Fatalf("ended with %v", b.conn.Err())
			}
			select {
			case got := <-b.got:
				t.Fatalf("the handler was given %d bytes", len(got))
			default:
			}
		})
	}
}

func TestBreachOfTheProtocolIsAnswered(t *testing.T) {
	b := start(t, options())
	if _, err := b.client.NetConn().Write([]byte{0xf1, 0x80, 0, 0, 0, 0}); err != nil { // reserved bits set
		t.Fatal(err)
	}
	if code, _, _ := b.readClose(t); code != websocket.CloseProtocolError {
		t.Fatalf("closed with %d", code)
	}
}

func TestSilentPeerIsNoticedAndAnAnsweringOneStays(t *testing.T) {
	testkit.Longer(t, 200*time.Millisecond, func(wait time.Duration) error {
		opts := options()
		opts.PingEvery, opts.PongWait = wait/10, wait
		silent, lively := start(t, opts), start(t, opts)
		pings := make(chan struct{}, 1000)
		answer := lively.client.PingHandler()
		lively.client.SetPingHandler(func(s string) error { pings <- struct{}{}; return answer(s) })
		reading := make(chan struct{})
		go func() {
			defer close(reading)
			lively.client.ReadMessage() // runs the ping handler until the end
		}()
		silent.wait(t) // its client never reads, so never answers
		if !errors.Is(silent.conn.Err(), ws.ErrSilent) {
			t.Fatalf("ended with %v", silent.conn.Err())
		}
		for range 20 { // outlives PongWait
			select {
			case <-pings:
			case <-lively.conn.Done():
				return fmt.Errorf("the lively one was closed: %w", lively.conn.Err())
			}
		}
		lively.conn.Close(websocket.CloseNormalClosure, "")
		<-reading
		return nil
	})
}

func TestCloseWritesWhatIsQueuedFirst(t *testing.T) {
	b := start(t, options())
	for range 50 {
		if err := b.conn.Send([]byte("last words")); err != nil {
			t.Fatal(err)
		}
	}
	b.conn.Close(4003, strings.Repeat("é", 100))
	b.conn.Close(4004, "the first wins")
	code, reason, before := b.readClose(t)
	if code != 4003 || before != 50 || reason != strings.Repeat("é", 61) {
		t.Fatalf("closed with %d %q after %d", code, reason, before)
	}
	b.wait(t)
}

func TestTheOtherSideCloses(t *testing.T) {
	b := start(t, options())
	msg := websocket.FormatCloseMessage(websocket.CloseGoingAway, "bye")
	if err := b.client.WriteControl(websocket.CloseMessage, msg, time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := b.readClose(t); code != websocket.CloseGoingAway {
		t.Fatalf("echoed %d", code)
	}
	b.wait(t)
	var why *ws.Closed
	if !errors.As(b.conn.Err(), &why) || !why.Remote || why.Code != websocket.CloseGoingAway {
		t.Fatalf("ended with %v", b.conn.Err())
	}
	if err := b.conn.Send([]byte("x")); !errors.Is(err, ws.ErrClosed) {
		t.Fatalf("send gave %v", err)
	}
}

func TestCutWireEndsTheConnectionAndTellsTheOwner(t *testing.T) {
	ended := make(chan error, 1)
	url := serve(t, options(), func(c *ws.Conn) { c.Start(func([]byte) error { return nil }, func(err error) { ended <- err }) })
	client, _, err := websocket.DefaultDialer.Dial(url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client.NetConn().Close()
	select {
	case err := <-ended:
		if err == nil {
			t.Fatal("no reason given")
		}
	case <-time.After(patience):
		t.Fatal("the owner was not told")
	}
}

func TestOriginIsChecked(t *testing.T) {
	url := serve(t, options(), func(c *ws.Conn) { t.Error("upgraded"); c.Close(1000, "") })
	_, resp, err := websocket.DefaultDialer.Dial(url, http.Header{"Origin": {"https://evil.example"}})
	if err == nil || resp.StatusCode != http.StatusForbidden {
		t.Fatalf("dial gave %v", err)
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	for name, spoil := range map[string]func(*ws.Options){
		"no origin check": func(o *ws.Options) { o.CheckOrigin = nil },
		"reserved code":   func(o *ws.Options) { o.OverflowCode = 1000 },
		"long reason":     func(o *ws.Options) { o.OverflowReason = strings.Repeat("x", 124) },
		"pong below ping": func(o *ws.Options) { o.PingEvery, o.PongWait = time.Minute, time.Second },
	} {
		opts := options()
		spoil(&opts)
		if _, err := ws.NewUpgrader(opts); err == nil {
			t.Errorf("%s passed", name)
		}
	}
}
