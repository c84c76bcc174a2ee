package vonage

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

// end is one side of a message: an id, or in older applications an object.
type end string

// UnmarshalJSON takes both forms.
func (e *end) UnmarshalJSON(data []byte) error {
	var nested struct {
		Number, ID string
	}
	if json.Unmarshal(data, (*string)(e)) == nil {
		return nil
	}
	if err := json.Unmarshal(data, &nested); err != nil {
		return err
	}
	*e = end(nested.Number)
	if *e == "" {
		*e = end(nested.ID)
	}
	return nil
}

type file struct {
	URL     string `json:"url"`
	Caption string `json:"caption"`
	Name    string `json:"name"`
}

type post struct {
	ID        string    `json:"message_uuid"`
	Network   string    `json:"channel"`
	From      end       `json:"from"`
	To        end       `json:"to"`
	At        time.Time `json:"timestamp"`
	Status    string    `json:"status"`
	Reference string    `json:"client_ref"`
	Type      string    `json:"message_type"`
	Text      string    `json:"text"`
	Image     *file     `json:"image"`
	Audio     *file     `json:"audio"`
	Video     *file     `json:"video"`
	File      *file     `json:"file"`
	Vcard     *file     `json:"vcard"`
	Sticker   *file     `json:"sticker"`
	Location  *struct {
		Lat     json.Number `json:"lat"`
		Long    json.Number `json:"long"`
		Name    string      `json:"name"`
		Address string      `json:"address"`
	} `json:"location"`
	Reply *struct {
		ID    intake.Value `json:"id"`
		Title string       `json:"title"`
	} `json:"reply"`
	Button *struct {
		Payload intake.Value `json:"payload"`
		Text    string       `json:"text"`
	} `json:"button"`
	Context *struct {
		ID string `json:"message_uuid"`
	} `json:"context"`
	Profile struct {
		Name string `json:"name"`
	} `json:"profile"`
	Error *struct {
		Title  json.RawMessage `json:"title"`
		Detail string          `json:"detail"`
	} `json:"error"`
	Message *struct {
		Content struct {
			Type  string `json:"type"`
			Text  string `json:"text"`
			Image *file  `json:"image"`
			Audio *file  `json:"audio"`
			Video *file  `json:"video"`
			File  *file  `json:"file"`
		} `json:"content"`
	} `json:"message"`
}

// statuses are the words of both interfaces.
var statuses = map[string]events.Status{
	"submitted": events.StatusSent, "accepted": events.StatusSent, "buffered": events.StatusSent, "delivered": events.StatusDelivered, "read": events.StatusRead,
	"rejected": events.StatusFailed, "undeliverable": events.StatusFailed, "failed": events.StatusFailed, "expired": events.StatusFailed,
}

// statement reads a request of the Messages API.
func (r *reader) statement(body []byte) *events.Inbound {
	const kind = "application/json"
	var p post
	if err := json.Unmarshal(body, &p); err != nil || !intake.ID(p.ID) {
		return r.kept(body, kind)
	}
	p.flatten()
	at := p.At
	if at.Year() < 2000 || at.Year() > 2200 {
		at = time.Time{}
	}
	if p.Status != "" {
		status, known := statuses[p.Status]
		if !known {
			return r.kept(body, kind)
		}
		in := r.Make(events.DeliveryReported, p.ID+":"+p.Status, at, events.Sender{Points: r.points(p.Network, string(p.To))})
		in.Direction, in.Delivery = events.Out, &events.Delivery{ProviderIDs: []string{p.ID}, Status: status}
		if intake.ID(p.Reference) {
			in.Delivery.Message = events.MessageID(p.Reference)
		}
		if status == events.StatusFailed {
			in.Delivery.Detail = "Vonage: " + p.Status + p.why()
		}
		return in
	}
	said := &events.ReceivedMessage{Text: p.words(), Attachments: p.files()}
	if !intake.ID(string(p.From)) || said.Text == "" && len(said.Attachments) == 0 {
		return r.kept(body, kind)
	}
	if p.Context != nil && intake.ID(p.Context.ID) {
		said.InReplyTo = []string{p.Context.ID}
	}
	in := r.Make(events.MessageReceived, p.ID, at, events.Sender{Points: r.points(p.Network, string(p.From)), Name: intake.Name(p.Profile.Name)})
	in.Order, in.Message = p.ID, said
	intake.Press(in, p.pressed(), intake.FlagButton)
	return in
}

