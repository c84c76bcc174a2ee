// Package kakao is the adapter of a KakaoTalk chatbot's skill (i Open Builder),
// as documented in the Kakao Business guide under skill payload and response.
//
// The answer to Kakao's request is what the bot says, and must be there within
// five seconds, so a person cannot be the one who says it. Where the block has
// the AI callback switched on, Kakao sends a callbackUrl with each utterance, on
// which one answer may be posted within a minute: the adapter keeps it for 55
// seconds and an agent's answer goes out on it, the oldest that still holds
// first. Where there is none, the customer gets the acknowledgement, and a later
// answer is rejected as window-closed: consultation talk (package kakaotalk) or
// an Alimtalk reaches them then. Callbacks are kept in memory and lost with the
// process.
//
// Quick replies go out under an answer. A press says the label like any utterance
// and brings back, in clientExtra, the value that was put beside it.
//
// Kakao gives no message id and no time. The id is X-Request-Id, else derived
// from what was said and the second it arrived in. It signs nothing either: the
// inbox has a secret header that is configured on the skill.
package kakao
