package mailfake

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"time"
)

// Letter is what a customer writes. The same letter is the same mail, byte for
// byte. From, To and ID are needed.
type Letter struct {
	From, Name string
	To         string
	Subject    string
	Text       string
	ID         string   // Message-ID, bare
	Answers    []string // ids of the thread, oldest first
	At         time.Time
	// Quoted is what stands below what they write; empty quotes nothing.
	Quoted string
}

// Bytes is the letter as MIME, with CRLF.
func (l Letter) Bytes() []byte {
	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", (&mail.Address{Name: l.Name, Address: l.From}).String())
	header("To", l.To)
	if n := len(l.Answers); n > 0 {
		header("In-Reply-To", "<"+l.Answers[n-1]+">")
		header("References", "<"+strings.Join(l.Answers[max(0, n-10):], ">\r\n <")+">")
	}
	header("Subject", mime.BEncoding.Encode("utf-8", l.Subject))
	header("Date", l.At.Format(time.RFC1123Z))
	header("Message-ID", "<"+l.ID+">")
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	text := strings.ReplaceAll(l.Text, "\n", "\r\n") + "\r\n"
	if l.Quoted != "" {
		text += "\r\n" + strings.ReplaceAll(l.Quoted, "\n", "\r\n") + "\r\n"
	}
	encoded := base64.StdEncoding.EncodeToString([]byte(text))
	for len(encoded) > 76 {
		b.WriteString(encoded[:76] + "\r\n")
		encoded = encoded[76:]
	}
	b.WriteString(encoded + "\r\n")
	return b.Bytes()
}

// Domain is the part behind the @.
func Domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
