// Package imap fetches mail from mailboxes by IMAP: one [Watcher] for each,
// which connects, asks for what is new, hands it over, and waits for more.
//
// What it promises: every mail that comes into the mailbox after the inbox was
// made is handed over at least once, however long the network, the mailbox or
// this program was away. It remembers the highest UID, in a file that is synced
// ([Store]), and only after the mail was taken; it never asks for "the last two
// days". Where the mailbox gives out new UIDs (UIDVALIDITY changed) it asks for
// everything since the inbox was made, and the log knows what it has already.
// Mails come in the order of their UIDs.
//
// It changes nothing in the mailbox: it is opened read-only, and \Seen stays as
// people left it. It owns no parsing: what it hands over is raw.
//
// A mail over the limit is handed over as its header; so is, after many
// attempts, one that the server cannot give out, so that it holds up no other.
//
// Sources: RFC 3501, RFC 9051, RFC 2177 (IDLE); Google's and Microsoft's pages on
// XOAUTH2.
package imap
