package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// Plan is how bad it gets.
type Plan struct {
	// Kills is how often the program is killed.
	Kills int
	// Seed makes the same choices again; the program's own timing still differs.
	Seed uint64
}

// Report is what came of it.
type Report struct {
	Kills, Wiped          int
	Acknowledged, Retried int64
	Answers               int
	Slowest               time.Duration // from a start to ready
}

// String is the report as one line.
func (r Report) String() string {
	return fmt.Sprintf("%d kills (%d with every derived file deleted): %d messages acknowledged after %d retries, %d answers, slowest start %v",
		r.Kills, r.Wiped, r.Acknowledged, r.Retried, r.Answers, r.Slowest.Round(time.Millisecond))
}

const identitySecret = "the storm's identity secret"

// storm is the running state; what the customers share is atomic.
type storm struct {
	t     testing.TB
	child *rig.Child
	admin *rig.Agent
	shop  *rig.Receiver
	hook  rig.Inbox
	mail  rig.Inbox
	chat  rig.Inbox

	acked   atomic.Int64
	retried atomic.Int64

	mu   sync.Mutex // guards said and all below
	said []string   // texts that were acknowledged
	// answered holds each answer by its text.
	answered map[string]events.Message
	errs     []error
}

// Run makes a storm and fails the test where anything was lost, doubled or put
// out of order.
func Run(t testing.TB, plan Plan) Report {
	t.Helper()
	s := &storm{t: t, answered: map[string]events.Message{}, shop: rig.NewReceiver(t)}
	s.child = rig.Start(t, filepath.Join(t.TempDir(), "data"), "--log-level", "warn")
	s.admin = s.child.Admin(t)
	s.hook = s.admin.Inbox("webhook", "shop", map[string]any{"reply_url": s.shop.URL, "allow_private": true})
	s.mail = s.admin.Inbox("email", "help", map[string]any{"address": "help@example.com"})
	s.chat = s.admin.Inbox("webchat", "site", map[string]any{"identity_secret": identitySecret})
	ctx, calm := context.WithCancel(context.Background())
	defer calm()
	var people sync.WaitGroup
	for n := range posters {
		people.Go(func() { s.post(ctx, n) })
	}
	for n := range mailers {
		people.Go(func() { s.write(ctx, n) })
	}
	for n := range visitors {
		people.Go(func() { s.visit(ctx, n) })
	}
	people.Go(func() { s.answer(ctx) })
	report := s.kill(plan)
	calm()
	people.Wait()
	for _, err := range s.errs {
		t.Error(err)
	}
	report.Acknowledged, report.Retried, report.Answers = s.acked.Load(), s.retried.Load(), len(s.answered)
	s.check()
	return report
}

// kill ends and starts the program again and again. Every fourth time all that
// is derived is deleted as well.
func (s *storm) kill(plan Plan) Report {
	chance := rand.New(rand.NewPCG(plan.Seed, 0))
	report := Report{Kills: plan.Kills}
	for n := range plan.Kills {
		s.awaitMore(chance.Int64N(120) + 5)
		// A moment within whatever the program is doing: the kill must not always
		// follow an acknowledgement.
		spin(time.Duration(chance.Int64N(int64(8 * time.Millisecond))))
		s.child.Kill()
		if n%4 == 3 {
			report.Wiped++
			if err := os.RemoveAll(filepath.Join(s.child.Data, "views")); err != nil {
				s.t.Fatal(err)
			}
		}
		began := time.Now()
		s.child.Start()
		report.Slowest = max(report.Slowest, time.Since(began))
	}
	s.awaitMore(50)
	return report
}

// spin burns a moment; it is chance, not waiting for anything.
func spin(d time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end); {
	}
}

func (s *storm) awaitMore(n int64) {
	s.t.Helper()
	want := s.acked.Load() + n
	rig.Eventually(s.t, func() error {
		if got := s.acked.Load(); got < want {
			return fmt.Errorf("%d messages are acknowledged, want %d: traffic stands still", got, want)
		}
		return nil
	})
}

// until tries again until it works: whoever was not answered has to. It gives
// up long after the program should have been back.
func (s *storm) until(what string, try func() error) bool {
	first := true
	err := rig.Await(2*rig.Patience, func() error {
		if !first {
			s.retried.Add(1)
		}
		first = false
		return try()
	})
	if err != nil {
		s.mu.Lock()
		s.errs = append(s.errs, fmt.Errorf("%s: %w", what, err))
		s.mu.Unlock()
	}
	return err == nil
}

func (s *storm) keep(text string) {
	s.mu.Lock()
	s.said = append(s.said, text)
	s.mu.Unlock()
	s.acked.Add(1)
}
