package chatchannel

import (
	"context"
	"slices"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// linkTime bounds the making of an address, which waits for nothing but a new
// key once a month.
const linkTime = 2 * time.Second

// show is a line as this visitor gets it: with their own client id, and with an
// address in the place of each stored file. Only who gets the line gets its
// addresses, and they end with the message; see filelink.
func (s *socket) show(l Line) Line {
	l = l.seenBy(s.prefix)
	l.Attachments = slices.Clone(l.Attachments) // the line is shared with other sockets
	for i := range l.Attachments {
		file := &l.Attachments[i]
		if file.Hash != "" && l.From == "agent" {
			file.URL = s.address(events.MessageID(l.ID), *file)
		}
		file.Hash = ""
	}
	return l
}

// address is empty where none can be made: the visitor then sees the name alone.
// Without a public address of this program it is that by which the visitor's
// browser came, over whatever the page itself came over.
func (s *socket) address(message events.MessageID, file events.Attachment) string {
	links := s.svc.deps.Links
	if links == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(s.svc.running, linkTime)
	defer cancel()
	if address, err := links.Link(ctx, message, file, true); err == nil {
		return address
	}
	path, err := links.Path(ctx, message, file)
	if err != nil {
		s.svc.deps.Log.Warn().Err(err).Str("message", string(message)).Msg("no address could be made of a file")
		return ""
	}
	return "//" + s.host + path
}
