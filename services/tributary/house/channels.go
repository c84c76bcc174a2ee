package house

import (
	"context"
	"io"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/services/commerce/commercechannel"
	"github.com/tributary-inbox/tributary/services/gateway/visit"
	"github.com/tributary-inbox/tributary/services/media/fetch"
	"github.com/tributary-inbox/tributary/services/phone/callchannel"
	"github.com/tributary-inbox/tributary/services/social"
	"github.com/tributary-inbox/tributary/services/social/socialchannel"
	"github.com/tributary-inbox/tributary/services/telemetry/telemetrychannel"
)

// social makes the adapters of social networks and their service.
func (h *House) social(inboxes channel.Inboxes, publisher channel.Publisher, adapters map[string]channel.Adapter, out *[]named) error {
	all := social.Adapters(h.client, h.Ground.Blobs)
	offer(adapters, all...)
	if !h.settings.has("social") {
		return nil
	}
	service := socialchannel.New(socialchannel.Deps{
		NC: h.Ground.NC, Inboxes: inboxes, Table: h.Ground.Inboxes, Publisher: publisher, Health: h.health(), Links: h.links(), Log: h.named("social"), Metrics: h.Metrics,
	}, all...)
	service.Routes(h.mux)
	*out = append(*out, named{name: "social", service: service})
	return nil
}

// phone makes the service that reads the logs of telephone exchanges.
func (h *House) phone(inboxes channel.Inboxes, publisher channel.Publisher, adapters map[string]channel.Adapter, out *[]named) error {
	offer(adapters, callchannel.Adapters(h.client)...)
	if !h.settings.has("phone") {
		return nil
	}
	service, err := callchannel.New(callchannel.Deps{
		NC: h.Ground.NC, Inboxes: inboxes, Publisher: publisher, Health: h.health(), Dir: h.settings.KeptDir("phone"), Files: h.settings.PhoneFiles,
		Log: h.named("phone"), Metrics: h.Metrics,
	})
	if err != nil {
		return err
	}
	h.calls = service
	h.closers = append(h.closers, service.Close)
	service.Routes(h.mux)
	*out = append(*out, named{name: "phone", service: service})
	return nil
}

// business makes the channels that tell of customers and are not written on:
// shops, product telemetry, and what agents enter by hand.
func (h *House) business(inboxes channel.Inboxes, publisher channel.Publisher, adapters map[string]channel.Adapter, out *[]named) error {
	offer(adapters, visit.Adapter{}, telemetrychannel.NewAdapter())
	shops, err := commercechannel.New(commercechannel.Deps{
		Inboxes: inboxes, Publisher: publisher, Log: h.named("commerce"), Metrics: h.Metrics, Health: h.health(), PublicURL: strings.TrimSuffix(h.settings.PublicURL, "/"),
	})
	if err != nil {
		return err
	}
	offer(adapters, shops.Adapters()...)
	if h.settings.has("commerce") {
		shops.Routes(h.mux)
		*out = append(*out, named{name: "commerce", service: shops})
	}
	if !h.settings.has("telemetry") {
		return nil
	}
	readings, err := telemetrychannel.New(telemetrychannel.Deps{
		NC: h.Ground.NC, Inboxes: inboxes, Publisher: publisher, Dir: h.settings.KeptDir("telemetry"), Log: h.named("telemetry"), Metrics: h.Metrics,
	})
	if err != nil {
		return err
	}
	*out = append(*out, named{name: "telemetry", service: readings})
	return nil
}

func (h *House) addMedia(inboxes channel.Inboxes, adapters map[string]channel.Adapter) error {
	g := h.Ground
	worker, err := fetch.New(fetch.Deps{
		NC: g.NC, Facts: g.Out, Blobs: g.Blobs, Inboxes: inboxes, Adapters: adapters, Dir: h.settings.Dir(), Log: h.named("media"), Metrics: h.Metrics,
	})
	if err != nil {
		return err
	}
	h.group.AddBeside("media", worker) // it follows the log from its beginning too
	return nil
}

// imports reads a file of calls into an inbox.
func (h *House) imports() func(context.Context, config.Inbox, io.Reader) (any, error) {
	if h.calls == nil {
		return nil
	}
	return func(ctx context.Context, inbox config.Inbox, file io.Reader) (any, error) {
		return h.calls.Import(ctx, inbox, file)
	}
}

func offer(adapters map[string]channel.Adapter, more ...channel.Adapter) {
	for _, a := range more {
		adapters[a.Kind()] = a
	}
}

// held are the inboxes that an operator has paused or a provider shut out.
func (h *House) held(inboxes channel.Inboxes) func(events.InboxID) bool {
	health := h.health()
	return func(id events.InboxID) bool {
		inbox, ok := inboxes.ByID(id)
		_, held := health.Held(inbox)
		return ok && held
	}
}

// links makes public addresses of files for providers that fetch them.
func (h *House) links() *filelink.Links {
	return &filelink.Links{Keys: &filelink.Keys{Table: h.Ground.FileKeys}, Base: h.settings.PublicURL}
}

func (h *House) health() *channel.Health {
	return &channel.Health{Table: h.Ground.Health, Log: h.named("channels")}
}
