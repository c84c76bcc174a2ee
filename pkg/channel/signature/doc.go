// Package signature checks what Twilio and Vonage sign their requests with. It
// stands apart from their adapters because messages and calls are received by
// different services and signed in the same way.
//
// Every function works on the bytes as they came. A signature that is absent, of
// another length or not decodable is a plain failure, and so is an empty secret:
// anybody can compute a MAC with an empty key. Comparisons take the same time
// whatever they find.
//
// It keeps nothing but what a [Guard] remembers, and knows no inbox. The Sign
// functions are the providers' side, for fakes and tests.
package signature

import "errors"

// Reasons for which a request is not believed. ErrMissing stands alone, since
// Vonage sends a request again that it forgot to sign.
var (
	ErrMissing = errors.New("the request is not signed")
	ErrWrong   = errors.New("the signature does not hold")
	ErrOld     = errors.New("the signature is not of this time")
	ErrReused  = errors.New("the signature was used for another request")
)
