// Package social lists the adapters of social networks, messengers and text
// messages. Each has a package of its own below this one; see README.md for how
// to add one.
package social

import (
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/alimtalk"
	"github.com/tributary-inbox/tributary/services/social/channeltalk"
	"github.com/tributary-inbox/tributary/services/social/discord"
	"github.com/tributary-inbox/tributary/services/social/instagram"
	"github.com/tributary-inbox/tributary/services/social/kakao"
	"github.com/tributary-inbox/tributary/services/social/kakaotalk"
	"github.com/tributary-inbox/tributary/services/social/line"
	"github.com/tributary-inbox/tributary/services/social/messenger"
	"github.com/tributary-inbox/tributary/services/social/navertalk"
	"github.com/tributary-inbox/tributary/services/social/slack"
	"github.com/tributary-inbox/tributary/services/social/telegram"
	"github.com/tributary-inbox/tributary/services/social/twilio"
	"github.com/tributary-inbox/tributary/services/social/viber"
	"github.com/tributary-inbox/tributary/services/social/vonage"
	"github.com/tributary-inbox/tributary/services/social/wechat"
	"github.com/tributary-inbox/tributary/services/social/whatsapp"
	"github.com/tributary-inbox/tributary/services/social/x"
	"github.com/tributary-inbox/tributary/services/social/zalo"
)

// Adapters makes one of each kind. They open nothing before they are used.
// Client is the caller's to close; blobs holds the bytes of outgoing files.
func Adapters(client *provider.Client, blobs blob.Store) []channel.Adapter {
	return []channel.Adapter{
		messenger.New(client, blobs), instagram.New(client), whatsapp.New(client, blobs),
		telegram.New(client, blobs), line.New(client), slack.New(client, blobs), discord.New(client, blobs), x.New(client, blobs),
		kakao.New(client), kakaotalk.New(client), alimtalk.New(client), navertalk.New(client), channeltalk.New(client),
		twilio.New(client), vonage.New(client),
		viber.New(client), zalo.New(client, blobs), wechat.New(client, blobs),
	}
}
