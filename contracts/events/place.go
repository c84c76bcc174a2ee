package events

// How a place in a queue ends when nobody is given the conversation in the
// ordinary way ([ConversationUnqueued]). Of all of them only [PlaceAbandoned] is
// the customer's own doing: they left the channel on which they waited, or ended
// the chat, and the conversation was resolved before anybody had taken or answered
// it.
//
// Reached, cancelled and in vain end a place that stood for a promised call alone.
// Transferred means that a person, a rule or an overflow moved it to where nothing
// is given out; stopped, that its queue gives out nothing any more or is gone.
// Former decisions say "left" for both, and never of a customer.
const (
	PlaceAbandoned   = "abandoned"
	PlaceTaken       = "taken"
	PlaceAnswered    = "answered"
	PlaceReached     = "reached"
	PlaceCancelled   = "cancelled"
	PlaceInVain      = "in-vain"
	PlaceResolved    = "resolved"
	PlaceSnoozed     = "snoozed"
	PlaceMerged      = "merged"
	PlaceTransferred = "transferred"
	PlaceStopped     = "queue-stopped"
)

// FlagLeft marks the line that says that the customer left the channel on which
// they wait: they blocked us, or ended the chat at the provider.
const FlagLeft = "customer-left"

// FlagEnded stands beside [FlagLeft] on the line that says that the customer ended
// the chat themselves. Its author is the system and its ProviderID that of the
// statement.
const FlagEnded = "customer-ended"

// ResolvedEnded is the reason of a [ConversationResolved] that the customer brought
// about by ending the chat: nobody had begun work on it, or nothing was left to answer.
const ResolvedEnded = "visitor-ended"
