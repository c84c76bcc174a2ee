package account

import "net/url"

// maxAddress is the longest address of a file that every provider here takes.
const maxAddress = 2000

// Fetchable reports whether a provider could fetch a file from an address: https,
// or http too where the inbox speaks to a private gateway, and not too long.
func Fetchable(address string, private bool) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && u.User == nil && len(address) <= maxAddress && (u.Scheme == "https" || private && u.Scheme == "http")
}

// Preview is the address of a small picture that stands for a file, which
// whoever serves our own files makes of it.
func Preview(address string) string { return address + "?preview" }
