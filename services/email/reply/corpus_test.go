package reply

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/services/email/markup"
)

// want says which lines of a sample (1-based, "2" or "1-5", comma separated)
// are the reply. They were set by reading each sample and, where its project
// has a test for it, that test. A want that the code is right not to meet
// carries its reason in differs.
type sample struct {
	file    string
	want    string
	differs string
}

const common = "1-5" // the filler text that most samples of crisp begin with

var corpus = map[string][]sample{
	"crisp-oss__email-reply-parser/test/fixtures": {
		{"email_10.txt", common, ""}, {"email_12.txt", common, ""}, {"email_14.txt", common, ""}, {"email_16.txt", common, ""}, {"email_17.txt", common, ""},
		{"email_18.txt", common, ""}, {"email_23.txt", common, ""}, {"email_25.txt", common, ""}, {"email_8.txt", common, ""}, {"email_finnish.txt", common, ""},
		{"email_french_2.txt", common, ""}, {"email_german.txt", common, ""}, {"email_gmail_split_line_from.txt", common, ""}, {"email_ios_outlook_fr.txt", common, ""},
		{"email_italian.txt", common, ""}, {"email_original_message_2.txt", common, ""}, {"email_portuguese.txt", common, ""}, {"email_russian.txt", common, ""},
		{"email_tricky_10_special_chars_in_name.txt", common, ""}, {"email_tricky_12_no_space_after_header.txt", common, ""}, {"email_tricky_14_long_quote_header.txt", common, ""},
		{"email_german_3.txt", common, "a device line with text below it: some customers write below it, so it hides nothing"},
		{"correct_sig.txt", "1", "the delimiter lost its space in this copy; RFC 3676 has the space, and a bare -- is also a rule or a list"},
		{"email_2.txt", "1,9-34", "the list footer's rule is cut to two underscores here"},
		{"email_2_1.txt", "1", ""}, {"email_21.txt", "1-638", ""}, {"email_4.txt", "1", ""}, {"email_6.txt", "1-3", ""}, {"email_blackberry.txt", "1", ""},
		{"email_custom_quote_header.txt", "1", ""}, {"email_customer_quote_header_3.txt", "1-3", ""}, {"email_emoji.txt", "1-7", ""}, {"email_iphone.txt", "1", ""},
		{"email_not_a_signature.txt", "1-16", ""}, {"email_one_is_not_on.txt", "1-5", ""}, {"email_tricky_16_unicode_signatures.txt", "1-11", ""},
		{"email_tricky_18_inline_reply.txt", "4,8,12", ""}, {"email_tricky_1_on_false_positive.txt", "1-7", ""}, {"email_tricky_2_url_with_wrote.txt", "1-9", ""},
		{"email_tricky_4_from_in_body.txt", "1-6", ""}, {"email_tricky_6_regards_in_sentence.txt", "1-8", ""}, {"email_tricky_8_sent_from_in_content.txt", "1-6", ""},
		{"email_unquoted_reply.txt", "1", ""}, {"email_with_from_headers.txt", "1-4", ""}, {"email_zoho.txt", "1-2", ""},
	},
	"github__email_reply_parser/test/emails": githubSamples,
	"zapier__email-reply-parser/test/emails": append([]sample{{"email_gmail.txt", "1", ""}}, githubSamples...),
	"mailgun__talon/tests/fixtures":          {{"OLK_SRC_BODY_SECTION.html", "Reply", ""}, {"reply-separated-by-hr.html", "Hi there Bob", ""}},
	"mailgun__talon/tests/fixtures/html_replies": {
		{"hotmail.html", fine, ""}, {"ms_outlook_2003.html", fine, ""}, {"ms_outlook_2010.html", fine, ""}, {"windows_mail.html", fine, ""},
	},
	"mailgun__talon/tests/fixtures/standard_replies":          {{"sparrow_reply_text.txt", "1", ""}},
	"mailgun__talon/tests/fixtures/signature/emails/stripped": {{"jeff_body.txt", "1-5", ""}, {"long_body.txt", "1-8", ""}, {"johndoeexamplecom_body.txt", "1-999", ""}},
	"mailgun__talon/tests/fixtures/signature/emails/P":        {{"unicode_msg.txt", "1-10", ""}},
}

// fine is the reply that talon's HTML samples share.
const fine = "Hi. I am fine. Thanks, Alex"

var githubSamples = []sample{
	{"correct_sig.txt", "1", ""}, {"email_1_2.txt", "1,9-34", ""}, {"email_1_4.txt", "1", ""}, {"email_1_6.txt", "1", ""},
	{"email_1_8.txt", "13,19", "the delimiter lost its space in this copy"},
	{"email_2_2.txt", "1", ""}, {"email_BlackBerry.txt", "1", ""}, {"email_iPhone.txt", "1", ""}, {"email_one_is_not_on.txt", "1-5", ""},
	{"email_sig_delimiter_in_middle_of_line.txt", "1-7", ""}, {"pathological.txt", "1-2", ""},
}

// TestCorpus scores replies against samples that others collected. Every
// sample must come out right but for those that state why they may not.
func TestCorpus(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only this package's own samples were checked (split_test.go)")
		return
	}
	for dir, samples := range corpus {
		right, differing := 0, 0
		for _, s := range samples {
			raw, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(dir), s.file))
			if err != nil {
				t.Errorf("sample: %v", err)
				continue
			}
			got, want := "", ""
			if strings.HasSuffix(s.file, ".html") {
				got, want = Split(markup.Text(string(raw)), string(raw), Options{}).Reply, s.want
			} else {
				got, want = Split(string(raw), "", Options{}).Reply, pick(string(raw), s.want)
			}
			switch {
			case words(got) == words(want):
				right++
				if s.differs != "" {
					t.Errorf("%s is right now: drop its reason", s.file)
				}
			case s.differs != "":
				differing++
				t.Logf("%s differs: %s", s.file, s.differs)
			default:
				t.Errorf("%s/%s: reply has %d words, want %d:\n%.300s", dir, s.file, len(strings.Fields(got)), len(strings.Fields(want)), got)
			}
		}
		t.Logf("%-60s %d of %d, %d differ for a stated reason", dir, right, len(samples), differing)
	}
}

func pick(text, ranges string) string {
	lines := strings.Split(text, "\n")
	var out []string
	for _, r := range strings.Split(ranges, ",") {
		from, to, found := strings.Cut(r, "-")
		if !found {
			to = from
		}
		a, _ := strconv.Atoi(from)
		b, _ := strconv.Atoi(to)
		out = append(out, lines[a-1:min(b, len(lines))]...)
	}
	return strings.Join(out, "\n")
}

func words(s string) string { return strings.Join(strings.Fields(s), " ") }
