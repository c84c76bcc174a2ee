// Package telemetrychannel is the channel telemetry: events of a product, from
// subjects of NATS or topics of MQTT, become messages and facts about customers
// through the rules of the inbox (package rules), so that help can begin before
// anybody asks. Nothing can be sent through it.
//
// What it promises about delivery is what its sources can give. A subscription of
// NATS takes what is published while it stands: at most once, and what comes
// faster than the inbox's rate waits in 8 MiB and is dropped and counted beyond.
// Several processes share one subject as a queue group. MQTT is read with QoS 1
// and a session that outlives the connection: an event is acknowledged only after
// its statements are durable, so it comes again until they are. One process at a
// time may read an MQTT inbox, for the session belongs to its client id.
//
// An event that comes twice changes nothing where the rule has an id. Where it has
// once_per, the time of the last word about a customer is kept in a bbolt file
// that is synced with every word; it is not derived from the log, and without it
// a customer may be spoken of once more than they should. The word itself is
// kept there until it is stored, and published again after a crash.
//
// Messages made here are automatic: they are stored and shown, answer nobody and
// reopen nothing. Payloads that are no JSON, too large, or name no customer
// although a rule holds are counted; at most one a minute and inbox is kept raw
// as an unknown statement, flagged with the reason.
package telemetrychannel
