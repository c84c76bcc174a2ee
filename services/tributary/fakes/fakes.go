// Package fakes lists the fakes of providers that stand beside the adapters, for
// the tools that need all of them: the simulation, the check of doors, and the
// tests of the whole road.
package fakes

import (
	"github.com/tributary-inbox/tributary/pkg/channel/fake"
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

// signed are the channels whose provider proves the body of what it posts. The
// others prove an address or a header, or nothing.
var signed = map[string]bool{
	"messenger": true, "instagram": true, "whatsapp": true, "line": true, "slack": true, "x": true, "viber": true, "discord": true, "zalo": true,
	"twilio": true,
}

// Signed reports whether a channel's requests carry a proof over their body.
func Signed(kind string) bool { return signed[kind] }

// oneWay are channels that only tell: nothing is answered there.
var oneWay = map[string]bool{
	"shopify": true, "shop": true, "twiliovoice": true, "vonagevoice": true,
}

// Mute reports whether no customer writes on a channel: its provider reports on
// what was sent, and nothing else.
func Mute(kind string) bool { return kind == "alimtalk" }

// OneWay reports whether nothing can be sent on a channel.
func OneWay(kind string) bool { return oneWay[kind] }
