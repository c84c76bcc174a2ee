package house

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/commerce/shop"
	"github.com/tributary-inbox/tributary/services/commerce/shopify"
	"github.com/tributary-inbox/tributary/services/email/mailchannel"
	"github.com/tributary-inbox/tributary/services/gateway/visit"
	"github.com/tributary-inbox/tributary/services/phone/callchannel"
	"github.com/tributary-inbox/tributary/services/social"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetrychannel"
	"github.com/tributary-inbox/tributary/services/webchat/chatchannel"
	"github.com/tributary-inbox/tributary/services/webhook/hookchannel"
)

// formAdapters are all that the console offers.
func formAdapters() map[string]channel.Adapter {
	mail, err := mailchannel.NewAdapter(mailchannel.AdapterOptions{Blobs: noBlobs{}})
	if err != nil {
		panic(err)
	}
	out := map[string]channel.Adapter{}
	offer(out, social.Adapters(nil, nil)...)
	offer(out, callchannel.Adapters(nil)...)
	offer(out, shop.New(), shopify.New(nil, nil), visit.Adapter{}, telemetrychannel.NewAdapter(), chatchannel.Adapter{}, hookchannel.NewAdapter(), mail)
	return out
}

type noBlobs struct{ blob.Store }

// privateKey is in the form that Vonage gives it out; it opens nothing.
var privateKey = func() string {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}()
