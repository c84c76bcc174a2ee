package mailcorpus

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestWhatIsAMail(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"a/1.eml": "anything", "a/2.msg": "", "a/3.mbox": "From x\n",
		"a/4.txt": "Received: by mx\nX-Other: y\n\nbody", "a/5.txt": "\xef\xbb\xbfFrom: a@b\r\nTo: c@d\r\n", "a/6.txt": "From a@b Mon Jan 1\nDate: x\n folded: line\nSubject: y\n",
		"b/no1.txt": "Hi Bob,\n\nFrom: a\nTo: b\n", "b/no2.txt": "Subject: alone", "b/no3.txt": "Note: this\nThing: that\n", "b/no4.txt": "", "b/no5_decoded_1_1.txt": "From: a\nTo: b\n",
		"b/no6_decoded_2.bin.eml": "x", "b/no7.json": "{}", "b/no8.txt": "To whom it may concern:\nDate: today\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	mails, err := List(root)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range mails {
		got = append(got, m.Name)
		if m.Source != "a" || m.Short() != m.Name {
			t.Errorf("%+v", m)
		}
	}
	if want := []string{"a/1.eml", "a/2.msg", "a/3.mbox", "a/4.txt", "a/5.txt", "a/6.txt"}; !slices.Equal(got, want) {
		t.Errorf("mails %v, want %v", got, want)
	}
}

func TestScore(t *testing.T) {
	var s Score
	excused := "legacy/010.eml subject"
	if s.Add("one", "x subject", true, 1, 1) != "" || s.Add("one", excused, false, 1, 2) != "" || s.Add("two", "x text", false, "a", "b") == "" {
		t.Error("what is to be reported")
	}
	if !s.Excused(excused) || s.Excused("legacy/010.eml to") {
		t.Error("which reasons were needed")
	}
	if out := s.String(); !strings.Contains(out, "1 of    2") || !strings.Contains(out, "0 of    1") {
		t.Errorf("score %s", out)
	}
}

func TestDigestIgnoresLineEnds(t *testing.T) {
	if Digest([]byte("a\r\nb\r\n")) != Digest([]byte("\na\nb")) || Digest([]byte("ab")) == Digest([]byte("ba")) {
		t.Error("digest")
	}
}
