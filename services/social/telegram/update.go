package telegram

import "encoding/json"

// update is Telegram's Update. Exactly one field beside the id is set; what is
// not listed here is kept raw.
type update struct {
	ID              *int64           `json:"update_id"`
	Message         *message         `json:"message"`
	Edited          *message         `json:"edited_message"`
	Business        *message         `json:"business_message"`
	EditedBusiness  *message         `json:"edited_business_message"`
	Guest           *message         `json:"guest_message"`
	DeletedBusiness *deleted         `json:"deleted_business_messages"`
	Reaction        *messageReaction `json:"message_reaction"`
	Callback        *callback        `json:"callback_query"`
	MyChatMember    *memberChange    `json:"my_chat_member"`
}

type message struct {
	ID         int64    `json:"message_id"`
	Topic      int64    `json:"message_thread_id"`
	Date       int64    `json:"date"`
	EditDate   int64    `json:"edit_date"`
	Chat       chat     `json:"chat"`
	From       *user    `json:"from"`
	SenderChat *chat    `json:"sender_chat"`
	Album      string   `json:"media_group_id"`
	ReplyTo    *message `json:"reply_to_message"`
	Quote      *struct {
		Text string `json:"text"`
	} `json:"quote"`
	Forward     json.RawMessage `json:"forward_origin"`
	Connection  string          `json:"business_connection_id"`
	BusinessBot *user           `json:"sender_business_bot"`
	MigrateTo   int64           `json:"migrate_to_chat_id"`
	MigrateFrom int64           `json:"migrate_from_chat_id"`
	content
}

type content struct {
	Text            string          `json:"text"`
	Entities        []entity        `json:"entities"`
	Caption         string          `json:"caption"`
	CaptionEntities []entity        `json:"caption_entities"`
	Photo           []file          `json:"photo"`
	Document        *file           `json:"document"`
	Audio           *file           `json:"audio"`
	Voice           *file           `json:"voice"`
	Video           *file           `json:"video"`
	VideoNote       *file           `json:"video_note"`
	Animation       *file           `json:"animation"`
	Sticker         *file           `json:"sticker"`
	Contact         *sharedContact  `json:"contact"`
	Location        *location       `json:"location"`
	Venue           *venue          `json:"venue"`
	Poll            *poll           `json:"poll"`
	Dice            *dice           `json:"dice"`
	Game            *titled         `json:"game"`
	Invoice         *titled         `json:"invoice"`
	Rich            json.RawMessage `json:"rich_message"`
	Keyboard        *struct {
		Rows [][]button `json:"inline_keyboard"`
	} `json:"reply_markup"`
}

type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
	Language  string `json:"language_code"`
}

type chat struct {
	ID        int64  `json:"id"`
	Type      string `json:"type"`
	Title     string `json:"title"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
}

type entity struct {
	Type string `json:"type"`
	URL  string `json:"url"`
}

type file struct {
	ID       string `json:"file_id"`
	UniqueID string `json:"file_unique_id"`
	Name     string `json:"file_name"`
	Type     string `json:"mime_type"`
	Size     int64  `json:"file_size"`
	Emoji    string `json:"emoji"`
}

type sharedContact struct {
	Phone     string `json:"phone_number"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	UserID    int64  `json:"user_id"`
}

type location struct {
	Latitude  float64 `json:"latitude"`
	Longitude float64 `json:"longitude"`
}

type venue struct {
	Location location `json:"location"`
	Title    string   `json:"title"`
	Address  string   `json:"address"`
}

type poll struct {
	Question string `json:"question"`
	Options  []struct {
		Text string `json:"text"`
	} `json:"options"`
}

type dice struct {
	Emoji string `json:"emoji"`
	Value int    `json:"value"`
}

type titled struct {
	Title       string `json:"title"`
	Description string `json:"description"`
}

type button struct {
	Text string `json:"text"`
	Data string `json:"callback_data"`
}

type deleted struct {
	Connection string  `json:"business_connection_id"`
	Chat       chat    `json:"chat"`
	IDs        []int64 `json:"message_ids"`
}

type messageReaction struct {
	Chat      chat       `json:"chat"`
	MessageID int64      `json:"message_id"`
	Date      int64      `json:"date"`
	Old       []reaction `json:"old_reaction"`
	New       []reaction `json:"new_reaction"`
}

type reaction struct {
	Type   string `json:"type"`
	Emoji  string `json:"emoji"`
	Custom string `json:"custom_emoji_id"`
}

type callback struct {
	ID      string   `json:"id"`
	From    user     `json:"from"`
	Message *message `json:"message"`
	Data    string   `json:"data"`
}

type memberChange struct {
	Chat chat  `json:"chat"`
	Date int64 `json:"date"`
	New  struct {
		Status string `json:"status"`
	} `json:"new_chat_member"`
}
