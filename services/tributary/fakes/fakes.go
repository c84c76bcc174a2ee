// Package fakes lists the fakes of providers that stand beside the adapters, for
// the tools that need all of them: the simulation, the check of doors, and the
// tests of the whole road.
package fakes

import (
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
	"github.com/tributary-inbox/tributary/services/commerce/orderfake"
	"github.com/tributary-inbox/tributary/services/commerce/shop/shopfake"
	"github.com/tributary-inbox/tributary/services/commerce/shopify/shopifyfake"
	"github.com/tributary-inbox/tributary/services/email/imap/imapfake"
	"github.com/tributary-inbox/tributary/services/email/mailfake"
	"github.com/tributary-inbox/tributary/services/email/mailgun/mailgunfake"
	"github.com/tributary-inbox/tributary/services/email/postmark/postmarkfake"
	"github.com/tributary-inbox/tributary/services/email/sendgrid/sendgridfake"
	"github.com/tributary-inbox/tributary/services/email/ses/sesfake"
	"github.com/tributary-inbox/tributary/services/phone/asterisk/asteriskfake"
	"github.com/tributary-inbox/tributary/services/phone/callcsv/callcsvfake"
	"github.com/tributary-inbox/tributary/services/phone/callfake"
	"github.com/tributary-inbox/tributary/services/phone/freeswitch/freeswitchfake"
	"github.com/tributary-inbox/tributary/services/phone/threecx/threecxfake"
	"github.com/tributary-inbox/tributary/services/phone/twiliovoice/twiliovoicefake"
	"github.com/tributary-inbox/tributary/services/phone/vonagevoice/vonagevoicefake"
	"github.com/tributary-inbox/tributary/services/social/alimtalk/alimtalkfake"
	"github.com/tributary-inbox/tributary/services/social/channeltalk/channeltalkfake"
	"github.com/tributary-inbox/tributary/services/social/discord/discordfake"
	"github.com/tributary-inbox/tributary/services/social/instagram/instagramfake"
	"github.com/tributary-inbox/tributary/services/social/kakao/kakaofake"
	"github.com/tributary-inbox/tributary/services/social/kakaotalk/kakaotalkfake"
	"github.com/tributary-inbox/tributary/services/social/line/linefake"
	"github.com/tributary-inbox/tributary/services/social/messenger/messengerfake"
	"github.com/tributary-inbox/tributary/services/social/navertalk/navertalkfake"
	"github.com/tributary-inbox/tributary/services/social/slack/slackfake"
	"github.com/tributary-inbox/tributary/services/social/telegram/telegramfake"
	"github.com/tributary-inbox/tributary/services/social/twilio/twiliofake"
	"github.com/tributary-inbox/tributary/services/social/viber/viberfake"
	"github.com/tributary-inbox/tributary/services/social/vonage/vonagefake"
	"github.com/tributary-inbox/tributary/services/social/wechat/wechatfake"
	"github.com/tributary-inbox/tributary/services/social/whatsapp/whatsappfake"
	"github.com/tributary-inbox/tributary/services/social/x/xfake"
	"github.com/tributary-inbox/tributary/services/social/zalo/zalofake"
)

// All makes one of each. They share nothing and serve nothing yet.
func All() []fake.Provider {
	return []fake.Provider{
		alimtalkfake.New(), channeltalkfake.New(), discordfake.New(), instagramfake.New(), kakaofake.New(),
		kakaotalkfake.New(), linefake.New(), messengerfake.New(), navertalkfake.New(), slackfake.New(),
		telegramfake.New(), twiliofake.New(), viberfake.New(), vonagefake.New(), wechatfake.New(),
		whatsappfake.New(), xfake.New(), zalofake.New(),
	}
}

// Mail makes one of each provider of mail. They are inboxes of one channel, and
// have names instead. Each is to be opened and closed.
func Mail() []mailfake.Provider {
	return []mailfake.Provider{imapfake.New(), mailgunfake.New(), postmarkfake.New(), sendgridfake.New(), sesfake.New()}
}

// Exchanges makes one of each telephone exchange. Those that are a
// callfake.Opener are to be opened and closed.
func Exchanges() []callfake.Exchange {
	return []callfake.Exchange{asteriskfake.New(), callcsvfake.New(), freeswitchfake.New(), threecxfake.New(), twiliovoicefake.New(), vonagevoicefake.New()}
}

// Shops makes one of each shop.
func Shops() []orderfake.Shop { return []orderfake.Shop{shopifyfake.New(), shopfake.New()} }

// Telling makes one of each provider that posts and is never answered: shops and
// telephone exchanges. What it says of a customer is an order or a call.
func Telling() []fake.Provider {
	return []fake.Provider{shopifyfake.New(), shopfake.New(), freeswitchfake.New(), twiliovoicefake.New(), vonagevoicefake.New()}
}

// signed are the channels whose provider proves the body of what it posts. The
// others prove an address or a header, or nothing; Vonage's voice proves it too,
// but is asked again for what has no proof instead of being refused.
var signed = map[string]bool{
	"messenger": true, "instagram": true, "whatsapp": true, "line": true, "slack": true, "x": true, "viber": true, "discord": true, "zalo": true,
	"twilio": true, "shopify": true, "shop": true, "twiliovoice": true, "sendgrid": true,
}

// Signed reports whether a channel's requests carry a proof over their body.
func Signed(kind string) bool { return signed[kind] }

// oneWay are channels that only tell: nothing is answered there.
var oneWay = map[string]bool{
	"shopify": true, "shop": true, "twiliovoice": true, "vonagevoice": true, "freeswitch": true, "asterisk": true, "threecx": true, "callcsv": true, "telemetry": true,
}

// Mute reports whether no customer writes on a channel: its provider reports on
// what was sent, and nothing else.
func Mute(kind string) bool { return kind == "alimtalk" }

// OneWay reports whether nothing can be sent on a channel.
func OneWay(kind string) bool { return oneWay[kind] }
