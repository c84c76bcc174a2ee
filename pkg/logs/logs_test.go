package logs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/tributary-inbox/tributary/pkg/logs"
)

const private = "the-customers-own-words"

type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func TestNewWritesJSONOrConsoleAndRefusesTheRest(t *testing.T) {
	var out buffer
	log, err := logs.New(&out, logs.JSON, "debug")
	if err != nil {
		t.Fatal(err)
	}
	log.Trace().Msg("below the level")
	log.Debug().Str("inbox", "in1").Msg("hello")
	var line map[string]string
	if err := json.Unmarshal([]byte(out.String()), &line); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	if at, err := time.Parse(time.RFC3339, line["time"]); err != nil || at.Location() != time.UTC {
		t.Fatalf("time %q is not in UTC: %v", line["time"], err)
	}
	if line["level"] != "debug" || line["message"] != "hello" || line["inbox"] != "in1" {
		t.Fatalf("line %v", line)
	}
	var console buffer
	log, err = logs.New(&console, logs.Console, "")
	if err != nil {
		t.Fatal(err)
	}
	log.Info().Msg("hello")
	if s := console.String(); !strings.Contains(s, "hello") || strings.HasPrefix(s, "{") {
		t.Fatalf("console wrote %q", s)
	}
	if _, err := logs.New(&out, "xml", ""); err == nil {
		t.Error("format xml passed")
	}
	if _, err := logs.New(&out, logs.JSON, "loud"); err == nil {
		t.Error("level loud passed")
	}
}

func TestWatermillAdapterNeverWritesAMessage(t *testing.T) {
	var out buffer
	log, err := logs.New(&out, logs.JSON, "trace")
	if err != nil {
		t.Fatal(err)
	}
	msg := message.NewMessage("uuid-1", []byte(private))
	msg.Metadata.Set("subject", private)
	a := logs.Watermill(log).With(watermill.LogFields{
		"topic": "orders", "msg": msg, "msgs": message.Messages{msg}, "raw": msg.Payload,
		"bytes": []byte(private), "meta": msg.Metadata, "message_payload": private, "n": 3,
	})
	fields := watermill.LogFields{"value": *bytes.NewBufferString(private), "took": time.Second}
	a.Error("failed", errors.New("no route"), fields)
	a.Info("info", fields)
	a.Debug("debug", fields)
	a.Trace("trace", fields)
	got := out.String()
	if strings.Contains(got, private) || strings.Contains(got, "dGhlLWN1c3RvbWVycw") {
		t.Fatalf("a message reached the log:\n%s", got)
	}
	for _, want := range []string{`"topic":"orders"`, `"n":3`, `"error":"no route"`, `"took":1000`, "failed", "trace"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in\n%s", want, got)
		}
	}
	if n := strings.Count(got, "\n"); n != 4 {
		t.Errorf("%d lines, want 4", n)
	}
	out.b.Reset()
	a.Error("long", errors.New(strings.Repeat("é", 10_000)), nil)
	if len(out.String()) > 2048 {
		t.Errorf("a long error was not cut: %d bytes", len(out.String()))
	}
}

func TestNATSAdapterNeverWritesTraffic(t *testing.T) {
	var out buffer
	log, err := logs.New(&out, logs.JSON, "trace")
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.NewServer(&server.Options{Host: "127.0.0.1", Port: -1, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.SetLoggerV2(logs.NATS(log), true, true, true) // debug, trace and system trace on
	srv.Start()
	defer srv.WaitForShutdown()
	defer srv.Shutdown()
	if !srv.ReadyForConnections(time.Minute) {
		t.Fatal("server not ready")
	}
	nc, err := nats.Connect(srv.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	msg := nats.NewMsg("subject")
	msg.Header.Set("Name", private)
	msg.Data = []byte(private)
	if err := errors.Join(nc.PublishMsg(msg), nc.Flush()); err != nil {
		t.Fatal(err)
	}
	for _, rubbish := range []string{private + "\r\n", "PUB " + private + "\r\n", "HPUB a b " + private + "\r\n",
		"SUB " + private + " " + private + " x y\r\n", "PUB " + strings.Repeat(private, 300) + "\r\n"} {
		speakRubbish(t, srv.Addr().String(), rubbish)
	}
	if got := out.String(); strings.Contains(got, private) {
		t.Fatalf("traffic reached the log:\n%s", got)
	} else if !strings.Contains(got, "[withheld]") || !strings.Contains(got, "Listening for client") {
		t.Fatalf("the adapter lost lines it should write:\n%s", got)
	}
}

// speakRubbish returns once the server has hung up, after which the error has
// been logged.
func speakRubbish(t *testing.T, addr, text string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Minute))
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 1024); err == nil; {
		_, err = c.Read(b)
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		t.Fatalf("the server did not hang up on %.20q", text)
	}
}

func TestNATSFatalDoesNotEndTheProgram(t *testing.T) {
	var out buffer
	log, err := logs.New(&out, logs.JSON, "")
	if err != nil {
		t.Fatal(err)
	}
	a := logs.NATS(log)
	a.Fatalf("no %s", "disk")
	a.Warnf("slow %d", 1)
	a.Noticef("quiet at info")
	if got := out.String(); !strings.Contains(got, `"level":"fatal"`) || !strings.Contains(got, "no disk") ||
		!strings.Contains(got, "slow 1") || strings.Contains(got, "quiet") {
		t.Fatalf("wrote %s", got)
	}
}
