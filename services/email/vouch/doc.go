// Package vouch finds out whether the domain in a mail's From vouches for the
// mail: by a DKIM signature (RFC 6376), by SPF for the address that the mail came
// from (RFC 7208), and by what the domain's DMARC policy makes of both
// (RFC 7489).
//
// Only what can vouch is asked for: a signature or an envelope of a foreign
// domain says nothing of From, so nothing is looked up for it, and a mail
// that nobody could vouch for costs no lookup at all. SPF is left out where
// the client stands in our own network: its address is a relay of ours.
//
// A check is bounded: two seconds and forty lookups a mail, ten for SPF, five
// signatures, and so many checks at a time, over all and for one peer; one more
// is told "temperror" at once. What [Names] found is kept for minutes. When names stay without an
// answer, it asks for the root of the DNS, which no sender of mail has a hand
// in; when that stays without an answer too, it asks for nothing for half a
// minute. So a resolver that is down costs a few mails their two seconds, and
// the rest nothing.
//
// It decides nothing: a mail that nobody vouches for is a mail like any other.
package vouch
