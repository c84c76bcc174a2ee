// Package numbers reads telephone numbers as exchanges write them and says what
// each is worth as the address of a person.
//
// Most are E.164 and name somebody. Four sorts do not, and every one of them
// would join strangers into one contact if it were taken for an address:
//
//   - a withheld caller has none: each call is a contact point of its own;
//   - a Korean safe number (050x) is lent to a customer for days and then to the
//     next: it can be called back and never says who somebody is;
//   - an extension, a short code or a SIP name means something inside one
//     exchange only;
//   - a number that cannot be read is kept as it was written.
//
// The Korean nationwide numbers 15xx, 16xx and 18xx have no area code; 070 is
// Internet telephony and 080 free of charge. They are E.164 like any other.
package numbers
