// Package mailchannel is the adapter of the channel email: an SMTP server that
// takes mail for the addresses of our inboxes, the door for mail services and
// mailboxes that hold such mail for us, and a sender that brings answers
// to the world through an SMTP relay.
//
// In: a recipient is accepted only when an inbox has its address; "250" to
// DATA is said only after every statement is durable, "451 4.3.0" when it
// cannot be stored, so that the sender's queue keeps the mail. One mail to
// three of our inboxes is one raw object and three statements with the same
// provider id. The envelope is kept in the parameters of Raw.Type, since the
// headers of a mail say nothing reliable about it.
//
// Mail may also come by a web hook of SendGrid, Mailgun, Postmark or Amazon SES,
// or be fetched by IMAP (setting source). Whatever the way, the same code reads
// it: those ways hand over an arrival, and what arrives becomes a statement here.
//
// Who a mail is from counts as proved where the From domain vouches for it: by
// what the mail server before us found, where the inbox names that server, by
// what a signing provider says, or by DKIM, SPF and DMARC, which package vouch
// looks up within bounds. What was found stands in the flags, and keeps no mail
// from being stored.
//
// Out: one connection an attempt. The Message-ID derives from our message id,
// so a retry is the same mail to every receiver that looks; an attempt whose
// final dot may have arrived is unclear and is never repeated by itself. Mail
// that no person wrote is bounded to a few an hour for each address, so that two
// machines that answer each other stop.
//
// Nothing logged holds an address, a subject or a word of a mail.
package mailchannel
