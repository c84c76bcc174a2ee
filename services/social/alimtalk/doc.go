// Package alimtalk is the adapter of KakaoTalk's Alimtalk (알림톡): approved
// templates out, to a telephone number, through the dealer Solapi (messages
// version 4). Nobody can answer one. What comes in are results: Solapi's message
// reports (an array of messages with a statusCode) and NHN Cloud's
// (MESSAGE_RESULT_UPDATE with hooks).
//
// Results are not signed: a header that equals a secret the operator chose is
// all there is. Solapi has no idempotency key, so an attempt whose end nobody saw
// is unclear; its report, which carries our message's id back, settles it. A
// fail-over to a text message is the same message with the same id.
package alimtalk
