package bounce

import (
	"regexp"
	"strings"
)

var (
	daemon  = regexp.MustCompile(`(?i)^(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|mdaemon|root|system|bounce[^@]*|no-?reply|mail\.?server|mailadmin|nondelivery|non-delivery|mta|microsoftexchange[^@]*)(?:@|$)`)
	title   = regexp.MustCompile(`(?i)undeliver|delivery (?:status|failure|report|problem|has failed|error|incomplete)|returned mail|mail delivery|failure notice|failed (?:to deliver|delivery|mail)|non-?deliver|could not (?:be )?deliver|mail (?:system )?error|message (?:not delivered|delayed|status)|returned to sender|warning: .*(?:delayed|not sent)|delivery delayed|배달 ?(?:실패|되지)|반송|전송 ?실패|配信(?:不能|エラー|できません)|送信エラー|メールエラー|unzustellbar|non remis|no entregado|mail ?failure|bounce`)
	opening = regexp.MustCompile(`(?i)(?:wasn't able to deliver|was not able to deliver|could not be delivered|couldn't be delivered|can(?:not|'t) be delivered|unable to deliver|delivery (?:to the following|has failed|failed)|permanent (?:fatal )?errors?|undeliverable|did not reach|not delivered|user unknown|following addresses? (?:had|failed)|could not send|message (?:was )?(?:rejected|refused)|mailbox unavailable|transcript of session|failed recipients?|unknown user|no such user|not be sent)`)
	delayed = regexp.MustCompile(`(?i)(?:delayed|will (?:be )?(?:retr|continue to)|still (?:being )?(?:trying|retried)|not yet been delivered|warning message only|temporar)`)
	// Below such a line stands the mail that came back.
	returned = regexp.MustCompile(`(?i)^[\s>*-]*(?:-{2,}\s*)?(?:below this line is a copy|this is a copy of (?:the|your) message|(?:the )?original message|returned message|unsent message|message header|(?:the )?header of the (?:original )?message|received:|return-path:|original mail|copy of (?:the|your) (?:original )?message|message (?:contents|text|headers?) follow|the body of the message|.*headers? of the original|start of (?:forwarded|returned)|undelivered message follows|original message follows|content-type: message/rfc822|.*returned text)`)
	qmail    = regexp.MustCompile(`^<([^<>\s]+@[^<>\s]+)>:\s*$`)
)

// fromText reads a bounce that is written for people. forced skips the
// question whether it is one.
func fromText(in Input, forced bool) *Report {
	failedHeader := in.Header("x-failed-recipients")
	if !forced && failedHeader == "" && !looksLikeBounce(in) {
		return nil
	}
	text := in.Text[:min(len(in.Text), MaxText)]
	head := humanPart(text)
	r := &Report{Source: FreeText, Action: "failed"}
	for _, a := range addressRE.FindAllString(failedHeader, maxRecipients) {
		r.add(Recipient{Address: a})
	}
	if len(r.Recipients) == 0 {
		r.fromLines(head, in)
	}
	if len(r.Recipients) == 0 {
		r.fromReturned(in)
	}
	if len(r.Recipients) == 0 && !forced && failedHeader == "" && !opening.MatchString(head) {
		return nil
	}
	action := "failed"
	if delayed.MatchString(in.Subject) || delayed.MatchString(head) && !strings.Contains(head, "permanent") && !hasPermanentCode(head) && !strings.Contains(strings.ToLower(head), "fail") {
		action = "delayed"
	}
	whole := statusOf(head)
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		if rec.Diagnostic == "" {
			rec.Diagnostic = diagnosticFor(head, rec.Address)
		}
		if rec.Status = statusOf(rec.Diagnostic); rec.Status == "" {
			rec.Status = whole
		}
		if rec.Status == "" {
			rec.Status = guessStatus(rec.Diagnostic + "\n" + head)
		}
		if rec.Action = action; action == "failed" && rec.Status == "" {
			rec.Status = "5.0.0"
		}
		if action == "delayed" && (rec.Status == "" || rec.Status[0] != '4') {
			rec.Status = "4.0.0"
		}
	}
	r.Action = action
	return r
}

func (r *Report) add(rec Recipient) {
	for _, have := range r.Recipients {
		if strings.EqualFold(have.Address, rec.Address) {
			return
		}
	}
	if len(r.Recipients) < maxRecipients {
		r.Recipients = append(r.Recipients, rec)
	}
}

func looksLikeBounce(in Input) bool {
	robot := daemon.MatchString(in.From) || in.NullSender || in.From == ""
	if firstWord(in.Header("auto-submitted")) == "auto-replied" && !daemon.MatchString(in.From) && !title.MatchString(in.Subject) {
		return false // somebody's vacation notice
	}
	if in.Report == "delivery-status" {
		return true
	}
	return robot && (title.MatchString(in.Subject) || opening.MatchString(humanPart(in.Text[:min(len(in.Text), MaxText)])))
}

// humanPart is the text above the mail that came back.
func humanPart(text string) string {
	at := 0
	for line := range strings.Lines(text) {
		if at > 0 && returned.MatchString(line) {
			return text[:at]
		}
		at += len(line)
	}
	return text
}

