package graph

import (
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Placeholder is the text of a message whose content the provider does not pass
// on: somebody said something, and it must show.
const Placeholder = "[unsupported message]"

// Location is a place in words, with a link to a map.
func Location(name string, lat, long float64) string {
	at := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	place := at(lat) + ", " + at(long) + "\nhttps://www.openstreetmap.org/?mlat=" + at(lat) + "&mlon=" + at(long)
	return strings.TrimSpace(name + "\n" + place)
}

// Tidy takes what no screen should get out of the texts of a statement: control
// characters, and in names also the marks that turn the direction of writing and
// so hide how a name ends. A message of nothing else gets the placeholder.
func Tidy(in *events.Inbound) {
	in.Sender.Name = name(in.Sender.Name)
	if in.Message == nil {
		return
	}
	in.Message.Text = clean(in.Message.Text)
	if in.Type == events.MessageReceived && in.Message.Text == "" && len(in.Message.Attachments) == 0 {
		in.Message.Text = Placeholder
	}
	for i := range in.Message.Attachments {
		file := &in.Message.Attachments[i]
		file.Name = strings.Trim(path.Base(strings.ReplaceAll(name(file.Name), "\\", "/")), ".")
		if file.Name == "" || file.Name == "/" {
			file.Name = "file"
		}
	}
}

func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}

func name(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, text))
}
