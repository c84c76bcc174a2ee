package mailcorpus

import (
	"bytes"
	"fmt"
	"strings"
)

// Differs says, by "folder/file field", what an oracle says that we are right not to
// say, and by the name of its file which leaf of mime4j.
var Differs = map[string]string{
	"legacy/010.eml subject":         rawLatin,
	"legacy/010.eml to":              rawLatin,
	"legacy/020.eml subject":         rawLatin,
	"legacy/020.eml to":              rawLatin,
	"legacy/022.eml subject":         rawLatin,
	"legacy/022.eml to":              rawLatin,
	"legacy/052.eml subject":         rawLatin,
	"legacy/052.eml to":              rawLatin,
	"legacy/052.eml text":            rawLatin,
	"legacy/016.eml attachments":     "it drops the ö of a file name in raw Latin-1",
	"legacy/026.eml attachments":     "it drops the ö of a file name, and recodes an attached text that we keep byte for byte",
	"legacy/048.eml attachments":     "it does not decode x-uuencode; the files are pictures",
	"malformed/001.eml text":         "after the outer boundary the inner one is text (RFC 2046 §5.1.2)",
	"malformed/001.eml attachments":  emptyPart,
	"malformed/003.eml text":         "it calls the only text of the mail an attachment",
	"malformed/003.eml attachments":  "it calls the only text of the mail an attachment",
	"malformed/007.eml attachments":  emptyPart,
	"malformed/009.eml text":         outerEnds,
	"malformed/009.eml attachments":  outerEnds,
	"malformed/011.eml text":         outerEnds,
	"malformed/011.eml attachments":  outerEnds,
	"malformed/017.eml attachments":  "it loses the file name of a disposition that names no kind",
	"malformed/019.eml text":         "garbage: it finds no text where a person sees some",
	"malformed/021.eml text":         "it runs past an outer boundary and shows headers as text",
	"malformed/021.eml has-html":     "it runs past an outer boundary and misses the HTML part",
	"thirdparty/005.eml text":        "a boundary in the middle of a line is text",
	"thirdparty/015.eml attachments": "the attached mails repeat the outer boundary, which ends them",

	"bad-newlines-multiple-parts-base64_decoded_1_1_1.txt": "a mail inside a mail is one attachment here, not text of the outer one",
	"malformedHeaderStartsBody-nocrlfcrlf_decoded_1.txt":   "a line that is no field is skipped where fields follow",
	"very-very-long-boundary_decoded_1_1.txt":              "spaces at a boundary's end do not count (RFC 2046 §5.1.1), so its near miss is one",
	"qp-body_decoded_1.txt":                                "the file holds the bytes before charset decoding",
}

const (
	rawLatin  = "raw 8-bit headers and text without a label are windows-1252, not damage"
	emptyPart = "an empty part without a header is no attachment"
	outerEnds = "an outer boundary ends an inner multipart that is not closed (RFC 2046 §5.1.2)"
)

// Short is the name that [Differs] knows a mail by: its folder and its file.
func (m Mail) Short() string {
	parts := strings.Split(m.Name, "/")
	return strings.Join(parts[max(0, len(parts)-2):], "/")
}

// Score counts by source how often a reader and an oracle agree. Its zero value is
// ready; it is for one goroutine.
type Score struct {
	lines map[string]*line
	order []string
	used  map[string]bool
}

type line struct{ right, excused, all int }

// Add counts one field. It returns what to report: nothing where they agree, or
// where the key stands in [Differs].
func (s *Score) Add(source, key string, agree bool, got, want any) (fault string) {
	if s.lines == nil {
		s.lines, s.used = map[string]*line{}, map[string]bool{}
	}
	l := s.lines[source]
	if l == nil {
		l = &line{}
		s.lines[source] = l
		s.order = append(s.order, source)
	}
	l.all++
	if agree {
		l.right++
		return ""
	}
	s.used[key] = true
	if Differs[key] != "" {
		l.excused++
		return ""
	}
	return fmt.Sprintf("%s: got %.200q want %.200q", key, got, want)
}

// Excused reports whether the reason under that key was needed.
func (s *Score) Excused(key string) bool { return s.used[key] }

// String is a line for each source.
func (s *Score) String() string {
	var out strings.Builder
	for _, source := range s.order {
		l := s.lines[source]
		fmt.Fprintf(&out, "\n%-42s %4d of %4d as the oracle has them, %d differ for a stated reason", source, l.right, l.all, l.excused)
	}
	return out.String()
}

// Words lays text out as its words with single spaces, since oracles fold space in
// other ways.
func Words(s string) string { return strings.Join(strings.Fields(s), " ") }

// Digest compares files by content, without regard to line ends and to space
// around.
func Digest(b []byte) string {
	sum := 0
	for _, c := range bytes.TrimSpace(bytes.ReplaceAll(b, []byte("\r"), nil)) {
		sum = sum*31 + int(c)
	}
	return fmt.Sprint(sum)
}
