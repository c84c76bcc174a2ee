package events

// FactType names the fact in the log.
func (*ContactCreated) FactType() string { return "contact.created" }

// FactType names the fact in the log.
func (*ContactPointAdded) FactType() string { return "contact.point_added" }

// FactType names the fact in the log.
func (*ContactPointRemoved) FactType() string { return "contact.point_removed" }

// FactType names the fact in the log.
func (*ContactUpdated) FactType() string { return "contact.updated" }

// FactType names the fact in the log.
func (*ContactMerged) FactType() string { return "contact.merged" }

// FactType names the fact in the log.
func (*ContactMergeReversed) FactType() string { return "contact.merge_reversed" }

// FactType names the fact in the log.
func (*MergeSuggested) FactType() string { return "contact.merge_suggested" }

// FactType names the fact in the log.
func (*SuggestionDismissed) FactType() string { return "contact.suggestion_dismissed" }

// FactType names the fact in the log.
func (*ConversationOpened) FactType() string { return "conversation.opened" }

// FactType names the fact in the log.
func (*ConversationAssigned) FactType() string { return "conversation.assigned" }

// FactType names the fact in the log.
func (*ConversationTransferred) FactType() string { return "conversation.transferred" }

// FactType names the fact in the log.
func (*ConversationTagged) FactType() string { return "conversation.tagged" }

// FactType names the fact in the log.
func (*ConversationSnoozed) FactType() string { return "conversation.snoozed" }

// FactType names the fact in the log.
func (*ConversationWoken) FactType() string { return "conversation.woken" }

// FactType names the fact in the log.
func (*ConversationResolved) FactType() string { return "conversation.resolved" }

// FactType names the fact in the log.
func (*ConversationReopened) FactType() string { return "conversation.reopened" }

// FactType names the fact in the log.
func (*ConversationRead) FactType() string { return "conversation.read" }

// FactType names the fact in the log.
func (*ConversationMerged) FactType() string { return "conversation.merged" }

// FactType names the fact in the log.
func (*ConversationMergeReversed) FactType() string { return "conversation.merge_reversed" }

// FactType names the fact in the log.
func (*MessageAdded) FactType() string { return "message.added" }

// FactType names the fact in the log.
func (*MessageEdited) FactType() string { return "message.edited" }

// FactType names the fact in the log.
func (*MessageRemoved) FactType() string { return "message.removed" }

// FactType names the fact in the log.
func (*MessageStatusChanged) FactType() string { return "message.status_changed" }

// FactType names the fact in the log.
func (*SendRequested) FactType() string { return "message.send_requested" }

// FactType names the fact in the log.
func (*InboundStored) FactType() string { return "inbound.stored" }

// FactType names the fact in the log.
func (*InboundDuplicate) FactType() string { return "inbound.duplicate" }

// FactType names the fact in the log.
func (*InboundRejected) FactType() string { return "inbound.rejected" }

// FactType names the fact in the log.
func (*MessageReacted) FactType() string { return "message.reacted" }

// FactType names the fact in the log.
func (*AttachmentSettled) FactType() string { return "message.attachment_settled" }

// FactType names the fact in the log.
func (*MessageReceiptHeld) FactType() string { return "message.receipt_held" }

// FactType names the fact in the log.
func (*CallAmended) FactType() string { return "call.amended" }

// FactType names the fact in the log.
func (*CallbackRequested) FactType() string { return "callback.requested" }

// FactType names the fact in the log.
func (*CallbackClosed) FactType() string { return "callback.closed" }

// FactType names the fact in the log.
func (*OrderStated) FactType() string { return "contact.order_stated" }

// FactType names the fact in the log.
func (*ContactErased) FactType() string { return "contact.erased" }

// FactType names the fact in the log.
func (*ConversationQueued) FactType() string { return "conversation.queued" }

// FactType names the fact in the log.
func (*ConversationUnqueued) FactType() string { return "conversation.unqueued" }

// FactType names the fact in the log.
func (*ConversationPrioritised) FactType() string { return "conversation.prioritised" }

// FactType names the fact in the log.
func (*ConversationOffered) FactType() string { return "conversation.offered" }

// FactType names the fact in the log.
func (*OfferClosed) FactType() string { return "offer.closed" }

// FactType names the fact in the log.
func (*AgentPresenceChanged) FactType() string { return "agent.presence_changed" }

// FactType names the fact in the log.
func (*ClockStarted) FactType() string { return "clock.started" }

// FactType names the fact in the log.
func (*ClockPaused) FactType() string { return "clock.paused" }

// FactType names the fact in the log.
func (*ClockResumed) FactType() string { return "clock.resumed" }

// FactType names the fact in the log.
func (*ClockWarned) FactType() string { return "clock.warned" }

// FactType names the fact in the log.
func (*ClockBreached) FactType() string { return "clock.breached" }

// FactType names the fact in the log.
func (*ClockStopped) FactType() string { return "clock.stopped" }

// FactType names the fact in the log.
func (*SurveyAsked) FactType() string { return "survey.asked" }

// FactType names the fact in the log.
func (*SurveyAnswered) FactType() string { return "survey.answered" }

// FactType names the fact in the log.
func (*SurveyCommented) FactType() string { return "survey.commented" }

// FactType names the fact in the log.
func (*ContactSegmented) FactType() string { return "contact.segmented" }
