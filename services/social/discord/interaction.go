package discord

import (
	"encoding/json"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/social/intake"
)

type interaction struct {
	Version int             `json:"version"`
	Event   json.RawMessage `json:"event"`
	ID      string          `json:"id"`
	Type    int             `json:"type"`
	Channel string          `json:"channel_id"`
	Locale  string          `json:"locale"`
	User    user            `json:"user"`
	Member  struct {
		User user   `json:"user"`
		Nick string `json:"nick"`
	} `json:"member"`
	Message struct {
		ID         string     `json:"id"`
		Components components `json:"components"`
	} `json:"message"`
	Data struct {
		Name       string     `json:"name"`
		Target     string     `json:"target_id"`
		CustomID   string     `json:"custom_id"`
		Values     []string   `json:"values"`
		Options    []option   `json:"options"`
		Components components `json:"components"`
		Resolved   struct {
			Attachments map[string]file `json:"attachments"`
			Messages    map[string]struct {
				Content string `json:"content"`
			} `json:"messages"`
		} `json:"resolved"`
	} `json:"data"`
}

type user struct {
	ID         string `json:"id"`
	Username   string `json:"username"`
	GlobalName string `json:"global_name"`
}

// optionFile is the type of an option that is a file.
const optionFile = 11

type option struct {
	Type    int      `json:"type"`
	Value   any      `json:"value"`
	Options []option `json:"options"`
}

// maxDepth bounds nested options and components; Discord's own nest three deep.
const maxDepth = 8

// flat are the options that hold values, those of subcommands included.
func flat(options []option, depth int) []option {
	var out []option
	for _, o := range options {
		if depth < maxDepth && len(o.Options) > 0 {
			out = append(out, flat(o.Options, depth+1)...)
		} else if o.Value != nil {
			out = append(out, o)
		}
	}
	return out
}

type file struct {
	Name string `json:"filename"`
	Type string `json:"content_type"`
	Size int64  `json:"size"`
	URL  string `json:"url"`
}

func (f file) attachment(id string) events.Attachment {
	a := events.Attachment{ID: intake.Clip(id, intake.MaxID), Name: intake.FileName(f.Name, id), Type: f.Type, Size: max(f.Size, 0), URL: intake.Clip(f.URL, 2048)}
	if a.Type == "" || len(a.Type) > 127 {
		a.Type = "application/octet-stream"
	}
	return a
}

type components []componentNode

type componentNode struct {
	CustomID   string         `json:"custom_id"`
	Label      string         `json:"label"`
	Value      string         `json:"value"`
	Components components     `json:"components"`
	Component  *componentNode `json:"component"`
	Options    []struct {
		Label string `json:"label"`
		Value string `json:"value"`
	} `json:"options"`
}

func (c *componentNode) children() components {
	if c.Component != nil {
		return append(components{*c.Component}, c.Components...)
	}
	return c.Components
}

// values are what was typed into a form, from top to bottom.
func (list components) values(depth int) []string {
	var out []string
	for _, c := range list {
		if c.Value != "" {
			out = append(out, c.Value)
		}
		if depth < maxDepth {
			out = append(out, c.children().values(depth+1)...)
		}
	}
	return out
}

// labels are what stands on a button, or on the chosen lines of a list.
func (list components) labels(id string, chosen []string, depth int) []string {
	var out []string
	for _, c := range list {
		if c.CustomID == id && id != "" {
			for _, o := range c.Options {
				for _, value := range chosen {
					if o.Value == value && o.Label != "" {
						out = append(out, o.Label)
					}
				}
			}
			if c.Label != "" && len(c.Options) == 0 {
				out = append(out, c.Label)
			}
		}
		if depth < maxDepth {
			out = append(out, c.children().labels(id, chosen, depth+1)...)
		}
	}
	return out
}
