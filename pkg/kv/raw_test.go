package kv_test

import (
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/pkg/kv"
)

func TestAnEntryIsReadOutOfItsMessage(t *testing.T) {
	gone := nats.Header{"KV-Operation": {"DEL"}}
	for _, c := range []struct {
		subject    string
		header     nats.Header
		prefix, id string
		removed    bool
	}{
		{kv.Subject("CONFIG", "agent", "ag1"), nil, "agent", "ag1", false},
		{kv.Subject("CONFIG", "agent", "ag1"), gone, "agent", "ag1", true},
		{"$KV.CONFIG.agent.a.b", nil, "agent", "a.b", false},
		{"$KV.CONFIG.alone", gone, "", "", false},
		{kv.Subject("OTHER", "agent", "ag1"), gone, "", "", false},
		{"conversation.1", nil, "", "", false},
	} {
		if prefix, id, removed := kv.Entry("CONFIG", c.subject, c.header); prefix != c.prefix || id != c.id || removed != c.removed {
			t.Errorf("%s is %q %q %v", c.subject, prefix, id, removed)
		}
	}
}
