package mailchannel

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// hostile is one way to misuse the port. lines are sent one by one, each after
// the answer to the one before; the last must be answered with want. A want of
// "-" is a connection that the server closes, "*" any refusal or close.
type hostile struct {
	name  string
	lines []string
	want  string
}

const (
	hello = "EHLO client.example\r\n"
	from  = "MAIL FROM:<jane@example.org>\r\n"
	rcpt  = "RCPT TO:<help@example.com>\r\n"
)

func hostileTable() []hostile {
	mail := func(body string) []string { return []string{hello, from, rcpt, "DATA\r\n", body} }
	many := func(line string, n int) string { return strings.Repeat(line, n) }
	return []hostile{
		{"empty line", []string{"\r\n"}, "500"},
		{"garbage word", []string{"XYZZ\r\n"}, "500"},
		{"short command", []string{"A\r\n"}, "501"},
		{"mangled command", []string{"MAILFROM:<a@b.example>\r\n"}, "501"},
		{"bytes", []string{"\x00\x01\x02\x03\xff\r\n"}, "50"},
		{"http", []string{"GET / HTTP/1.1\r\n"}, "50"},
		{"tls hello", []string{"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"}, "50"},
		{"ssh", []string{"SSH-2.0-OpenSSH_9.6\r\n"}, "50"},
		{"no hello", []string{from}, "502"},
		{"hello without a name", []string{"EHLO\r\n"}, "501"},
		{"helo twice", []string{"HELO a\r\n", "HELO b\r\n"}, "250"},
		{"hello with a long name", []string{"EHLO " + many("a", 2000) + "\r\n"}, "250"},
		{"lhlo", []string{"LHLO a\r\n"}, "500"},
		{"vrfy", []string{hello, "VRFY help\r\n"}, "252"},
		{"expn", []string{hello, "EXPN help\r\n"}, "502"},
		{"turn", []string{hello, "TURN\r\n"}, "502"},
		{"auth not offered", []string{hello, "AUTH PLAIN AGEAYg==\r\n"}, "5"},
		{"starttls with an argument", []string{hello, "STARTTLS now\r\n"}, "501"},
		{"rcpt before mail", []string{hello, rcpt}, "502"},
		{"data before mail", []string{hello, "DATA\r\n"}, "502"},
		{"data before rcpt", []string{hello, from, "DATA\r\n"}, "502"},
		{"data with an argument", []string{hello, from, rcpt, "DATA now\r\n"}, "501"},
		{"mail without colon", []string{hello, "MAIL FROM jane@example.org\r\n"}, "501"},
		{"mail without brackets end", []string{hello, "MAIL FROM:<jane@example.org\r\n"}, "501"},
		{"mail without domain", []string{hello, "MAIL FROM:<jane>\r\n"}, "5"},
		{"mail empty domain", []string{hello, "MAIL FROM:<jane@>\r\n"}, "5"},
		{"mail only at", []string{hello, "MAIL FROM:<@>\r\n"}, "5"},
		{"null sender", []string{hello, "MAIL FROM:<>\r\n"}, "250"},
		{"null sender, no such mailbox", []string{hello, "MAIL FROM:<>\r\n", "RCPT TO:<x@example.com>\r\n"}, "550 5.1.1"},
		{"mail with a script", []string{hello, "MAIL FROM:<<script>@example.org>\r\n"}, "5"},
		{"mail with spaces inside", []string{hello, "MAIL FROM:<a b@example.org>\r\n"}, "5"},
		{"unknown parameter", []string{hello, "MAIL FROM:<a@example.org> FOO=bar\r\n"}, "500"},
		{"parameter with two equals", []string{hello, "MAIL FROM:<a@example.org> A=B=C\r\n"}, "501"},
		{"size is a word", []string{hello, "MAIL FROM:<a@example.org> SIZE=big\r\n"}, "501"},
		{"size is negative", []string{hello, "MAIL FROM:<a@example.org> SIZE=-1\r\n"}, "501"},
		{"size overflows", []string{hello, "MAIL FROM:<a@example.org> SIZE=99999999999999999999\r\n"}, "501"},
		{"size over the limit", []string{hello, "MAIL FROM:<a@example.org> SIZE=4000000\r\n"}, "552 5.3.4"},
		{"body unknown", []string{hello, "MAIL FROM:<a@example.org> BODY=9BIT\r\n"}, "501"},
		{"binarymime not offered", []string{hello, "MAIL FROM:<a@example.org> BODY=BINARYMIME\r\n"}, "504"},
		{"requiretls not offered", []string{hello, "MAIL FROM:<a@example.org> REQUIRETLS\r\n"}, "504"},
		{"dsn not offered", []string{hello, "MAIL FROM:<a@example.org> RET=FULL\r\n"}, "504"},
		{"unknown mailbox", []string{hello, from, "RCPT TO:<nobody@example.com>\r\n"}, "550 5.1.1"},
		{"relaying", []string{hello, from, "RCPT TO:<victim@elsewhere.example>\r\n"}, "550 5.1.1"},
		{"relaying by percent", []string{hello, from, "RCPT TO:<victim%elsewhere.example@example.com>\r\n"}, "550 5.1.1"},
		{"relaying by route", []string{hello, from, "RCPT TO:<@example.com:victim@elsewhere.example>\r\n"}, "550 5.1.1"},
		{"relaying by bang", []string{hello, from, "RCPT TO:<elsewhere.example!victim@example.com>\r\n"}, "550 5.1.1"},
		{"recipient is empty", []string{hello, from, "RCPT TO:<>\r\n"}, "5"},
		{"recipient without domain", []string{hello, from, "RCPT TO:<help>\r\n"}, "5"},
		{"recipient with NUL", []string{hello, from, "RCPT TO:<help\x00@example.com>\r\n"}, "5"},
		{"recipient of 10 000 bytes", []string{hello, from, "RCPT TO:<" + many("a", 10000) + "@example.com>\r\n"}, "550"},
		{"recipient in other script", []string{hello, from, "RCPT TO:<hеlp@example.com>\r\n"}, "550 5.1.1"},
		{"rcpt unknown parameter", []string{hello, from, "RCPT TO:<help@example.com> NOTIFY=NEVER\r\n"}, "504"},
		{"the eleventh recipient", []string{hello, from, many(rcpt, 10) + rcpt}, "452 4.5.3"},
		{"plus address of nobody", []string{hello, from, "RCPT TO:<nobody+help@example.com>\r\n"}, "550 5.1.1"},
		{"line of 100 000 bytes", []string{hello, "NOOP " + many("x", 100000) + "\r\n"}, "*"},
		{"bdat without size", []string{hello, from, rcpt, "BDAT\r\n"}, "501"},
		{"bdat negative", []string{hello, from, rcpt, "BDAT -5\r\n"}, "501"},
		{"bdat word", []string{hello, from, rcpt, "BDAT x LAST\r\n"}, "501"},
		{"bdat over the limit", []string{hello, from, rcpt, "BDAT 4000000 LAST\r\n"}, "5"},
		{"bdat before rcpt", []string{hello, from, "BDAT 5 LAST\r\nhello"}, "502"},
		{"bdat three arguments", []string{hello, from, rcpt, "BDAT 5 LAST NOW\r\n"}, "501"},
		{"twenty wrong commands", []string{hello, many("XYZZ\r\n", 20)}, "*"},

		{"empty mail", mail(".\r\n"), "250"},
		{"only a dot line", mail("\r\n.\r\n"), "250"},
		{"NULs", mail("Subject: a\x00b\r\n\r\nx\x00y\r\n.\r\n"), "250"},
		{"all bytes", mail(stuff(allBytes())), "250"},
		{"bare LF and dot", mail("Subject: x\r\n\r\na\n.\nb\r\n.\r\n"), "250"},
		{"smuggled second mail", mail("Subject: x\r\n\r\na\n.\r\nMAIL FROM:<evil@example.org>\r\n.\r\n"), "250"},
		{"dots", mail(stuff("...\r\n....\r\n.x\r\n")), "250"},
		{"giant header", mail("X-A: " + many("y", 50000) + "\r\n" + many("X-B: "+many("z", 900)+"\r\n", 1000) + "\r\nbody\r\n.\r\n"), "250"},
		{"100 000 headers", mail(many("X-A: b\r\n", 100000) + "\r\nbody\r\n.\r\n"), "250"},
		{"folded for ever", mail("Subject: a\r\n" + many(" b\r\n", 100000) + "\r\nbody\r\n.\r\n"), "250"},
		{"no header at all", mail(stuff("just words\r\nand words")), "250"},
		{"nested 1 000 deep", mail(stuff(nested(1000))), "250"},
		{"10 000 parts", mail(stuff(manyParts(10000))), "250"},
		{"boundary of 1 MB", mail(stuff("Content-Type: multipart/mixed; boundary=\"" + many("b", 50000) + "\"\r\n\r\n--" + many("b", 50000) + "\r\n\r\nx")), "250"},
		{"encoded words for ever", mail(stuff("Subject: " + many("=?utf-8?q?a?=", 5000) + "\r\n\r\nx")), "250"},
		{"unfinished encoded words", mail(stuff("Subject: " + many("=?utf-8?q?a", 5000) + "\r\n\r\nx")), "250"},
		{"address list for ever", mail(stuff("From: a@b.example\r\nTo: " + many("\"x\" <a@b.example>, ", 3000) + "\r\n\r\nx")), "250"},
		{"quotes for ever", mail(stuff("From: " + many("\"\\", 30000) + "\r\n\r\nx")), "250"},
		{"comments for ever", mail(stuff("From: " + many("(", 60000) + "\r\n\r\nx")), "250"},
		{"references for ever", mail(stuff("References: " + many("<a@b.example> ", 4000) + "\r\n\r\nx")), "250"},
		{"html without end", mail(stuff("Content-Type: text/html\r\n\r\n" + many("<div><b><a href=x>\r\n", 20000))), "250"},
		{"base64 garbage", mail(stuff("Content-Transfer-Encoding: base64\r\n\r\n" + many("!!!!====AAAA\r\n", 10000))), "250"},
		{"quoted-printable garbage", mail(stuff("Content-Transfer-Encoding: quoted-printable\r\n\r\n" + many("=XX==\r\n", 10000))), "250"},
		{"quotations for ever", mail(stuff("Subject: x\r\n\r\n" + many("On 2024-01-01 a@b.example wrote:\r\n> x\r\ny\r\n", 20000))), "250"},
		{"over the limit", mail(stuff(many("0123456789\r\n", 200000))), "552 5.3.4"},
		{"a line over the limit", mail("Subject: x\r\n\r\n" + many("x", 200000) + "\r\n.\r\n"), "*"},
		{"a lying charset", mail(stuff("Content-Type: text/plain; charset=utf-16\r\n\r\n" + many("\xd8\x00", 1000))), "250"},
		{"charset of nowhere", mail(stuff("Content-Type: text/plain; charset=" + many("x", 10000) + "\r\n\r\nx")), "250"},
		{"a bomb of types", mail(stuff("Content-Type: " + many("a/b;", 10000) + "\r\n\r\nx")), "250"},
		{"a bounce of bounces", mail(stuff("Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n" + many("Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n\r\n", 5000))), "250"},
	}
}

