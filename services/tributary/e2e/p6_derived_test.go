package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// TestP6AllElseCanBeDeleted makes a history with a bit of everything, deletes
// every derived file, and finds the same state by hash: the inbox's views by
// their own hash, the router's and the chat's files by content. Then the same
// with the tool rebuild.
//
// To see it fail: in inbox/store addMessage, put anything into m that is not in
// the log, as the time of applying.
func TestP6AllElseCanBeDeleted(t *testing.T) {
	t.Parallel() // it mostly waits
	data := t.TempDir()
	in := rig.Run(t, rig.Settings(data))
	makeHistory(t, in)
	before := stateHash(t, in)
	awaitReports(t, in)
	in.Stop()
	router, chat, told := routerHash(t, data), rig.FileHash(t, data, "webchat.db", "checkpoint"), reportsHash(t, data)

	must(t, os.RemoveAll(filepath.Join(data, "views")))
	in = rig.Run(t, rig.Settings(data))
	if after := stateHash(t, in); after != before {
		t.Errorf("the views' hash is %+v, was %+v", after, before)
	}
	awaitReports(t, in)
	in.Stop()
	if after := reportsHash(t, data); after != told {
		t.Errorf("the reports' file has hash %s, had %s", after, told)
	}
	if after := routerHash(t, data); after != router {
		t.Errorf("the router's file has hash %s, had %s", after, router)
	}
	if after := rig.FileHash(t, data, "webchat.db", "checkpoint"); after != chat {
		t.Errorf("the chat's file has hash %s, had %s", after, chat)
	}

	out, err := rig.Tool(t, "rebuild", "--data", data)
	if err != nil || !strings.Contains(out, "decisions read into every view") {
		t.Fatalf("rebuild: %v\n%s", err, out)
	}
	if after := routerHash(t, data); after != router {
		t.Errorf("after rebuild the router's file has hash %s, had %s", after, router)
	}
	in = rig.Run(t, rig.Settings(data))
	if after := stateHash(t, in); after != before {
		t.Errorf("after rebuild the views' hash is %+v, was %+v", after, before)
	}
}

func routerHash(t *testing.T, data string) string {
	t.Helper()
	return rig.FileHash(t, data, "router.db", "progress", "told") // how far it has read, and whom it has told, is written when there is time
}

func reportsHash(t *testing.T, data string) string {
	t.Helper()
	return rig.FileHash(t, data, "reports.db", "projection") // which are read to the same place
}

// awaitReports waits until the reports have read all of the log.
func awaitReports(t *testing.T, in *rig.Inside) {
	t.Helper()
	now := time.Now()
	query, err := json.Marshal(queries.AskReport{From: now.Add(-time.Hour), To: now, MinSeq: in.House.Ground.Out.Head()})
	must(t, err)
	rig.Eventually(t, func() error {
		msg, err := in.House.Ground.NC.Request(events.QueryPrefix+queries.Report, query, time.Minute)
		if err != nil {
			return err
		}
		var answer queries.Answer[queries.ReportTable]
		if err := json.Unmarshal(msg.Data, &answer); err != nil || answer.OK == nil {
			return fmt.Errorf("report: %w: %s", err, msg.Data)
		}
		return nil
	})
}

// stateHash asks the inbox for the hash of all it has, once it has read all.
func stateHash(t *testing.T, in *rig.Inside) queries.StateHashAnswer {
	t.Helper()
	var out queries.StateHashAnswer
	rig.Eventually(t, func() error {
		msg, err := in.House.Ground.NC.Request(events.QueryPrefix+queries.StateHash, []byte("{}"), time.Minute)
		if err != nil {
			return err
		}
		var answer queries.Answer[queries.StateHashAnswer]
		if err := json.Unmarshal(msg.Data, &answer); err != nil || answer.OK == nil {
			return fmt.Errorf("state hash: %w: %s", err, msg.Data)
		}
		if out = *answer.OK; out.AsOf != in.House.Ground.Out.Head() || out.Hash == "" {
			return fmt.Errorf("the hash stands for %d, the log for %d", out.AsOf, in.House.Ground.Out.Head())
		}
		return nil
	})
	return out
}

func makeHistory(t *testing.T, in *rig.Inside) {
	t.Helper()
	admin := in.Admin(t)
	anna := admin.Colleague("anna@example.test", "agent")
	shop := admin.Shop()
	admin.Inbox("email", "help", map[string]any{"address": "help@example.com"})
	site := admin.Inbox("webchat", "site", map[string]any{"identity_secret": identitySecret})
	for n := range 30 {
		who := fmt.Sprintf("c-%d", n%5)
		said := rig.Said{ID: fmt.Sprint(n), Contact: rig.SaidBy{ID: who, Name: "N " + who, Email: who + "@customer.test"}, Text: fmt.Sprintf("배송 문의 %d delivery", n)}
		in.Say(t, shop, said)
		if n%10 == 9 {
			in.Say(t, shop, said)
			in.Mail(t, rig.Letter{From: who + "@customer.test", To: "help@example.com", Subject: "s", ID: fmt.Sprintf("%d@customer.test", n), Text: "mail"})
		}
	}
	v := in.Visit(t, site, rig.Signed(identitySecret, "c-1", "One"))
	v.Say("k", "chatting")
	stranger := in.Visit(t, site, rig.Hello{Name: "Stranger", Email: "c-2@customer.test"})
	stranger.Say("s", "who am I")
	list := admin.AwaitConversations(6)
	do := func(who *rig.Agent, c events.Conversation, verb string, body any) {
		t.Helper()
		who.Call(http.MethodPost, "/conversations/"+string(c.ID)+"/"+verb, body, http.StatusOK, nil)
	}
	do(anna, list[0], "assign", map[string]any{"assignee": "me"})
	do(admin, list[1], "tags", map[string]any{"add": []string{"vip", "배송"}})
	do(admin, list[2], "snooze", map[string]any{"until": time.Now().Add(time.Hour)})
	do(admin, list[3], "resolve", nil)
	admin.Call(http.MethodPost, "/conversations/"+string(list[1].ID)+"/notes", map[string]any{"text": "a note", "client_id": "n"}, http.StatusCreated, nil)
	m := admin.Reply(chatOf(t, list), "webchat", "hello from us", "r")
	admin.AwaitStatus(m.ConversationID, m.ID, events.StatusSent)
	admin.AwaitBook(shop.ID, rig.Book{Received: 33, Stored: 30, Duplicate: 3})
}

func chatOf(t *testing.T, list []events.Conversation) events.ConversationID {
	t.Helper()
	for _, c := range list {
		for _, channel := range c.Channels {
			if channel == "webchat" {
				return c.ID
			}
		}
	}
	t.Fatal("no conversation was chatted in")
	return ""
}
