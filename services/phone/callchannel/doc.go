// Package callchannel runs the telephone exchanges: it brings their records in by
// file, socket, hook or upload, keeps the legs, and states a call once it is over.
//
// # From legs to calls
//
// A leg is stored and synced before whoever sent it is told that it was taken.
// The legs of one call meet under the id that the exchange gives them. When one
// of them says that the call is over, the call waits for stragglers as long as
// the inbox's settle says (500 ms if it does not) and is stated; legs that never
// hear of the end wait for the inbox's patience (an hour). A leg that comes later
// still states the call again, richer and under the same provider id. Whatever is
// known already states nothing: a file may be read again from its beginning at
// any time.
//
// # What is on disk
//
// One bbolt file, synced with every transaction, because an exchange that was
// told "taken" does not send a leg again:
//
//	calls  inbox \0 call  -> the legs, when to state them, the hash of what was stated
//	due    time, key      -> nothing; the order in which calls are stated
//	marks  inbox \0 file  -> how far a file was read
//
// A mark moves in the transaction that stores the legs before it. Calls that were
// stated are forgotten after ninety days. If the file is lost, calls from files
// are read again and found to be stated; legs that were posted and still waited
// for their call are lost with it, as they are nowhere else. The legs of one
// exchange must come to one process, or each would state its part.
//
// # Bounds
//
// 256 legs a call; what is beyond is kept raw. Files are read below one folder
// and never outside of it, whatever links stand in it.
package callchannel
