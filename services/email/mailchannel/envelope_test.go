package mailchannel

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/services/email/mailgun/mailgunfake"
	"github.com/tributary-inbox/tributary/services/email/mailparse"
	"github.com/tributary-inbox/tributary/services/email/postmark/postmarkfake"
	"github.com/tributary-inbox/tributary/services/email/sendgrid/sendgridfake"
)

// TestTheNullSenderIsAMachine: mail from the empty envelope sender is automatic
// though nothing in it says so, by every way that tells the envelope.
func TestTheNullSenderIsAMachine(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	for from, want := range map[string]bool{"": true, "jane@example.org": false} {
		c.deliver(from, []string{"help@example.com"}, numbered(1))
		in := w.only(t)
		if in.Message.Automatic != want || slices.Contains(in.Flags, events.FlagAutomatic) != want {
			t.Errorf("smtp from <%s>: automatic %t, flags %v", from, in.Message.Automatic, in.Flags)
		}
		for name, p := range providers(t) {
			list, _, err := p.receive(t, p.inbox(t), enveloped(t, p, name, from))
			if err != nil || len(list) != 1 || list[0].Message == nil {
				t.Fatalf("%s from <%s>: %v, %v", name, from, list, err)
			}
			if in := list[0]; in.Message.Automatic != want {
				t.Errorf("%s from <%s>: automatic %t, flags %v", name, from, in.Message.Automatic, in.Flags)
			}
		}
	}
	stored := "Return-Path: < >\r\n" + numbered(2) // as a mailbox keeps it
	if m := mailparse.Parse([]byte(stored), mailparse.Options{}); !m.Automatic.Is || m.Automatic.Reason != "null-sender" {
		t.Errorf("stored: %+v", m.Automatic)
	}
}

// enveloped is a provider's request for a mail from an envelope sender.
func enveloped(t *testing.T, p *mailer, name, from string) conformance.Call {
	raw := []byte(numbered(1))
	switch name {
	case "sendgrid":
		f := sendgridfake.New()
		q := played(t, f)
		p.settings, p.secrets = q.settings, q.secrets
		return f.Parsed(from, "help@example.com", raw, time.Now())
	case "mailgun":
		f := mailgunfake.New()
		q := played(t, f)
		p.settings, p.secrets = q.settings, q.secrets
		return f.Forwarded(from, "help@example.com", raw, time.Now())
	case "postmark":
		f := postmarkfake.New()
		q := played(t, f)
		p.settings, p.secrets = q.settings, q.secrets
		return f.Inbound(from, "help@example.com", raw, time.Now())
	}
	amazon, s := sesProvider(t)
	*p = *amazon
	return s.notice(s.received(string(raw), func(inner map[string]any) { inner["mail"].(map[string]any)["source"] = from }))
}

