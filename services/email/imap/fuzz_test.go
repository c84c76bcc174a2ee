package imap

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
)

// FuzzFetch answers what the watcher asks of a mailbox with any bytes: every
// question ends, with an error or with no more than was asked for.
func FuzzFetch(f *testing.F) {
	for _, seed := range []string{
		"* 1 FETCH (UID 1 RFC822.SIZE 12 INTERNALDATE \"01-Jan-2026 00:00:00 +0000\")\r\n# OK done\r\n",
		"* 1 FETCH (UID 1 BODY[] {12}\r\nFrom: a@b\r\n\r\n)\r\n# OK done\r\n",
		"* 1 FETCH (UID 1 BODY[HEADER] {12}\r\nFrom: a@b\r\n\r\n)\r\n# OK done\r\n",
		"* 1 FETCH (UID 1 BODY[] {400}\r\ntoo short", "* 1 FETCH (BODY[] NIL)\r\n# OK\r\n", "* SEARCH 1 2 3\r\n# OK done\r\n", "* ESEARCH (TAG \"#\") UID ALL 1:4294967295\r\n# OK done\r\n",
		"# NO [UNAVAILABLE] later\r\n", "* BYE\r\n", "* 1 FETCH (UID 1 BODY[] {99999999999999999999}\r\n", "* 1 FETCH (BODY[] {4}\r\n\x00\x00\x00\x00 BODY[] \"x\")\r\n# OK\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		if len(said) > 16<<10 {
			return
		}
		const limit = 1 << 10
		w := New(Account{Inbox: "in1"}, Options{MaxBytes: limit})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for _, ask := range []func(*session) error{
			func(s *session) error { _, err := w.describe(ctx, s, []goimap.UID{1}); return err },
			func(s *session) error { _, err := w.pending(ctx, s, Mark{Validity: 1}); return err },
			func(s *session) error {
				raw, err := w.fetch(ctx, s, 1, goimap.PartSpecifierNone, limit)
				if int64(len(raw)) > limit {
					t.Errorf("%d bytes", len(raw))
				}
				return err
			},
			func(s *session) error {
				_, err := w.fetch(ctx, s, 1, goimap.PartSpecifierHeader, limit)
				return err
			},
		} {
			s, end := saying(said)
			_ = ask(s) // whether it is an error is the server's own business
			if ctx.Err() != nil {
				t.Fatalf("it does not end on %q", said)
			}
			end()
		}
	})
}

// saying is a session with a server that answers every command with the same bytes,
// # standing for the command's tag, and hangs up after the first.
func saying(said []byte) (s *session, end func()) {
	ours, theirs := net.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() { _ = theirs.Close() }()
		if _, err := io.WriteString(theirs, "* PREAUTH [CAPABILITY IMAP4rev1 ESEARCH] hello\r\n"); err != nil {
			return
		}
		line, err := bufio.NewReader(theirs).ReadString('\n')
		if err != nil {
			return
		}
		tag, _, _ := strings.Cut(line, " ")
		_, _ = theirs.Write(bytes.ReplaceAll(said, []byte("#"), []byte(tag)))
	}()
	c := imapclient.New(ours, nil)
	return &session{Client: c, news: make(chan struct{}, 1)}, func() {
		_ = c.Close()
		<-done
	}
}

// TestAServerThatListsEverythingIsListenedToInPieces: the set that a server names
// has a bound, lowest first, and nothing is passed over.
func TestAServerThatListsEverythingIsListenedToInPieces(t *testing.T) {
	w := New(Account{Inbox: "in1", Settings: Settings{Start: "beginning"}}, Options{})
	for _, c := range []struct {
		said        string
		mark        Mark
		count       int
		first, last goimap.UID
	}{
		{"* ESEARCH (TAG \"#\") UID ALL 1:4294967295\r\n# OK done\r\n", Mark{Validity: 1, UID: 5, Base: 5}, maxPending, 6, 5 + maxPending},
		{"* ESEARCH (TAG \"#\") UID ALL 1:4294967295\r\n# OK done\r\n", Mark{Validity: 1, UID: 5, Base: 4_000_000_000}, maxPending, 6, 5 + maxPending},
		{"* SEARCH 9 7 8 3\r\n# OK done\r\n", Mark{Validity: 1, UID: 7, Base: 7}, 2, 8, 9},
	} {
		s, end := saying([]byte(c.said))
		got, err := w.pending(t.Context(), s, c.mark)
		end()
		if err != nil || len(got) != c.count || got[0] != c.first || got[len(got)-1] != c.last {
			t.Errorf("%q from %+v: %d mails, %v", c.said, c.mark, len(got), err)
		}
	}
}
