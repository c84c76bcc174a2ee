// Package bounce reads what mail systems report about a mail of ours: delivery
// status notifications (RFC 3464), read receipts (RFC 8098), complaints (RFC
// 5965) and the free-text bounces of qmail, Exim, old sendmail, Exchange and
// others. It decides nothing: whether an address is given up is the caller's.
//
// Find is pure, never fails and reads at most MaxText bytes of free text.
package bounce
