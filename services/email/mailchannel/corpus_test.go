package mailchannel

import (
	"bytes"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/email/mailcorpus"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
	"github.com/tributary-inbox/tributary/services/email/markup"
)

// TestCorpusThroughThePort sends every mail of the corpus through the real
// port, twice: none is refused, slow or lost, and the second copy is the same
// statement. What is stated is what the parser finds in the same bytes, and what
// the oracle files beside the mails say: sender, subject, text and attachments.
func TestCorpusThroughThePort(t *testing.T) {
	root := os.Getenv(mailcorpus.Env)
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the project's own mails went through the port (server_test.go, hostile_test.go)")
		return
	}
	mails, err := mailcorpus.List(root)
	if err != nil || len(mails) < 500 {
		t.Fatalf("%d mails found, %v", len(mails), err)
	}
	p := &postman{t: t, world: newWorld(t, helpInbox(t))}
	for _, mail := range mails {
		first := p.twice(mail)
		if first == nil {
			continue
		}
		p.asParsed(mail, first)
		oracles, err := mailcorpus.Oracles(root, mail)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range oracles {
			if o.Variant != "" || len(oracles) == 1 { // SMTP has CRLF
				p.asOracle(mail, &o, first)
			}
		}
		leaves, err := mailcorpus.Leaves(root, mail)
		if err != nil {
			t.Fatal(err)
		}
		for _, leaf := range leaves {
			p.score(mail.Source, leaf.Name, p.shows(first, leaf), first.Message.Text, leaf.Data)
		}
	}
	if p.world.logged() != uint64(2*len(mails)) {
		t.Errorf("%d statements in the log of %d mails, want two of each", p.world.logged(), len(mails))
	}
	t.Logf("%d mails twice through the port, %d of them reports on a delivery; slowest %v:%s", len(mails), p.deliveries, p.slowest, p.scores.String())
}

// postman brings mails to the port and judges what is stated.
type postman struct {
	t          *testing.T
	world      *world
	client     *client
	sent       int
	deliveries int
	slowest    time.Duration
	scores     mailcorpus.Score
}

func (p *postman) score(source, key string, agree bool, got, want any) {
	p.t.Helper()
	if fault := p.scores.Add(source, key, agree, got, want); fault != "" {
		p.t.Error(fault)
	}
}

// twice delivers a mail and its copy and returns the first statement; nil where it
// was not taken.
func (p *postman) twice(mail mailcorpus.Mail) (first *events.Inbound) {
	p.t.Helper()
	for range 2 {
		if p.sent%1000 == 0 { // a polite client comes again now and then
			if p.client != nil {
				p.client.say("QUIT", "221")
			}
			p.client = p.world.ready(p.t)
		}
		p.sent++
		start := time.Now()
		if got := p.client.deliver("jane@example.org", []string{"help@example.com"}, string(mail.Raw)); !strings.HasPrefix(got, "250") {
			p.t.Errorf("%s: %s", mail.Name, got)
			return nil
		}
		p.slowest = max(p.slowest, time.Since(start))
		in := p.world.only(p.t)
		if first == nil {
			first = in
		} else if in.ProviderID != first.ProviderID || in.Content != first.Content || in.Type != first.Type {
			p.t.Errorf("%s: the second copy differs", mail.Name)
		}
	}
	if first.Type == events.DeliveryReported {
		p.deliveries++
	}
	return first
}

