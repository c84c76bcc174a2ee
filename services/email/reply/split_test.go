package reply

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// history is what each attribution below introduces.
const answer = "Thank you, that works."

func TestAttributionsOfManyLanguages(t *testing.T) {
	for name, intro := range map[string]string{
		"english gmail":          "On Tue, Mar 5, 2024 at 2:31 PM Jane Roe <jane@example.com> wrote:",
		"english gmail wrapped":  "On Tue, Mar 5, 2024 at 2:31 PM Jane Roe <\njane.with.a.long.address@example.com> wrote:",
		"english apple":          "On 5 Mar 2024, at 14:31, Jane Roe <jane@example.com> wrote:",
		"english three lines":    "On Tuesday, 5 March 2024 at 14:31:07 GMT,\nJane Roe\n<jane@example.com> wrote:",
		"korean gmail":           "2024년 3월 5일 (화) 오후 2:31, 홍길동 <hong@example.kr>님이 작성:",
		"korean gmail wrapped":   "2024년 3월 5일 (화) 오후 2:31, 홍길동 <\nhong@example.kr>님이 작성:",
		"korean gmail alone":     "2024년 3월 5일 (화) 오후 2:31, 홍길동 <hong@example.kr>\n님이 작성:",
		"korean gmail 3 lines":   "2024년 3월 5일 (화) 오후 2:31, 고객센터 <\nverylongaddress@support.example.kr>\n님이 작성:",
		"korean apple":           "2014. 3. 5. 오후 2:31, 홍길동 <hong@example.kr> 작성:",
		"korean apple no mail":   "2014. 3. 5. 오후 2:31, 홍길동 작성:",
		"japanese gmail":         "2024年3月5日(火) 14:31 山田太郎 <yamada@example.jp>:",
		"japanese gmail wrapped": "2024年3月5日(火) 14:31 山田太郎 <\nyamada@example.jp>:",
		"japanese apple":         "2024/03/05 14:31、山田太郎 <yamada@example.jp>のメール:",
		"japanese apple new":     "2024/03/05 14:31、山田太郎 <yamada@example.jp>のメッセージ:",
		"chinese 于":              "张三 <zhang@example.cn> 于2024年3月5日周二 14:31写道：",
		"chinese 在":              "在 2024年3月5日，14:31，张三 <zhang@example.cn> 写道：",
		"german":                 "Am 05.03.2024 um 14:31 schrieb Max Muster <max@example.de>:",
		"german gmail":           "Am Di., 5. März 2024 um 14:31 Uhr schrieb Max Muster <max@example.de>:",
		"french":                 "Le mar. 5 mars 2024 à 14:31, Jeanne <jeanne@example.fr> a écrit\u00a0:",
		"spanish":                "El mar, 5 mar 2024 a las 14:31, Juan (<juan@example.es>) escribió:",
		"dutch":                  "Op di 5 mrt 2024 om 14:31 schreef Jan <jan@example.nl>:",
		"polish":                 "W dniu 5.03.2024 o 14:31, Jan Kowalski pisze:",
		"russian":                "вт, 5 мар. 2024 г. в 14:31, Иван <ivan@example.ru>:",
		"italian":                "Il giorno mar 5 mar 2024 alle ore 14:31 Mario <mario@example.it> ha scritto:",
		"portuguese":             "Em ter., 5 de mar. de 2024 às 14:31, João <joao@example.com.br> escreveu:",
		"swedish":                "Den tis 5 mars 2024 kl 14:31 skrev Sven <sven@example.se>:",
		"finnish":                "ti 5. maalisk. 2024 klo 14.31 Matti <matti@example.fi> kirjoitti:",
	} {
		for style, quote := range map[string]string{"marked": "> Did you try\n> a restart?", "bare": "Did you try\na restart?"} {
			got := Split(answer+"\n\n"+intro+"\n\n"+quote, "", Options{})
			if got.Reply != answer || !strings.Contains(got.Quoted, "restart") {
				t.Errorf("%s, %s: reply %q, quoted %q", name, style, got.Reply, got.Quoted)
			}
		}
	}
}

