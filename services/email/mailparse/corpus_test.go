package mailparse

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/services/email/mailcorpus"
)

// corpusRoot is where mails collected by others stand; empty when unset.
func corpusRoot(t *testing.T) string {
	t.Helper()
	root := os.Getenv(mailcorpus.Env)
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the project's own samples are checked (see the other tests of this package)")
	}
	return root
}

// corpusMails lists the mails of the corpus, or fails.
func corpusMails(t *testing.T, root string) []mailcorpus.Mail {
	t.Helper()
	mails, err := mailcorpus.List(root)
	if err != nil {
		t.Fatal(err)
	}
	if len(mails) < 500 {
		t.Fatalf("only %d mails found", len(mails))
	}
	return mails
}

func read(t *testing.T, root, rel string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(rel)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const perMail = soon

// soon is generous to a busy machine under the race detector, where work that
// grows faster than its input would still take minutes.
const soon = 20 * time.Second

// TestCorpusParses holds every mail of the corpus to what Parse promises:
// soon, in UTF-8, the same for CRLF and LF.
func TestCorpusParses(t *testing.T) {
	root := corpusRoot(t)
	if root == "" {
		return
	}
	mails := corpusMails(t, root)
	slowest := time.Duration(0)
	for _, mail := range mails {
		raw, rel := mail.Raw, mail.Name
		start := time.Now()
		m := Parse(raw, Options{})
		took := time.Since(start)
		slowest = max(slowest, took)
		if took > perMail {
			t.Errorf("%s took %v", rel, took)
		}
		checkInvariants(t, rel, raw, m)
	}
	t.Logf("%d mails, slowest %v", len(mails), slowest)
}

// checkInvariants is what holds for any input whatever.
func checkInvariants(t testing.TB, name string, raw []byte, m *Mail) {
	t.Helper()
	texts := []string{m.Text, m.HTML, m.Subject, m.Reply, m.Quoted, m.Signature, m.MessageID, m.ReturnPath, m.ListID, m.ThreadIndex}
	for _, list := range [][]Address{m.From, m.To, m.Cc, m.ReplyTo, m.Sender} {
		for _, a := range list {
			texts = append(texts, a.Name, a.Address)
		}
	}
	size := 0
	for _, a := range m.Attachments {
		texts = append(texts, a.Name, a.ContentID, a.Type, a.Description)
		if strings.ContainsAny(a.Name, "/\\\x00") || a.Name == ".." {
			t.Errorf("%s: attachment name %q", name, a.Name)
		}
		size += len(a.Data)
	}
	texts = append(texts, m.InReplyTo...)
	texts = append(texts, m.References...)
	for _, f := range m.Trace {
		texts = append(texts, f.Value)
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r") {
			t.Errorf("%s: not clean text: %.80q", name, s)
		}
	}
	if size > len(raw) {
		t.Errorf("%s: %d bytes of attachments out of %d", name, size, len(raw))
	}
	if strings.TrimSpace(m.Text) != "" && m.Reply == "" {
		t.Errorf("%s: text but no reply", name)
	}
	if m.ProviderID() == "" || len(m.References) > MaxReferences {
		t.Errorf("%s: id %q, %d references", name, m.ProviderID(), len(m.References))
	}
}
