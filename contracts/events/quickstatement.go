package events

var (
	inboundFields = fieldNames("v", "type", "channel", "inbox", "provider_id", "content", "occurred_at", "received_at", "order", "sender",
		"direction", "message", "delivery", "call", "target", "reaction", "callback", "purchase", "erasure", "raw", "flags", "trace")
	senderFields   = fieldNames("points", "name", "attributes")
	receivedFields = fieldNames("subject", "text", "html", "quoted", "attachments", "thread_ids", "in_reply_to", "thread", "pressed", "token", "automatic")
	rawFields      = fieldNames("type", "bytes", "hash", "size")
)

func quickInbound(data []byte) (*Inbound, bool) {
	r, in := &quickReader{b: data}, new(Inbound)
	for place := -1; ; {
		switch r.field(inboundFields, &place) {
		case "":
			return in, r.whole()
		case "v":
			in.V = r.int()
		case "type":
			in.Type = InboundType(r.text())
		case "channel":
			in.Channel = r.text()
		case "inbox":
			in.Inbox = InboxID(r.text())
		case "provider_id":
			in.ProviderID = r.text()
		case "content":
			in.Content = r.text()
		case "occurred_at":
			in.OccurredAt = r.time()
		case "received_at":
			in.ReceivedAt = r.time()
		case "order":
			in.Order = r.text()
		case "sender":
			in.Sender = r.sender()
		case "direction":
			in.Direction = Direction(r.text())
		case "message":
			in.Message = r.received()
		case "delivery":
			r.general(&in.Delivery)
		case "call":
			r.general(&in.Call)
		case "target":
			in.Target = r.text()
		case "reaction":
			r.general(&in.Reaction)
		case "callback":
			r.general(&in.Callback)
		case "purchase":
			r.general(&in.Purchase)
		case "erasure":
			r.general(&in.Erasure)
		case "raw":
			in.Raw = r.rawBytes()
		case "flags":
			in.Flags = r.texts()
		case "trace":
			in.Trace = r.text()
		}
	}
}

func (r *quickReader) sender() (s Sender) {
	for place := -1; ; {
		switch r.field(senderFields, &place) {
		case "":
			return s
		case "points":
			s.Points = quickList(r, (*quickReader).point)
		case "name":
			s.Name = r.text()
		case "attributes":
			r.general(&s.Attributes)
		}
	}
}

func (r *quickReader) received() *ReceivedMessage {
	m := new(ReceivedMessage)
	for place := -1; ; {
		switch r.field(receivedFields, &place) {
		case "":
			return m
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
		case "thread_ids":
			m.ThreadIDs = r.texts()
		case "in_reply_to":
			m.InReplyTo = r.texts()
		case "thread":
			m.Thread = r.text()
		case "pressed":
			m.Pressed = r.text()
		case "token":
			m.Token = r.text()
		case "automatic":
			m.Automatic = r.yes()
		}
	}
}

func (r *quickReader) rawBytes() *Raw {
	raw := new(Raw)
	for place := -1; ; {
		switch r.field(rawFields, &place) {
		case "":
			return raw
		case "type":
			raw.Type = r.text()
		case "bytes":
			raw.Bytes = r.base64()
		case "hash":
			raw.Hash = r.text()
		case "size":
			raw.Size = int64(r.number())
		}
	}
}
