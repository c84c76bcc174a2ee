// Package channel is the port every channel adapter implements, and what runs
// an adapter: the HTTP door for provider requests ([Hooks]), the publisher that
// answers only after the log has synced ([Publisher]), the sending side that
// dispatch asks ([Outbox]), and the directory of inboxes ([Inboxes]).
//
// It owns the manners that are the same for every provider: the raw body is
// read once and bounded, refused requests are counted with their reason,
// nothing is acknowledged before it is durable, and one request may carry many
// statements. It refuses to know any provider.
//
// An adapter is one folder under services with a type that implements
// [Adapter] and, as far as its provider has both directions, [Receiver] and
// [Sender]. The suite in channel/conformance holds every adapter to this port.
package channel
