package navertalk

import (
	"encoding/json"
	"fmt"
)

// event is what Naver posts. Fields that differ from event to event stand in
// Options; numbers that may be large are read as they are written.
type event struct {
	Event   string `json:"event"`
	Echoed  string `json:"echoedEvent"`
	User    string `json:"user"`
	Partner string `json:"partner"`
	Standby bool   `json:"standby"`
	Text    *struct {
		Text      string `json:"text"`
		Code      string `json:"code"`
		InputType string `json:"inputType"`
	} `json:"textContent"`
	Image *struct {
		URL string `json:"imageUrl"`
	} `json:"imageContent"`
	Composite json.RawMessage `json:"compositeContent"`
	Options   options         `json:"options"`
}

type options struct {
	Inflow   string `json:"inflow"`
	Referer  string `json:"referer"`
	From     string `json:"from"`
	Friend   *bool  `json:"friend"`
	Under14  *bool  `json:"under14"`
	Under19  *bool  `json:"under19"`
	Set      string `json:"set"`
	Mobile   *bool  `json:"mobile"`
	Source   int64  `json:"sourceId"`
	Nickname string `json:"managerNickname"`
	Product  *struct {
		Name  string `json:"name"`
		URL   string `json:"url"`
		Price string `json:"currencyPrice"`
	} `json:"product"`
	Control string `json:"control"`
	profile
	Confirm *struct {
		Code      string `json:"code"`
		PaymentID string `json:"paymentId"`
		// Naver really spells it so.
		Detail struct {
			Product string      `json:"productName"`
			Total   json.Number `json:"totalPayAmount"`
		} `json:"deatil"`
	} `json:"paymentConfirmResult"`
}

type profile struct {
	Name    string `json:"nickname"`
	Phone   string `json:"cellphone"`
	Address *struct {
		Road   string `json:"roadAddr"`
		Detail string `json:"detAddr"`
		Zip    string `json:"zipNo"`
	} `json:"address"`
	Result      string   `json:"result"`
	Withdrawals []string `json:"withdrawals"`
}

func read(body []byte) (event, error) {
	var e event
	if err := json.Unmarshal(body, &e); err != nil {
		return e, fmt.Errorf("read event: %w", err)
	}
	return e, nil
}

// compositeText collects titles, descriptions and texts of a card that people
// or other bots sent, in the order they are written.
func compositeText(raw json.RawMessage) string {
	var c struct {
		List []struct {
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"compositeList"`
	}
	if json.Unmarshal(raw, &c) != nil {
		return ""
	}
	text := ""
	for _, item := range c.List {
		for _, line := range []string{item.Title, item.Description} {
			if line != "" && text != "" {
				text += "\n"
			}
			text += line
		}
	}
	return text
}
