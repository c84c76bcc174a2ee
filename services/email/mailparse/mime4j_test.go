package mailparse

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/services/email/markup"
)

// The oracle of mime4j: beside each mail one file per leaf, decoded, named by
// its place in the tree. A text leaf must show in the mail's text or be an
// attachment, any other must be an attachment of the same bytes.
var mime4jWrong = map[string]string{
	"bad-newlines-multiple-parts-base64_decoded_1_1_1.txt": "a mail inside a mail is one attachment here, not text of the outer one",
	"malformedHeaderStartsBody-nocrlfcrlf_decoded_1.txt":   "a line that is no field is skipped where fields follow",
	"very-very-long-boundary_decoded_1_1.txt":              "spaces at a boundary's end do not count (RFC 2046 §5.1.1), so its near miss is one",
	"qp-body_decoded_1.txt":                                "the file holds the bytes before charset decoding",
}

var decodedFile = regexp.MustCompile(`_decoded_[0-9_]+\.(txt|bin\.eml)$`)

func TestMime4jOracles(t *testing.T) {
	root := corpusRoot(t)
	if root == "" {
		return
	}
	dir := filepath.Join(root, "apache__james-mime4j", "core", "src", "test", "resources", "testmsgs")
	files, _ := filepath.Glob(filepath.Join(dir, "*_decoded_*"))
	right := 0
	for _, file := range files {
		name := filepath.Base(file)
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join(dir, decodedFile.ReplaceAllString(name, "")+".msg"))
		if err != nil {
			t.Fatal(err)
		}
		m := Parse(raw, Options{})
		if holds(m, want, strings.HasSuffix(name, ".txt")) {
			right++
			continue
		}
		if why := mime4jWrong[name]; why != "" {
			t.Logf("%s differs: %s", name, why)
			continue
		}
		t.Errorf("%s: not found in text %.300q nor in %d attachments", name, m.Text, len(m.Attachments))
	}
	t.Logf("mime4j: %d of %d leaves as the oracle has them", right, len(files))
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
