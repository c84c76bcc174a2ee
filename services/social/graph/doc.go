// Package graph is what the channels of Meta share: how a request is signed and
// a hook is confirmed, the envelope that several events travel in, what the
// error codes of the Graph API mean for a message that was to be sent, and the
// calls of that interface.
//
// One envelope holds entries of several accounts, and one entry several items.
// [Items] takes it apart so that every item becomes one statement: an item that
// cannot be read, or that belongs to an account which is not the inbox's, is kept
// raw and harms no other. Order is not promised by Meta: items carry their own
// times, and ids of messages are unique within an account.
//
// Settings of all three channels begin with [Access]; the secrets are app_secret
// (signs what comes in), access_token (allows what goes out) and verify_token
// (confirms the hook; made when it is missing). Everything may be called from
// many goroutines and keeps no state.
package graph
