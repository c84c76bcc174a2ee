package events

import "encoding/json"

type registered struct {
	version int
	make    func() Body
}

// registry is the one table of fact types: name, current version, Go type.
var registry = map[string]registered{
	"contact.created":              {1, func() Body { return new(ContactCreated) }},
	"contact.point_added":          {1, func() Body { return new(ContactPointAdded) }},
	"contact.point_removed":        {1, func() Body { return new(ContactPointRemoved) }},
	"contact.updated":              {1, func() Body { return new(ContactUpdated) }},
	"contact.merged":               {1, func() Body { return new(ContactMerged) }},
	"contact.merge_reversed":       {1, func() Body { return new(ContactMergeReversed) }},
	"contact.merge_suggested":      {1, func() Body { return new(MergeSuggested) }},
	"contact.suggestion_dismissed": {1, func() Body { return new(SuggestionDismissed) }},
	"conversation.opened":          {1, func() Body { return new(ConversationOpened) }},
	"conversation.assigned":        {1, func() Body { return new(ConversationAssigned) }},
	"conversation.transferred":     {1, func() Body { return new(ConversationTransferred) }},
	"conversation.tagged":          {1, func() Body { return new(ConversationTagged) }},
	"conversation.snoozed":         {1, func() Body { return new(ConversationSnoozed) }},
	"conversation.woken":           {1, func() Body { return new(ConversationWoken) }},
	"conversation.resolved":        {1, func() Body { return new(ConversationResolved) }},
	"conversation.reopened":        {1, func() Body { return new(ConversationReopened) }},
	"conversation.read":            {1, func() Body { return new(ConversationRead) }},
	"conversation.merged":          {1, func() Body { return new(ConversationMerged) }},
	"conversation.merge_reversed":  {1, func() Body { return new(ConversationMergeReversed) }},
	"message.added":                {1, func() Body { return new(MessageAdded) }},
	"message.edited":               {1, func() Body { return new(MessageEdited) }},
	"message.removed":              {1, func() Body { return new(MessageRemoved) }},
	"message.status_changed":       {1, func() Body { return new(MessageStatusChanged) }},
	"message.reacted":              {1, func() Body { return new(MessageReacted) }},
	"message.attachment_settled":   {1, func() Body { return new(AttachmentSettled) }},
	"message.receipt_held":         {1, func() Body { return new(MessageReceiptHeld) }},
	"call.amended":                 {1, func() Body { return new(CallAmended) }},
	"callback.requested":           {1, func() Body { return new(CallbackRequested) }},
	"callback.closed":              {1, func() Body { return new(CallbackClosed) }},
	"contact.order_stated":         {1, func() Body { return new(OrderStated) }},
	"contact.erased":               {1, func() Body { return new(ContactErased) }},
	"message.send_requested":       {1, func() Body { return new(SendRequested) }},
	"conversation.queued":          {1, func() Body { return new(ConversationQueued) }},
	"conversation.unqueued":        {1, func() Body { return new(ConversationUnqueued) }},
	"conversation.prioritised":     {1, func() Body { return new(ConversationPrioritised) }},
	"conversation.offered":         {1, func() Body { return new(ConversationOffered) }},
	"offer.closed":                 {1, func() Body { return new(OfferClosed) }},
	"agent.presence_changed":       {1, func() Body { return new(AgentPresenceChanged) }},
	"clock.started":                {1, func() Body { return new(ClockStarted) }},
	"clock.paused":                 {1, func() Body { return new(ClockPaused) }},
	"clock.resumed":                {1, func() Body { return new(ClockResumed) }},
	"clock.warned":                 {1, func() Body { return new(ClockWarned) }},
	"clock.breached":               {1, func() Body { return new(ClockBreached) }},
	"clock.stopped":                {1, func() Body { return new(ClockStopped) }},
	"survey.asked":                 {1, func() Body { return new(SurveyAsked) }},
	"survey.answered":              {1, func() Body { return new(SurveyAnswered) }},
	"survey.commented":             {1, func() Body { return new(SurveyCommented) }},
	"contact.segmented":            {1, func() Body { return new(ContactSegmented) }},
	"inbound.stored":               {1, func() Body { return new(InboundStored) }},
	"inbound.duplicate":            {1, func() Body { return new(InboundDuplicate) }},
	"inbound.rejected":             {1, func() Body { return new(InboundRejected) }},
}

// Types lists every registered fact type with its current version.
func Types() map[string]int {
	out := make(map[string]int, len(registry))
	for name, r := range registry {
		out[name] = r.version
	}
	return out
}

// New makes an empty body of a registered type, or nil.
func New(factType string) Body {
	if r, ok := registry[factType]; ok {
		return r.make()
	}
	return nil
}

func currentVersion(factType string) int {
	if r, ok := registry[factType]; ok {
		return r.version
	}
	return 1
}

func decodeBody(factType string, version int, data json.RawMessage) (Body, error) {
	r, ok := registry[factType]
	if !ok || version > r.version {
		return &Opaque{Name: factType, Data: append(json.RawMessage(nil), data...)}, nil
	}
	data, err := upcast(factType, version, r.version, data)
	if err != nil {
		return nil, err
	}
	body := r.make()
	if err := json.Unmarshal(data, body); err != nil {
		return nil, err
	}
	return body, nil
}