// fromLines looks for the addresses that a report talks about: alone on a
// line, in brackets before a reason, after "to" or "recipient".
func (r *Report) fromLines(head string, in Input) {
	ours := strings.ToLower(in.Header("to"))
	lines := strings.Split(head, "\n")
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if m := qmail.FindStringSubmatch(line); m != nil {
			reason := ""
			for _, l := range lines[i+1:] {
				if strings.TrimSpace(l) == "" {
					break
				}
				reason += l + " "
			}
			r.add(Recipient{Address: m[1], Diagnostic: shorten(reason)})
		}
	}
	if len(r.Recipients) > 0 {
		return
	}
	for _, strict := range []bool{true, false} {
		for _, line := range lines {
			for _, a := range addressRE.FindAllString(line, 8) {
				low := strings.ToLower(a)
				if strings.Contains(ours, low) || daemon.MatchString(a) || strings.EqualFold(a, in.From) || strings.HasPrefix(low, "postmaster") {
					continue
				}
				rest := strings.Trim(strings.Replace(line, a, "", 1), "<>:\"'()[]*-. \t")
				if strict && rest != "" && !aboutRecipient.MatchString(line) {
					continue
				}
				r.add(Recipient{Address: a})
			}
		}
		if len(r.Recipients) > 0 {
			return
		}
	}
}

var aboutRecipient = regexp.MustCompile(`(?i)(?:^\s*<?\S+@\S+>?\s*(?:\.\.\.|:|\()|recipient|rcpt to|\bto:? |user|address|mailbox|failed|宛|수신|받는)`)

// fromReturned falls back on the To of the mail that came back.
func (r *Report) fromReturned(in Input) {
	for _, p := range in.Parts {
		if p.Type != "message/rfc822" && !strings.HasPrefix(p.Type, "text/rfc822") {
			continue
		}
		for _, g := range groups(p.Data)[:min(1, len(groups(p.Data)))] {
			for _, a := range addressRE.FindAllString(g["to"], maxRecipients) {
				r.add(Recipient{Address: a})
			}
		}
	}
	if len(r.Recipients) > 0 {
		return
	}
	text := in.Text[:min(len(in.Text), MaxText)]
	if back := text[len(humanPart(text)):]; back != "" {
		for line := range strings.Lines(back) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.Trim(name, " >"), "to") {
				for _, a := range addressRE.FindAllString(value, maxRecipients) {
					r.add(Recipient{Address: a})
				}
				return
			}
		}
	}
}

// diagnosticFor is the line that names the address, with those after it.
func diagnosticFor(head, address string) string {
	i := indexFold(head, address)
	if i < 0 {
		return ""
	}
	start := strings.LastIndexByte(head[:i], '\n') + 1
	rest := head[start:]
	if end := strings.Index(rest, "\n\n"); end >= 0 && strings.TrimSpace(rest[:end]) != strings.Trim(rest[:end], " <>:"+address) {
		rest = rest[:end]
	} else {
		rest = rest[:min(len(rest), 1000)]
	}
	return shorten(strings.ToValidUTF8(rest, ""))
}

// indexFold finds an address whatever its case. It looks at the bytes as they
// are: lower-casing the text first would move places, since a few letters change
// their length.
func indexFold(s, address string) int {
	for i := 0; i+len(address) <= len(s); i++ {
		if strings.EqualFold(s[i:i+len(address)], address) {
			return i
		}
	}
	return -1
}

func hasPermanentCode(s string) bool { return strings.HasPrefix(statusOf(s), "5.") }

var reasons = []struct {
	words  *regexp.Regexp
	status string
}{
	{regexp.MustCompile(`(?i)user unknown|unknown user|no such (?:user|mailbox|address)|does ?n[o']t exist|not (?:a known user|found in directory|listed in)|invalid (?:recipient|address|user)|mailbox unavailable|unrouteable address|存在しません|존재하지`), "5.1.1"},
	{regexp.MustCompile(`(?i)mailbox (?:is )?full|over ?quota|quota exceeded|not enough (?:disk )?space|exceeded (?:its |the )?(?:storage|quota)|いっぱい|용량`), "5.2.2"},
	{regexp.MustCompile(`(?i)host (?:unknown|not found)|domain (?:does not exist|not found|unknown)|couldn't find any host|no mx|name service error|unknown host`), "5.1.2"},
	{regexp.MustCompile(`(?i)too (?:large|big)|message size exceeds`), "5.3.4"},
	{regexp.MustCompile(`(?i)spam|blocked|blacklist|policy|access denied|not authoriz|relay(?:ing)? (?:denied|not permitted)`), "5.7.1"},
	{regexp.MustCompile(`(?i)disabled|inactive|suspended`), "5.2.1"},
	{regexp.MustCompile(`(?i)timed? ?out|expired|queue too long|too long`), "5.4.7"},
}

// guessStatus reads the reason out of words when no code stands anywhere.
func guessStatus(s string) string {
	for _, r := range reasons {
		if r.words.MatchString(s) {
			return r.status
		}
	}
	return ""
}
