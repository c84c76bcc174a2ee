package shopify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// SecretAccess is the token of the Admin API, with the scopes read_orders and
// read_customers. It is optional.
const SecretAccess = "access_token"

// DefaultVersion of the Admin API is the first quarter of it in which a
// subscription's address is called uri everywhere. Shopify serves the oldest
// version that it still has to whoever asks for an older one.
const DefaultVersion = "2026-01"

// Topics are what [Adapter.Register] subscribes to. orders/updated comes with
// whatever changes an order: payment, fulfilment, refund.
var Topics = []string{
	"orders/create", "orders/updated", "orders/cancelled", "refunds/create", "customers/create", "customers/update", "customers/delete",
}

var versionForm = regexp.MustCompile(`^(20[0-9]{2}-(01|04|07|10)|unstable)$`)

func (s *Settings) checkAPI(inbox *config.Inbox) error {
	if strings.TrimSpace(inbox.Secrets[SecretAccess]) == "" {
		return nil
	}
	if s.Shop == "" {
		return errors.New("shopify: an access_token needs the shop it opens")
	}
	if s.APIVersion == "" {
		s.APIVersion = DefaultVersion
	}
	if !versionForm.MatchString(s.APIVersion) {
		return errors.New("shopify: api_version is such as " + DefaultVersion)
	}
	if s.APIURL == "" {
		s.APIURL = "https://" + s.Shop
	}
	u, err := url.Parse(s.APIURL)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("shopify: api_url is an address without user, query and fragment")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || !s.AllowPrivate) {
		return errors.New("shopify: api_url must be https")
	}
	s.APIURL = strings.TrimRight(s.APIURL, "/")
	return nil
}

// errNoToken says that nothing can be asked of the shop.
var errNoToken = errors.New("shopify: without an access_token the shop cannot be asked; its webhooks are set up at Shopify")

// Test asks the shop for its domain, which must be the one of the settings, and
// whether it posts all [Topics] to this inbox.
func (a *Adapter) Test(ctx context.Context, inbox config.Inbox) error {
	s, err := a.opened(inbox)
	if err != nil {
		return err
	}
	var found struct {
		Shop struct {
			Domain string `json:"myshopifyDomain"`
		} `json:"shop"`
	}
	if err := a.ask(ctx, s, inbox, `{ shop { myshopifyDomain } }`, nil, &found); err != nil {
		return err
	}
	if !strings.EqualFold(found.Shop.Domain, s.Shop) {
		return errors.New("shopify: the token opens another shop than the setting says")
	}
	missing, err := a.missing(ctx, s, inbox, "")
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("shopify: the shop does not post %s here: connect this inbox", strings.Join(missing, ", "))
	}
	return nil
}

// Missing lists the topics, of [Topics], that the shop does not post to hook;
// none where all is as it should be. Without hook any host counts, as long as the
// path is that of this inbox. Shopify drops a subscription whose hook failed eight
// times in a row, so whoever registered asks again from time to time.
func (a *Adapter) Missing(ctx context.Context, inbox config.Inbox, hook string) ([]string, error) {
	s, err := a.opened(inbox)
	if err != nil {
		return nil, err
	}
	return a.missing(ctx, s, inbox, hook)
}

// Register subscribes to those of [Topics] that the shop does not post to hook
// yet. A subscription of this inbox to another host, where the program lived
// before, is led here.
func (a *Adapter) Register(ctx context.Context, inbox config.Inbox, hook string) error {
	s, err := a.opened(inbox)
	if err != nil {
		return err
	}
	held, err := a.subscriptions(ctx, s, inbox)
	if err != nil {
		return err
	}
	for _, topic := range Topics {
		if err := a.subscribe(ctx, s, inbox, topic, hook, held); err != nil {
			return err
		}
	}
	return nil
}

func (a *Adapter) subscribe(ctx context.Context, s *Settings, inbox config.Inbox, topic, hook string, held []subscription) error {
	of := func(match func(subscription) bool) int {
		return slices.IndexFunc(held, func(h subscription) bool { return h.Topic == enum(topic) && match(h) })
	}
	if of(func(h subscription) bool { return h.URI == hook }) >= 0 {
		return nil
	}
	query, name := create, "webhookSubscriptionCreate"
	variables := map[string]any{"topic": enum(topic), "to": map[string]string{"uri": hook, "format": "JSON"}}
	if at := of(func(h subscription) bool { return samePath(h.URI, inbox) }); at >= 0 {
		query, name = update, "webhookSubscriptionUpdate"
		variables = map[string]any{"id": held[at].ID, "to": map[string]string{"uri": hook}}
	}
	var done map[string]struct {
		Errors []struct {
			Message string `json:"message"`
		} `json:"userErrors"`
	}
	if err := a.ask(ctx, s, inbox, query, variables, &done); err != nil {
		return err
	}
	if problems := done[name].Errors; len(problems) > 0 {
		return fmt.Errorf("shopify: %s is not subscribed to: %.200s", topic, problems[0].Message)
	}
	return nil
}

