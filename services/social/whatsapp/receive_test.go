package whatsapp_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphtest"
	"github.com/tributary-inbox/tributary/services/social/whatsapp"
)

// sampleAccount is that of the files in testdata.
const sampleAccount = "106540000000001"

func receiver(t testing.TB) *whatsapp.Adapter {
	t.Helper()
	client := provider.New()
	t.Cleanup(client.Close)
	return whatsapp.New(client, nil)
}

func inboxOf(account string) config.Inbox {
	return config.Inbox{ID: "inwhatsapp", Channel: whatsapp.Kind, Settings: json.RawMessage(`{"phone_number_id":"` + account + `"}`), Secrets: graphfake.Secrets()}
}

func TestSamples(t *testing.T)  { graphtest.Golden(t, receiver(t), inboxOf(sampleAccount)) }
func TestRefusals(t *testing.T) { graphtest.Refusals(t, receiver(t), inboxOf(sampleAccount)) }
func FuzzReceive(f *testing.F)  { graphtest.Fuzz(f, receiver(f), inboxOf(sampleAccount)) }

// TestCorpus reads real payloads, each by an inbox of the account that it names.
func TestCorpus(t *testing.T) {
	graphtest.Corpus(t, os.Getenv("TRIBUTARY_CORPUS"), receiver(t), "whatsapp_business_account", func(payload []byte) config.Inbox { return inboxOf(accountIn(payload)) })
}

func accountIn(payload []byte) string {
	var e struct {
		Entry []struct {
			Changes []struct {
				Value struct {
					Metadata struct {
						ID string `json:"phone_number_id"`
					} `json:"metadata"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	if json.Unmarshal(payload, &e) != nil || len(e.Entry) == 0 || len(e.Entry[0].Changes) == 0 || e.Entry[0].Changes[0].Value.Metadata.ID == "" {
		return sampleAccount
	}
	return e.Entry[0].Changes[0].Value.Metadata.ID
}
