package messenger_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/graph"
	"github.com/tributary-inbox/tributary/services/social/graph/graphfake"
	"github.com/tributary-inbox/tributary/services/social/graph/graphtest"
	"github.com/tributary-inbox/tributary/services/social/messenger"
)

// sampleAccount is that of the files in testdata.
const sampleAccount = "104000000000001"

func receiver(t testing.TB) *messenger.Adapter {
	t.Helper()
	client := provider.New()
	t.Cleanup(client.Close)
	return messenger.New(client, nil)
}

func inboxOf(account string) config.Inbox {
	return config.Inbox{ID: "inmessenger", Channel: messenger.Kind, Settings: json.RawMessage(`{"page_id":"` + account + `"}`), Secrets: graphfake.Secrets()}
}

func TestSamples(t *testing.T)  { graphtest.Golden(t, receiver(t), inboxOf(sampleAccount)) }
func TestRefusals(t *testing.T) { graphtest.Refusals(t, receiver(t), inboxOf(sampleAccount)) }
func FuzzReceive(f *testing.F)  { graphtest.Fuzz(f, receiver(f), inboxOf(sampleAccount)) }

// TestCorpus reads real payloads, each by an inbox of the account that it names.
func TestCorpus(t *testing.T) {
	graphtest.Corpus(t, os.Getenv("TRIBUTARY_CORPUS"), receiver(t), "page", func(payload []byte) config.Inbox { return inboxOf(accountIn(payload)) })
}

func accountIn(payload []byte) string {
	var e struct {
		Entry []struct {
			ID graph.ID `json:"id"`
		} `json:"entry"`
	}
	if json.Unmarshal(payload, &e) != nil || len(e.Entry) == 0 {
		return sampleAccount
	}
	return string(e.Entry[0].ID)
}
