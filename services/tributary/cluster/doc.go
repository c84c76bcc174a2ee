// Package cluster holds the tests of Tributary as separate processes around one
// NATS server: the services of the road split by roles, a second gateway that
// takes over a socket with its cursor, and two routers on one log.
package cluster
