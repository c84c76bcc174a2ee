package boardservice

import (
	"encoding/json"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/pkg/feed"
	"github.com/tributary-inbox/tributary/pkg/kv"
)

// Setting is one entry of the bucket of settings, reduced to what the board needs;
// nothing for those that do not concern it. It keeps no password and no secret.
type Setting struct {
	kind    string
	id      string
	removed bool
	agent   config.Agent
	queue   config.Queue
	inbox   config.Inbox
	load    config.Workload
	alarm   queries.Alarm
}

// DecodeSetting reads an entry; it is for feed.Open over the bucket's log.
func DecodeSetting(r feed.Raw) (Setting, error) {
	kind, id, removed := kv.Entry(events.ConfigBucket, r.Subject, r.Header)
	s := Setting{kind: kind, id: id, removed: removed}
	switch kind {
	case config.KindAgent, config.KindQueue, config.KindTeam, config.KindInbox, config.KindWorkload, config.KindAlarm:
	default:
		return Setting{}, nil
	}
	if removed {
		return s, nil
	}
	if err := s.read(r.Data); err != nil {
		return Setting{}, fmt.Errorf("decode a setting of kind %s: %w", kind, err)
	}
	return s, nil
}

func (s *Setting) read(data []byte) error {
	switch s.kind {
	case config.KindAgent:
		var a config.Agent
		err := json.Unmarshal(data, &a)
		s.agent = config.Agent{ID: a.ID, Teams: a.Teams, Capacity: a.Capacity, Disabled: a.Disabled}
		return err
	case config.KindQueue:
		var q config.Queue
		err := json.Unmarshal(data, &q)
		s.queue = config.Queue{ID: q.ID, Teams: q.Teams}
		return err
	case config.KindInbox:
		var i config.Inbox
		err := json.Unmarshal(data, &i)
		s.inbox = config.Inbox{ID: i.ID, Channel: i.Channel, Queue: i.Queue, Team: i.Team}
		return err
	case config.KindWorkload:
		return json.Unmarshal(data, &s.load)
	case config.KindAlarm:
		return json.Unmarshal(data, &s.alarm)
	}
	return nil
}

// apply changes a state by one setting, and reports whether it concerned it.
func (st *state) setting(e *feed.Entry[Setting]) bool {
	st.settings = e.Seq
	s := &e.Value
	if e.Err != nil || s.kind == "" {
		return false
	}
	st.upTo(e.Time)
	st.board.Pass(e.Time)
	switch s.kind {
	case config.KindAgent:
		if s.removed {
			s = &Setting{agent: config.Agent{ID: events.AgentID(s.id), Disabled: true}}
		}
		st.board.SetAgent(s.agent)
	case config.KindQueue:
		if s.removed {
			st.board.RemoveQueue(events.QueueID(s.id))
		} else {
			st.board.SetQueue(s.queue)
		}
	case config.KindTeam:
		if s.removed {
			st.board.RemoveTeam(events.TeamID(s.id))
		} else {
			st.board.SetTeam(config.Team{ID: events.TeamID(s.id)})
		}
	case config.KindInbox:
		if s.removed {
			st.board.RemoveInbox(events.InboxID(s.id))
		} else {
			st.board.SetInbox(&s.inbox)
		}
	case config.KindWorkload:
		if s.removed {
			s = &Setting{load: config.DefaultWorkload()}
		}
		st.board.SetWorkload(s.load)
	case config.KindAlarm:
		if s.removed {
			delete(st.alarms, s.id)
		} else {
			st.alarms[s.id] = s.alarm
		}
		st.setAlarms()
	}
	return true
}
