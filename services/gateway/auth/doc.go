// Package auth says who is asking: passwords, sessions, and the check that a
// request which carries a cookie was really meant by its user.
//
// A token is 256 random bits. The bucket keeps only its SHA-256, so that a copy
// of the bucket signs nobody in. A session ends twelve hours after it was last
// used and thirty days after it began, whichever is first; it is written anew
// at most once in half an hour, so that a busy socket is not a busy log.
//
// Passwords are kept as argon2id in PHC form (RFC 9106; 19 MiB, two passes, one
// lane). At most two are computed at once and at most sixty-four wait, which
// bounds the memory that strangers can make this process use to about 40 MiB.
//
// Failed sign-ins are counted by address and by account; successes cost
// nothing, so an office behind one address is not locked out by its own size.
// An account that does not exist, one that is disabled and a wrong password
// give the same answer after the same work.
package auth
