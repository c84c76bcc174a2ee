// Package mailfake is what the fakes of mail providers have in common: letters as
// customers write them, an SMTP relay that takes answers as providers' relays
// do, and a way to post to a hook with the patience that each provider has.
//
// A fake beside its adapter (sendgridfake, mailgunfake, postmarkfake, sesfake,
// imapfake) adds how that provider tells of mail. All of them are inboxes of the
// channel email, so they are no fake.Provider, of which a channel has one; they
// have a name of their own, and mail in both directions crosses real sockets.
//
// It is no part of the road itself: nothing that serves customers imports it.
package mailfake