// An envelope that is not told proves nothing.
func TestAnUnknownEnvelopeIsNotTheNullSender(t *testing.T) {
	p := postmarkProvider(t)
	body, err := json.Marshal(map[string]any{"From": "jane@example.org", "TextBody": "hi", "Headers": []map[string]string{{"Name": "Message-ID", "Value": "<t@example.org>"}}})
	if err != nil {
		t.Fatal(err)
	}
	call := p.post(t, "x")
	call.Body = body
	list, _, err := p.receive(t, p.inbox(t), call)
	if err != nil || list[0].Message.Automatic {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestATokenInTheHeaderJoins: the envelope may name the bare address while what a
// server or the author wrote down has the token (CHANNELS A.3).
func TestATokenInTheHeaderJoins(t *testing.T) {
	inboxes := directory{inbox(t, "in1", Settings{Address: "help@example.com"}), inbox(t, "in2", Settings{Address: "sales@example.com"})}
	w := newWorld(t, inboxes)
	c := w.ready(t)
	with := func(id events.ConversationID) string {
		return "help+" + makeToken(inboxes[0], id) + "@example.com"
	}
	for name, headers := range map[string][]string{
		"delivered-to":  {"Delivered-To: " + with("cv1")},
		"x-original-to": {"X-Original-To: " + with("cv1")},
		"to":            {"To: Help <" + with("cv1") + ">"},
		"cc":            {"Cc: other@example.org, " + with("cv1")},
		// What the last servers wrote down goes before what the author did.
		"both": {"Cc: " + with("cv2"), "Delivered-To: " + with("cv1")},
	} {
		mail := "From: jane@example.org\r\nMessage-ID: <" + name + "@example.org>\r\n" + strings.Join(headers, "\r\n") + "\r\n\r\nhello\r\n"
		c.deliver("jane@example.org", []string{"help@example.com", "sales@example.com"}, mail)
		got := w.tap.take()
		if len(got) != 2 || got[0].Message.Token != "cv1" || got[1].Message.Token != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	c.deliver("jane@example.org", []string{with("cv3")}, "From: jane@example.org\r\nDelivered-To: "+with("cv1")+"\r\n\r\nhello\r\n")
	if in := w.only(t); in.Message.Token != "cv3" {
		t.Errorf("the envelope goes first: %q", in.Message.Token)
	}
	forged := strings.Replace(with("cv1"), "cv1", "cv9", 1)
	c.deliver("jane@example.org", []string{"help@example.com"}, "From: jane@example.org\r\nTo: "+forged+"\r\n\r\nhello\r\n")
	if in := w.only(t); in.Message.Token != "" {
		t.Errorf("forged: %q", in.Message.Token)
	}
}

// A sender who asks for no automatic answer is a person all the same.
func TestNoAutomaticAnswerIsAskedFor(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	for value, want := range map[string]bool{"All": true, "DR, OOF, RN": true, "AutoReply": true, "DR, RN, NRN": false} {
		c.deliver("jane@example.org", []string{"help@example.com"}, letter(1, "X-Auto-Response-Suppress: "+value))
		if in := w.only(t); slices.Contains(in.Flags, events.FlagQuiet) != want || in.Message.Automatic {
			t.Errorf("%s: %v, automatic %t", value, in.Flags, in.Message.Automatic)
		}
	}
}

// TestAReportOnAMailThatSESNamed goes as a message too, with what it carries: only
// the router knows whose mail it is about.
func TestAReportOnAMailThatSESNamed(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	const about = "0100018e1f2a3b4c@email.amazonses.com"
	c.deliver("", []string{"help@example.com"}, "From: MAILER-DAEMON@amazonses.com\r\nTo: help@example.com\r\nSubject: Delivery Status Notification (Failure)\r\nMessage-ID: <dsn@amazonses.com>\r\n"+
		"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nIt could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; amazonses.com\r\n\r\n"+
		"Final-Recipient: rfc822; kim@example.net\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <"+about+">\r\nSubject: your invoice\r\n\r\nthe invoice\r\n--b--\r\n")
	in := w.only(t)
	if in.Type != events.DeliveryReported || in.Delivery == nil || in.Delivery.Message != "" || !slices.Equal(in.Delivery.ProviderIDs, []string{about}) || in.Delivery.Status != events.StatusFailed {
		t.Fatalf("%+v %+v", in, in.Delivery)
	}
	if m := in.Message; m == nil || !m.Automatic || !strings.Contains(m.Text, "could not be delivered") || len(m.Attachments) == 0 {
		t.Errorf("message %+v", m)
	}
	data, err := in.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if back, err := events.DecodeInbound(data); err != nil || back.Message == nil || back.Delivery == nil {
		t.Errorf("out of the log: %+v, %v", back, err)
	}
}

func TestSTARTTLSTakesNoParameter(t *testing.T) {
	w := newWorld(t, helpInbox(t))
	c := w.ready(t)
	c.say("STARTTLS now", "501 5.5.4")
	c.say("starttls\tnow", "501 5.5.4")
	c.say("STARTTLSNOW", "500")
	c.say("STARTUP", "50")
	c.write("START") // in two pieces, with the next command behind it
	c.write("TLS now\r\nNOOP\r\n")
	c.want("501")
	c.want("250")
	body := "STARTTLS now\r\nand text"
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, body); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	if in := w.only(t); !strings.Contains(string(in.Raw.Bytes), body) {
		t.Errorf("a mail's own line was taken for a command: %q", in.Raw.Bytes)
	}
	c.startTLS()
	c.say("EHLO client.example", "250")
	c.say("STARTTLS", "502")
	if got := c.deliver("jane@example.org", []string{"help@example.com"}, body); !strings.HasPrefix(got, "250") {
		t.Fatal(got)
	}
	w.only(t)
	long := w.ready(t)
	long.write("STARTTLS " + strings.Repeat("x", 2*maxHeld))
	long.want("500")
	if _, err := long.answer(); err == nil {
		t.Error("it goes on after a line without an end")
	}
}
