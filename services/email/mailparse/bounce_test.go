package mailparse

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/services/email/bounce"
)

// The collection of sisimai is one bounce a file, without an oracle file. The
// returned mail inside each shows to whom it was sent, which checks the
// recipient; notBounces are those its project counts otherwise.
var notBounces = map[string]string{
	"rfc3834-04.eml":         "a vacation notice",
	"arf-26.eml":             "a one-click unsubscription",
	"lhost-amazonses-12.eml": "an SNS notification in JSON, which the SES webhook reads",
	"lhost-fml-03.eml":       "a loop alert of a mailing list",
}

var wellFormedStatus = regexp.MustCompile(`^[245]\.\d{1,3}\.\d{1,3}$`)

func TestBounceCorpus(t *testing.T) {
	root := corpusRoot(t)
	if root == "" {
		return
	}
	dir := "sisimai__set-of-emails/maildir/bsd"
	files, _ := filepath.Glob(filepath.Join(root, filepath.FromSlash(dir), "*.eml"))
	recognised, addressed, status, original, with := 0, 0, 0, 0, 0
	for _, file := range files {
		name := filepath.Base(file)
		raw := read(t, root, dir+"/"+name)
		m := Parse(raw, Options{})
		if why, ok := notBounces[name]; ok {
			if m.Bounce != nil {
				t.Errorf("%s is %s, found %+v", name, why, m.Bounce)
			}
			continue
		}
		with++
		if m.Bounce == nil {
			t.Logf("%s: not recognised: subject %q from %v", name, m.Subject, m.From)
			continue
		}
		recognised++
		if !m.Automatic.Is {
			t.Errorf("%s: a bounce that is not automatic", name)
		}
		if m.Bounce.OriginalMessageID != "" {
			original++
		}
		if rightRecipients(raw, m.Bounce) {
			addressed++
		} else {
			t.Logf("%s: recipients %+v", name, m.Bounce.Recipients)
		}
		if m.Bounce.Source == bounce.Complaint || rightStatus(m.Bounce) {
			status++
		} else {
			t.Logf("%s: status %+v", name, m.Bounce.Recipients)
		}
	}
	t.Logf("sisimai: %d bounces, %d recognised, %d with a recipient that the mail shows, %d with a status, %d with the original's id", with, recognised, addressed, status, original)
	for what, got := range map[string][2]int{"recognised": {recognised, floorRecognised}, "recipient": {addressed, floorRecipient}, "status": {status, floorStatus}, "original": {original, floorOriginal}} {
		if got[0] < got[1] {
			t.Errorf("%s: %d, was %d", what, got[0], got[1])
		}
	}
}

const (
	floorRecognised = 73
	floorRecipient  = 73
	floorStatus     = 73
	floorOriginal   = 63
)

// rightRecipients asks that every address found stands in the mail below its
// header: the addresses in the header are those that the bounce was sent to.
func rightRecipients(raw []byte, r *bounce.Report) bool {
	low := strings.ToLower(strings.ReplaceAll(string(raw), "\r", ""))
	_, below, _ := strings.Cut(low, "\n\n")
	for _, rec := range r.Recipients {
		a := strings.ToLower(rec.Address)
		if !strings.Contains(a, "@") || !strings.Contains(below, a) || strings.HasPrefix(a, "mailer-daemon") {
			return false
		}
	}
	return len(r.Recipients) > 0
}

func rightStatus(r *bounce.Report) bool {
	for _, rec := range r.Recipients {
		if !wellFormedStatus.MatchString(rec.Status) {
			return false
		}
	}
	return len(r.Recipients) > 0
}
