package whatsapp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// templateBody is a template as it goes out: Meta, "Cloud API, message
// templates".
type templateBody struct {
	Name       string      `json:"name"`
	Language   language    `json:"language"`
	Components []component `json:"components,omitempty"`
}

type language struct {
	Code string `json:"code"`
}

type component struct {
	Type       string      `json:"type"`
	SubType    string      `json:"sub_type,omitempty"`
	Index      string      `json:"index,omitempty"`
	Parameters []parameter `json:"parameters"`
}

type parameter struct {
	Type     string    `json:"type"`
	Name     string    `json:"parameter_name,omitempty"`
	Text     string    `json:"text,omitempty"`
	Image    *fileBody `json:"image,omitempty"`
	Video    *fileBody `json:"video,omitempty"`
	Document *fileBody `json:"document,omitempty"`
}

// Places of a template beside those of its body, which have bare names or
// numbers: "header.1" or "header.name", "header.image" (also video, document)
// with a link to a file, and "button.0" with the end of a button's address.
const (
	headerPlace = "header."
	buttonPlace = "button."
)

// template fills the places. Numbers must run from 1 without a gap, or the
// provider would put values where they do not belong.
func template(t *events.Template) (*templateBody, *events.SendResult) {
	no := func(format string, args ...any) (*templateBody, *events.SendResult) {
		return nil, &events.SendResult{Outcome: events.Rejected, Code: events.CodeBadTemplate, Detail: fmt.Sprintf(format, args...)}
	}
	if t.Name == "" || t.Language == "" {
		return no("a template needs its name and its language")
	}
	body, header := map[string]string{}, map[string]string{}
	var buttons []component
	for place, value := range t.Params {
		switch {
		case strings.HasPrefix(place, headerPlace):
			header[place[len(headerPlace):]] = value
		case strings.HasPrefix(place, buttonPlace):
			index, err := strconv.Atoi(place[len(buttonPlace):])
			if err != nil || index < 0 || index > 9 {
				return no("the place of a button is not a number from 0 to 9")
			}
			buttons = append(buttons, component{Type: "button", SubType: "url", Index: strconv.Itoa(index), Parameters: []parameter{{Type: "text", Text: value}}})
		default:
			body[place] = value
		}
	}
	out := &templateBody{Name: t.Name, Language: language{t.Language}}
	for _, c := range []struct {
		kind   string
		values map[string]string
	}{{"header", header}, {"body", body}} {
		parameters, ok := fill(c.values, c.kind == "header")
		if !ok {
			return no("the places of the %s are not numbered from 1 without a gap", c.kind)
		}
		if len(parameters) > 0 {
			out.Components = append(out.Components, component{Type: c.kind, Parameters: parameters})
		}
	}
	slices.SortFunc(buttons, func(a, b component) int { return strings.Compare(a.Index, b.Index) })
	out.Components = append(out.Components, buttons...)
	return out, nil
}

var number = regexp.MustCompile(`^[0-9]{1,4}$`)

func fill(values map[string]string, files bool) ([]parameter, bool) {
	var names []string
	numbered := 0
	for name := range values {
		if number.MatchString(name) {
			numbered++
		}
		names = append(names, name)
	}
	slices.Sort(names)
	var out []parameter
	if numbered > 0 {
		for i := 1; i <= len(names); i++ {
			value, ok := values[strconv.Itoa(i)]
			if !ok {
				return nil, false
			}
			out = append(out, parameter{Type: "text", Text: value})
		}
		return out, true
	}
	for _, name := range names {
		value := values[name]
		switch {
		case files && name == "image":
			out = append(out, parameter{Type: name, Image: &fileBody{Link: value}})
		case files && name == "video":
			out = append(out, parameter{Type: name, Video: &fileBody{Link: value}})
		case files && name == "document":
			out = append(out, parameter{Type: name, Document: &fileBody{Link: value}})
		default:
			out = append(out, parameter{Type: "text", Name: name, Text: value})
		}
	}
	return out, true
}

// listed is a template as the provider lists it.
type listed struct {
	Name       string `json:"name"`
	Language   string `json:"language"`
	Status     string `json:"status"`
	Components []struct {
		Type    string `json:"type"`
		Format  string `json:"format"`
		Text    string `json:"text"`
		Buttons []struct {
			Type string `json:"type"`
			URL  string `json:"url"`
		} `json:"buttons"`
	} `json:"components"`
}

// maxPages bounds how many pages of templates are read.
const maxPages = 30

// Templates lists the approved templates of the business account. Params holds
// every place with an empty value; Text is the body with its places.
func (a *Adapter) Templates(ctx context.Context, inbox config.Inbox) ([]events.Template, error) {
	s, err := parse(inbox)
	if err != nil {
		return nil, err
	}
	if s.AccountID == "" {
		return nil, errors.New("waba_id is not set: templates belong to the business account")
	}
	api := s.Open(a.client, inbox)
	var out []events.Template
	query := url.Values{"fields": {"name,language,status,components"}, "limit": {"100"}}
	for range maxPages {
		var page struct {
			Data   []listed `json:"data"`
			Paging struct {
				Next    string `json:"next"`
				Cursors struct {
					After string `json:"after"`
				} `json:"cursors"`
			} `json:"paging"`
		}
		if err := api.Get(ctx, s.AccountID+"/message_templates", query, &page); err != nil {
			return nil, err
		}
		for _, t := range page.Data {
			if t.Status == "APPROVED" {
				out = append(out, t.template())
			}
		}
		if page.Paging.Next == "" || page.Paging.Cursors.After == "" {
			break
		}
		query.Set("after", page.Paging.Cursors.After)
	}
	return out, nil
}

var place = regexp.MustCompile(`\{\{\s*([0-9A-Za-z_]{1,64})\s*\}\}`)

func (l listed) template() events.Template {
	t := events.Template{Name: l.Name, Language: l.Language, Params: map[string]string{}}
	places := func(prefix, text string) {
		for _, m := range place.FindAllStringSubmatch(text, -1) {
			t.Params[prefix+m[1]] = ""
		}
	}
	for _, c := range l.Components {
		switch c.Type {
		case "BODY":
			t.Text = graph.Cut(c.Text, 4096)
			places("", c.Text)
		case "HEADER":
			if format := strings.ToLower(c.Format); format == "image" || format == "video" || format == "document" {
				t.Params[headerPlace+format] = ""
			}
			places(headerPlace, c.Text)
		case "BUTTONS":
			for i, b := range c.Buttons {
				if b.Type == "URL" && place.MatchString(b.URL) {
					t.Params[buttonPlace+strconv.Itoa(i)] = ""
				}
			}
		}
	}
	return t
}
