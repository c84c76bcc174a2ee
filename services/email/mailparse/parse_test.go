package mailparse

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"
	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/services/email/bounce"
)

func parse(t *testing.T, raw string) *Mail {
	t.Helper()
	m := Parse([]byte(raw), Options{})
	checkInvariants(t, t.Name(), []byte(raw), m)
	return m
}

const basics = "From: Jane <jane@example.org>\nMessage-ID: <1@example.org>\nDate: Tue, 5 Mar 2024 14:31:07 +0900\nSubject: s\n"

func TestKoreanMail(t *testing.T) {
	body, err := korean.EUCKR.NewEncoder().String("안녕하세요.\n배송 문의입니다. 똠방각하\n\n2024년 3월 5일 (화) 오후 2:31, 고객센터 <help@example.kr>님이 작성:\n> 무엇을 도와드릴까요?\n")
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"ks_c_5601-1987", "euc-kr", "cp949", "uhc", "KSC5601", "windows-949"} {
		m := parse(t, basics+"Content-Type: text/plain; charset="+label+"\nContent-Transfer-Encoding: base64\n\n"+base64.StdEncoding.EncodeToString([]byte(body)))
		if m.Reply != "안녕하세요.\n배송 문의입니다. 똠방각하" || !strings.Contains(m.Quoted, "도와드릴까요") || len(m.Flags) != 0 {
			t.Errorf("%s: %q, quoted %q, %v", label, m.Reply, m.Quoted, m.Flags)
		}
	}
	// No label at all, and raw bytes in the subject: the country of the sender decides.
	subject, _ := korean.EUCKR.NewEncoder().String("뷁 환불")
	m := parse(t, "From: a@example.co.kr\nSubject: "+subject+"\n\n"+body)
	if m.Subject != "뷁 환불" || !strings.HasPrefix(m.Text, "안녕하세요.") || !m.Has(FlagCharsetGuessed) {
		t.Errorf("unlabelled: %q %q %v", m.Subject, m.Text, m.Flags)
	}
}

