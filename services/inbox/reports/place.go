package reports

import (
	"errors"
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// Dimension is what a table is grouped by, or narrowed to.
type Dimension = queries.ReportBy

// Place is where something happened. Several teams, tags or segments are joined,
// sorted. Priority is a number in digits; what is about no conversation has none.
type Place struct {
	Channel  string
	Inbox    string
	Queue    string
	Teams    string
	Agent    string
	Tags     string
	Segments string
	Priority string
}

const joint = "\x1f"

func join[S ~string](list []S) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return string(list[0])
	}
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), joint)
}

// values are those of a place in a dimension.
func (p *Place) values(by Dimension) []string {
	switch by {
	case queries.ByChannel:
		return []string{p.Channel}
	case queries.ByInbox:
		return []string{p.Inbox}
	case queries.ByQueue:
		return []string{p.Queue}
	case queries.ByTeam:
		return strings.Split(p.Teams, joint)
	case queries.ByAgent:
		return []string{p.Agent}
	case queries.ByTag:
		return strings.Split(p.Tags, joint)
	case queries.BySegment:
		return strings.Split(p.Segments, joint)
	default:
		return []string{p.Priority}
	}
}

func (p *Place) fields() [8]*string {
	return [8]*string{&p.Channel, &p.Inbox, &p.Queue, &p.Teams, &p.Agent, &p.Tags, &p.Segments, &p.Priority}
}

// Append appends the bytes of a place; equal places have equal ones.
func (p *Place) Append(to []byte) []byte {
	for _, f := range p.fields() {
		to = append(appendUvarint(to, uint64(len(*f))), *f...)
	}
	return to
}

var errPlace = errors.New("not the bytes of a place")

// ReadPlace reads what [Place.Append] wrote.
func ReadPlace(from []byte) (Place, error) {
	var p Place
	for _, f := range p.fields() {
		n, rest, ok := uvarint(from)
		if !ok || n > uint64(len(rest)) {
			return Place{}, errPlace
		}
		*f, from = string(rest[:n]), rest[n:]
	}
	if len(from) > 0 {
		return Place{}, errPlace
	}
	return p, nil
}

// seen reports whether somebody with a scope may know of what happened here.
func (p *Place) seen(s *queries.ReportScope) bool {
	if s == nil || s.Agent != "" && p.Agent == string(s.Agent) {
		return true
	}
	if p.Queue != "" && slices.Contains(s.Queues, events.QueueID(p.Queue)) {
		return true
	}
	return p.Teams != "" && slices.ContainsFunc(strings.Split(p.Teams, joint), func(t string) bool { return slices.Contains(s.Teams, events.TeamID(t)) })
}
