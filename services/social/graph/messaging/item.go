package messaging

import "github.com/tributary-inbox/tributary/services/social/graph"

// item is one element of entry[].messaging or entry[].standby: Meta, "Webhooks
// for the Messenger Platform" and "Instagram webhook examples".
type item struct {
	Sender    party       `json:"sender"`
	Recipient party       `json:"recipient"`
	Timestamp graph.Stamp `json:"timestamp"`

	Message  *message  `json:"message"`
	Edit     *edit     `json:"message_edit"`
	Postback *postback `json:"postback"`
	Reaction *reaction `json:"reaction"`
	Read     *read     `json:"read"`
	Delivery *delivery `json:"delivery"`
	Referral *referral `json:"referral"`
	Optin    *optin    `json:"optin"`
	Linking  *linking  `json:"account_linking"`
	Passed   *control  `json:"pass_thread_control"`
	Taken    *control  `json:"take_thread_control"`
	Asked    *control  `json:"request_thread_control"`
}

// control is a talk that changes hands between apps, or that an app asks for:
// Meta, "Handover protocol webhooks".
type control struct {
	New       graph.ID `json:"new_owner_app_id"`
	Previous  graph.ID `json:"previous_owner_app_id"`
	Requested graph.ID `json:"requested_owner_app_id"`
}

type party struct {
	ID graph.ID `json:"id"`
}

type message struct {
	MID         graph.ID     `json:"mid"`
	Text        string       `json:"text"`
	Attachments []attachment `json:"attachments"`
	QuickReply  *struct {
		Payload string `json:"payload"`
	} `json:"quick_reply"`
	ReplyTo *struct {
		MID   graph.ID `json:"mid"`
		Story *struct {
			ID  graph.ID `json:"id"`
			URL string   `json:"url"`
		} `json:"story"`
	} `json:"reply_to"`
	Referral    *referral `json:"referral"`
	Echo        bool      `json:"is_echo"`
	Deleted     bool      `json:"is_deleted"`
	Unsupported bool      `json:"is_unsupported"`
	Metadata    string    `json:"metadata"`
}

type attachment struct {
	Type    string `json:"type"`
	Title   string `json:"title"`
	URL     string `json:"url"`
	Payload *struct {
		URL         string   `json:"url"`
		Title       string   `json:"title"`
		StickerID   graph.ID `json:"sticker_id"`
		Coordinates *struct {
			Lat  float64 `json:"lat"`
			Long float64 `json:"long"`
		} `json:"coordinates"`
		Product *struct {
			Elements []struct {
				Title    string `json:"title"`
				Subtitle string `json:"subtitle"`
			} `json:"elements"`
		} `json:"product"`
	} `json:"payload"`
}

type edit struct {
	MID  graph.ID    `json:"mid"`
	Text string      `json:"text"`
	Num  graph.Stamp `json:"num_edit"`
}

type postback struct {
	MID      graph.ID  `json:"mid"`
	Title    string    `json:"title"`
	Payload  string    `json:"payload"`
	Referral *referral `json:"referral"`
}

type reaction struct {
	MID      graph.ID `json:"mid"`
	Action   string   `json:"action"`
	Reaction string   `json:"reaction"`
	Emoji    string   `json:"emoji"`
}

// read has a watermark on Messenger and a mid on Instagram.
type read struct {
	MID       graph.ID    `json:"mid"`
	Watermark graph.Stamp `json:"watermark"`
}

type delivery struct {
	MIDs      []graph.ID  `json:"mids"`
	Watermark graph.Stamp `json:"watermark"`
}

type referral struct {
	Ref    string   `json:"ref"`
	Source string   `json:"source"`
	Type   string   `json:"type"`
	AdID   graph.ID `json:"ad_id"`
}

type optin struct {
	Ref     string `json:"ref"`
	Type    string `json:"type"`
	Payload string `json:"payload"`
}

type linking struct {
	Status string `json:"status"`
}
