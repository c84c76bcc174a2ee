package mailchannel

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
)

// TestCorpusThroughThePort sends every mail of the corpus through the real
// port, twice: none is refused, slow or lost, and the second copy is the same
// statement.
func TestCorpusThroughThePort(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the project's own mails went through the port (server_test.go, hostile_test.go)")
		return
	}
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	mails, deliveries, slowest := 0, 0, time.Duration(0)
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || (filepath.Ext(path) != ".eml" && filepath.Ext(path) != ".msg") {
			return err
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if mails%500 == 499 { // a polite client comes again now and then
			c.say("QUIT", "221")
			c = w.ready(t)
		}
		mails++
		var first *events.Inbound
		for range 2 {
			start := time.Now()
			if got := c.deliver("jane@example.org", []string{"help@example.com"}, string(raw)); !strings.HasPrefix(got, "250") {
				t.Errorf("%s: %s", filepath.Base(path), got)
				return nil
			}
			slowest = max(slowest, time.Since(start))
			in := w.only(t)
			if first == nil {
				first = in
				continue
			}
			if in.ProviderID != first.ProviderID || in.Content != first.Content || in.Type != first.Type {
				t.Errorf("%s: the second copy differs", filepath.Base(path))
			}
		}
		if first.Type == events.DeliveryReported {
			deliveries++
		}
		m := mailparse.Parse(raw, mailparse.Options{})
		if first.Message != nil && (first.Message.Subject != cut(m.Subject, 998) || len(first.Message.Attachments) != len(m.Attachments)) {
			t.Errorf("%s: subject %q with %d files, parsed alone %q with %d", filepath.Base(path), first.Message.Subject, len(first.Message.Attachments), m.Subject, len(m.Attachments))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if mails < 400 || w.logged() != uint64(2*mails) {
		t.Errorf("%d mails, %d statements in the log, want two of each", mails, w.logged())
	}
	t.Logf("%d mails twice through the port, %d of them reports on a delivery; slowest %v", mails, deliveries, slowest)
}
