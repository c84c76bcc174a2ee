package house

import (
	"time"

	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/commerce/shop"
	"github.com/tributary-inbox/tributary/services/commerce/shopify"
	"github.com/tributary-inbox/tributary/services/email/mailchannel"
	"github.com/tributary-inbox/tributary/services/gateway/visit"
	"github.com/tributary-inbox/tributary/services/phone/asterisk"
	"github.com/tributary-inbox/tributary/services/phone/callcsv"
	"github.com/tributary-inbox/tributary/services/phone/freeswitch"
	"github.com/tributary-inbox/tributary/services/phone/threecx"
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
	"github.com/tributary-inbox/tributary/services/social/viber"
	"github.com/tributary-inbox/tributary/services/social/wechat"
	"github.com/tributary-inbox/tributary/services/social/whatsapp"
	"github.com/tributary-inbox/tributary/services/social/zalo"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetrychannel"
	"github.com/tributary-inbox/tributary/services/webchat/chatchannel"
	"github.com/tributary-inbox/tributary/services/webhook/hookchannel"
)

func formAdapters() map[string]channel.Adapter {
	mail, err := mailchannel.NewAdapter(mailchannel.AdapterOptions{Blobs: noBlobs{}})
	if err != nil {
		panic(err)
	}
	out := map[string]channel.Adapter{}
	for _, a := range []channel.Adapter{
		shop.New(), shopify.New(time.Now), visit.Adapter{}, asterisk.New(), callcsv.New(), freeswitch.New(), threecx.New(), alimtalk.New(nil), channeltalk.New(nil), instagram.New(nil),
		kakao.New(nil), kakaotalk.New(nil), line.New(nil), messenger.New(nil, nil), navertalk.New(nil), slack.New(nil, nil), telegram.New(nil, nil), viber.New(nil), wechat.New(nil, nil), whatsapp.New(nil, nil), zalo.New(nil, nil),
		discord.New(nil, nil), telemetrychannel.NewAdapter(),
		chatchannel.Adapter{}, hookchannel.NewAdapter(), mail,
	} {
		out[a.Kind()] = a
	}
	return out
}

type noBlobs struct{ blob.Store }
