package mailparse

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/services/email/bounce"
	"github.com/tributary-inbox/tributary/services/email/charset"
	"github.com/tributary-inbox/tributary/services/email/markup"
	"github.com/tributary-inbox/tributary/services/email/reply"
)

// Options adjust Parse. The zero value is ready for use.
type Options struct {
	Limits Limits         // zero: Default
	Locale charset.Locale // where unlabelled mail usually comes from; the mail's own signs go first
	// NullSender says that the envelope had the empty sender, that of bounces and
	// other machines' mail (RFC 5321 §4.5.5). What reaches a port has no
	// Return-Path yet that would say so.
	NullSender bool
}

// Parse reads a mail. It always returns a usable Mail, whatever the bytes.
// Attachments may share memory with raw, which must not change afterwards.
func Parse(raw []byte, opt Options) *Mail {
	flags := &flagSet{}
	lim := opt.Limits.orDefault()
	r := &reader{rest: raw, lim: lim, flags: flags}
	root := &part{}
	root.header, r.rest = readHeader(raw, lim, flags)
	below := r.rest
	r.loc = localeOf(root.header, raw, opt.Locale)
	r.body(root, "text/plain")

	m := &Mail{RawHash: sha256.Sum256(raw)}
	m.readFields(root.header, r.loc, flags)
	m.NullSender = opt.NullSender || strings.Join(strings.Fields(m.ReturnPath), "") == "<>"
	m.CanonicalHash = canonicalHash(m, below)

	var b body
	b.collect(root)
	l := &layout{flags: flags, loc: r.loc, left: lim.TextBytes, cache: map[*part]string{}}
	rich := l.rich(b.html)
	m.Text = l.plain(b.text)
	if strings.TrimSpace(m.Text) == "" && rich != "" {
		m.Text = markup.Text(rich)
	}
	if m.Text == "" && rich == "" {
		m.Text = l.above(root)
	}
	for _, p := range b.attachments {
		m.Attachments = append(m.Attachments, p.attachment(b.inline[p], r.loc, flags))
	}
	text, html := m.openTNEF()
	if m.Text == "" && rich == "" {
		if rich = strings.ToValidUTF8(html[:min(len(html), lim.TextBytes)], ""); text == "" && rich != "" {
			text = markup.Text(rich)
		}
		m.Text = strings.ToValidUTF8(text[:min(len(text), lim.TextBytes)], "")
	}
	m.Attachments = onceCalendars(m.Attachments)
	m.sanitise(rich, root)
	m.markEncrypted(root, flags)

	m.Bounce = bounce.Find(m.bounceInput(root, l))
	m.Automatic = automatic(root.header, m)
	split := reply.Split(m.Text, rich, reply.Options{Forward: IsForward(m.Subject)})
	m.Reply, m.Signature, m.Quoted = split.Reply, split.Signature, split.Quoted
	if words := m.invitations(); words != "" {
		// Below what the author wrote, never in place of it.
		m.Reply = strings.TrimSpace(m.Reply + "\n\n" + words)
		if m.Text == "" {
			m.Text = words
		}
	}
	if m.Text == "" && m.HTML == "" && len(m.Attachments) == 0 {
		flags.add(FlagEmpty)
	}
	m.Flags = flags.sorted()
	return m
}

// localeOf looks for signs of where a mail comes from, strongest first: a
// charset named anywhere in the header, a language, the sender's country.
func localeOf(h header, raw []byte, fallback charset.Locale) charset.Locale {
	var hints []string
	for _, name := range []string{"subject", "from", "to", "content-type"} {
		v := h.get(name)
		if i := strings.Index(v, "=?"); i >= 0 {
			if w, _, ok := scanWord(v[i:]); ok {
				hints = append(hints, w.charset)
			}
		}
	}
	ctype, params := parameterised(h.get("content-type"), charset.Anywhere, &flagSet{})
	hints = append(hints, params["charset"])
	if strings.HasPrefix(ctype, "multipart/") {
		if i := bytes.Index(raw[:min(len(raw), 64<<10)], []byte("charset=")); i >= 0 {
			label, _, _ := strings.Cut(string(raw[i+8:min(len(raw), i+48)]), "\n")
			hints = append(hints, label)
		}
	}
	hints = append(hints, h.get("content-language"), h.get("accept-language"))
	for _, a := range parseAddresses(h.get("from"), charset.Anywhere, &flagSet{}) {
		hints = append(hints, a.Address)
	}
	for _, hint := range hints {
		if hint == "" {
			continue
		}
		if loc := charset.LocaleOf(strings.TrimSpace(hint)); loc != charset.Anywhere {
			return loc
		}
	}
	return fallback
}

