// Package desk is what an agent does, whichever door they come through: REST and
// the socket hand the same commands to the same checks. It owns the rule that
// nobody acts on what they do not see, and the limits on what a command may
// carry; it decides nothing that the router decides.
//
// Whatever an agent may not see does not exist for them: the answer is 404, so
// that nobody learns an id by trying.
package desk
