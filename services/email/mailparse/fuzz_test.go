package mailparse

import "testing"

func FuzzParse(f *testing.F) {
	f.Add([]byte("From: a <a@b.c>\r\nSubject: =?utf-8?q?x?=\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nhi\r\n--x--\r\n"))
	f.Add([]byte("Content-Type: text/plain; charset*0*=euc-kr''%B0; charset*1=%A1\n\n\xb0\xa1"))
	f.Add([]byte("Content-Type: multipart/report; report-type=delivery-status; boundary=\"a\"\n\n--a\nContent-Type: message/delivery-status\n\nA: b\n\nFinal-Recipient: rfc822; x@y\nAction: failed\n"))
	f.Add([]byte("Content-TYpe:\xc8\xc8 =0")) // grows when it is lower-cased
	f.Fuzz(func(t *testing.T, raw []byte) {
		checkInvariants(t, "fuzz", raw, Parse(raw, Options{}))
	})
}

func FuzzHeader(f *testing.F) {
	f.Add("=?euc-kr?B?sKE=?= =?euc-kr?B?sKE=?= <a@b>, \"x, y\" <c@d>; g: e@f;")
	f.Add("attachment; filename*0*=utf-8''a%20; filename*1=b; filename=\"=?utf-8?B?eA==?=\"")
	f.Add("0/\x00")
	f.Fuzz(func(t *testing.T, s string) {
		raw := []byte("From: " + s + "\nContent-Type: " + s + "\nDate: " + s + "\nReferences: " + s + "\nSubject: " + s + "\nContent-Disposition: " + s + "\n\nx")
		checkInvariants(t, "fuzz", raw, Parse(raw, Options{}))
		if name := FileName(s); len(name) > 4*maxFileName || len(NormalSubject(s)) > len(s) {
			t.Fatalf("file name %q", name)
		}
	})
}