// pressed is the value of the button that a message is the press of: a reply under
// a text or in a list, or a button of a template or of RCS.
func (p *post) pressed() string {
	switch {
	case p.Reply != nil:
		return string(p.Reply.ID)
	case p.Button != nil:
		return string(p.Button.Payload)
	}
	return ""
}

// flatten brings the form of older applications into that of v1.
func (p *post) flatten() {
	if p.Message == nil {
		return
	}
	c := p.Message.Content
	p.Type, p.Text, p.Image, p.Audio, p.Video, p.File = c.Type, c.Text, c.Image, c.Audio, c.Video, c.File
}

func (p *post) why() string {
	var title string
	if p.Error == nil {
		return ""
	}
	if json.Unmarshal(p.Error.Title, &title) != nil {
		title = string(p.Error.Title)
	}
	why := strings.TrimSpace(title + " " + p.Error.Detail)
	if why == "" {
		return ""
	}
	return ", " + intake.Clip(why, 200)
}

// points are the addresses of a customer; the first is where answers go.
func (r *reader) points(network, id string) []events.Point {
	if !intake.ID(id) {
		return nil
	}
	number := "+" + strings.TrimPrefix(id, "+")
	isNumber := numberForm.MatchString(number) && network != "messenger"
	phone := events.Point{Kind: "phone", Value: number, Trust: r.trust}
	if network == "" || network == r.s.Network {
		if isNumber {
			return []events.Point{phone}
		}
		return []events.Point{{Kind: Kind, Value: id, Scope: string(r.Inbox.ID), Trust: r.trust}}
	}
	out := []events.Point{{Kind: Kind, Value: intake.Clip(network, 32) + ":" + id, Scope: string(r.Inbox.ID), Trust: r.trust}}
	if isNumber {
		out = append(out, phone)
	}
	return out
}

func (p *post) words() string {
	switch {
	case p.Text != "":
		return p.Text
	case p.Reply != nil:
		return p.Reply.Title
	case p.Button != nil:
		return p.Button.Text
	case p.Location != nil && p.Location.Lat != "" && p.Location.Long != "":
		lines := []string{p.Location.Name, p.Location.Address, fmt.Sprintf("https://www.openstreetmap.org/?mlat=%s&mlon=%s", p.Location.Lat, p.Location.Long)}
		return strings.TrimLeft(strings.Join(lines, "\n"), "\n")
	}
	for _, f := range []*file{p.Image, p.Audio, p.Video, p.File} {
		if f != nil && f.Caption != "" {
			return f.Caption
		}
	}
	return ""
}

func (p *post) files() []events.Attachment {
	var out []events.Attachment
	add := func(f *file, what, kind string) {
		if f == nil || len(f.URL) > 2048 {
			return
		}
		u, err := url.Parse(f.URL)
		if err != nil || u.Host == "" {
			return
		}
		name := f.Name
		if name == "" {
			name = path.Base(u.Path)
		}
		out = append(out, events.Attachment{ID: p.ID + ":" + what, Name: intake.FileName(name, what), Type: kind, URL: f.URL})
	}
	add(p.Image, "image", "image/jpeg")
	add(p.Audio, "audio", "audio/ogg")
	add(p.Video, "video", "video/mp4")
	add(p.File, "file", "application/octet-stream")
	add(p.Vcard, "vcard", "text/vcard")
	add(p.Sticker, "sticker", "image/webp")
	return out
}
