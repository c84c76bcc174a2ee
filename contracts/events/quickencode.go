package events

import "strconv"

func (w *quickWriter) decision(d *Decision) {
	w.field(`{"id":`, d.ID)
	w.field(`,"contact":`, string(d.Contact))
	w.time(`,"at":`, d.At)
	w.field(`,"cause":{"kind":`, d.Cause.Kind)
	if d.Cause.InboundSeq != 0 {
		w.lit(`,"inbound_seq":`)
		w.b = strconv.AppendUint(w.b, d.Cause.InboundSeq, 10)
	}
	w.optional(`,"command_id":`, d.Cause.CommandID)
	w.optional(`,"trace":`, d.Cause.Trace)
	quickOptionalTexts(w, `,"rules":`, d.Cause.Rules)
	w.lit(`},"actor":`)
	w.author(&d.Actor)
	w.lit(`,"facts":`)
	if d.Facts == nil {
		w.lit("null")
	} else {
		for i := range d.Facts {
			w.separate(i)
			w.fact(&d.Facts[i])
		}
		w.end(len(d.Facts))
	}
	if len(d.Conversations) > 0 {
		w.lit(`,"conversations":`)
		for i := range d.Conversations {
			w.separate(i)
			w.conversation(&d.Conversations[i])
		}
		w.end(len(d.Conversations))
	}
	w.b = append(w.b, '}')
}

// separate stands before element i of an array, end after the last of n.
func (w *quickWriter) separate(i int) {
	if i == 0 {
		w.b = append(w.b, '[')
	} else {
		w.b = append(w.b, ',')
	}
}

func (w *quickWriter) end(n int) {
	if n == 0 {
		w.b = append(w.b, '[')
	}
	w.b = append(w.b, ']')
}

func (w *quickWriter) fact(f *Fact) {
	w.field(`{"type":`, f.Type)
	w.number(`,"v":`, int64(f.V))
	switch b := f.Body.(type) {
	case *MessageAdded:
		if b == nil {
			w.failed = true
			return
		}
		w.lit(`,"data":{"message":`)
		w.message(&b.Message)
		w.optional(`,"reason":`, b.Reason)
		w.lit(`}`)
	case *InboundStored:
		if b == nil {
			w.failed = true
			return
		}
		w.field(`,"data":{"inbox":`, string(b.Inbox))
		w.field(`,"key":`, b.Key)
		w.field(`,"provider_id":`, b.ProviderID)
		w.field(`,"content":`, b.Content)
		w.lit(`}`)
	default:
		w.general(`,"data":`, f.Body)
	}
	w.b = append(w.b, '}')
}

func (w *quickWriter) author(a *Author) {
	w.field(`{"kind":`, a.Kind)
	w.optional(`,"id":`, a.ID)
	w.optional(`,"name":`, a.Name)
	w.b = append(w.b, '}')
}

func (w *quickWriter) point(p *Point) {
	w.field(`{"kind":`, p.Kind)
	w.field(`,"value":`, p.Value)
	w.optional(`,"scope":`, p.Scope)
	w.field(`,"trust":`, string(p.Trust))
	w.b = append(w.b, '}')
}

func (w *quickWriter) conversation(c *Conversation) {
	w.field(`{"id":`, string(c.ID))
	w.number(`,"version":`, c.Version)
	w.field(`,"status":`, string(c.Status))
	w.field(`,"contact":{"id":`, string(c.Contact.ID))
	w.field(`,"name":`, c.Contact.Name)
	w.b = append(w.b, '}')
	w.optional(`,"subject":`, c.Subject)
	w.optional(`,"thread":`, c.Thread)
	w.field(`,"queue":`, string(c.Queue))
	w.optional(`,"team":`, string(c.Team))
	w.field(`,"assignee":`, string(c.Assignee))
	quickTexts(w, `,"channels":`, c.Channels)
	quickTexts(w, `,"inboxes":`, c.Inboxes)
	quickTexts(w, `,"tags":`, c.Tags)
	if c.Priority != 0 {
		w.number(`,"priority":`, int64(c.Priority))
	}
	w.lit(`,"last_message":`)
	w.lastMessage(c.LastMessage)
	w.number(`,"unread":`, int64(c.Unread))
	if c.WaitingSince == nil {
		w.lit(`,"waiting_since":null`)
	} else {
		w.time(`,"waiting_since":`, *c.WaitingSince)
	}
	if c.SnoozedUntil != nil {
		w.time(`,"snoozed_until":`, *c.SnoozedUntil)
	}
	if c.Callback != nil {
		w.general(`,"callback":`, c.Callback)
	}
	w.waiting(c)
	if c.Survey != nil {
		w.general(`,"survey":`, c.Survey)
	}
	quickOptionalTexts(w, `,"segments":`, c.Segments)
	w.optional(`,"merged_into":`, string(c.MergedInto))
	w.time(`,"created_at":`, c.CreatedAt)
	w.time(`,"updated_at":`, c.UpdatedAt)
	w.b = append(w.b, '}')
}

func (w *quickWriter) lastMessage(m *LastMessage) {
	if m == nil {
		w.lit("null")
		return
	}
	w.field(`{"id":`, string(m.ID))
	w.field(`,"direction":`, string(m.Direction))
	w.field(`,"kind":`, string(m.Kind))
	w.field(`,"channel":`, m.Channel)
	w.field(`,"text":`, m.Text)
	w.optional(`,"author":`, m.Author)
	w.time(`,"occurred_at":`, m.OccurredAt)
	w.b = append(w.b, '}')
}

