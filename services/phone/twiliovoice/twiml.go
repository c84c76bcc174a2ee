package twiliovoice

import (
	"encoding/xml"
	"net/url"

	"github.com/tributary-inbox/tributary/contracts/config"
)

// The steps of a call. Twilio comes back for the next with step in the address.
const (
	stepDialled  = "dialled"
	stepRecorded = "recorded"
)

type say struct {
	XMLName  xml.Name `xml:"Say"`
	Language string   `xml:"language,attr,omitempty"`
	Text     string   `xml:",chardata"`
}

type dial struct {
	XMLName  xml.Name `xml:"Dial"`
	Action   string   `xml:"action,attr"`
	Timeout  int      `xml:"timeout,attr"`
	Record   string   `xml:"record,attr,omitempty"`
	Recorded string   `xml:"recordingStatusCallback,attr,omitempty"`
	Numbers  []string `xml:"Number"`
}

type record struct {
	XMLName     xml.Name `xml:"Record"`
	Action      string   `xml:"action,attr"`
	MaxLength   int      `xml:"maxLength,attr"`
	Recorded    string   `xml:"recordingStatusCallback,attr"`
	Transcribe  bool     `xml:"transcribe,attr,omitempty"`
	Transcribed string   `xml:"transcribeCallback,attr,omitempty"`
}

type hangUp struct {
	XMLName xml.Name `xml:"Hangup"`
}

type response struct {
	XMLName xml.Name `xml:"Response"`
	Verbs   []any
}

// answer is what the call does next, as TwiML. Callbacks that ask for nothing
// get an empty document.
func (s *Settings) answer(inbox config.Inbox, step string, c callback) []byte {
	var r response
	if c.form.Get("CallbackSource") == "" && !c.form.Has("TranscriptionSid") {
		switch {
		case step == stepDialled && c.form.Has("DialCallStatus"):
			if status := c.get("DialCallStatus"); status == "completed" || status == "answered" {
				r.Verbs = []any{hangUp{}}
			} else {
				r.Verbs = s.box(inbox)
			}
		case step == "" && c.get("CallStatus") == "ringing":
			r.Verbs = s.begin(inbox)
		}
	}
	data, err := xml.Marshal(r)
	if err != nil {
		data = []byte("<Response/>") // only a text that XML has no letters for
	}
	return append([]byte(xml.Header), data...)
}

func (s *Settings) next(inbox config.Inbox, step string) string {
	return s.hook(inbox) + "?" + url.Values{"step": {step}}.Encode()
}

func (s *Settings) begin(inbox config.Inbox) []any {
	var out []any
	if s.Greeting != "" {
		out = append(out, say{Language: s.Language, Text: s.Greeting})
	}
	if len(s.Dial) == 0 {
		return append(out, s.box(inbox)...)
	}
	d := dial{Action: s.next(inbox, stepDialled), Timeout: s.RingSeconds, Numbers: s.Dial}
	if s.Record {
		d.Record, d.Recorded = "record-from-answer-dual", s.next(inbox, stepRecorded)
	}
	return append(out, d)
}

// box takes a message where there is a box, and ends the call.
func (s *Settings) box(inbox config.Inbox) []any {
	if s.Voicemail == "" {
		return []any{hangUp{}}
	}
	r := record{Action: s.next(inbox, stepRecorded), MaxLength: s.VoicemailSeconds, Recorded: s.next(inbox, stepRecorded), Transcribe: s.Transcribe}
	if s.Transcribe {
		r.Transcribed = s.next(inbox, stepRecorded)
	}
	return []any{say{Language: s.Language, Text: s.Voicemail}, r, hangUp{}}
}
