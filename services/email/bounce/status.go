package bounce

import (
	"strings"
)

// group is one block of "Name: value" lines.
type group map[string]string

// groups reads the blocks of a report; continuation lines are joined, and the
// first of a repeated name stays.
func groups(data []byte) []group {
	text := strings.ToValidUTF8(string(data[:min(len(data), MaxText)]), "\uFFFD")
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	var out []group
	current, last := group{}, ""
	flush := func() {
		if len(current) > 0 && len(out) <= maxRecipients {
			out = append(out, current)
		}
		current, last = group{}, ""
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.TrimSpace(line) == "":
			flush()
		case (line[0] == ' ' || line[0] == '\t') && last != "":
			current[last] += " " + strings.TrimSpace(line)
		default:
			name, value, ok := strings.Cut(line, ":")
			if !ok {
				if last != "" {
					current[last] += " " + strings.TrimSpace(line)
				}
				continue
			}
			name = strings.ToLower(strings.TrimSpace(name))
			if _, seen := current[name]; !seen {
				current[name] = strings.TrimSpace(value)
				last = name
			} else {
				last = ""
			}
		}
	}
	flush()
	return out
}

// typed drops the type from "rfc822; user@host" and "smtp; 550 no".
func typed(s string) string {
	if kind, value, ok := strings.Cut(s, ";"); ok && !strings.ContainsAny(strings.TrimSpace(kind), " @") {
		return strings.TrimSpace(value)
	}
	return strings.TrimSpace(s)
}

func bare(s string) string {
	s = strings.Trim(typed(s), "<>\"' ")
	if m := addressRE.FindString(s); m != "" && strings.Contains(s, "@") {
		return m
	}
	return s
}

// parseStatus reads message/delivery-status. Reports that forget the empty
// line between the message's and the recipient's fields are read too.
func parseStatus(data []byte) *Report {
	r := &Report{Source: DSN}
	for _, g := range groups(data) {
		if g["final-recipient"] == "" && g["original-recipient"] == "" && g["action"] == "" {
			continue
		}
		rec := Recipient{Action: firstWord(g["action"]), Diagnostic: shorten(typed(g["diagnostic-code"])), RemoteMTA: shorten(typed(g["remote-mta"]))}
		rec.Address = bare(g["final-recipient"])
		// The final one may be an alias of the remote system; the original is
		// the one we wrote to.
		if o := bare(g["original-recipient"]); o != "" && strings.Contains(o, "@") {
			rec.Address = o
		}
		if !strings.Contains(rec.Address, "@") {
			if x := bare(g["x-actual-recipient"]); strings.Contains(x, "@") {
				rec.Address = x
			}
		}
		rec.Status = statusOf(g["status"])
		// 5.0.0 says only "failed"; the diagnostic often knows more.
		if better := statusOf(rec.Diagnostic); rec.Status == "" || strings.HasSuffix(rec.Status, ".0.0") && better != "" && better[0] == rec.Status[0] {
			if better != "" {
				rec.Status = better
			}
		}
		if rec.Status == "" && strings.HasPrefix(strings.TrimSpace(g["status"]), "2.") {
			rec.Status = firstWord(g["status"])
		}
		if _, known := gravity[rec.Action]; !known {
			rec.Action = actionOf(rec.Status)
		}
		if len(r.Recipients) < maxRecipients {
			r.Recipients = append(r.Recipients, rec)
		}
	}
	r.Action = gravest(r.Recipients, "failed")
	return r
}

func actionOf(status string) string {
	if strings.HasPrefix(status, "4.") {
		return "delayed"
	}
	if strings.HasPrefix(status, "2.") {
		return "delivered"
	}
	return "failed"
}

func firstWord(s string) string {
	fields := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return r == ' ' || r == ';' || r == '(' || r == '\t' || r == ',' })
	if len(fields) == 0 {
		return ""
	}
	return fields[0]
}

// enrich takes a finer status from the human part of a report where the
// machine part says only that it failed.
func enrich(r *Report, text string) {
	text = text[:min(len(text), MaxText)]
	for i := range r.Recipients {
		rec := &r.Recipients[i]
		if rec.Status != "" && !strings.HasSuffix(rec.Status, ".0.0") || len(r.Recipients) > 1 {
			continue
		}
		if code := statusOf(text); code != "" && (rec.Status == "" || code[0] == rec.Status[0]) {
			rec.Status = code
		}
	}
}

// parseDisposition reads message/disposition-notification (RFC 8098).
func parseDisposition(data []byte) *Report {
	r := &Report{Source: MDN, Action: "displayed"}
	for _, g := range groups(data) {
		if d := g["disposition"]; d != "" {
			_, kind, _ := strings.Cut(strings.ToLower(d), ";")
			if kind = firstWord(strings.ReplaceAll(kind, "/", " ")); kind != "" {
				r.Action = kind
			}
		}
		if a := bare(g["final-recipient"]); a != "" {
			r.Recipients = append(r.Recipients, Recipient{Address: a, Action: r.Action})
		}
		if id := strings.Trim(g["original-message-id"], "<> "); id != "" {
			r.OriginalMessageID = id
		}
	}
	return r
}

// parseFeedback reads message/feedback-report (RFC 5965).
func parseFeedback(data []byte) *Report {
	r := &Report{Source: Complaint, Action: "complaint"}
	for _, g := range groups(data) {
		if t := firstWord(g["feedback-type"]); t != "" {
			r.FeedbackType = t
		}
		for _, name := range []string{"original-rcpt-to", "removal-recipient"} {
			if a := bare(g[name]); strings.Contains(a, "@") && len(r.Recipients) == 0 {
				r.Recipients = append(r.Recipients, Recipient{Address: a, Action: "complaint"})
			}
		}
	}
	return r
}
