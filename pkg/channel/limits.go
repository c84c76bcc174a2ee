package channel

import (
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Unit is what a provider counts a text's length in.
type Unit int

// The units in which providers count.
const (
	Runes Unit = iota
	UTF16
	Bytes
)

// Way is how the files of an answer reach the provider.
type Way int

// NoFiles: it takes none, or none from a program. ByUpload: the adapter brings it
// the bytes. ByLink: it fetches them from an address, which has to be public.
const (
	NoFiles Way = iota
	ByUpload
	ByLink
)

// String is none, upload or link.
func (w Way) String() string {
	return [...]string{NoFiles: "none", ByUpload: "upload", ByLink: "link"}[w]
}

// Limits are what a provider takes from us on one channel.
type Limits struct {
	// Text is the longest text of one message in Unit; nought means no limit
	// that matters. A longer answer is sent as several messages.
	Text int
	Unit Unit
	// PerSecond is how many messages one inbox may send in a second, Burst how
	// many at once; nought means no limit. PerChat is the least time between two
	// messages to the same customer.
	PerSecond float64
	Burst     int
	PerChat   time.Duration
	// Window is how long after the customer's last message anything may be sent;
	// nought means always. AgentWindow is how much longer a person, not a
	// machine, may answer where the inbox has that right. Outside the window only
	// templates go out, where Templates is set.
	Window, AgentWindow time.Duration
	Templates           bool
	// Files is how files go out. Attachments is how many one message may carry;
	// -1 means none at all, nought any number. FileBytes bounds one file in bytes.
	// Accept lists the types taken, in the form of HTML's accept attribute; empty
	// takes any.
	Files       Way
	Attachments int
	FileBytes   int64
	Accept      string
	// QuickReplies is how many buttons one message may carry, QuickLabel how many
	// characters stand on one; nought of the first means that the channel has none
	// that a program can send.
	QuickReplies, QuickLabel int
	// Source is where the numbers are written.
	Source string
}

// LimitsOf are the limits of a kind of channel; the zero value for one that is
// not in the table.
func LimitsOf(kind string) Limits { return limits[kind] }

// Offer are the quick replies of a message as the channel takes them: all, or none
// where one of them does not fit. The text says everything without them.
func (l Limits) Offer(m *events.Message) []events.QuickReply {
	if len(m.QuickReplies) > l.QuickReplies {
		return nil
	}
	for _, q := range m.QuickReplies {
		if utf8.RuneCountInString(q.Label) > l.QuickLabel {
			return nil
		}
	}
	return m.QuickReplies
}

// limits is the one table of them. Where a provider gives a range, it holds the
// careful end.
var limits = map[string]Limits{
	"messenger":   {Text: 2000, Unit: UTF16, PerSecond: 40, Burst: 40, Window: 24 * time.Hour, AgentWindow: 7 * 24 * time.Hour, Attachments: 1, FileBytes: 25 << 20, Files: ByUpload, QuickReplies: 13, QuickLabel: 20, Source: "Meta: Messenger Platform, Send API and messaging windows, quick replies"},
	"instagram":   {Text: 1000, Unit: Bytes, PerSecond: 40, Burst: 40, Window: 24 * time.Hour, AgentWindow: 7 * 24 * time.Hour, Attachments: 1, FileBytes: 8 << 20, Files: ByLink, Accept: "image/jpeg,image/png,image/gif,audio/*,video/*", QuickReplies: 13, QuickLabel: 20, Source: "Meta: Instagram messaging, quick replies"},
	"whatsapp":    {Text: 4096, Unit: UTF16, PerSecond: 80, Burst: 80, PerChat: 6 * time.Second / 10, Window: 24 * time.Hour, Templates: true, Attachments: 1, FileBytes: 16 << 20, Files: ByUpload, QuickReplies: 10, QuickLabel: 20, Source: "Meta: WhatsApp Cloud API, throughput and customer service window, interactive reply buttons and lists"},
	"telegram":    {Text: 4096, Unit: UTF16, PerSecond: 30, Burst: 30, PerChat: time.Second, Attachments: 1, FileBytes: 50 << 20, Files: ByUpload, QuickReplies: 100, QuickLabel: 64, Source: "Telegram Bot API 10.1 and bots FAQ; the bounds of an inline keyboard are those of the servers"},
	"line":        {Text: 5000, Unit: UTF16, PerSecond: 2000, Burst: 100, Attachments: 5, FileBytes: 10 << 20, Files: ByLink, Accept: "image/jpeg,image/png,video/mp4", QuickReplies: 13, QuickLabel: 20, Source: "LINE Messaging API reference, rate limits, quick reply"},
	"kakao":       {Text: 1000, Unit: Runes, Attachments: 3, FileBytes: 5 << 20, Files: ByLink, Accept: "image/jpeg,image/png", QuickReplies: 10, QuickLabel: 14, Source: "Kakao Business guide: skill response format"},
	"kakaotalk":   {Text: 1000, Unit: Runes, PerSecond: 20, Burst: 20, Attachments: -1, Source: "dealers' consultation talk pages"},
	"alimtalk":    {Text: 1000, Unit: Runes, PerSecond: 20, Burst: 20, Templates: true, Attachments: -1, Source: "Solapi messages v4"},
	"navertalk":   {Text: 10000, Unit: Runes, PerSecond: 20, Burst: 20, Attachments: 1, FileBytes: 20 << 20, Files: ByLink, Accept: "image/jpeg,image/png,image/gif", QuickReplies: 10, QuickLabel: 10, Source: "navertalk/chatbot-api, quick buttons"},
	"channeltalk": {Text: 10000, Unit: Runes, PerSecond: 10, Burst: 10, Attachments: -1, Source: "Channel Talk Open API v5"},
	"slack":       {Text: 4000, Unit: Runes, PerSecond: 20, Burst: 20, PerChat: time.Second, FileBytes: 100 << 20, Files: ByUpload, QuickReplies: 25, QuickLabel: 75, Source: "Slack: chat.postMessage, rate limits, Block Kit actions and button"},
	"x":           {Text: 10000, Unit: Runes, PerSecond: 1, Burst: 5, Attachments: 1, FileBytes: 5 << 20, Files: ByUpload, Accept: "image/jpeg,image/png,image/webp", Source: "X API v2 direct messages"},
	"viber":       {Text: 7000, Unit: Runes, PerSecond: 50, Burst: 50, Attachments: 1, FileBytes: 50 << 20, Files: ByLink, QuickReplies: 24, QuickLabel: 250, Source: "Viber REST API, keyboards"},
	"discord":     {Text: 2000, Unit: Runes, PerSecond: 5, Burst: 5, Attachments: 10, FileBytes: 10 << 20, Files: ByUpload, QuickReplies: 25, QuickLabel: 80, Source: "discord-api-docs: create message, rate limits, message components"},
	"zalo":        {Text: 2000, Unit: Runes, PerSecond: 10, Burst: 10, Window: 7 * 24 * time.Hour, Attachments: 1, FileBytes: 1 << 20, Files: ByUpload, Accept: "image/jpeg,image/png,image/gif,application/pdf,application/msword,application/vnd.openxmlformats-officedocument.wordprocessingml.document", Source: "Zalo OA Open API v3, customer care messages, which have no buttons"},
	"wechat":      {Text: 2048, Unit: Bytes, PerSecond: 10, Burst: 10, Window: 48 * time.Hour, Attachments: 1, FileBytes: 10 << 20, Files: ByUpload, Accept: "image/jpeg,image/png,audio/amr,audio/mpeg", QuickReplies: events.MaxQuickReplies, QuickLabel: events.MaxQuickLabel, Source: "WeChat official accounts: customer service messages; the menu has no documented bound but that of a text"},
	"twilio":      {Text: 1600, Unit: UTF16, PerSecond: 1, Burst: 10, Templates: true, Attachments: 10, FileBytes: 5 << 20, Files: ByLink, Source: "Twilio Programmable Messaging"},
	"vonage":      {Text: 1000, Unit: UTF16, PerSecond: 10, Burst: 10, Attachments: 1, FileBytes: 600 << 10, Files: ByLink, QuickReplies: 10, QuickLabel: 20, Source: "Vonage Messages API v1, custom WhatsApp messages"},
	"email":       {Files: ByUpload, FileBytes: 25 << 20, Source: "what mail relays commonly take"},
	"webchat":     {Files: ByUpload, FileBytes: 25 << 20, QuickReplies: events.MaxQuickReplies, QuickLabel: events.MaxQuickLabel, Source: "the chat serves its own files and draws its own buttons"},
	"webhook":     {Files: ByLink, FileBytes: 25 << 20, QuickReplies: events.MaxQuickReplies, QuickLabel: events.MaxQuickLabel, Source: "the receiver of answers fetches files from us"},
}
