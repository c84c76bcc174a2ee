package slack

import "encoding/json"

type envelope struct {
	Type      string          `json:"type"`
	Challenge string          `json:"challenge"`
	TeamID    string          `json:"team_id"`
	AppID     string          `json:"api_app_id"`
	EventID   string          `json:"event_id"`
	EventTime int64           `json:"event_time"`
	Inner     json.RawMessage `json:"event"`
}

type event struct {
	post
	Type        string `json:"type"`
	Channel     string `json:"channel"`
	ChannelType string `json:"channel_type"`
	EventTS     string `json:"event_ts"`
	DeletedTS   string `json:"deleted_ts"`
	Message     *post  `json:"message"`
	Previous    *post  `json:"previous_message"`
	Reaction    string `json:"reaction"`
	Item        struct {
		Type    string `json:"type"`
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	} `json:"item"`
}

// post is a message as it stands in a channel.
type post struct {
	Subtype    string `json:"subtype"`
	User       string `json:"user"`
	Text       string `json:"text"`
	TS         string `json:"ts"`
	ThreadTS   string `json:"thread_ts"`
	ParentUser string `json:"parent_user_id"`
	BotID      string `json:"bot_id"`
	AppID      string `json:"app_id"`
	Username   string `json:"username"`
	Profile    struct {
		RealName    string `json:"real_name"`
		DisplayName string `json:"display_name"`
	} `json:"user_profile"`
	Files       []file `json:"files"`
	Attachments []struct {
		Fallback string `json:"fallback"`
	} `json:"attachments"`
}

type file struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"mimetype"`
	Mode string `json:"mode"`
	Size int64  `json:"size"`
	URL  string `json:"url_private_download"`
	View string `json:"url_private"`
}

// interaction is the payload of a pressed button.
type interaction struct {
	Type    string `json:"type"`
	Trigger string `json:"trigger_id"`
	Team    struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID       string `json:"id"`
		Name     string `json:"name"`
		Username string `json:"username"`
		TeamID   string `json:"team_id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	Message post     `json:"message"`
	Actions []action `json:"actions"`
}

type words struct {
	Text string `json:"text"`
}

type action struct {
	TS       string `json:"action_ts"`
	Text     words  `json:"text"`
	Value    string `json:"value"`
	Selected struct {
		Text  words  `json:"text"`
		Value string `json:"value"`
	} `json:"selected_option"`
	Date string `json:"selected_date"`
}

// value is that of a button, or of the option that was chosen.
func (a action) value() string {
	if a.Selected.Value != "" {
		return a.Selected.Value
	}
	return a.Value
}

func (a action) label() string {
	for _, text := range []string{a.Text.Text, a.Selected.Text.Text, a.Date, a.Value} {
		if text != "" {
			return text
		}
	}
	return ""
}
