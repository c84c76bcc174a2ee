package reply

import (
	"regexp"
	"strings"
)

// Outlook and its kin quote by repeating the header of the mail before, after
// a rule or a title, and quote nothing below it.

// field is what a label of such a header names.
type field uint8

const (
	fieldFrom field = 1 << iota
	fieldDate
	fieldTo
	fieldCopy
	fieldSubject
)

var labels = func() map[string]field {
	m := map[string]field{}
	add := func(f field, names string) {
		for _, n := range strings.Split(names, "|") {
			m[n] = f
		}
	}
	add(fieldFrom, "from|de|von|van|da|fra|från|od|от|от кого|від|보낸 사람|보낸사람|보낸이|보낸 이|발신|발신자|발신인|差出人|送信者|发件人|寄件者|寄件人|發件人|lähettäjä|feladó|odesílatel|kimden|mittente|remitente|expéditeur|από|de la|gönderen|từ|absender")
	add(fieldDate, "sent|date|envoyé|envoyé le|gesendet|datum|verzonden|inviato|enviado|enviado el|enviada em|enviado em|enviada|data|fecha|skickat|sendt|dato|wysłano|data wysłania|wysłane|отправлено|дата|надіслано|보낸 날짜|보낸날짜|날짜|보낸 시간|보낸시간|보낸 일시|발송일|발신일|일시|送信日時|日時|日付|送信日|发送时间|发送日期|日期|時間|时间|寄件日期|傳送時間|lähetetty|elküldve|dátum|odesláno|gönderme tarihi|gönderildi|tarih|trimis|ngày|dt.")
	add(fieldTo, "to|à|a|an|aan|para|per|til|till|do|кому|받는 사람|받는사람|받는이|받는 이|수신|수신자|수신인|宛先|收件人|收件者|vastaanottaja|címzett|komu|kime|către|đến")
	add(fieldCopy, "cc|copie à|copie|kopie|kopia|kopi|копия|копія|참조|抄送|副本|másolatot kap|bilgi|con copia|ccn|bcc|숨은참조|숨은 참조")
	add(fieldSubject, "subject|objet|betreff|onderwerp|oggetto|asunto|assunto|ämne|emne|temat|тема|제목|件名|主题|主旨|主題|aihe|tárgy|předmět|predmet|konu|subiect|θέμα|chủ đề")
	return m
}()

var label = regexp.MustCompile(`^[\s>*_|]*([\pL][\pL .]{0,24}?)[\s*]*[:：]\*?\s?(.*)$`)

// labelOf names the header field that a line repeats, 0 for none.
func labelOf(line string) field {
	if !strings.ContainsAny(line[:min(len(line), 120)], ":：") {
		return 0
	}
	if len(line) > 2000 {
		line = line[:2000]
	}
	m := label.FindStringSubmatch(line)
	if m == nil {
		return 0
	}
	return labels[strings.ToLower(strings.Join(strings.Fields(m[1]), " "))]
}

const maxHeaderLines = 12

// headerBlock reports how many different fields a run of header lines at the
// top of lines names; from says whether one of them is the sender. Values may
// wrap over two lines.
func headerBlock(lines []string) (fields int, from bool) {
	var seen field
	wrapped := 0
	for i := 0; i < len(lines) && i < maxHeaderLines; i++ {
		f := labelOf(lines[i])
		switch {
		case f != 0 && seen&f == 0:
			seen |= f
			fields++
			wrapped = 0
		case blank(lines[i]) || seen == 0:
			return fields, seen&fieldFrom != 0
		default:
			if wrapped++; wrapped > 2 {
				return fields, seen&fieldFrom != 0
			}
		}
	}
	return fields, seen&fieldFrom != 0
}

var (
	rule  = regexp.MustCompile(`^\s*(?:[-_=*—–]\s?){3,}\s*$`)
	title = regexp.MustCompile(`^[\s*]*[-_=—]{2,}\s*(.{3,60}?)\s*[-_=—]{2,}[\s*]*$`)
)

var originals = phraseSet("original message|original appointment|ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|message d'origine|message d’origine|message original|message initial|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|origineel bericht|" +
	"wiadomość oryginalna|oryginalna wiadomość|oprindelig meddelelse|oprindelig besked|original meddelelse|ursprungligt meddelande|originalmeddelande|opprinnelig melding|alkuperäinen viesti|исходное сообщение|оригинальное сообщение|původní zpráva|eredeti üzenet|orijinal mesaj|" +
	"원본 메시지|원본메시지|원본 메일|원본메일|원문 메시지|원본 내용|元のメッセージ|元メッセージ|original mail|original e-mail|原始邮件|原始郵件|原邮件|reply message|message from")

var forwarded = phraseSet("forwarded message|weitergeleitete nachricht|message transféré|mensaje reenviado|mensagem encaminhada|messaggio inoltrato|doorgestuurd bericht|vidarebefordrat meddelande|wiadomość przekazana|пересылаемое сообщение|" +
	"전달된 메시지|전달된 메일|転送メッセージ|転送されたメッセージ|转发的邮件|轉寄郵件|转发邮件|begin forwarded message|forwarded mail")

func phraseSet(list string) map[string]bool {
	m := map[string]bool{}
	for _, p := range strings.Split(list, "|") {
		m[p] = true
	}
	return m
}

// ruled reports a line that begins as rules and titles do, which saves the
// patterns for few lines.
func ruled(line string) bool {
	line = strings.TrimLeft(line, " \t")
	return line != "" && strings.ContainsAny(line[:min(len(line), 3)], "-_=*—–")
}

// titled reports whether line is a phrase of set between rules.
func titled(line string, set map[string]bool) bool {
	if !ruled(line) {
		return false
	}
	m := title.FindStringSubmatch(line)
	return m != nil && set[strings.ToLower(strings.Trim(m[1], " :*"))]
}

// forwards reports a line after which the author passes another mail on.
func forwards(line string) bool {
	return titled(line, forwarded) || len(line) < 100 && forwarded[strings.ToLower(strings.Trim(strings.TrimSpace(line), ":>* "))]
}

// historyStarts reports whether everything from line i on repeats an earlier
// mail.
func historyStarts(lines []string, i int) bool {
	if titled(lines[i], originals) {
		return true
	}
	if ruled(lines[i]) && rule.MatchString(lines[i]) {
		next := nextLine(lines, i+1)
		if next < len(lines) && next-i <= 3 {
			fields, from := headerBlock(lines[next:])
			return from && fields >= 2 || fields >= 4
		}
		return false
	}
	fields, from := headerBlock(lines[i:])
	return from && fields >= 3
}
