package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/tributary-inbox/tributary/services/email/mailcorpus"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// TestCorpus brings every mail of the folder in TRIBUTARY_CORPUS to the SMTP
// port of the whole program, and, where there is none, mails of its own that
// are as odd. Each is taken and ends in the books as stored, duplicate or
// rejected, or is refused with a code that says why; none is lost, and the
// program stays up.
func TestCorpus(t *testing.T) {
	in := rig.Run(t, rig.Settings(t.TempDir()))
	admin := in.Admin(t)
	inbox := admin.Inbox("email", "help", map[string]any{"address": "help@example.com"})
	mails := oddMails()
	if dir := os.Getenv(mailcorpus.Env); dir != "" {
		mails = append(mails, readMails(t, dir)...)
	}
	work := make(chan []byte)
	var mu sync.Mutex
	taken, refused := uint64(0), map[int]int{}
	var senders sync.WaitGroup
	for range 8 {
		senders.Go(func() {
			for raw := range work {
				err := in.TryMail("sender@customer.test", "help@example.com", raw)
				var code *textproto.Error
				mu.Lock()
				switch {
				case err == nil:
					taken++
				case errors.As(err, &code) && code.Code >= 500:
					refused[code.Code]++
				default:
					t.Errorf("a mail of %d bytes: %v", len(raw), err)
				}
				mu.Unlock()
			}
		})
	}
	for _, raw := range mails {
		work <- raw
	}
	close(work)
	senders.Wait()
	var last rig.Book
	rig.Eventually(t, func() error {
		last = admin.Books()[inbox.ID]
		if last.Received != taken || last.Stored+last.Duplicate+last.Rejected != taken {
			return fmt.Errorf("%d mails were taken, the book says %+v", taken, last)
		}
		return nil
	})
	t.Logf("%d mails: %d taken (%d stored, %d the same again, %d rejected), refused %v", len(mails), taken, last.Stored, last.Duplicate, last.Rejected, refused)
	if taken == 0 || last.Rejected > 0 {
		t.Errorf("the book says %+v: a mail is a message, however odd", last)
	}
	in.Healthy(t)
	report, err := house.Verify(t.Context(), in.House.Ground)
	must(t, err)
	if len(report.Faults) > 0 || report.Open > 0 {
		t.Errorf("verify: %d open, %v", report.Open, report.Faults)
	}
}

func readMails(t *testing.T, dir string) [][]byte {
	t.Helper()
	mails, err := mailcorpus.List(dir)
	must(t, err)
	if len(mails) == 0 {
		t.Errorf("TRIBUTARY_CORPUS holds no mails")
	}
	var out [][]byte
	for _, m := range mails {
		out = append(out, m.Raw)
	}
	return out
}

func oddMails() [][]byte {
	deep := "Subject: deep\r\nContent-Type: multipart/mixed; boundary=b0\r\n\r\n"
	for n := range 200 {
		deep += fmt.Sprintf("--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", n, n+1)
	}
	return [][]byte{
		nil, []byte("\r\n"), []byte("no header at all"), []byte("Subject: only\r\n"), []byte(deep),
		[]byte("From: \r\nTo: \r\n\r\nempty addresses"), []byte("From: a@b\r\nFrom: c@d\r\nSubject: two\r\nSubject: three\r\n\r\nbody"),
		[]byte("Content-Type: text/plain; charset=no-such\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!"),
		[]byte("Subject: =?utf-8?B?/////w==?=\r\n\r\n\x00\x01\x02\xff\xfe"),
		[]byte("Content-Type: multipart/alternative\r\n\r\nno boundary"), bytes.Repeat([]byte("X-H: v\r\n"), 20_000),
		[]byte("Message-ID: <same@x.test>\r\n\r\none"), []byte("Message-ID: <same@x.test>\r\n\r\ntwo"),
		[]byte("Date: Mon, 99 Foo 9999 99:99:99 +9999\r\n\r\nno such day"), []byte("In-Reply-To: " + strings.Repeat("<x@y> ", 5000) + "\r\n\r\nmany"),
	}
}
