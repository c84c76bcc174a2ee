// Package kakaotalk is the adapter of KakaoTalk consultation talk (상담톡), which
// Kakao offers through dealers only. The shape of the dealer Happytalk is built
// in; another dealer's calls are read by naming their fields in the settings,
// and are sent to in Happytalk's shape.
//
// A session opens with the customer's message and ends by either side, by a
// block, or 30 days after the customer's last words; we may write only inside
// it. The session is the message's Thread. The customer's user_key belongs to
// one Kakao channel.
//
// The time of a call is that of the dealer's server. Calls have no signature: a
// header with a secret can be asked for where the dealer sends one, and else the
// path is the secret. A dealer that appends the name of its call to the address
// (/message, /reference) may also give it as ?call=; without either the fields
// tell which call it is.
//
// The buttons of consultation talk are links and keywords of the channel's own
// bot. None brings a value back, so quick replies are left to the text.
//
// What we send bears a serial number made from our message's id, which the
// dealer takes once: a message may be sent again without harm.
package kakaotalk
