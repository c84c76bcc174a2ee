package session

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

// maxRoster bounds how many agents a socket is told of when it first subscribes.
const maxRoster = 500

// Presence sends changes of who is there to every socket that has subscribed to
// anything. Sockets that are behind with their facts are left out: facts go
// first, and the next change says it again.
func (s *Server) Presence(changes []live.Presence) {
	frames := make([][]byte, 0, len(changes))
	for _, p := range changes {
		if data, err := json.Marshal(p); err == nil {
			frames = append(frames, data)
		}
	}
	for _, se := range s.all() {
		if !se.subscribed.Load() {
			continue
		}
		for _, data := range frames {
			se.whisper(data)
		}
	}
}

// Activity sends a typing or viewing notice to the sockets that look at the
// conversation, except those of the agent it is about.
func (s *Server) Activity(a live.Activity) {
	s.mu.Lock()
	to := make([]*session, 0, len(s.watching[a.Conversation]))
	for se := range s.watching[a.Conversation] {
		to = append(to, se)
	}
	s.mu.Unlock()
	if len(to) == 0 {
		return
	}
	data, err := json.Marshal(a)
	if err != nil {
		return
	}
	// Who looked when they might still see it is told nothing once it has moved away.
	now, moved := s.Hub.Recent(a.Conversation)
	for _, se := range to {
		switch {
		case moved && !se.sees().Sees(now):
			se.look(a.Conversation, false)
		case a.Agent == "" || a.Agent != se.agent:
			se.whisper(data)
		}
	}
}

// lookAnew stops looking at what the agent does not see any more.
func (se *session) lookAnew(ctx context.Context) {
	se.mu.Lock()
	looks := slices.Collect(maps.Keys(se.looks))
	se.mu.Unlock()
	for _, conversation := range looks {
		var p *ask.Problem
		if _, err := se.server.Desk.Conversation(ctx, se.sees(), conversation); errors.As(err, &p) && p.Status == http.StatusNotFound {
			se.look(conversation, false)
		}
	}
}

// whisper sends what may be lost, unless the socket is busy.
func (se *session) whisper(frame []byte) {
	if _, queued := se.conn.Queued(); queued < se.server.Options.QueueBytes/2 {
		// A socket that is closing needs no notice.
		_ = se.conn.Send(frame)
	}
}

func (s *Server) watch(se *session, conversation events.ConversationID, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sessions := s.watching[conversation]
	if !on {
		delete(sessions, se)
		if len(sessions) == 0 {
			delete(s.watching, conversation)
		}
		return
	}
	if sessions == nil {
		sessions = map[*session]struct{}{}
		s.watching[conversation] = sessions
	}
	sessions[se] = struct{}{}
}