func TestRepeatedHeaders(t *testing.T) {
	for name, header := range map[string]string{
		"outlook english":  "From: Jane Roe <jane@example.com>\nSent: Tuesday, March 5, 2024 2:31 PM\nTo: Help <help@example.com>\nSubject: Delivery",
		"original message": "-----Original Message-----\nFrom: Jane Roe\nTo: Help",
		"korean outlook":   "보낸 사람: 홍길동 <hong@example.kr>\n보낸 날짜: 2024년 3월 5일 화요일 오후 2:31\n받는 사람: 고객센터 <help@example.kr>\n제목: 배송",
		"korean naver":     "-----Original Message-----\nFrom: \"홍길동\" <hong@example.kr>\nTo: <help@example.kr>\nCc:\nSent: 2024-03-05 (화) 14:31:00\nSubject: 배송",
		"korean title":     "----- 원본 메시지 -----\n보낸사람: 홍길동\n받는사람: 고객센터\n날짜: 2024-03-05\n제목: 배송",
		"korean daum":      "-----원본 메일-----\n보낸사람: 홍길동\n받는사람: 고객센터",
		"japanese outlook": "差出人: 山田太郎 <yamada@example.jp>\n送信日時: 2024年3月5日 14:31\n宛先: サポート <help@example.jp>\n件名: 配送",
		"japanese title":   "-----元のメッセージ-----\n差出人: 山田\n宛先: サポート",
		"chinese":          "发件人: 张三 <zhang@example.cn>\n发送时间: 2024年3月5日 14:31\n收件人: help\n主题: 配送",
		"german":           "Von: Max <max@example.de>\nGesendet: Dienstag, 5. März 2024 14:31\nAn: Hilfe\nBetreff: Lieferung",
		"french":           "De : Jeanne <jeanne@example.fr>\nEnvoyé : mardi 5 mars 2024 14:31\nÀ : Aide\nObjet : Livraison",
		"spanish":          "De: Juan <juan@example.es>\nEnviado el: martes, 5 de marzo de 2024 14:31\nPara: Ayuda\nAsunto: Envío",
		"russian":          "От: Иван <ivan@example.ru>\nОтправлено: вторник, 5 марта 2024\nКому: help\nТема: Доставка",
		"rule and header":  "________________________________\nFrom: Jane\nSent: Tuesday",
		"bold header":      "*From:* Jane <jane@example.com>\n*Sent:* Tuesday\n*To:* Help\n*Subject:* Delivery",
		"header wrapped":   "From: Jane <jane@example.com>\nTo: A <a@example.com>; B <b@example.com>;\n C <c@example.com>\nSubject: Delivery",
	} {
		got := Split(answer+"\n\n"+header+"\n\nWhere is it?", "", Options{})
		if got.Reply != answer || !strings.Contains(got.Quoted, "Where is it?") {
			t.Errorf("%s: reply %q, quoted %q", name, got.Reply, got.Quoted)
		}
	}
}