func TestStructure(t *testing.T) {
	multi := func(kind, parts string) string {
		return basics + "Content-Type: multipart/" + kind + "; boundary=b\n\n" + parts
	}
	for name, c := range map[string]struct {
		raw         string
		text        string
		html        string // contained
		attachments string // names and whether inline
		flag        Flag
	}{
		"plain":        {basics + "\nhello\n", "hello", "", "", ""},
		"alternative":  {multi("alternative", "--b\n\nplain\n--b\nContent-Type: text/html\n\n<b>rich</b>\n--b--\n"), "plain", "<b>rich</b>", "", ""},
		"html only":    {basics + "Content-Type: text/html\n\n<p>one</p><p>two</p>", "one\n\ntwo", "<p>one</p>", "", ""},
		"empty text":   {multi("alternative", "--b\n\n  \n--b\nContent-Type: text/html\n\n<b>rich</b>\n--b--\n"), "rich", "<b>rich</b>", "", ""},
		"mixed":        {multi("mixed", "--b\n\none\n--b\nContent-Type: application/pdf; name=a.pdf\n\n%PDF\n--b\n\ntwo\n--b--\n"), "one\n\ntwo", "", "a.pdf", ""},
		"related":      {multi("related", "--b\nContent-Type: text/html\n\n<img src=\"cid:p@x\">\n--b\nContent-Type: image/png; name=p.png\nContent-ID: <p@x>\n\nPNG\n--b--\n"), "", `src="cid:p@x"`, "p.png*", ""},
		"apple":        {multi("mixed", "--b\n\nbefore\n--b\nContent-Type: image/png; name=p.png\nContent-Disposition: inline\n\nPNG\n--b\n\nafter\n--b--\n"), "before\n\nafter", "", "p.png*", ""},
		"text file":    {multi("mixed", "--b\n\nbody\n--b\nContent-Type: text/plain; name=n.txt\n\nfile\n--b--\n"), "body", "", "n.txt", ""},
		"attached":     {multi("mixed", "--b\nContent-Disposition: attachment\n\nfile\n--b--\n"), "", "", "", ""},
		"a mail":       {multi("mixed", "--b\n\nsee\n--b\nContent-Type: message/rfc822\n\nSubject: inner/part\nFrom: x@y.example\n\ninner text\n--b--\n"), "see", "", "inner_part.eml", ""},
		"digest":       {multi("digest", "--b\n\nSubject: one\n\nx\n--b--\n"), "", "", "one.eml", ""},
		"unterminated": {multi("mixed", "--b\n\nhello"), "hello", "", "", FlagUnterminated},
		"no boundary":  {basics + "Content-Type: multipart/mixed\n\nhello", "hello", "", "", FlagNoBoundary},
		"guessed":      {basics + "Content-Type: multipart/mixed\n\n--zz\nContent-Type: text/plain\n\nhello\n--zz--\n", "hello", "", "", FlagNoBoundary},
		"other case":   {basics + "Content-Type: multipart/mixed; boundary=\"B1\"\n\n--b1\nContent-Type: text/plain\n\nhello\n--b1--\n", "hello", "", "", FlagNoParts},
		"never seen":   {multi("mixed", "hello there"), "hello there", "", "", FlagNoParts},
		"prefix":       {basics + "Content-Type: multipart/mixed; boundary=a\n\n--a\nContent-Type: multipart/alternative; boundary=ab\n\n--ab\n\nin\n--ab--\n--a\n\nout\n--a--\n", "in\n\nout", "", "", ""},
		"preamble":     {multi("report", "Your mail could not be delivered.\n--b\nContent-Type: application/x-y\n\nx\n--b--\n"), "Your mail could not be delivered.", "", "", ""},
		"boilerplate":  {multi("mixed", "This is a multi-part message in MIME format.\n--b\nContent-Type: application/x-y\n\nx\n--b--\n"), "", "", "", ""},
		"type text":    {basics + "Content-Type: text\n\nhello", "hello", "", "", ""},
		"type html":    {basics + "Content-Type: html\n\n<i>x</i>", "x", "<i>x</i>", "", ""},
		"7bits":        {basics + "Content-Transfer-Encoding: 7bits\n\nhello", "hello", "", "", ""},
		"unknown cte":  {basics + "Content-Transfer-Encoding: rot13\n\nuryyb", "uryyb", "", "", FlagBadTransfer},
		"doubled type": {basics + "Content-Type: text/plain\nContent-Type: text/html\n\n<b>", "<b>", "", "", ""},
		"mbox line":    {"From jane@example.org Tue Mar  5\n" + basics + "\nhello", "hello", "", "", ""},
		"old mac":      {strings.ReplaceAll(basics+"\nhello\nyou", "\n", "\r"), "hello\nyou", "", "", ""},
		"bad line":     {basics + "this is no field\nX-More: 1\n\nhello", "hello", "", "", FlagBadHeader},
		"no empty":     {basics + "hello there, no empty line", "hello there, no empty line", "", "", FlagBadHeader},
		"pgp":          {multi("encrypted", "--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b\nContent-Type: application/octet-stream\n\n-----BEGIN PGP MESSAGE-----\n--b--\n"), "", "", ",", FlagEncrypted},
		"smime":        {basics + "Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\n\nx", "", "", "smime.p7m", FlagOpaqueSigned},
		"winmail":      {basics + "Content-Type: application/ms-tnef; name=winmail.dat\n\nx", "", "", "winmail.dat", FlagTNEF},
		"nothing":      {"", "", "", "", FlagEmpty},
		"NUL":          {basics + "\na\x00b", "ab", "", "", FlagNUL},
	} {
		m := parse(t, c.raw)
		var files []string
		for _, a := range m.Attachments {
			n := a.Name
			if a.Inline {
				n += "*"
			}
			files = append(files, n)
		}
		if m.Text != c.text || !strings.Contains(m.HTML, c.html) || (c.html == "") != (m.HTML == "") || strings.Join(files, ",") != c.attachments {
			t.Errorf("%s: text %q html %q files %q", name, m.Text, m.HTML, files)
		}
		if c.flag != "" && !m.Has(c.flag) || c.flag == "" && len(m.Flags) != 0 {
			t.Errorf("%s: flags %v, want %q", name, m.Flags, c.flag)
		}
	}
}

