package reply

import (
	"regexp"
	"strings"
)

// delimiter is the one that RFC 3676 §4.3 defines, space included.
const delimiter = "-- "

const (
	maxSignature = 20 // lines after the delimiter; more is a letter, not a signature
	maxDevice    = 120
)

// device matches the line that a phone or an app adds by itself.
var device = regexp.MustCompile(`(?i)^[\s*_\[(]*(?:(?:sent|get) (?:from|via|with|using) (?:my |an? |the )?(?:[\pL\d][^\n.!?]{0,60})|sent with \S.{0,60}|get outlook for .{0,80}|` +
	`(?:나의|내) .{1,40}에서 (?:보냄|보냅니다|발송)|.{1,40}에서 보냄|.{1,40}에서 보낸 메일|(?:私の)?.{1,30}から送信(?:されました|しました)?|从我的.{1,30}发送|發自我的.{1,30}|发自我的.{1,30}|` +
	`envoyé (?:de|depuis|à partir de) .{1,80}|von meinem .{1,60} gesendet|gesendet (?:von|mit) .{1,80}|enviado (?:desde|do|de|a partir do) .{1,80}|inviato da(?:l mio)? .{1,80}|verzonden vanaf .{1,80}|verstuurd vanaf .{1,80}|` +
	`skickat från .{1,80}|sendt fra .{1,80}|wysłane z .{1,80}|отправлено (?:с|из) .{1,80}|lähetetty .{1,80}|odesláno z .{1,80})[\s*_\])]*$`)

var listFooter = regexp.MustCompile(`^\s*_{10,}\s*$`)

// markSignatures looks in each run of written lines for its signature. Quotes
// end a run, since an answer may continue below them.
func markSignatures(lines []string, roles []role) {
	for start := 0; start < len(lines); {
		if roles[start] != written {
			start++
			continue
		}
		end := start
		for end < len(lines) && roles[end] == written {
			end++
		}
		if at := signatureAt(lines[start:end]); at >= 0 {
			fill(roles[start+at:end], signature)
		}
		start = end
	}
}

// signatureAt returns the line where the signature of a run starts, or -1.
func signatureAt(lines []string) int {
	at := -1
	for i, line := range lines {
		if strings.TrimRight(line, "\r") == delimiter && filled(lines[i+1:]) <= maxSignature {
			at = i
			break
		}
		if listFooter.MatchString(line) && mailingList(lines[i+1:]) {
			at = i
			break
		}
	}
	limit := len(lines)
	if at >= 0 {
		limit = at
	}
	last := limit - 1
	for last >= 0 && blank(lines[last]) {
		last--
	}
	if last >= 0 && len(lines[last]) <= maxDevice && device.MatchString(lines[last]) {
		return last
	}
	return at
}

func filled(lines []string) int {
	n := 0
	for _, l := range lines {
		if !blank(l) {
			n++
		}
	}
	return n
}

// mailingList recognises the footer that list servers append.
func mailingList(below []string) bool {
	if n := filled(below); n == 0 || n > 6 {
		return false
	}
	first := below[nextLine(below, 0)]
	return strings.Contains(strings.ToLower(first), "mailing list")
}
