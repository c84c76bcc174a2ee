// Package exchange holds what every telephone exchange source shares: the
// settings each inbox has, who called whom by the numbers, local times, cutting
// a growing file into records, and making the statement of a folded call.
//
// A source turns records into legs (package calls) and keeps nothing; package
// callchannel stores the legs and states the calls.
package exchange
