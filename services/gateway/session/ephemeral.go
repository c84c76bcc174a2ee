package session

import (
	"encoding/json"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
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
	for _, se := range to {
		if a.Agent == "" || a.Agent != se.agent {
			se.whisper(data)
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
