package graph

import (
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/id"
)

// Mark is what a part of a message carries so that its receipt or echo names our
// message: our id alone on the last part, with the part's number on the earlier
// ones. part counts from 1.
func Mark(message events.MessageID, part, of int) string {
	if part == of {
		return string(message)
	}
	return string(message) + ":" + strconv.Itoa(part)
}

// ReadMark is the inverse of Mark. last is false for an earlier part, whose
// arrival says nothing of the message as a whole. ok is false for what another
// program set.
func ReadMark(text string) (message events.MessageID, last, ok bool) {
	name, part, earlier := strings.Cut(text, ":")
	if !id.Valid("ms", name) {
		return "", false, false
	}
	if n, err := strconv.Atoi(part); earlier && (err != nil || n < 1) {
		return "", false, false
	}
	return events.MessageID(name), !earlier, true
}
