package mailparse

import (
	"encoding/base64"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func winmail(attributes ...[]byte) []byte {
	out := []byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}
	for _, a := range attributes {
		out = append(out, a...)
	}
	return out
}

func tnefAttribute(level byte, id uint32, value string) []byte {
	out := binary.LittleEndian.AppendUint32([]byte{level}, id)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(value)))
	out = append(out, value...)
	sum := uint16(0)
	for _, c := range []byte(value) {
		sum += uint16(c)
	}
	return binary.LittleEndian.AppendUint16(out, sum)
}

func TestWinmailIsOpened(t *testing.T) {
	blob := winmail(tnefAttribute(1, 0x0002800c, "Hello from Outlook\r\n\x00"), tnefAttribute(2, 0x00069002, strings.Repeat("\x00", 14)), tnefAttribute(2, 0x00018010, "..\\a.txt\x00"), tnefAttribute(2, 0x0006800f, "words"))
	part := "Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(blob) + "\r\n"
	m := Parse([]byte("From: a@example.org\r\n"+part), Options{})
	if m.Text != "Hello from Outlook" || m.Reply != m.Text || len(m.Attachments) != 2 || m.Attachments[1].Name != "a.txt" || string(m.Attachments[1].Data) != "words" || !m.Has(FlagTNEF) {
		t.Errorf("%q %+v %v", m.Text, m.Attachments, m.Flags)
	}
	m = Parse([]byte("From: a@example.org\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nwritten beside it\r\n--x\r\n"+part+"--x--\r\n"), Options{})
	if m.Text != "written beside it" || len(m.Attachments) != 2 {
		t.Errorf("%q %+v", m.Text, m.Attachments)
	}
}

func TestAnInvitationIsReadAndKept(t *testing.T) {
	ics := "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:Visit\r\nDTSTART:20260305T133000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	alternative := "From: a@example.org\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nCome along\r\n--x\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\n" + ics + "--x--\r\n"
	m := Parse([]byte(alternative), Options{})
	if want := "Come along\n\nInvitation: Visit\nWhen: 2026-03-05 13:30 UTC"; m.Reply != want || m.Text != "Come along" || len(m.Attachments) != 1 || m.Attachments[0].Calendar != "REQUEST" {
		t.Errorf("%q %+v", m.Reply, m.Attachments)
	}
	m = Parse([]byte("From: a@example.org\r\nContent-Type: text/calendar; method=CANCEL\r\n\r\n"+strings.Replace(ics, "REQUEST", "CANCEL", 1)), Options{})
	if !strings.HasPrefix(m.Text, "Cancelled: Visit") || len(m.Attachments) != 1 {
		t.Errorf("%q %+v", m.Text, m.Attachments)
	}
}

func TestCorpusWinmail(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the project's own winmail.dat was opened")
		return
	}
	blob, err := os.ReadFile(filepath.Join(root, "Teamwork__tnef", "testdata", "two-files.tnef"))
	if err != nil {
		t.Fatal(err)
	}
	m := Parse([]byte("Content-Type: application/ms-tnef\r\nContent-Transfer-Encoding: base64\r\n\r\n"+base64.StdEncoding.EncodeToString(blob)), Options{})
	if len(m.Attachments) != 3 {
		t.Errorf("%d attachments, want the blob and two files", len(m.Attachments))
	}
}
