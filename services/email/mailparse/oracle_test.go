package mailparse

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/services/email/mailcorpus"
)

// TestStalwartOracles holds the parser to what another one finds: every field but
// those that say why they differ.
func TestStalwartOracles(t *testing.T) {
	root := corpusRoot(t)
	if root == "" {
		return
	}
	var score mailcorpus.Score
	mails := 0
	for _, mail := range corpusMails(t, root) {
		oracles, err := mailcorpus.Oracles(root, mail)
		if err != nil {
			t.Fatal(err)
		}
		mails += min(len(oracles), 1)
		for _, o := range oracles {
			m := Parse(o.Mail(mail.Raw), Options{})
			check := func(field, got, want string) {
				t.Helper()
				if fault := score.Add(strings.Split(mail.Short(), "/")[0], mail.Short()+" "+field, got == want, got, want); fault != "" {
					t.Errorf("%s %s", o.Variant, fault)
				}
			}
			check("subject", words(m.Subject), words(o.Subject))
			check("from", list(m.From), list(o.From))
			check("to", list(m.To), list(o.To))
			check("text", words(m.Text), words(o.Text))
			check("has-html", fmt.Sprint(m.HTML != ""), fmt.Sprint(o.HasHTML))
			check("attachments", attachmentList(m), oracleFiles(o.Files))
		}
	}
	if mails < 50 {
		t.Errorf("%d mails have an oracle", mails)
	}
	for key := range mailcorpus.Differs {
		if strings.Contains(key, ".eml ") && !score.Excused(key) {
			t.Errorf("%s agrees with its oracle now: drop the reason", key)
		}
	}
	t.Logf("%d mails:%s", mails, score.String())
}

func words(s string) string { return mailcorpus.Words(s) }

func list[A Address | mailcorpus.Address](as []A) string {
	var out []string
	for _, a := range as {
		a := Address(a)
		out = append(out, a.Name+"<"+a.Address+">")
	}
	return strings.Join(out, ", ")
}

func attachmentList(m *Mail) string {
	var out []string
	for _, a := range m.Attachments {
		if a.Type == "message/rfc822" {
			out = append(out, "(message)")
			continue
		}
		out = append(out, a.Name+":"+mailcorpus.Digest(a.Data))
	}
	return strings.Join(out, ", ")
}

func oracleFiles(files []mailcorpus.File) string {
	var out []string
	for _, f := range files {
		if f.Message {
			out = append(out, "(message)")
			continue
		}
		out = append(out, FileName(f.Name)+":"+mailcorpus.Digest(f.Data))
	}
	return strings.Join(out, ", ")
}
