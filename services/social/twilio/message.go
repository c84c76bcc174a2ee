package twilio

import (
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// maxMedia bounds the files of one message; Twilio sends ten at most.
const maxMedia = 30

// points are the addresses of a customer. The first is where answers go.
func (r *reader) points(address string) []events.Point {
	if !intake.ID(address) {
		return nil
	}
	if numberForm.MatchString(address) {
		return []events.Point{{Kind: "phone", Value: address, Trust: events.Proved}}
	}
	number, whatsapp := strings.CutPrefix(address, "whatsapp:")
	if !whatsapp {
		return []events.Point{{Kind: Kind, Value: address, Scope: string(r.Inbox.ID), Trust: events.Proved}}
	}
	out := []events.Point{{Kind: Kind, Value: address, Trust: events.Proved}}
	if wa := "+" + r.get("WaId"); numberForm.MatchString(wa) && r.get("From") == address {
		number = wa
	}
	if numberForm.MatchString(number) {
		out = append(out, events.Point{Kind: "phone", Value: number, Trust: events.Proved})
	}
	return out
}

// message is what a customer wrote; not ok where there is nothing in it.
func (r *reader) message(sid string) (*events.Inbound, bool) {
	body := &events.ReceivedMessage{Text: r.text(), Attachments: r.files(sid)}
	if body.Text == "" && len(body.Attachments) == 0 {
		return nil, false
	}
	if answered := r.get("OriginalRepliedMessageSid"); intake.ID(answered) {
		body.InReplyTo = []string{answered}
	}
	sender := events.Sender{Points: r.points(r.get("From")), Name: intake.Name(r.get("ProfileName"))}
	for field, name := range map[string]string{"FromCountry": "country", "ReferralSourceUrl": "referral", "ReferralHeadline": "referral_headline"} {
		if v := intake.Clip(r.get(field), 512); v != "" {
			if sender.Attributes == nil {
				sender.Attributes = map[string]string{}
			}
			sender.Attributes[name] = v
		}
	}
	in := r.Make(events.MessageReceived, sid, time.Time{}, sender)
	in.Order, in.Message = sid, body
	intake.Press(in, r.first("ButtonPayload", "ListId"), intake.FlagButton)
	return in, true
}

func (r *reader) text() string {
	said := []string{"Body", "ButtonText", "ListTitle"}
	if r.first("ButtonPayload", "ListId") != "" {
		said = []string{"ButtonText", "ListTitle", "Body"} // the label of what was pressed
	}
	text := r.first(said...)
	if lat, long := r.get("Latitude"), r.get("Longitude"); decimal(lat) && decimal(long) {
		for _, line := range []string{r.get("Label"), r.get("Address"), "https://www.openstreetmap.org/?mlat=" + lat + "&mlon=" + long} {
			if line != "" && !strings.Contains(text, line) {
				text = strings.TrimSpace(text + "\n" + line)
			}
		}
	}
	return text
}

func decimal(s string) bool {
	_, err := strconv.ParseFloat(s, 64)
	return err == nil && strings.Trim(s, "+-.0123456789") == ""
}

func (r *reader) files(sid string) []events.Attachment {
	n, err := strconv.Atoi(r.get("NumMedia"))
	if err != nil {
		return nil
	}
	var out []events.Attachment
	for i := range min(n, maxMedia) {
		at := strconv.Itoa(i)
		address := r.get("MediaUrl" + at)
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || len(address) > 2048 {
			continue
		}
		id := path.Base(u.Path)
		if !intake.ID(id) || len(id) < 8 {
			id = sid + ":" + at
		}
		kind := intake.Clip(r.get("MediaContentType"+at), 127)
		out = append(out, events.Attachment{ID: id, Name: "file-" + strconv.Itoa(i+1) + endings[kind], Type: kind, URL: address})
	}
	return out
}

// endings of the types that telephones send; a file of another type has none.
var endings = map[string]string{
	"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp", "image/heic": ".heic",
	"video/mp4": ".mp4", "video/3gpp": ".3gp", "video/quicktime": ".mov", "audio/ogg": ".ogg", "audio/mpeg": ".mp3", "audio/amr": ".amr", "audio/mp4": ".m4a",
	"application/pdf": ".pdf", "text/vcard": ".vcf", "text/x-vcard": ".vcf", "text/plain": ".txt",
}

// withConsent adds what a message says of the customer's wish to be written to.
// Twilio names the keyword where Advanced Opt-Out is on.
func (r *reader) withConsent(in *events.Inbound) []*events.Inbound {
	out := []*events.Inbound{in}
	wish := map[string]string{"STOP": "yes", "START": "no"}[r.get("OptOutType")]
	if wish == "" {
		return out
	}
	over := "sms"
	if scheme, _, ok := strings.Cut(r.get("From"), ":"); ok && len(scheme) <= 16 {
		over = scheme
	}
	sender := in.Sender
	sender.Attributes = map[string]string{"opt_out." + over: wish}
	return append(out, r.Make(events.ContactWasStated, in.ProviderID, time.Time{}, sender))
}
