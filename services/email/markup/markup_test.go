package markup

import (
	"strings"
	"testing"
	"time"
)

func TestTextReadsLikeThePage(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"blocks", "<div>Hello</div><div>you</div>", "Hello\nyou"},
		{"paragraphs", "<p>one</p><p>two</p>", "one\n\ntwo"},
		{"white space", "a \n\t b&nbsp; c<br>d", "a b  c\nd"},
		{"entities", "&lt;b&gt; &amp; &#54620;", "<b> & 한"},
		{"hidden", "<style>x{}</style><script>1</script><span style='display: none'>no</span>yes", "yes"},
		{"lists", "<ul><li>a<li>b</ul><ol><li>c<li>d</ol>", "- a\n- b\n1. c\n2. d"},
		{"table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"quote", "me<blockquote>you<blockquote>they</blockquote></blockquote>", "me\n> you\n>> they"},
		{"pre", "<pre>a\n  b</pre>", "a\n  b"},
		{"outlook", `<p class="MsoNormal">a</p><p class="MsoNormal">b</p>`, "a\nb"},
		{"emoji picture", `hi <img alt="🎉" src="x">`, "hi 🎉"},
		{"rule", "a<hr>b", "a\n---\nb"},
	} {
		if got := Text(c.in); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSanitiseDropsWhatActs(t *testing.T) {
	for _, in := range []string{
		`<script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `<a href="javascript:alert(1)">x</a>`, `<a href=" java&#10;script:alert(1)">x</a>`,
		`<style>@import "//evil"</style>`, `<base href="//evil">`, `<meta http-equiv=refresh content="0;url=//evil">`, `<form action=//evil><input name=a></form>`,
		`<iframe src=//evil></iframe>`, `<svg onload=alert(1)>`, `<div style="background:url(//evil)">x</div>`, `<div style="position:fixed;top:0">x</div>`,
		`<table background="//evil/x.png"><tr><td>x</table>`, `<img srcset="//evil/a.png 1x">`, `<object data=//evil></object>`, `<link rel=stylesheet href=//evil>`,
		`<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`, `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
		`<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>`, `<video src=//evil poster=//evil></video>`, `<img src="data:image/svg+xml;base64,PHN2Zz4=">`,
	} {
		got := strings.ToLower(Sanitise(in, nil).HTML)
		for _, bad := range []string{"script", "onerror", "onload", "evil", "style>", "<form", "<input", "<iframe", "<svg", "position", "srcset", "text/html", "svg+xml"} {
			if strings.Contains(got, bad) {
				t.Errorf("%s\n kept %q in %s", in, bad, got)
			}
		}
	}
}

func TestSanitiseResolvesAndNeutralisesPictures(t *testing.T) {
	resolve := func(src string) (string, bool) { return "loc1", src == "pic.png" }
	got := Sanitise(`<p>a<img src="cid:%3Cone%40x%3E"><img src="CID:one@x"><img src="https://t.example/p.gif?u=1&amp;v=2" width="1"><img src="//cdn/x"><img src="pic.png"><img src="/etc/passwd"></p>`, resolve)
	want := `<p>a<img src="cid:one@x"/><img src="cid:one@x"/><img data-remote-src="https://t.example/p.gif?u=1&amp;v=2" width="1"/><img data-remote-src="//cdn/x"/><img src="cid:loc1"/><img/></p>`
	if normal(got.HTML) != normal(want) {
		t.Errorf("got  %s\nwant %s", got.HTML, want)
	}
	if got.Remote != 2 || strings.Join(got.Inline, ",") != "one@x,loc1" {
		t.Errorf("remote %d inline %v", got.Remote, got.Inline)
	}
}

func normal(s string) string { return strings.ReplaceAll(s, "/>", ">") }

func TestSanitiseKeepsTheLook(t *testing.T) {
	in := `<div style="color:red;position:absolute"><b>bold</b> <a href="https://example.com/">l</a> <font color="#ff0000" size="3">f</font></div>`
	got := Sanitise(in, nil).HTML
	for _, want := range []string{"color: red", "<b>bold</b>", `href="https://example.com/"`, `color="#ff0000"`, "nofollow", "noreferrer", `target="_blank"`} {
		if !strings.Contains(got, want) {
			t.Errorf("lost %q: %s", want, got)
		}
	}
}

func TestHostileHTMLEndsSoon(t *testing.T) {
	for name, in := range map[string]string{
		"deep":       strings.Repeat("<div>", 200000) + "x",
		"unclosed":   strings.Repeat("<a <b <c ", 100000),
		"attributes": "<img " + strings.Repeat("a=b ", 200000) + ">",
		"formatting": strings.Repeat("<b><i><u><a>", 20000) + "x" + strings.Repeat("</b>", 20000),
		"comments":   strings.Repeat("<!--", 200000),
		"tables":     strings.Repeat("<table><td>", 50000),
		"styles":     `<p style="` + strings.Repeat("color:red;", 50000) + `">x`,
	} {
		start := time.Now()
		Text(in)
		Sanitise(in, nil)
		if took := time.Since(start); took > soon {
			t.Errorf("%s took %v", name, took)
		}
	}
}

func FuzzSanitise(f *testing.F) {
	f.Add("<p>a<img src=cid:x onerror=1>")
	f.Add("<math><mtext><style><img src=x onerror=alert(1)>")
	f.Fuzz(func(t *testing.T, src string) {
		Text(src)
		once := Sanitise(src, nil).HTML
		low := strings.ToLower(once)
		if strings.Contains(low, "<script") || strings.Contains(low, "<style") || strings.Contains(low, "<iframe") {
			t.Fatalf("kept something that acts: %q", once)
		}
	})
}

// soon is generous to a busy machine under the race detector, where work that
// grows faster than its input would still take minutes.
const soon = 20 * time.Second