func TestCalendarIsShownOnce(t *testing.T) {
	ics := "BEGIN:VCALENDAR\nMETH\n OD:REQUEST\nEND:VCALENDAR\n"
	m := parse(t, basics+"Content-Type: multipart/mixed; boundary=m\n\n--m\nContent-Type: multipart/alternative; boundary=b\n\n--b\n\ncome\n--b\nContent-Type: text/calendar\n\n"+ics+
		"--b--\n--m\nContent-Type: application/ics; name=invite.ics\nContent-Disposition: attachment\n\n"+ics+"--m--\n")
	if len(m.Attachments) != 1 || m.Attachments[0].Calendar != "REQUEST" || m.Attachments[0].Name != "invite.ics" || m.Text != "come" {
		t.Errorf("%+v", m.Attachments)
	}
}

func TestFlowed(t *testing.T) {
	for name, c := range map[string]struct{ params, in, want string }{
		"joined":      {"format=flowed", "one \ntwo\nthree", "one two\nthree"},
		"delsp":       {"format=flowed; delsp=yes", "안녕 \n하세요", "안녕하세요"},
		"stuffed":     {"format=flowed", " >not quoted\n From here", ">not quoted\nFrom here"},
		"quotes":      {"format=flowed", "> a \n> b\n>> c", "> a b\n>> c"},
		"depth break": {"format=flowed", "> a \nb", "> a \nb"},
		"signature":   {"format=flowed", "text\n-- \nJane", "text\n-- \nJane"},
		"fixed":       {"format=fixed", "one \ntwo", "one \ntwo"},
	} {
		if got := parse(t, basics+"Content-Type: text/plain; "+c.params+"\n\n"+c.in).Text; got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func TestAutomatic(t *testing.T) {
	for header, want := range map[string]string{
		"": "", "Auto-Submitted: no": "", "Auto-Submitted: auto-replied": "auto-submitted", "Auto-Submitted: auto-generated (vacation)": "auto-submitted",
		"Precedence: bulk": "precedence bulk", "Precedence: first-class": "", "Precedence: auto_reply": "precedence", "List-Id: <x.example.org>": "list-id bulk",
		"List-Unsubscribe: <https://x.example>": "list-unsubscribe bulk", "X-Autoreply: yes": "x-autoreply", "X-Auto-Response-Suppress: All": " quiet",
		"Return-Path: <>": "null-sender", "X-Tributary-Loop: in1": "loop-header", "Subject: Out of Office": "",
	} {
		m := parse(t, header+"\nFrom: jane@example.org\n\nx")
		got := m.Automatic.Reason
		if m.Automatic.Bulk {
			got += " bulk"
		}
		if m.Automatic.Quiet {
			got += " quiet"
		}
		if got != want || m.Automatic.Is != (m.Automatic.Reason != "") {
			t.Errorf("%q: got %q, want %q", header, got, want)
		}
	}
	for _, a := range []string{"noreply@x.example", "no-reply+1@x.example", "MAILER-DAEMON@x.example", "bounce-12@x.example", "postmaster@x.example"} {
		if !RobotAddress(a) {
			t.Errorf("%s is no robot", a)
		}
	}
	if RobotAddress("noreen@x.example") || RobotAddress("jane@noreply.example") {
		t.Error("people count as robots")
	}
}

func TestForgedSendersAreFlagged(t *testing.T) {
	for raw, want := range map[string]Flag{
		"From: a@b.example, c@d.example\n\nx":                  FlagManyFrom,
		"From: a@b.example\nFrom: c@d.example\n\nx":            FlagManyFrom,
		"From: \"boss@company.example\" <x@evil.example>\n\nx": FlagNameShowsAddress,
		"Subject: nobody\n\nx":                                 FlagNoFrom,
		"From: a@b.example\nDate: never\n\nx":                  FlagDateOdd,
		"From: a@b.example\nDate: 1 Jan 2030 00:00:00 +0000\nReceived: by x; 1 Jan 2024 00:00:00 +0000\n\nx": FlagDateOdd,
	} {
		if m := parse(t, raw); !m.Has(want) {
			t.Errorf("%q: flags %v, want %s", raw, m.Flags, want)
		}
	}
}

func TestReports(t *testing.T) {
	dsn := func(fields string) string {
		return "From: MAILER-DAEMON@mx.example\nSubject: x\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n" +
			fields + "\n\n--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: <o@example.com>\n--b--\n"
	}
	for name, c := range map[string]struct {
		raw    string
		source bounce.Source
		action string
		rcpt   string
		status string
		id     string
	}{
		"dsn":       {dsn("Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no"), bounce.DSN, "failed", "a@b.example", "5.1.1", "o@example.com"},
		"vague":     {dsn("Final-Recipient: rfc822;a@b.example\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp;\n 552 5.2.2 full"), bounce.DSN, "failed", "a@b.example", "5.2.2", "o@example.com"},
		"delayed":   {dsn("Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1"), bounce.DSN, "delayed", "a@b.example", "4.4.1", "o@example.com"},
		"delivered": {dsn("Final-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.0.0"), bounce.DSN, "delivered", "a@b.example", "2.0.0", "o@example.com"},
		"original":  {dsn("Original-Recipient: rfc822; a@b.example\nFinal-Recipient: rfc822; alias@c.example\nAction: failed\nStatus: 5.1.1"), bounce.DSN, "failed", "a@b.example", "5.1.1", "o@example.com"},
		"two":       {dsn("Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.0.0\n\nFinal-Recipient: rfc822; c@b.example\nAction: failed\nStatus: 5.1.1"), bounce.DSN, "failed", "a@b.example c@b.example", "4.0.0 5.1.1", "o@example.com"},
		"qmail":     {"From: MAILER-DAEMON@mx.example\nSubject: failure notice\n\nI'm afraid I wasn't able to deliver your message.\n\n<a@b.example>:\nRemote host said: 550 5.1.1 no\n\n--- Below this line is a copy of the message.\n\nMessage-ID: <o@example.com>\n", bounce.FreeText, "failed", "a@b.example", "5.1.1", "o@example.com"},
		"exim":      {"From: Mailer-Daemon@mx.example\nX-Failed-Recipients: a@b.example\nSubject: Mail delivery failed\n\n  a@b.example\n    550 unknown user\n", bounce.FreeText, "failed", "a@b.example", "5.0.0", ""},
		"receipt":   {"From: a@b.example\nContent-Type: multipart/report; report-type=disposition-notification; boundary=b\n\n--b\n\nread\n--b\nContent-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; a@b.example\nOriginal-Message-ID: <o@example.com>\nDisposition: manual-action/MDN-sent-manually; displayed\n--b--\n", bounce.MDN, "displayed", "a@b.example", "", "o@example.com"},
		"complaint": {"From: fbl@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nspam\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: a@b.example\n\n--b\nContent-Type: message/rfc822\n\nMessage-ID: <o@example.com>\n\nx\n--b--\n", bounce.Complaint, "complaint", "a@b.example", "", "o@example.com"},
	} {
		m := parse(t, c.raw)
		if m.Bounce == nil {
			t.Errorf("%s: not seen", name)
			continue
		}
		var rcpt, status []string
		for _, r := range m.Bounce.Recipients {
			rcpt, status = append(rcpt, r.Address), append(status, r.Status)
		}
		if m.Bounce.Source != c.source || m.Bounce.Action != c.action || strings.Join(rcpt, " ") != c.rcpt || strings.Join(status, " ") != c.status || m.Bounce.OriginalMessageID != c.id || !m.Automatic.Is {
			t.Errorf("%s: %+v", name, m.Bounce)
		}
	}
	for _, raw := range []string{
		"From: jane@example.org\nSubject: Undeliverable parcel\n\nMy parcel could not be delivered. a@b.example",
		"From: jane@example.org\nAuto-Submitted: auto-replied\nReturn-Path: <>\nSubject: I am away\n\nWrite to a@b.example; user unknown to you.",
	} {
		if m := parse(t, raw); m.Bounce != nil {
			t.Errorf("%q counts as a bounce: %+v", raw, m.Bounce)
		}
	}
}

func TestHashes(t *testing.T) {
	plain := parse(t, basics+"\nhello\n")
	for name, same := range map[string]string{
		"line ends": strings.ReplaceAll(basics+"\nhello\n", "\n", "\r\n"),
		"trace":     "Received: by x; now\nX-Spam: no\n" + basics + "\nhello\n",
		"trailing":  basics + "\nhello  \n\n\n",
	} {
		if m := parse(t, same); m.CanonicalHash != plain.CanonicalHash || m.ProviderID() != plain.ProviderID() {
			t.Errorf("%s changes the hash", name)
		}
	}
	for name, other := range map[string]string{
		"words":   basics + "\ngoodbye\n",
		"subject": strings.Replace(basics, "Subject: s", "Subject: t", 1) + "\nhello\n",
		"sender":  strings.Replace(basics, "jane@", "eve@", 1) + "\nhello\n",
	} {
		if m := parse(t, other); m.CanonicalHash == plain.CanonicalHash {
			t.Errorf("%s does not change the hash", name)
		}
	}
}

func TestLimits(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		flag Flag
	}{
		"depth":  {strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 100) + "\nx", FlagTooDeep},
		"parts":  {"Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 3000), FlagTooManyParts},
		"text":   {"Subject: x\n\n" + strings.Repeat("0123456789abcdef\n", 200000), FlagTextTruncated},
		"fields": {strings.Repeat("X: y\n", 100000) + "\nx", FlagHeaderTruncated},
		"header": {"X: " + strings.Repeat("y\n ", 500000) + "\nY: z\nZ: z\n\nx", FlagHeaderTruncated},
	} {
		start := time.Now()
		if m := parse(t, c.raw); !m.Has(c.flag) {
			t.Errorf("%s: flags %v, want %s", name, m.Flags, c.flag)
		}
		if took := time.Since(start); took > soon {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func TestTimeIsBounded(t *testing.T) {
	for name, raw := range map[string]string{
		"lone CRs":      "Subject: x\r" + strings.Repeat("a\r", 2<<20) + "\n",
		"quotes":        "From: " + strings.Repeat(`"\`, 200000) + "\n\nx",
		"angles":        "From: " + strings.Repeat("<,", 200000) + "\n\nx",
		"colons":        "From: a@" + strings.Repeat(":", 400000) + "\n\nx",
		"words":         "Subject: " + strings.Repeat("=?a?q?x", 60000) + "\n\nx",
		"parameters":    "Content-Type: a/b; " + strings.Repeat("a=b ", 100000) + "\n\nx",
		"segments":      "Content-Type: a/b; " + strings.Repeat("n*1=x;", 50000) + "\n\nx",
		"false borders": "Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" + strings.Repeat("--bb\n", 400000),
		"base64 equals": "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("QQ==", 500000),
		"deep borders":  strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 20) + strings.Repeat("--c\n", 300000),
		"ids":           "References: " + strings.Repeat("<a", 200000) + "\n\nx",
		"report":        "Content-Type: message/delivery-status\n\n" + strings.Repeat("Final-Recipient: rfc822; a@b.example\n\n", 50000),
		"free bounce":   "From: mailer-daemon@x.example\nSubject: undeliverable\n\n" + strings.Repeat("<a@b.example>: 550 no\n", 50000),
	} {
		start := time.Now()
		parse(t, raw)
		if took := time.Since(start); took > soon {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// Parse holds its promises for any bytes, mail-like ones above all.
func TestAnyBytes(t *testing.T) {
	pieces := []string{"Content-Type: multipart/mixed; boundary=b\n", "Content-Type: text/html; charset=euc-kr\n", "\n", "--b\n", "--b--\n", "x: y\n", " folded\n", "=?utf-8?B?4pi6", "?=", "\xb0\xa1", "\x1b$)C\x0e",
		"Content-Transfer-Encoding: base64\n", "QUJD\n", "<div>", "From: a@b.example\n", "> q\n", "\x00", "\r", "Subject: ", "Content-Disposition: attachment; filename=../x\n", "message/rfc822", "Content-Type: message/delivery-status\n", "On 2024-01-01 a@b.example wrote:\n"}
	rapid.Check(t, func(t *rapid.T) {
		raw := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 60).Draw(t, "pieces"), "")
		m := Parse([]byte(raw), Options{})
		if m.ProviderID() == "" || strings.TrimSpace(m.Text) != "" && m.Reply == "" {
			t.Fatalf("%+v", m)
		}
	})
}