func allBytes() string {
	b := make([]byte, 0, 512)
	for i := range 256 {
		if i != '\r' && i != '\n' {
			b = append(b, byte(i))
		}
	}
	return "Subject: " + string(b) + "\r\n\r\n" + string(b)
}

func nested(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	return b.String() + "\r\ndeep"
}

func manyParts(n int) string {
	return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", n) + "--b--\r\n"
}

// TestHostile misuses the port in every row and then sends a good mail, which
// must be taken as if nothing had been.
func TestHostile(t *testing.T) {
	w := newWorld(t, helpInbox(t), func(o *ServerOptions) { o.MaxMessageBytes = 2 << 20; o.MaxRecipients = 10; o.MaxLine = 64 << 10 })
	rows := hostileTable()
	if len(rows) < 60 {
		t.Fatalf("only %d rows", len(rows))
	}
	for i, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			start := time.Now()
			got := w.misuse(t, row)
			if took := time.Since(start); took > soon {
				t.Errorf("took %v", took)
			}
			refused := got == "-" || got != "" && (got[0] == '4' || got[0] == '5')
			if row.want == "*" && !refused || row.want != "*" && !strings.HasPrefix(got, row.want) {
				t.Errorf("answer %q, want %s", got, row.want)
			}
			stated := len(w.tap.take())
			if took := row.want == "250" && len(row.lines) == 5; took != (stated == 1) {
				t.Errorf("%d statements after %q", stated, got)
			}
			c := w.ready(t)
			if got := c.deliver("jane@example.org", []string{"help@example.com"}, letter(i)); !strings.HasPrefix(got, "250") {
				t.Fatalf("a good mail afterwards: %s", got)
			}
			w.only(t)
		})
	}
}

