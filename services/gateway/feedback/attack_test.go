package feedback

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/surveylink"
	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/kv"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// A token that nobody here made is not remembered: they are as long, and as many, as
// a stranger likes, and would push out what is known of real ones.
func TestGuessedTokensAreNotRemembered(t *testing.T) {
	s := testkit.NATS(t)
	log, err := eventlog.Open(t.Context(), s.Conn(t), eventlog.Config{Stream: kv.Stream(events.ConfigBucket), Commit: s.Commit})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	table, err := kv.Open[config.FileKeys](t.Context(), s.Conn(t), log, events.ConfigBucket, config.KindFileKeys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(table.Close)
	d := New(Deps{Links: surveylink.New(table, "", nil), IP: func(*http.Request) string { return "10.0.0.1" }, Now: time.Now, Log: zerolog.Nop()})
	for i := range 50 {
		r := httptest.NewRequest(http.MethodPost, "/s/x", strings.NewReader("score=5"))
		r.SetPathValue("token", strings.Repeat("A", 20_000+i))
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if w.Code != http.StatusNotFound {
			t.Fatalf("guess %d: %d", i, w.Code)
		}
	}
	if n := d.posts.Known(); n != 0 {
		t.Errorf("%d guesses are remembered", n)
	}
}