func (a *Adapter) missing(ctx context.Context, s *Settings, inbox config.Inbox, hook string) ([]string, error) {
	held, err := a.subscriptions(ctx, s, inbox)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, topic := range Topics {
		if !slices.ContainsFunc(held, func(h subscription) bool {
			return h.Topic == enum(topic) && (h.URI == hook || hook == "" && samePath(h.URI, inbox))
		}) {
			out = append(out, topic)
		}
	}
	return out, nil
}

// samePath says that an address is this inbox's hook, on whichever host.
func samePath(address string, inbox config.Inbox) bool {
	u, err := url.Parse(address)
	return err == nil && inbox.HookToken != "" && strings.HasSuffix(u.Path, inbox.HookPath())
}

// enum is a topic's name in GraphQL.
func enum(topic string) string { return strings.ToUpper(strings.ReplaceAll(topic, "/", "_")) }

// subscription is one webhook of this app in the shop.
type subscription struct {
	ID    string `json:"id"`
	Topic string `json:"topic"`
	URI   string `json:"uri"`
}

// The calls of https://shopify.dev/docs/api/admin-graphql. maxPages bounds a list
// whose end never comes.
const (
	list     = `query($after: String) { webhookSubscriptions(first: 100, after: $after) { nodes { id topic uri } pageInfo { hasNextPage endCursor } } }`
	create   = `mutation($topic: WebhookSubscriptionTopic!, $to: WebhookSubscriptionInput!) { webhookSubscriptionCreate(topic: $topic, webhookSubscription: $to) { userErrors { message } } }`
	update   = `mutation($id: ID!, $to: WebhookSubscriptionInput!) { webhookSubscriptionUpdate(id: $id, webhookSubscription: $to) { userErrors { message } } }`
	maxPages = 20
)

func (a *Adapter) subscriptions(ctx context.Context, s *Settings, inbox config.Inbox) ([]subscription, error) {
	var out []subscription
	variables := map[string]any{}
	for range maxPages {
		var page struct {
			List struct {
				Nodes []subscription `json:"nodes"`
				Info  struct {
					More bool   `json:"hasNextPage"`
					End  string `json:"endCursor"`
				} `json:"pageInfo"`
			} `json:"webhookSubscriptions"`
		}
		if err := a.ask(ctx, s, inbox, list, variables, &page); err != nil {
			return nil, err
		}
		out = append(out, page.List.Nodes...)
		if !page.List.Info.More {
			return out, nil
		}
		variables["after"] = page.List.Info.End
	}
	return nil, errors.New("shopify: the list of webhooks has no end")
}

func (a *Adapter) opened(inbox config.Inbox) (*Settings, error) {
	s, err := read(inbox)
	if err != nil {
		return nil, err
	}
	if strings.TrimSpace(inbox.Secrets[SecretAccess]) == "" || a.client == nil {
		return nil, errNoToken
	}
	if err := s.checkAPI(&inbox); err != nil {
		return nil, err
	}
	return &s, nil
}

// ask makes one call of the Admin API and reads the data of its answer. GraphQL
// answers 200 to what it refuses, so errors in the body count too. An error holds
// neither the token nor what was asked.
func (a *Adapter) ask(ctx context.Context, s *Settings, inbox config.Inbox, query string, variables map[string]any, into any) error {
	call, err := provider.JSON(s.APIURL+"/admin/api/"+s.APIVersion+"/graphql.json", map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	call.Header.Set("X-Shopify-Access-Token", strings.TrimSpace(inbox.Secrets[SecretAccess]))
	call.Private = s.AllowPrivate
	answer, err := a.client.Do(ctx, call)
	if err != nil {
		return fmt.Errorf("ask shopify: %w", err)
	}
	switch {
	case answer.Status == http.StatusUnauthorized || answer.Status == http.StatusForbidden:
		return errors.New("ask shopify: the access_token is refused")
	case !answer.OK():
		return fmt.Errorf("ask shopify: it answered %d", answer.Status)
	}
	var said struct {
		Data   json.RawMessage `json:"data"`
		Errors []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(answer.Body, &said) != nil || len(said.Data) == 0 && len(said.Errors) == 0 {
		return errors.New("ask shopify: the answer cannot be read")
	}
	if len(said.Errors) > 0 {
		return fmt.Errorf("ask shopify: %.200s", said.Errors[0].Message)
	}
	if json.Unmarshal(said.Data, into) != nil {
		return errors.New("ask shopify: the answer cannot be read")
	}
	return nil
}
