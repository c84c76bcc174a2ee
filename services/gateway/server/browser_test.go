package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// A browser sends its cookie from any page; a write counts only from our own.
// The test fails when the guard is not asked for requests with a cookie.
func TestCookieWritesComeFromOurPagesOnly(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	g.admin(t)
	browser := g.anonymous(t)
	body := `{"email":"` + adminEmail + `","password":"` + adminPassword + `"}`
	resp := browser.send("POST", "/session", strings.NewReader(body), http.Header{"Origin": {g.url}}, 200, nil)
	cookies := resp.Cookies()
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Secure || cookies[0].Path != "/" {
		t.Fatalf("cookie: %v", cookies)
	}
	cookie := cookies[0].Name + "=" + cookies[0].Value
	for _, c := range []struct {
		name   string
		header http.Header
		want   int
	}{
		{"own page", http.Header{"Origin": {g.url}}, 201},
		{"own page, newer browser", http.Header{"Sec-Fetch-Site": {"same-origin"}}, 201},
		{"another site", http.Header{"Origin": {"https://evil.test"}}, 403},
		{"another site, newer browser", http.Header{"Sec-Fetch-Site": {"cross-site"}}, 403},
		{"a sister site", http.Header{"Sec-Fetch-Site": {"same-site"}}, 403},
		{"null origin", http.Header{"Origin": {"null"}}, 403},
	} {
		c.header.Set("Cookie", cookie)
		browser.send("POST", "/teams", strings.NewReader(`{"name":"x"}`), c.header, c.want, nil)
		if c.want == 403 { // nor may another page sign its reader in as somebody
			browser.send("POST", "/session", strings.NewReader(body), c.header, 403, nil)
			browser.send("GET", "/teams", nil, http.Header{"Cookie": {cookie}, "Sec-Fetch-Site": {"cross-site"}}, 200, nil)
		}
	}
	// A socket with the cookie, from another site's page.
	_, upgrade, err := dialWith(t, g, "", http.Header{"Cookie": {cookie}, "Origin": {"https://evil.test"}})
	if err == nil || upgrade == nil || upgrade.StatusCode != 403 {
		t.Errorf("socket from another site: %v", err)
	}
	s, _, err := dialWith(t, g, "", http.Header{"Cookie": {cookie}, "Origin": {g.url}})
	must(t, err)
	s.read("hello")
	resp = browser.send("DELETE", "/session", nil, http.Header{"Cookie": {cookie}, "Sec-Fetch-Site": {"same-origin"}}, 204, nil)
	if c := resp.Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("the cookie stays: %v", c)
	}
	if code := s.closed(); code != 4401 {
		t.Errorf("closed with %d", code)
	}
}

func TestAttachments(t *testing.T) {
	p := newPlant(t)
	g := startGateway(t, p)
	admin := g.admin(t)
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
	for _, c := range []struct{ name, body, file, kind, served, how string }{
		{"picture", png, "a.png", "image/png", "image/png", "inline"},
		{"text", "hello", "..\\..\\a\u202etxt.exe", "text/plain; charset=utf-8", "text/plain; charset=utf-8", "inline"},
		{"page", "<!doctype html><script>alert(1)</script>", "a.html", "text/html; charset=utf-8", "application/octet-stream", "attachment"},
		{"drawing", `<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>`, "a.svg", "image/svg+xml", "application/octet-stream", "attachment"},
		{"bare drawing", "<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.png", "image/svg+xml", "application/octet-stream", "attachment"},
		{"document", `<?xml version="1.0"?><?xml-stylesheet href="a.xsl"?><a/>`, "a.xml", "text/xml; charset=utf-8", "application/octet-stream", "attachment"},
		{"paper", "%PDF-1.7\n", "a.pdf", "application/pdf", "application/octet-stream", "attachment"},
		{"unknown", "\x00\x01\x02\x03", "a.bin", "application/octet-stream", "application/octet-stream", "attachment"},
		{"sound", "RIFF\x24\x00\x00\x00WAVEfmt ", "a.wav", "audio/wav", "audio/wav", "inline"},
	} {
		var a events.Attachment
		admin.send("POST", "/attachments?name="+strings.NewReplacer("\\", "%5C", "\u202e", "%E2%80%AE").Replace(c.file), strings.NewReader(c.body), http.Header{"Content-Type": {"text/html"}}, 201, &a)
		if a.Type != c.kind || a.Size != int64(len(c.body)) || len(a.Hash) != 64 || a.ID == "" {
			t.Errorf("%s: %+v", c.name, a)
		}
		var got string
		conversation := "cv-" + strings.ReplaceAll(c.name, " ", "-")
		file := a
		file.ID, file.Name = "1/ü?", "\"\r\nX: y"
		at := p.world.attach(conversation, file)
		resp := admin.send("GET", at, nil, nil, 200, &got)
		h := resp.Header
		if got != c.body || h.Get("Content-Type") != c.served || !strings.HasPrefix(h.Get("Content-Disposition"), c.how) || h.Get("X") != "" ||
			h.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s: %v", c.name, h)
		}
		admin.call("POST", "/conversations/"+conversation+"/messages", map[string]any{"text": "", "attachments": []events.Attachment{a}}, 201, nil)
	}
	g.anonymous(t).send("POST", "/attachments", strings.NewReader("x"), nil, 401, nil)
	admin.send("POST", "/attachments", strings.NewReader(strings.Repeat("x", 25<<20+1)), nil, 413, nil)
}

func TestDoorsWithoutASession(t *testing.T) {
	p := newPlant(t)
	waiting := []string{"inbox"}
	ok := false
	g := startGateway(t, p, func(d *Deps) { d.Ready = func() (bool, []string) { return ok, waiting } })
	c := g.anonymous(t)
	c.send("GET", g.url+"/healthz", nil, nil, 200, nil)
	var text string
	c.send("GET", g.url+"/readyz", nil, nil, 503, &text)
	if !strings.Contains(text, "inbox") {
		t.Errorf("readyz: %s", text)
	}
	ok = true
	c.send("GET", g.url+"/readyz", nil, nil, 200, nil)
	c.send("GET", g.url+"/metrics", nil, nil, 200, &text)
	if !strings.Contains(text, "tributary_gateway_sockets") {
		t.Errorf("metrics: %.200s", text)
	}
	c.send("GET", g.url+"/openapi.json", nil, nil, 200, &text)
	if !strings.Contains(text, `"/api/v1/conversations/{id}/assign"`) || !strings.Contains(text, `"/api/v1/conversations/{id}/messages/{message}/attachments/{attachment}"`) {
		t.Errorf("openapi: %.200s", text)
	}
	resp := c.send("GET", g.url+"/", nil, nil, 200, &text)
	if !strings.Contains(text, `src="/assets/`) || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Errorf("console: %.300q %v", text, resp.Header)
	}
	c.send("POST", g.url+"/", strings.NewReader("x"), nil, 405, nil)
	c.send("POST", g.url+"/healthz", strings.NewReader("x"), nil, 405, nil)
	c.send("POST", g.url+"/hooks/nope/x", strings.NewReader("x"), nil, 404, nil)
	c.send("GET", g.url+"/debug/pprof/", nil, nil, 404, nil)
	c.send("GET", g.url+"/nope", nil, nil, 404, nil)
}
