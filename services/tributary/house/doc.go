// Package house puts the services together: settings, the log, and a straight
// list of services in the order in which they start. Readers start before
// writers; the stop runs in reverse, and the log goes last.
//
// Services are given a connection and the feeds of their process and speak to
// each other over the bus only, so the same list, cut down by roles, runs as
// separate processes around a NATS cluster.
package house
