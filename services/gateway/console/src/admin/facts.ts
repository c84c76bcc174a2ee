import { t } from "../i18n";

// What a rule may sensibly wait for; the server knows more, and what a rule names
// beyond these is kept and shown by its own name.
export const facts = [
  "conversation.opened", "message.added", "conversation.reopened", "conversation.resolved", "conversation.assigned", "conversation.transferred", "conversation.queued", "conversation.tagged", "conversation.prioritised", "conversation.snoozed", "conversation.woken",
  "clock.warned", "clock.breached", "callback.requested", "callback.closed", "message.status_changed", "message.reacted", "survey.answered", "survey.commented", "contact.order_stated", "contact.segmented", "contact.updated", "contact.created",
];

/** What happened, in the language of the screen. */
export const factName = (type: string): string => t.value.manage.facts[type] ?? type;
