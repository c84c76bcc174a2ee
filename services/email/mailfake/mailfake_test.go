package mailfake_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/testkit"

	"github.com/tributary-inbox/tributary/services/email/mailfake"
	"github.com/tributary-inbox/tributary/services/email/mailgun/mailgunfake"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
	"github.com/tributary-inbox/tributary/services/email/postmark/postmarkfake"
	"github.com/tributary-inbox/tributary/services/email/sendgrid/sendgridfake"
	"github.com/tributary-inbox/tributary/services/email/ses/sesfake"
)

func TestMain(m *testing.M) { testkit.NoLeaks(m) }

var letter = mailfake.Letter{
	From: "jane@customers.example", Name: "김민지", To: "help@example.com", Subject: "배송 문의", Text: "언제 오나요?\n\nJane", ID: "l1@customers.example",
	Answers: []string{"a@example.com", "b@example.com"}, Quoted: "On Mon, 5 Jan 2026 at 10:00, Help <help@example.com> wrote:\n> soon", At: time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC),
}

func TestALetterIsAMail(t *testing.T) {
	m := mailparse.Parse(letter.Bytes(), mailparse.Options{})
	if m.MessageID != letter.ID || m.Subject != letter.Subject || m.From[0].Name != letter.Name || m.From[0].Address != letter.From || !m.Date.Equal(letter.At) || len(m.References) != 2 || m.InReplyTo[0] != "b@example.com" {
		t.Errorf("%+v", m)
	}
	if m.Reply != letter.Text || m.Quoted == "" {
		t.Errorf("reply %q, quoted %q", m.Reply, m.Quoted)
	}
}

// Each provider comes again after the answers that its documentation names, and
// after no other.
func TestPatienceOfProviders(t *testing.T) {
	for name, c := range map[string]struct {
		p     mailfake.Provider
		again []int
		final []int
	}{
		"sendgrid": {sendgridfake.New(), []int{500, 503}, []int{400, 404, 429, 301}},
		"mailgun":  {mailgunfake.New(), []int{500, 404, 429, 401, 301}, []int{406}},
		"postmark": {postmarkfake.New(), []int{500, 404, 429, 401}, []int{403}},
		"ses":      {sesfake.New(), []int{500, 429, 503}, []int{400, 403, 404}},
	} {
		if err := c.p.Open(); err != nil {
			t.Fatal(err)
		}
		try := func(status int) (posts int32, err error) {
			var n atomic.Int32
			hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("X-Amz-Sns-Message-Type") == "SubscriptionConfirmation" {
					confirm(t, r)
					return
				}
				if n.Add(1) == 1 {
					w.WriteHeader(status)
				}
			}))
			defer hook.Close()
			err = c.p.Tell(t.Context(), hook.URL, letter)
			return n.Load(), err
		}
		for _, status := range c.again {
			if n, err := try(status); n != 2 || err != nil {
				t.Errorf("%s after %d: %d posts, %v", name, status, n, err)
			}
		}
		for _, status := range c.final {
			if n, err := try(status); n != 1 || !errors.Is(err, mailfake.ErrGivenUp) {
				t.Errorf("%s after %d: %d posts, %v", name, status, n, err)
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.p.Tell(ctx, "http://127.0.0.1:1", letter); err == nil {
			t.Errorf("%s told nobody, and was content", name)
		}
		if err := c.p.Close(); err != nil {
			t.Error(err)
		}
	}
}

// confirm does what a subscriber of a topic does.
func confirm(t *testing.T, r *http.Request) {
	t.Helper()
	where, err := sesfake.SubscribeURL(r.Body)
	if err != nil {
		t.Error(err)
		return
	}
	res, err := http.Get(where) //nolint:gosec,noctx // the fake's own address
	if err != nil {
		t.Error(err)
		return
	}
	_ = res.Body.Close()
	http.DefaultClient.CloseIdleConnections()
}

// A hook that never confirms gets no mail.
func TestSNSWaitsForTheConfirmation(t *testing.T) {
	f := sesfake.New()
	if err := f.Open(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	var posts atomic.Int32
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posts.Add(1) }))
	defer hook.Close()
	if err := f.Tell(t.Context(), hook.URL, letter); !errors.Is(err, mailfake.ErrGivenUp) || posts.Load() != 1 {
		t.Errorf("%d posts, %v", posts.Load(), err)
	}
}
