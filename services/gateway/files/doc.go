// Package files serves stored files: to people who are signed in and see the
// conversation (package api asks it to), and to whoever holds a public address
// made by package filelink.
//
// It owns how bytes of strangers leave through our host. Their type is what they
// are found to be, never what somebody said; a browser is told not to guess
// another, shows only what cannot run anything, and saves the rest; nothing of it
// may load, frame or script anything else. A range of bytes can be asked for
// (RFC 9110, 14), one at a time.
//
// A public address opens one file for as long as its token holds and its message
// has the file: forged is 404, ended or taken back is 410, and 503 where nobody
// can be asked whether it was. How many are read at once, and how often one
// address of the Internet asks, is bounded.
package files