// asParsed holds every field of a message to what the parser alone finds.
func (p *postman) asParsed(mail mailcorpus.Mail, in *events.Inbound) {
	p.t.Helper()
	if in.Message == nil {
		return
	}
	m := mailparse.Parse(mailcorpus.CRLF(mail.Raw), mailparse.Options{Limits: limits})
	from := "jane@example.org" // the envelope's, where the mail names nobody
	for _, a := range slices.Backward(m.From) {
		if found := normal(a.Address); found != "" {
			from = found
		}
	}
	text := m.Reply
	if m.Signature != "" {
		text += "\n\n" + m.Signature
	}
	check := func(field string, got, want any) {
		p.t.Helper()
		p.score("as the parser: "+mail.Source, mail.Name+" "+field, got == want, got, want)
	}
	check("sender", in.Sender.Points[0].Value, from)
	check("subject", in.Message.Subject, cut(m.Subject, 998))
	check("text", mailcorpus.Words(in.Message.Text), mailcorpus.Words(cut(text, maxText)))
	check("quoted", mailcorpus.Words(in.Message.Quoted), mailcorpus.Words(cut(m.Quoted, maxText)))
	check("has-html", in.Message.HTML != "", m.HTML != "" && len(m.HTML) <= maxHTML)
	want := []string{}
	for i, a := range m.Attachments {
		if i < maxAttachments {
			want = append(want, a.Name+":"+mailcorpus.Digest(a.Data))
		}
	}
	got := []string{}
	for _, a := range in.Message.Attachments {
		got = append(got, a.Name+":"+mailcorpus.Digest(p.bytes(a)))
	}
	check("attachments", strings.Join(got, ", "), strings.Join(want, ", "))
}

// asOracle holds a message to what another parser found. That one does not tell
// what is quoted from what is not, so all words of both count, in any order.
func (p *postman) asOracle(mail mailcorpus.Mail, o *mailcorpus.Oracle, in *events.Inbound) {
	p.t.Helper()
	source := mail.Source + " " + strings.Split(mail.Short(), "/")[0]
	if in.Message == nil {
		p.t.Errorf("%s is a report on a delivery", mail.Name)
		return
	}
	check := func(field, got, want string) {
		p.t.Helper()
		p.score(source, mail.Short()+" "+field, got == want, got, want)
	}
	check("subject", mailcorpus.Words(in.Message.Subject), mailcorpus.Words(o.Subject))
	for _, from := range o.From {
		if address := normal(from.Address); address != "" {
			check("from", in.Sender.Name+" "+in.Sender.Points[0].Value, from.Name+" "+address)
			break
		}
	}
	check("text", sorted(in.Message.Text+" "+in.Message.Quoted), sorted(o.Text))
	var got, want []string
	for _, a := range in.Message.Attachments {
		if a.Type == "message/rfc822" {
			got = append(got, "(message)")
			continue
		}
		got = append(got, a.Name+":"+mailcorpus.Digest(p.bytes(a)))
	}
	for _, f := range o.Files {
		if f.Message {
			want = append(want, "(message)")
			continue
		}
		want = append(want, mailparse.FileName(f.Name)+":"+mailcorpus.Digest(f.Data))
	}
	check("attachments", strings.Join(got, ", "), strings.Join(want, ", "))
}

// shows reports whether a decoded part stands in a message: as an attachment of the
// same bytes, or as text.
func (p *postman) shows(in *events.Inbound, leaf mailcorpus.Leaf) bool {
	for _, a := range in.Message.Attachments {
		if bytes.Equal(bytes.TrimSpace(p.bytes(a)), bytes.TrimSpace(leaf.Data)) || mailcorpus.Digest(p.bytes(a)) == mailcorpus.Digest(leaf.Data) {
			return true
		}
	}
	if !leaf.Text {
		return false
	}
	want := strings.ToValidUTF8(string(leaf.Data), "\uFFFD")
	return within(want, in.Message.Text+" "+in.Message.Quoted) || in.Message.HTML != "" && within(markup.Text(want), markup.Text(in.Message.HTML))
}

// within reports whether every word of one text stands in another.
func within(words, text string) bool {
	have := map[string]int{}
	for _, w := range strings.Fields(text) {
		have[w]++
	}
	for _, w := range strings.Fields(words) {
		if have[w]--; have[w] < 0 {
			return false
		}
	}
	return true
}

func sorted(text string) string {
	words := strings.Fields(text)
	slices.Sort(words)
	return strings.Join(words, " ")
}

func (p *postman) bytes(a events.Attachment) []byte {
	p.t.Helper()
	r, err := p.world.blobs.Open(p.t.Context(), a.Hash)
	if err != nil {
		p.t.Fatal(err)
	}
	data, err := io.ReadAll(r)
	if err := r.Close(); err != nil {
		p.t.Fatal(err)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}
