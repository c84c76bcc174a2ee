package events

import "encoding/json"

var (
	decisionFields     = fieldNames("id", "contact", "at", "cause", "actor", "facts", "conversations")
	causeFields        = fieldNames("kind", "inbound_seq", "command_id", "trace", "rules")
	factFields         = fieldNames("type", "v", "data")
	conversationFields = fieldNames("id", "version", "status", "contact", "subject", "thread", "queue", "team", "assignee", "channels",
		"inboxes", "tags", "priority", "last_message", "unread", "waiting_since", "snoozed_until", "callback", "wait", "offer", "unbegun", "clocks", "survey", "segments", "merged_into", "created_at", "updated_at")
	contactRefFields  = fieldNames("id", "name")
	lastMessageFields = fieldNames("id", "direction", "kind", "channel", "text", "author", "occurred_at")
	messageFields     = fieldNames("id", "conversation_id", "contact_id", "direction", "kind", "channel", "inbox_id", "provider_id", "author",
		"subject", "text", "html", "quoted", "attachments", "call", "template", "quick_replies", "pressed", "reaction", "status", "status_detail", "from", "thread_ids", "in_reply_to", "thread",
		"flags", "client_id", "occurred_at", "received_at", "order", "steps", "former")
	authorFields       = fieldNames("kind", "id", "name")
	pointFields        = fieldNames("kind", "value", "scope", "trust")
	messageAddedFields = fieldNames("message", "reason")
	openedFields       = fieldNames("conversation", "inbox", "channel", "reason", "route")
	storedFields       = fieldNames("inbox", "key", "provider_id", "content")
)

func quickDecision(data []byte) (*Decision, bool) {
	r, d := &quickReader{b: data}, new(Decision)
	for place := -1; ; {
		switch r.field(decisionFields, &place) {
		case "":
			return d, r.whole()
		case "id":
			d.ID = r.text()
		case "contact":
			d.Contact = ContactID(r.text())
		case "at":
			d.At = r.time()
		case "cause":
			d.Cause = r.cause()
		case "actor":
			d.Actor = r.author()
		case "facts":
			d.Facts = quickList(r, (*quickReader).fact)
		case "conversations":
			d.Conversations = quickList(r, (*quickReader).conversation)
		}
	}
}

func (r *quickReader) cause() (c Cause) {
	for place := -1; ; {
		switch r.field(causeFields, &place) {
		case "":
			return c
		case "kind":
			c.Kind = r.text()
		case "inbound_seq":
			c.InboundSeq = r.number()
		case "command_id":
			c.CommandID = r.text()
		case "trace":
			c.Trace = r.text()
		case "rules":
			c.Rules = quickList(r, quickText[RuleID])
		}
	}
}

func (r *quickReader) fact() (f Fact) {
	for place := -1; ; {
		switch r.field(factFields, &place) {
		case "":
			r.strange = r.strange || f.Body == nil // also where there is no data at all
			return f
		case "type":
			f.Type = r.text()
		case "v":
			f.V = r.int()
		case "data":
			f.Body = r.body(f.Type, f.V)
		}
	}
}

// body reads the bodies of every message itself; the others, and those of other
// versions, go the general way.
func (r *quickReader) body(factType string, version int) Body {
	if known, ok := registry[factType]; ok && known.version == version && version == 1 {
		switch factType {
		case "message.added":
			return r.messageAdded()
		case "conversation.opened":
			return r.opened()
		case "inbound.stored":
			return r.stored()
		}
	}
	data := r.raw()
	if r.strange {
		return nil
	}
	body, err := decodeBody(factType, version, data)
	_, opaque := body.(*Opaque) // of which nobody has looked at the data yet
	if err != nil || version != currentVersion(factType) || opaque && !json.Valid(data) {
		r.strange = true
		return nil
	}
	return body
}

func (r *quickReader) messageAdded() *MessageAdded {
	b := new(MessageAdded)
	for place := -1; ; {
		switch r.field(messageAddedFields, &place) {
		case "":
			return b
		case "message":
			r.message(&b.Message)
		case "reason":
			b.Reason = r.text()
		}
	}
}

func (r *quickReader) opened() *ConversationOpened {
	b := new(ConversationOpened)
	for place := -1; ; {
		switch r.field(openedFields, &place) {
		case "":
			return b
		case "conversation":
			b.Conversation = ConversationID(r.text())
		case "inbox":
			b.Inbox = InboxID(r.text())
		case "channel":
			b.Channel = r.text()
		case "reason":
			b.Reason = r.text()
		case "route":
			b.Route = RouteID(r.text())
		}
	}
}

func (r *quickReader) stored() *InboundStored {
	b := new(InboundStored)
	for place := -1; ; {
		switch r.field(storedFields, &place) {
		case "":
			return b
		case "inbox":
			b.Inbox = InboxID(r.text())
		case "key":
			b.Key = r.text()
		case "provider_id":
			b.ProviderID = r.text()
		case "content":
			b.Content = r.text()
		}
	}
}

func (r *quickReader) author() (a Author) {
	for place := -1; ; {
		switch r.field(authorFields, &place) {
		case "":
			return a
		case "kind":
			a.Kind = r.text()
		case "id":
			a.ID = r.text()
		case "name":
			a.Name = r.text()
		}
	}
}

func (r *quickReader) point() (p Point) {
	for place := -1; ; {
		switch r.field(pointFields, &place) {
		case "":
			return p
		case "kind":
			p.Kind = r.text()
		case "value":
			p.Value = r.text()
		case "scope":
			p.Scope = r.text()
		case "trust":
			p.Trust = Trust(r.text())
		}
	}
}
