package shopifyfake

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/pkg/channel/fake"
)

// subscription is one webhook of the app in the shop.
type subscription struct {
	ID    string `json:"id"`
	Topic string `json:"topic"`
	URI   string `json:"uri"`
}

// perPage is how many subscriptions the fake gives at once: few, so that whoever
// reads them has to turn pages.
const perPage = 3

// known are the topics that can be subscribed to by the API. Those of the privacy
// law are none of them.
var known = []string{
	"ORDERS_CREATE", "ORDERS_UPDATED", "ORDERS_CANCELLED", "ORDERS_PAID", "ORDERS_FULFILLED", "REFUNDS_CREATE",
	"CUSTOMERS_CREATE", "CUSTOMERS_UPDATE", "CUSTOMERS_DELETE",
}

// Subscribed is where a topic, such as orders/create, is posted to; empty where
// it is not.
func (f *Fake) Subscribed(topic string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if at := f.find(topic); at >= 0 {
		return f.held[at].URI
	}
	return ""
}

// Failed counts a delivery that the hook did not take, or with ok one that it
// took. The eighth failure in a row ends the subscription.
func (f *Fake) Failed(topic string, ok bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.failed[topic]++; ok {
		f.failed[topic] = 0
	}
	if at := f.find(topic); at >= 0 && f.failed[topic] >= 8 {
		f.held, f.failed[topic] = slices.Delete(f.held, at, at+1), 0
	}
}

func (f *Fake) find(topic string) int {
	name := strings.ToUpper(strings.ReplaceAll(topic, "/", "_"))
	return slices.IndexFunc(f.held, func(s subscription) bool { return s.Topic == name })
}

// request is a call of GraphQL, with the variables that the shop knows.
type request struct {
	Query     string `json:"query"`
	Variables struct {
		Topic string `json:"topic"`
		ID    string `json:"id"`
		After string `json:"after"`
		To    struct {
			URI string `json:"uri"`
		} `json:"to"`
	} `json:"variables"`
}

func (f *Fake) take(w http.ResponseWriter, r *http.Request, body []byte) *fake.Sent {
	var call request
	switch {
	case r.Method != http.MethodPost || !strings.HasPrefix(r.URL.Path, "/admin/api/") || !strings.HasSuffix(r.URL.Path, "/graphql.json"):
		w.WriteHeader(http.StatusNotFound)
	case r.Header.Get("X-Shopify-Access-Token") != Token:
		refuse(w, fake.Dead)
	case json.Unmarshal(body, &call) != nil:
		w.WriteHeader(http.StatusBadRequest)
	default:
		f.mu.Lock()
		defer f.mu.Unlock()
		f.answer(w, &call)
	}
	return nil
}

func (f *Fake) answer(w http.ResponseWriter, call *request) {
	v := &call.Variables
	switch q := call.Query; {
	case strings.Contains(q, "webhookSubscriptionCreate"):
		if !slices.Contains(known, v.Topic) {
			say(w, map[string]any{"errors": []any{map[string]string{"message": "Variable $topic of type WebhookSubscriptionTopic! was provided invalid value"}}})
			return
		}
		problem := f.wrong(v.To.URI, v.Topic)
		if problem == "" {
			f.n++
			f.held = append(f.held, subscription{"gid://shopify/WebhookSubscription/" + strconv.Itoa(f.n), v.Topic, v.To.URI})
		}
		mutated(w, "webhookSubscriptionCreate", problem)
	case strings.Contains(q, "webhookSubscriptionUpdate"):
		at := slices.IndexFunc(f.held, func(s subscription) bool { return s.ID == v.ID })
		if at < 0 {
			mutated(w, "webhookSubscriptionUpdate", "Webhook subscription does not exist")
			return
		}
		problem := f.wrong(v.To.URI, f.held[at].Topic)
		if problem == "" {
			f.held[at].URI = v.To.URI
		}
		mutated(w, "webhookSubscriptionUpdate", problem)
	case strings.Contains(q, "webhookSubscriptions"):
		f.page(w, v.After)
	case strings.Contains(q, "myshopifyDomain"):
		say(w, map[string]any{"data": map[string]any{"shop": map[string]string{"myshopifyDomain": Shop}}})
	default:
		say(w, map[string]any{"errors": []any{map[string]string{"message": "Field does not exist on type QueryRoot"}}})
	}
}

// wrong is what the shop has against an address; plain http goes only to this
// machine.
func (f *Fake) wrong(address, topic string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" && u.Hostname() != "127.0.0.1":
		return "Address protocol http:// is not supported"
	case slices.ContainsFunc(f.held, func(s subscription) bool { return s.Topic == topic && s.URI == address }):
		return "Address for this topic has already been taken"
	}
	return ""
}

func (f *Fake) page(w http.ResponseWriter, after string) {
	from, _ := strconv.Atoi(after) // none: the first
	from = min(max(from, 0), len(f.held))
	end := min(from+perPage, len(f.held))
	say(w, map[string]any{"data": map[string]any{"webhookSubscriptions": map[string]any{
		"nodes": f.held[from:end], "pageInfo": map[string]any{"hasNextPage": end < len(f.held), "endCursor": strconv.Itoa(end)},
	}}})
}

func mutated(w http.ResponseWriter, name, problem string) {
	problems := []any{}
	if problem != "" {
		problems = append(problems, map[string]any{"field": []string{"webhookSubscription", "uri"}, "message": problem})
	}
	say(w, map[string]any{"data": map[string]any{name: map[string]any{"userErrors": problems}}})
}

func refuse(w http.ResponseWriter, m fake.Mode) {
	switch m {
	case fake.Limited:
		w.Header().Set("Retry-After", "2.0")
		w.WriteHeader(http.StatusTooManyRequests)
	case fake.Dead:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = fmt.Fprint(w, `{"errors":"[API] Invalid API key or access token (unrecognized login or wrong password)"}`)
	default:
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func say(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // whoever asked has gone
}
