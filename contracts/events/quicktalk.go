package events

func (r *quickReader) conversation() (c Conversation) {
	for place := -1; ; {
		switch r.field(conversationFields, &place) {
		case "":
			return c
		case "id":
			c.ID = ConversationID(r.text())
		case "version":
			c.Version = int64(r.number())
		case "status":
			c.Status = ConversationStatus(r.text())
		case "contact":
			c.Contact = r.contactRef()
		case "subject":
			c.Subject = r.text()
		case "thread":
			c.Thread = r.text()
		case "queue":
			c.Queue = QueueID(r.text())
		case "team":
			c.Team = TeamID(r.text())
		case "assignee":
			c.Assignee = AgentID(r.text())
		case "channels":
			c.Channels = r.texts()
		case "inboxes":
			c.Inboxes = quickList(r, quickText[InboxID])
		case "tags":
			c.Tags = r.texts()
		case "priority":
			c.Priority = r.int()
		case "last_message":
			c.LastMessage = r.lastMessage()
		case "unread":
			c.Unread = r.int()
		case "waiting_since":
			c.WaitingSince = r.timePointer()
		case "snoozed_until":
			c.SnoozedUntil = r.timePointer()
		case "callback":
			r.general(&c.Callback)
		case "wait":
			c.Wait = r.wait()
		case "offer":
			c.Offer = r.offer()
		case "unbegun":
			c.Unbegun = r.wait()
		case "clocks":
			c.Clocks = quickList(r, (*quickReader).clock)
		case "survey":
			r.general(&c.Survey)
		case "segments":
			c.Segments = quickList(r, quickText[SegmentID])
		case "merged_into":
			c.MergedInto = ConversationID(r.text())
		case "created_at":
			c.CreatedAt = r.time()
		case "updated_at":
			c.UpdatedAt = r.time()
		}
	}
}

func (r *quickReader) contactRef() (c ContactRef) {
	for place := -1; ; {
		switch r.field(contactRefFields, &place) {
		case "":
			return c
		case "id":
			c.ID = ContactID(r.text())
		case "name":
			c.Name = r.text()
		}
	}
}

func (r *quickReader) lastMessage() *LastMessage {
	if r.null() {
		return nil
	}
	m := new(LastMessage)
	for place := -1; ; {
		switch r.field(lastMessageFields, &place) {
		case "":
			return m
		case "id":
			m.ID = MessageID(r.text())
		case "direction":
			m.Direction = Direction(r.text())
		case "kind":
			m.Kind = Kind(r.text())
		case "channel":
			m.Channel = r.text()
		case "text":
			m.Text = r.text()
		case "author":
			m.Author = r.text()
		case "occurred_at":
			m.OccurredAt = r.time()
		}
	}
}

func (r *quickReader) message(m *Message) {
	for place := -1; ; {
		switch r.field(messageFields, &place) {
		case "":
			return
		case "id":
			m.ID = MessageID(r.text())
		case "conversation_id":
			m.ConversationID = ConversationID(r.text())
		case "contact_id":
			m.ContactID = ContactID(r.text())
		case "direction":
			m.Direction = Direction(r.text())
		case "kind":
			m.Kind = Kind(r.text())
		case "channel":
			m.Channel = r.text()
		case "inbox_id":
			m.InboxID = InboxID(r.text())
		case "provider_id":
			m.ProviderID = r.text()
		case "author":
			m.Author = r.author()
		case "subject":
			m.Subject = r.text()
		case "text":
			m.Text = r.text()
		case "html":
			m.HTML = r.text()
		case "quoted":
			m.Quoted = r.text()
		case "attachments":
			r.general(&m.Attachments)
		case "call":
			r.general(&m.Call)
		case "template":
			r.general(&m.Template)
		case "quick_replies":
			r.general(&m.QuickReplies)
		case "pressed":
			m.Pressed = r.text()
		case "reaction":
			m.Reaction = r.text()
		case "status":
			m.Status = Status(r.text())
		case "status_detail":
			m.StatusDetail = r.text()
		case "from":
			p := r.point()
			m.From = &p
		case "thread_ids":
			m.ThreadIDs = r.texts()
		case "in_reply_to":
			m.InReplyTo = r.texts()
		case "thread":
			m.Thread = r.text()
		case "flags":
			m.Flags = r.texts()
		case "client_id":
			m.ClientID = r.text()
		case "occurred_at":
			m.OccurredAt = r.time()
		case "received_at":
			m.ReceivedAt = r.time()
		case "order":
			m.Order = r.text()
		case "steps":
			r.general(&m.Steps)
		case "former":
			r.general(&m.Former)
		}
	}
}
