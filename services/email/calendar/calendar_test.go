package calendar

import (
	"strings"
	"testing"
	"unicode/utf8"
)

const invitation = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY;LANGUAGE=en:Talk about the\r\n  delivery\\, at last\r\nDTSTART;TZID=\"Europe/Berlin: summer\":20260305T140000\r\nDTEND:20260305T133000Z\r\nLOCATION:Room 1\r\nORGANIZER;CN=\"Roe; Jane\":mailto:jane@example.org\r\nATTENDEE;PARTSTAT=ACCEPTED:MAILTO:help@example.com\r\nDESCRIPTION:One\\nTwo\r\nBEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestAnInvitationIsReadable(t *testing.T) {
	want := "Invitation: Talk about the delivery, at last\nWhen: 2026-03-05 14:00 Europe/Berlin: summer – 2026-03-05 13:30 UTC\nWhere: Room 1\nOrganizer: Roe; Jane <jane@example.org>\nAttendees: help@example.com (accepted)\nDetails: One\nTwo"
	if got := Text([]byte(invitation)); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := Text([]byte(strings.Replace(invitation, "REQUEST", "CANCEL", 1))); !strings.HasPrefix(got, "Cancelled: ") {
		t.Error(got)
	}
	if got := Text([]byte("BEGIN:VCALENDAR\nEND:VCALENDAR")); got != "" {
		t.Error(got)
	}
	if got := Text([]byte("BEGIN:VEVENT\nSUMMARY:All day\nDTSTART;VALUE=DATE:20260305\nEND:VEVENT")); got != "Event: All day\nWhen: 2026-03-05" {
		t.Error(got)
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte(invitation))
	f.Add([]byte("BEGIN:VEVENT\nA;\"\nEND:VEVENT"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := Text(data); !utf8.ValidString(got) || strings.ContainsRune(got, 0) || len(got) > maxEvents*(maxPeople+10)*3*maxValue {
			t.Fatalf("%d bytes", len(got))
		}
	})
}
