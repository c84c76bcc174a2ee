// Package filelink makes and opens public addresses of single files: what a
// provider that fetches files, or a visitor's browser, gets in place of a session.
//
// An address is /files/{token}/{name}. The token says which stored bytes, which
// message they belong to, their type, and when it ends; an HMAC-SHA256 over all of
// that and the name, under a key that only this installation has, makes it
// impossible to guess or to change. Nothing is written down when one is made, so
// there is nothing to clean up; whoever serves one also asks whether the message
// still has the file, which is how a removal reaches addresses that are out.
//
// An address holds for at least Life and at most a day longer: all addresses made
// of one file within a day are the same, so that an attempt that is made again
// asks the provider for the same thing. Dispatch makes a new one for every
// attempt, so an answer that waits for days behind a paused inbox is not sent with
// an address that has ended.
//
// Keys stand in the settings (config.FileKeys). A key signs for a month and
// verifies as long as addresses that it signed may hold; Revoke ends them all at
// once. The token's layout, all integers big-endian:
//
//	1 version, 8 key id, 8 expiry in seconds, 32 SHA-256, 2 length, message,
//	type, 32 HMAC
package filelink
