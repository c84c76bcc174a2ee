package graphtest

import (
	"bytes"
	"maps"
	"net/http"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel/conformance"
	"github.com/tributary-inbox/tributary/services/social/graph"
)

// Elsewhere describes a second account of the inbox's app: what message makes
// for the account own is said for another one.
func Elsewhere(inbox config.Inbox, own string, message func(n int) conformance.Call) *conformance.Elsewhere {
	const other = "90909090909"
	rename := func(data []byte) []byte { return bytes.ReplaceAll(data, []byte(own), []byte(other)) }
	second := inbox
	second.ID, second.HookToken, second.Settings, second.Secrets = "insecond", "second", rename(inbox.Settings), maps.Clone(inbox.Secrets)
	strange := second
	strange.ID, strange.HookToken, strange.Secrets = "instrange", "strange", maps.Clone(inbox.Secrets)
	strange.Secrets[graph.AppSecret] = "of another app"
	return &conformance.Elsewhere{
		Inbox: second, Unproved: strange, Kept: true,
		Message: func(n int) conformance.Call {
			body := rename(message(n).Body)
			return conformance.Call{Body: body, Header: http.Header{graph.SignatureHeader: {graph.Sign(inbox.Secrets[graph.AppSecret], body)}}}
		},
	}
}