func (m *Mail) readFields(h header, loc charset.Locale, flags *flagSet) {
	list := func(name string) []Address {
		var out []Address
		for _, v := range h.all(name) {
			out = append(out, parseAddresses(v, loc, flags)...)
		}
		return out[:min(len(out), maxAddresses)]
	}
	m.From, m.Sender, m.ReplyTo, m.To, m.Cc = list("from"), list("sender"), list("reply-to"), list("to"), list("cc")
	m.Subject = decodeWords(h.get("subject"), loc, flags)
	if m.MessageID = messageID(h.get("message-id")); m.MessageID == "" {
		flags.add(FlagNoMessageID)
	}
	m.InReplyTo = newest(messageIDs(strings.Join(h.all("in-reply-to"), " ")))
	m.References = newest(messageIDs(strings.Join(h.all("references"), " ")))
	m.readDate(h, flags)
	m.checkFrom(h, flags)
	for _, name := range []string{"delivered-to", "x-original-to", "envelope-to", "x-envelope-to"} {
		for _, v := range h.all(name) {
			for _, a := range parseAddresses(v, loc, flags) {
				if a.Address != "" && len(m.DeliveredTo) < maxAddresses {
					m.DeliveredTo = append(m.DeliveredTo, a.Address)
				}
			}
		}
	}
	text := func(name string) string { return decodeWords(h.get(name), loc, flags) }
	m.ReturnPath, m.ThreadIndex, m.Language = text("return-path"), text("thread-index"), text("content-language")
	m.ListID = messageID(h.get("list-id"))
	for _, v := range h.all(strings.ToLower(LoopHeader)) {
		m.Loop = append(m.Loop, clean(decodeRaw(v, loc, flags)))
	}
	for _, f := range h {
		if (f.name == "authentication-results" || f.name == "received") && len(m.Trace) < maxTrace {
			m.Trace = append(m.Trace, TraceField{f.name, clean(decodeRaw(f.value, loc, flags))})
		}
	}
}

const maxTrace = 200

func (m *Mail) readDate(h header, flags *flagSet) {
	v := h.get("date")
	if v == "" {
		flags.add(FlagNoDate)
		return
	}
	t, ok := parseDate(v)
	if !ok {
		flags.add(FlagDateOdd)
		return
	}
	m.Date, m.HasDate = t, true
	if received, ok := newestReceived(h); ok && (t.Sub(received) > 24*time.Hour || received.Sub(t) > 5*365*24*time.Hour) {
		flags.add(FlagDateOdd)
	}
}

// newestReceived is when the last hop before us says it took the mail.
func newestReceived(h header) (time.Time, bool) {
	_, date, ok := cutLast(h.get("received"), ";")
	if !ok {
		return time.Time{}, false
	}
	return parseDate(date)
}

func (m *Mail) checkFrom(h header, flags *flagSet) {
	for _, a := range m.From {
		if a.Address != "" {
			m.AddressesFrom++
		}
		if at := strings.IndexByte(a.Name, '@'); at > 0 && at < len(a.Name)-1 && !strings.Contains(strings.ToLower(a.Name), strings.ToLower(a.Address)) {
			m.FromContradict = true
			flags.add(FlagNameShowsAddress)
		}
	}
	switch {
	case m.AddressesFrom == 0:
		flags.add(FlagNoFrom)
	case m.AddressesFrom > 1 || len(h.all("from")) > 1:
		flags.add(FlagManyFrom)
	}
}

