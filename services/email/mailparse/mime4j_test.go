package mailparse

import (
	"bytes"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/services/email/mailcorpus"
	"github.com/tributary-inbox/tributary/services/email/markup"
)

// TestMime4jOracles: a text leaf must show in the mail's text or be an attachment,
// any other must be an attachment of the same bytes.
func TestMime4jOracles(t *testing.T) {
	root := corpusRoot(t)
	if root == "" {
		return
	}
	var score mailcorpus.Score
	for _, mail := range corpusMails(t, root) {
		leaves, err := mailcorpus.Leaves(root, mail)
		if err != nil {
			t.Fatal(err)
		}
		if len(leaves) == 0 {
			continue
		}
		m := Parse(mail.Raw, Options{})
		for _, leaf := range leaves {
			if fault := score.Add(mail.Source, leaf.Name, holds(m, leaf.Data, leaf.Text), m.Text, leaf.Data); fault != "" {
				t.Errorf("%s, and in none of %d attachments", fault, len(m.Attachments))
			}
		}
	}
	for key := range mailcorpus.Differs {
		if strings.Contains(key, "_decoded_") && !score.Excused(key) {
			t.Errorf("%s agrees with its oracle now: drop the reason", key)
		}
	}
	t.Log(score.String())
}

func holds(m *Mail, want []byte, text bool) bool {
	for _, a := range m.Attachments {
		if bytes.Equal(a.Data, want) || bytes.Equal(bytes.TrimSpace(a.Data), bytes.TrimSpace(want)) {
			return true
		}
	}
	if !text {
		return false
	}
	if strings.Contains(words(markup.Text(m.HTML)), words(markup.Text(string(want)))) && m.HTML != "" {
		return true
	}
	plain := words(m.Text)
	return strings.Contains(plain, words(string(want))) || strings.Contains(plain, words(decodeRaw(string(want), 0, &flagSet{})))
}
