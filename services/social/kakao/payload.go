package kakao

import (
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// payload is Kakao's SkillPayload, as far as it says something of the customer.
type payload struct {
	Request struct {
		Block struct {
			ID   string `json:"id"`
			Name string `json:"name"`
		} `json:"block"`
		Utterance string `json:"utterance"`
		Lang      string `json:"lang"`
		User      struct {
			ID         string `json:"id"`
			Type       string `json:"type"`
			Properties struct {
				Friend   string `json:"plusfriendUserKey"`
				App      string `json:"appUserId"`
				IsFriend *bool  `json:"isFriend"`
				// Some bots get the same keys in another spelling.
				BotUser string `json:"botUserKey"`
			} `json:"properties"`
		} `json:"user"`
		Callback string `json:"callbackUrl"`
	} `json:"userRequest"`
	Bot struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"bot"`
	Action struct {
		Params map[string]json.RawMessage `json:"params"`
		// Extra is what stood in the extra of a button or quick reply that was
		// pressed, null or the word null where it was none of those.
		Extra json.RawMessage `json:"clientExtra"`
	} `json:"action"`
}

// extra is what we put beside a quick reply. Kakao brings it back with the press;
// the utterance is the label then.
type extra struct {
	Pressed string `json:"pressed"`
}

// pressed is the value of the quick reply of ours that was pressed. Buttons that
// the bot's own blocks set up carry what their author put there, which is no value
// of ours.
func (p *payload) pressed() string {
	var e extra
	if len(p.Action.Extra) == 0 || json.Unmarshal(p.Action.Extra, &e) != nil {
		return ""
	}
	return e.Pressed
}

// images are the addresses of pictures that came with the payload: those of the
// secure image plugin, whose list is text within text, and that of a plain photo,
// which stands alone where the words would. They open for a few minutes only.
func (p *payload) images() (found []string) {
	for _, name := range slices.Sorted(maps.Keys(p.Action.Params)) {
		raw := p.Action.Params[name]
		var text string
		var secure struct {
			URLs string `json:"secureUrls"`
		}
		if json.Unmarshal(raw, &text) == nil && json.Unmarshal([]byte(text), &secure) == nil {
			found = append(found, list(secure.URLs)...)
		}
	}
	if len(found) == 0 {
		found = list(p.Request.Utterance)
	}
	return found
}

// list reads List(address, address); one address alone is a list too. It is
// empty when anything else stands in it.
func list(text string) []string {
	text = strings.TrimSpace(text)
	if inner, ok := strings.CutPrefix(text, "List("); ok {
		text = strings.TrimSuffix(inner, ")")
	}
	var out []string
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSpace(part)
		u, err := url.Parse(part)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || !strings.HasSuffix(strings.ToLower(u.Hostname()), ".kakaocdn.net") || len(out) >= 20 {
			return nil
		}
		u.Scheme = "https" // Kakao writes http; the same files answer on both
		out = append(out, u.String())
	}
	return out
}