func (m *Mail) sanitise(rich string, root *part) {
	if rich == "" {
		return
	}
	locations := map[string]string{}
	var visit func(p *part)
	visit = func(p *part) {
		if loc := p.header.get("content-location"); loc != "" && len(locations) < 1000 {
			if id := messageID(p.header.get("content-id")); id != "" {
				locations[loc] = id
			}
		}
		for _, c := range p.children {
			visit(c)
		}
	}
	visit(root)
	clean := markup.Sanitise(rich, func(src string) (string, bool) {
		id, ok := locations[src]
		return id, ok
	})
	m.HTML, m.RemoteImages = clean.HTML, clean.Remote
	shown := map[string]bool{}
	for _, id := range clean.Inline {
		shown[id] = true
	}
	for i := range m.Attachments {
		if a := &m.Attachments[i]; a.ContentID != "" && shown[a.ContentID] {
			a.Inline = true
		}
	}
}

func (m *Mail) markEncrypted(root *part, flags *flagSet) {
	if root.ctype == "multipart/encrypted" || strings.Contains(m.Text, "-----BEGIN PGP MESSAGE-----") {
		flags.add(FlagEncrypted)
	}
}

// bounceInput shows package bounce the leaves it reads.
func (m *Mail) bounceInput(root *part, l *layout) bounce.Input {
	in := bounce.Input{Header: root.header.get, Text: m.Text, Subject: m.Subject, Report: strings.ToLower(root.params["report-type"]), NullSender: m.NullSender}
	if len(m.From) > 0 {
		in.From = m.From[0].Address
	}
	var visit func(p *part)
	visit = func(p *part) {
		if len(p.children) == 0 && !p.multipart() {
			switch {
			case strings.HasPrefix(p.ctype, "message/"), strings.HasPrefix(p.ctype, "text/rfc822"):
				in.Parts = append(in.Parts, bounce.Part{Type: p.ctype, Data: p.data(l.flags)})
			}
		}
		for _, c := range p.children {
			visit(c)
		}
	}
	visit(root)
	return in
}

// onceCalendars drops a calendar that stands twice, as an alternative and as
// an attachment.
func onceCalendars(list []Attachment) []Attachment {
	kept := list[:0]
	for _, a := range list {
		double := false
		if a.Type == "text/calendar" || a.Type == "application/ics" {
			for i := range kept {
				if (kept[i].Type == "text/calendar" || kept[i].Type == "application/ics") && bytes.Equal(bytes.TrimSpace(kept[i].Data), bytes.TrimSpace(a.Data)) {
					if kept[i].Calendar == "" {
						kept[i].Calendar = a.Calendar
					}
					double = true
				}
			}
		}
		if !double {
			kept = append(kept, a)
		}
	}
	return kept
}

// canonicalHash covers what the author sent and leaves out what the way adds:
// trace headers, line ends, trailing white space. Two copies of one mail have
// one hash; a reused Message-ID with other words has two.
func canonicalHash(m *Mail, below []byte) [32]byte {
	h := sha256.New()
	for _, a := range m.From {
		h.Write([]byte(a.Address + "\x00"))
	}
	h.Write([]byte(m.Subject + "\x00" + m.Date.Format(time.RFC3339) + "\x00"))
	blank := 0
	for len(below) > 0 {
		var line []byte
		line, below = cutLine(below)
		line = bytes.TrimRight(line, " \t\r")
		if len(line) == 0 {
			blank++
			continue
		}
		for ; blank > 0; blank-- {
			h.Write([]byte("\n"))
		}
		h.Write(line)
		h.Write([]byte("\n"))
	}
	return [32]byte(h.Sum(nil))
}

// ProviderID names this mail for the duplicate index: its Message-ID, or the
// hash of its bytes where it has none. Ids are reused by mistake and by
// attackers, so whoever keeps the index compares ContentHash as well.
func (m *Mail) ProviderID() string {
	if m.MessageID == "" {
		return "sha256:" + hex.EncodeToString(m.RawHash[:])
	}
	return m.MessageID
}

// ContentHash is CanonicalHash in the form that statements carry.
func (m *Mail) ContentHash() string { return hex.EncodeToString(m.CanonicalHash[:16]) }
