// Package asterisk reads what an Asterisk exchange says of its calls: call
// detail records from the CSV file of cdr_csv or cdr_custom, and from the manager
// interface (AMI) as they are made.
//
// A CDR is a leg. Asterisk writes one for each pair of channels that was joined
// or tried; linkedid holds those of one call together. Its disposition ANSWERED
// says only that something took the call, so the application that ran last
// decides whether that was a person. Records come in the order of their ends.
//
// AMI repeats nothing that was said while nobody listened. Where an inbox has a
// file as well, an event that lacks linkedid and sequence (cdr_manager maps them
// only when told to) only makes the file be read at once: the file is the
// complete account, and one leg must not have two ids.
//
// With the channel event log (CEL) a call closes on LINKEDID_END instead of on
// the record of its first channel.
//
// Sources: Asterisk's cdr/cdr_csv.c, and the documentation's pages on the CDR
// specification, the CEL specification and AMI events.
package asterisk
