package whatsapp

import (
	"encoding/json"

	"github.com/tributary-inbox/tributary/services/social/graph"
)

// value is what a change says: Meta, "WhatsApp Cloud API, webhooks". Lists are
// kept in pieces so that one bad item fails alone.
type value struct {
	Metadata struct {
		PhoneNumberID graph.ID `json:"phone_number_id"`
		Display       string   `json:"display_phone_number"`
	} `json:"metadata"`
	Contacts    []json.RawMessage `json:"contacts"`
	Messages    []json.RawMessage `json:"messages"`
	Echoes      []json.RawMessage `json:"message_echoes"`
	Statuses    []json.RawMessage `json:"statuses"`
	Preferences []json.RawMessage `json:"user_preferences"`
	IDUpdates   []json.RawMessage `json:"user_id_update"`
	Calls       []json.RawMessage `json:"calls"`
	Errors      []json.RawMessage `json:"errors"`
}

// person is one of value.contacts.
type person struct {
	Profile struct {
		Name     string `json:"name"`
		Username string `json:"username"`
	} `json:"profile"`
	WaID   graph.ID `json:"wa_id"`
	UserID graph.ID `json:"user_id"`
}

type message struct {
	ID         graph.ID    `json:"id"`
	From       graph.ID    `json:"from"`
	FromUserID graph.ID    `json:"from_user_id"`
	To         graph.ID    `json:"to"` // of an echo
	ToUserID   graph.ID    `json:"to_user_id"`
	Timestamp  graph.Stamp `json:"timestamp"`
	Type       string      `json:"type"`
	GroupID    graph.ID    `json:"group_id"`
	Context    *struct {
		ID        graph.ID `json:"id"`
		Forwarded bool     `json:"forwarded"`
		Often     bool     `json:"frequently_forwarded"`
		Product   *struct {
			CatalogID graph.ID `json:"catalog_id"`
			ProductID graph.ID `json:"product_retailer_id"`
		} `json:"referred_product"`
	} `json:"context"`
	Referral *struct {
		SourceURL string   `json:"source_url"`
		SourceID  graph.ID `json:"source_id"`
		Source    string   `json:"source_type"`
		Headline  string   `json:"headline"`
		ClickID   string   `json:"ctwa_clid"`
	} `json:"referral"`

	body
	Reaction *struct {
		MessageID graph.ID `json:"message_id"`
		Emoji     string   `json:"emoji"`
	} `json:"reaction"`
	Edit *struct {
		Original graph.ID `json:"original_message_id"`
		Message  body     `json:"message"`
	} `json:"edit"`
	Revoke *struct {
		Original graph.ID `json:"original_message_id"`
	} `json:"revoke"`
	System *system `json:"system"`
	Errors []struct {
		Code int `json:"code"`
	} `json:"errors"`
}

// body is what a message says; one of its fields is set.
type body struct {
	Text *struct {
		Body string `json:"body"`
	} `json:"text"`
	Image       *media    `json:"image"`
	Video       *media    `json:"video"`
	Audio       *media    `json:"audio"`
	Document    *media    `json:"document"`
	Sticker     *media    `json:"sticker"`
	Location    *location `json:"location"`
	Contacts    []card    `json:"contacts"`
	Interactive *choice   `json:"interactive"`
	Button      *struct {
		Text    string `json:"text"`
		Payload string `json:"payload"`
	} `json:"button"`
	Order *cart `json:"order"`
}

type media struct {
	ID       graph.ID `json:"id"`
	Mime     string   `json:"mime_type"`
	Caption  string   `json:"caption"`
	Filename string   `json:"filename"`
	Voice    bool     `json:"voice"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
	Name      string  `json:"name"`
	Address   string  `json:"address"`
}

type card struct {
	Name struct {
		Formatted string `json:"formatted_name"`
	} `json:"name"`
	Phones []struct {
		Phone string `json:"phone"`
	} `json:"phones"`
	Emails []struct {
		Email string `json:"email"`
	} `json:"emails"`
}

type choice struct {
	Type   string `json:"type"`
	Button *reply `json:"button_reply"`
	List   *reply `json:"list_reply"`
	Form   *struct {
		Name     string `json:"name"`
		Body     string `json:"body"`
		Response string `json:"response_json"`
	} `json:"nfm_reply"`
	CallPermission *struct {
		Response string `json:"response"`
	} `json:"call_permission_reply"`
}

type reply struct {
	ID          graph.ID `json:"id"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
}

type cart struct {
	Text  string `json:"text"`
	Items []struct {
		ID       graph.ID    `json:"product_retailer_id"`
		Quantity json.Number `json:"quantity"`
		Price    json.Number `json:"item_price"`
		Currency string      `json:"currency"`
	} `json:"product_items"`
}

type system struct {
	Type    string   `json:"type"`
	Body    string   `json:"body"`
	WaID    graph.ID `json:"wa_id"`
	NewWaID graph.ID `json:"new_wa_id"`
	UserID  graph.ID `json:"user_id"`
}

type status struct {
	ID              graph.ID      `json:"id"`
	Status          string        `json:"status"`
	Timestamp       graph.Stamp   `json:"timestamp"`
	Recipient       graph.ID      `json:"recipient_id"`
	RecipientUserID graph.ID      `json:"recipient_user_id"`
	Participant     graph.ID      `json:"recipient_participant_id"`
	Ours            string        `json:"biz_opaque_callback_data"`
	Errors          []graph.Error `json:"errors"`
}

type preference struct {
	WaID      graph.ID    `json:"wa_id"`
	UserID    graph.ID    `json:"user_id"`
	Category  string      `json:"category"`
	Value     string      `json:"value"`
	Timestamp graph.Stamp `json:"timestamp"`
}

type idUpdate struct {
	WaID   graph.ID `json:"wa_id"`
	UserID struct {
		Previous graph.ID `json:"previous"`
		Current  graph.ID `json:"current"`
	} `json:"user_id"`
	Timestamp graph.Stamp `json:"timestamp"`
}

type call struct {
	ID         graph.ID    `json:"id"`
	From       graph.ID    `json:"from"`
	FromUserID graph.ID    `json:"from_user_id"`
	To         graph.ID    `json:"to"`
	ToUserID   graph.ID    `json:"to_user_id"`
	Event      string      `json:"event"`
	Direction  string      `json:"direction"`
	Status     string      `json:"status"`
	Timestamp  graph.Stamp `json:"timestamp"`
	Start      graph.Stamp `json:"start_time"`
	End        graph.Stamp `json:"end_time"`
	Duration   graph.Stamp `json:"duration"`
}