func TestWhatIsTheAuthorsOwnStays(t *testing.T) {
	for name, text := range map[string]string{
		"inline answers":       "Yes.",
		"on without a date":    "On the whole I agree with what you wrote:\nit works.",
		"colon after a date":   "Our meeting is on 2024-03-05 at 14:31:\nplease come.",
		"one label":            "From: the bottom of my heart\nthank you.",
		"two labels":           "To: everybody\nSubject: to change without notice",
		"address in a list":    "Write to\n2024 team <team@example.com>\nor call.",
		"date and verb inside": "As Jane wrote on 2024-03-05, the price: 10 EUR.",
		"korean sentence":      "3월 5일에 작성한 글입니다: 확인 부탁드립니다.",
		"dashes":               "Points:\n--\nfirst\n---\nsecond",
		"sent from a warehouse": "The parcel was sent from my old address.\n" +
			"Sent from there it took a week. Can you check?",
	} {
		if got := Split(text, "", Options{}); got.Reply != text || got.Quoted != "" || got.Signature != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestInlineAnswersAreKept(t *testing.T) {
	got := Split("On Tue, 5 Mar 2024 at 14:31, Jane <jane@example.com> wrote:\n> Colour?\nRed.\n> Size?\nXL.\n", "", Options{})
	if got.Reply != "Red.\n\nXL." || !strings.Contains(got.Quoted, "Size?") {
		t.Errorf("%+v", got)
	}
}

func TestNothingLeftKeepsEverything(t *testing.T) {
	for _, text := range []string{
		"> only a quote\n> here",
		"On Tue, 5 Mar 2024 at 14:31, Jane <jane@example.com> wrote:\n> hi",
		"-----Original Message-----\nFrom: a\nTo: b\n\nbody",
	} {
		if got := Split(text, "", Options{}); got.Reply != text {
			t.Errorf("%q: %+v", text, got)
		}
	}
	if got := Split("", "", Options{}); got.Reply != "" || got.Quoted != "" {
		t.Errorf("empty: %+v", got)
	}
}

func TestSignatures(t *testing.T) {
	for name, c := range map[string]struct{ text, sig string }{
		"delimiter":      {answer + "\n\n-- \nJane Roe\nExample Ltd", "-- \nJane Roe\nExample Ltd"},
		"iphone":         {answer + "\n\nSent from my iPhone", "Sent from my iPhone"},
		"korean iphone":  {answer + "\n\n나의 iPhone에서 보냄", "나의 iPhone에서 보냄"},
		"korean iphone2": {answer + "\n\n내 iPhone에서 보냄", "내 iPhone에서 보냄"},
		"korean samsung": {answer + "\n\nSamsung Mobile에서 보냄", "Samsung Mobile에서 보냄"},
		"japanese":       {answer + "\n\niPhoneから送信", "iPhoneから送信"},
		"german":         {answer + "\n\nVon meinem iPhone gesendet", "Von meinem iPhone gesendet"},
		"before a quote": {answer + "\n\nSent from my iPhone\n\n> old", "Sent from my iPhone"},
	} {
		if got := Split(c.text, "", Options{}); got.Reply != answer || got.Signature != c.sig {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := Split(answer+"\n--\nnot delimited", "", Options{}); got.Signature != "" {
		t.Errorf("a delimiter without its space: %+v", got)
	}
}

func TestForwardsShowWhatTheyForward(t *testing.T) {
	text := "Please handle.\n\n---------- Forwarded message ---------\nFrom: a <a@example.com>\nDate: Tue\nSubject: x\nTo: b\n\nThe news."
	if got := Split(text, "", Options{}); got.Reply != text {
		t.Errorf("gmail: %+v", got)
	}
	outlook := "Please handle.\n\nFrom: a <a@example.com>\nSent: Tue\nTo: b\nSubject: x\n\nThe news."
	if got := Split(outlook, "", Options{Forward: true}); got.Reply != outlook {
		t.Errorf("outlook: %+v", got)
	}
}

func TestStructureOfHTML(t *testing.T) {
	for name, html := range map[string]string{
		"gmail":             `<div>` + answer + `</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">2024년 3월 5일 (화) 오후 2:31, 홍길동 &lt;<a href="mailto:h@example.kr">h@example.kr</a>&gt;님이 작성:<br></div><blockquote class="gmail_quote">old words</blockquote></div>`,
		"gmail old":         answer + `<br><br><div class="gmail_quote">On Mon, Apr 2, 2012 at 6:26 PM, Jane <span>&lt;jane@example.com&gt;</span> wrote:<br><blockquote class="gmail_quote">old words</blockquote></div>`,
		"outlook web":       `<div>` + answer + `</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Jane<br><b>Sent:</b> Tue</div><div>old words</div>`,
		"outlook desktop":   `<p class="MsoNormal">` + answer + `</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal"><b>보낸 사람:</b> 홍길동<br><b>보낸 날짜:</b> 화<br><b>제목:</b> x</p></div><p>old words</p>`,
		"outlook 2007":      `<p class="MsoNormal">` + answer + `</p><div><div style='border:none;border-top:solid #B5C4DF 1.0pt'><p><b>From:</b> Jane<br><b>Sent:</b> Tue</p></div></div><p>old words</p>`,
		"thunderbird":       `<p>` + answer + `</p><div class="moz-cite-prefix">Am 05.03.24 um 14:31 schrieb Jane:<br></div><blockquote type="cite" cite="mid:x">old words</blockquote>`,
		"apple":             answer + `<br><div><br><blockquote type="cite"><div>On 5 Mar 2024, at 14:31, Jane &lt;jane@example.com&gt; wrote:</div><br><div>old words</div></blockquote></div>`,
		"yahoo":             `<div>` + answer + `</div><div class="yahoo_quoted" id="yahoo_quoted_1"><div>On Tuesday, Jane wrote:</div><div>old words</div></div>`,
		"zoho":              `<div>` + answer + `</div><div class="zmail_extra"><div>---- On Tue, 05 Mar 2024 Jane wrote ----</div><blockquote>old words</blockquote></div>`,
		"outlook mac":       `<div>` + answer + `</div><span id="OLK_SRC_BODY_SECTION"><div>From: Jane</div><div>old words</div></span>`,
		"naver, text habit": `<p>` + answer + `</p><div><p>-----Original Message-----<br><b>From:</b> Jane<br><b>To:</b> help<br><b>Subject:</b> x</p><p>old words</p></div>`,
	} {
		got := Split("", "<html><body>"+html+"</body></html>", Options{})
		if got.Reply != answer || !strings.Contains(got.Quoted, "old words") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestBordersOfNewslettersStay(t *testing.T) {
	got := Split("", `<div>Sale!</div><div style="border-top:1px solid #e1e1e1">Unsubscribe here</div>`, Options{})
	if !strings.Contains(got.Reply, "Unsubscribe") {
		t.Errorf("%+v", got)
	}
}

func TestLongAndHostileTextEndsSoon(t *testing.T) {
	for name, text := range map[string]string{
		"on":      strings.Repeat("On 2024\n", 100000),
		"colons":  strings.Repeat("a: 2024 12:30 x@y.z:\n", 100000),
		"quotes":  strings.Repeat("> x\ny\n", 200000),
		"labels":  strings.Repeat("From: a\n", 200000),
		"oneline": strings.Repeat("wrote 2024 ", 300000) + ":",
		"rules":   strings.Repeat("-----\n", 200000),
	} {
		start := time.Now()
		got := Split(text, "", Options{})
		if got.Reply == "" {
			t.Errorf("%s: nothing left", name)
		}
		if took := time.Since(start); took > soon {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// Split may move lines between its three parts and never loses one.
func TestEveryLineLandsSomewhere(t *testing.T) {
	pieces := []string{"hello", "> old", "", "On Tue, 5 Mar 2024 at 14:31, Jane <j@example.com> wrote:", "-- ", "Sent from my iPhone", "From: a", "Sent: b", "To: c",
		"Subject: d", "-----Original Message-----", "____", "님이 작성:", "2024년 3월 5일 (화) 오후 2:31, 홍길동 <a@b.kr>", "bye:"}
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "lines")
		got := Split(strings.Join(lines, "\n"), "", Options{Forward: rapid.Bool().Draw(t, "forward")})
		count := map[string]int{}
		for _, l := range lines {
			count[strings.TrimSpace(l)]++
		}
		for _, part := range []string{got.Reply, got.Signature, got.Quoted} {
			for _, l := range strings.Split(part, "\n") {
				count[strings.TrimSpace(l)]--
			}
		}
		for l, n := range count {
			if l != "" && n != 0 {
				t.Fatalf("line %q: %d not accounted for in %+v", l, n, got)
			}
		}
	})
}

func FuzzReply(f *testing.F) {
	f.Add("a\n> b\nOn 2024-01-01 x wrote:", "<div class=gmail_quote>x")
	f.Fuzz(func(t *testing.T, text, html string) {
		got := Split(text, html, Options{})
		if got.Reply == "" && strings.TrimSpace(text) != "" && got.Signature+got.Quoted != "" {
			t.Fatalf("stripped to nothing: %+v", got)
		}
	})
}

// soon is generous to a busy machine under the race detector, where work that
// grows faster than its input would still take minutes.
const soon = 20 * time.Second
