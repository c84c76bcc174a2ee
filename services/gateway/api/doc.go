// Package api is the REST interface under /api/v1: it reads and checks requests,
// asks the other services, and answers with JSON. The shapes are those of
// contracts; what it serves is described at /openapi.json from the same Go types.
//
// Every operation names the [access.Action] it needs, and there is no way to
// register one without; whoever is not signed in gets 401, whoever may not gets
// 403, and what somebody may not see is 404. Errors are RFC 9457 problem JSON
// and never repeat what was sent, only where it stood. They are said in Korean to who
// asks for it (package wording). A conflict carries the present state of the
// conversation.
//
// An agent who has just written reads what they wrote: queries name the last
// sequence that this process wrote for them, and the inbox waits for it.
package api