func (w *quickWriter) message(m *Message) {
	w.field(`{"id":`, string(m.ID))
	w.field(`,"conversation_id":`, string(m.ConversationID))
	w.field(`,"contact_id":`, string(m.ContactID))
	w.field(`,"direction":`, string(m.Direction))
	w.field(`,"kind":`, string(m.Kind))
	w.field(`,"channel":`, m.Channel)
	w.field(`,"inbox_id":`, string(m.InboxID))
	w.field(`,"provider_id":`, m.ProviderID)
	w.lit(`,"author":`)
	w.author(&m.Author)
	w.optional(`,"subject":`, m.Subject)
	w.field(`,"text":`, m.Text)
	w.optional(`,"html":`, m.HTML)
	w.optional(`,"quoted":`, m.Quoted)
	switch {
	case m.Attachments == nil:
		w.lit(`,"attachments":null`)
	case len(m.Attachments) == 0:
		w.lit(`,"attachments":[]`)
	default:
		w.general(`,"attachments":`, m.Attachments)
	}
	if m.Call != nil {
		w.general(`,"call":`, m.Call)
	}
	if m.Template != nil {
		w.general(`,"template":`, m.Template)
	}
	if len(m.QuickReplies) > 0 {
		w.general(`,"quick_replies":`, m.QuickReplies)
	}
	w.optional(`,"pressed":`, m.Pressed)
	w.optional(`,"reaction":`, m.Reaction)
	w.field(`,"status":`, string(m.Status))
	w.optional(`,"status_detail":`, m.StatusDetail)
	if m.From != nil {
		w.lit(`,"from":`)
		w.point(m.From)
	}
	quickOptionalTexts(w, `,"thread_ids":`, m.ThreadIDs)
	quickOptionalTexts(w, `,"in_reply_to":`, m.InReplyTo)
	w.optional(`,"thread":`, m.Thread)
	quickOptionalTexts(w, `,"flags":`, m.Flags)
	w.optional(`,"client_id":`, m.ClientID)
	w.time(`,"occurred_at":`, m.OccurredAt)
	w.time(`,"received_at":`, m.ReceivedAt)
	w.optional(`,"order":`, m.Order)
	if len(m.Steps) > 0 {
		w.general(`,"steps":`, m.Steps)
	}
	if len(m.Former) > 0 {
		w.general(`,"former":`, m.Former)
	}
	w.b = append(w.b, '}')
}

func (w *quickWriter) inbound(in *Inbound) {
	w.number(`{"v":`, int64(in.V))
	w.field(`,"type":`, string(in.Type))
	w.field(`,"channel":`, in.Channel)
	w.field(`,"inbox":`, string(in.Inbox))
	w.field(`,"provider_id":`, in.ProviderID)
	w.field(`,"content":`, in.Content)
	w.time(`,"occurred_at":`, in.OccurredAt)
	w.time(`,"received_at":`, in.ReceivedAt)
	w.optional(`,"order":`, in.Order)
	w.sender(&in.Sender)
	w.optional(`,"direction":`, string(in.Direction))
	if in.Message != nil {
		w.received(in.Message)
	}
	if in.Delivery != nil {
		w.general(`,"delivery":`, in.Delivery)
	}
	if in.Call != nil {
		w.general(`,"call":`, in.Call)
	}
	w.optional(`,"target":`, in.Target)
	if in.Reaction != nil {
		w.general(`,"reaction":`, in.Reaction)
	}
	if in.Callback != nil {
		w.general(`,"callback":`, in.Callback)
	}
	if in.Purchase != nil {
		w.general(`,"purchase":`, in.Purchase)
	}
	if in.Erasure != nil {
		w.general(`,"erasure":`, in.Erasure)
	}
	if in.Raw != nil {
		w.field(`,"raw":{"type":`, in.Raw.Type)
		if len(in.Raw.Bytes) > 0 {
			w.base64(`,"bytes":`, in.Raw.Bytes)
		}
		w.optional(`,"hash":`, in.Raw.Hash)
		w.number(`,"size":`, in.Raw.Size)
		w.b = append(w.b, '}')
	}
	quickOptionalTexts(w, `,"flags":`, in.Flags)
	w.optional(`,"trace":`, in.Trace)
	w.b = append(w.b, '}')
}

func (w *quickWriter) sender(s *Sender) {
	w.lit(`,"sender":{"points":`)
	if s.Points == nil {
		w.lit("null")
	} else {
		for i := range s.Points {
			w.separate(i)
			w.point(&s.Points[i])
		}
		w.end(len(s.Points))
	}
	w.optional(`,"name":`, s.Name)
	if len(s.Attributes) > 0 {
		w.general(`,"attributes":`, s.Attributes)
	}
	w.b = append(w.b, '}')
}

func (w *quickWriter) received(m *ReceivedMessage) {
	w.lit(`,"message":{`)
	if m.Subject != "" {
		w.field(`"subject":`, m.Subject)
		w.b = append(w.b, ',')
	}
	w.field(`"text":`, m.Text)
	w.optional(`,"html":`, m.HTML)
	w.optional(`,"quoted":`, m.Quoted)
	if len(m.Attachments) > 0 {
		w.general(`,"attachments":`, m.Attachments)
	}
	quickOptionalTexts(w, `,"thread_ids":`, m.ThreadIDs)
	quickOptionalTexts(w, `,"in_reply_to":`, m.InReplyTo)
	w.optional(`,"thread":`, m.Thread)
	w.optional(`,"pressed":`, m.Pressed)
	w.optional(`,"token":`, m.Token)
	if m.Automatic {
		w.lit(`,"automatic":true`)
	}
	w.b = append(w.b, '}')
}
