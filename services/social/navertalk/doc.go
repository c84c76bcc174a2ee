// Package navertalk is the adapter of Naver TalkTalk, chatbot API version 1, as
// documented in the repository navertalk/chatbot-api.
//
// What Naver does not give: a signature, an id of an event, a time, a retry. So
// the hook's path is the secret (with check_ip only Naver's own ranges may use
// it), ids are derived from what an event says and the second it arrived in, and
// the time is that of arrival. An event that could not be stored is answered
// 503, which Naver logs and forgets: the stream behind the door must be up, and
// nothing an adapter does can replace that. A user's id is permanent for the
// account and unknown outside it.
//
// Quick replies are quick buttons under the last part of a text; the code of the
// one that was pressed comes back with its title.
//
// Naver echoes what was written in its own console and also what we sent, again
// without an id. What this process sent within the last minutes is recognised
// and reported as sent; for the rest the setting source_id, our chatbot's number
// in the echo, tells our messages from those of people.
package navertalk