// misuse plays a row and returns the last answer, or "-" for a closed
// connection.
func (w *world) misuse(t *testing.T, row hostile) string {
	t.Helper()
	c := w.dial(t)
	defer func() { _ = c.conn.Close() }()
	c.want("220")
	last := ""
	for _, chunk := range row.lines {
		c.write(chunk)
		answers := 1
		if strings.HasPrefix(chunk, "XYZZ") || strings.HasPrefix(chunk, "RCPT") {
			answers = strings.Count(chunk, "\r\n")
		}
		for range answers {
			got, err := c.answer()
			if err != nil {
				return "-"
			}
			last = got
		}
	}
	return last
}

// Without its final dot a mail has not come, however it ends.
func TestAMailWithoutItsEndIsNotTaken(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	for _, part := range []string{"", "Subject: x", "Subject: x\r\n\r\nhalf", "Subject: x\r\n\r\nx\r\n.", "Subject: x\r\n\r\nx\r\n.\r", "x\n.\n", "x\r\n..\r\n"} {
		c := w.ready(t)
		c.say("MAIL FROM:<jane@example.org>", "250")
		c.say("RCPT TO:<help@example.com>", "250")
		c.say("DATA", "354")
		c.write(part)
		_ = c.conn.Close()
	}
	c := w.ready(t)
	c.deliver("jane@example.org", []string{"help@example.com"}, letter(1))
	if in := w.only(t); in.ProviderID != "letter-1@example.org" {
		t.Errorf("statement of %s", in.ProviderID)
	}
}

// soon is generous to a busy machine under the race detector, where work that
// grows faster than its input would still take minutes.
const soon = 20 * time.Second
