package routing

import (
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// attended is what is known of who is there since this router decides. What is
// stored of presences is of the time before: agents whose connections broke while
// nobody decided are not there, and nobody has said so. Until a gateway or they
// themselves say that they are, an agent counts as one whose connection broke when
// this router began: nothing new is given to them, and after the grace they are
// offline.
type attended struct {
	since time.Time // when this router began to decide; zero where nobody vouches
	there map[events.AgentID]bool
}

// callRoll begins anew with nobody known to be there, and asks all gateways who is.
func (r *Router) callRoll() {
	if !r.deps.Attended {
		return
	}
	r.attended = attended{since: r.deps.Now().UTC(), there: map[events.AgentID]bool{}}
	if err := r.deps.NC.Publish(events.RollSubject, nil); err != nil {
		r.deps.Logger.Warn().Err(err).Msg("ask who is there") // each is told in the end, by the minute
	}
}

// stands is how an agent stands as far as anybody vouches for it.
func (a *attended) stands(p events.Presence) events.Presence {
	if !a.since.IsZero() && !a.there[p.Agent] && p.State != events.AgentOffline && p.LostAt == nil {
		lost := a.since
		p.LostAt = &lost
	}
	return p
}

// vouch takes in that an agent is there.
func (r *Router) vouch(agent events.AgentID) {
	if r.attended.since.IsZero() || r.attended.there[agent] {
		return
	}
	r.attended.there[agent] = true
	if p, known := r.store.Presence(agent); known {
		r.desk.SetPresence(p)
	}
}
