package reports

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// What a conversation carries is put together with what was noted of it only when
// somebody asks: a tag that is put on a week later is found under all that happened
// before, and costs one write, however long the conversation is. It is kept as a
// place of which nothing but tags, segments and agents are set. Agents are those who
// ended a gap, one after the other: a gap is a time in which nobody had it.
//
// maxGaps bounds them; what comes in a later gap stays nobody's.
const maxGaps = 32

// followed are the numbers that count for the agent who comes, where nobody has the
// conversation when they happen.
var followed = map[Number]bool{queries.ReportOpened: true, queries.ReportReopened: true, queries.ReportReceived: true}

// gap is how a place names the agent who ends a gap of its conversation.
func gap(n int) string { return joint + strconv.Itoa(n) }

// coming is the name of who comes after what happens now, while nobody is there. It
// opens a gap where none is open.
func (t *touched) coming() string {
	agents := gaps(t.carried.Agent)
	if n := len(agents); n > 0 && agents[n-1] == "" {
		return gap(n - 1)
	}
	if len(agents) == maxGaps {
		return ""
	}
	t.carried.Agent += joint
	return gap(len(agents))
}

// came ends the gap that is open, if one is.
func (t *touched) came(agent string) {
	agents := gaps(t.carried.Agent)
	if n := len(agents); agent != "" && n > 0 && agents[n-1] == "" {
		t.carried.Agent = strings.TrimSuffix(t.carried.Agent, joint) + agent + joint
	}
}

// gaps are the agents of a list, each of whom stands before a joint; the last one is
// empty while their gap is open.
func gaps(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(list, joint), joint)
}

// carry stores what a conversation carries after the decision.
func (f *Fold) carry(t *touched) {
	holder := string(t.row.Assignee)
	if holder == "" {
		holder = t.answerer
	}
	t.came(holder)
	t.carried.Tags, t.carried.Segments = join(t.row.Tags), join(t.row.Segments)
	if t.carried != f.keeper.Carried(t.id) {
		f.keeper.Carry(t.id, t.carried)
	}
}

// with is where something happened, under what its conversation carries by now.
func (p Place) with(carried *Place) Place {
	p.Tags, p.Segments = carried.Tags, carried.Segments
	if !strings.HasPrefix(p.Agent, joint) {
		return p
	}
	n, err := strconv.Atoi(p.Agent[len(joint):])
	agents := gaps(carried.Agent)
	if p.Agent = ""; err == nil && n >= 0 && n < len(agents) {
		p.Agent = agents[n]
	}
	return p
}

// glass sees places as a question asks for them.
type glass struct {
	source Source
	query  *Query
	labels bool // the question depends on tags or segments
	agents bool // or on agents
	// What was looked up before, by number: carried by conversation, one more than
	// it is, and of places whether they name who comes.
	carried []uint32
	gaps    []byte
}

func newGlass(s Source, q *Query) *glass {
	asks := func(by Dimension) bool {
		_, narrowed := q.Only[by]
		return narrowed || slices.Contains(q.By, by)
	}
	return &glass{
		source: s, query: q, labels: asks(queries.ByTag) || asks(queries.BySegment),
		agents: asks(queries.ByAgent) || q.Scope != nil && q.Scope.Agent != "",
	}
}

// spot is a place with what its conversation carries, by number; the latter is
// nought where that is of no matter.
type spot struct{ place, carried uint32 }

// spot finds where a record stands. The backlog is a state, and stands where it
// stood.
func (g *glass) spot(code Code, r *Record) (spot, error) {
	s := spot{place: r.Place}
	if r.Conversation == 0 || code == BacklogCode || !g.labels && !g.agents {
		return s, nil
	}
	if !g.labels {
		if gap, err := g.gap(r.Place); err != nil || !gap {
			return s, err
		}
	}
	var err error
	s.carried, err = g.carries(r.Conversation)
	return s, err
}

const (
	knownGap = 1 + iota
	knownAgent
)

// gap reports whether a place names who comes.
func (g *glass) gap(place uint32) (bool, error) {
	g.gaps = grown(g.gaps, place)
	if g.gaps[place] == 0 {
		p, err := g.source.Place(place)
		if err != nil {
			return false, err
		}
		g.gaps[place] = knownAgent
		if strings.HasPrefix(p.Agent, joint) {
			g.gaps[place] = knownGap
		}
	}
	return g.gaps[place] == knownGap, nil
}

// carries is the number of what a conversation carries.
func (g *glass) carries(conversation uint32) (uint32, error) {
	g.carried = grown(g.carried, conversation)
	if n := g.carried[conversation]; n > 0 {
		return n - 1, nil
	}
	n, err := g.source.Carried(conversation)
	if err == nil {
		g.carried[conversation] = n + 1
	}
	return n, err
}

// grown is a list that has room for an index.
func grown[T any](list []T, index uint32) []T {
	if n := int(index) + 1; n > len(list) {
		list = append(list, make([]T, max(n, 2*len(list))-len(list))...)
	}
	return list
}

// now is a place under what its conversation carries, where that matters.
func (g *glass) now(p Place, conversation uint32) (Place, error) {
	if !g.labels || conversation == 0 {
		return p, nil
	}
	n, err := g.carries(conversation)
	if err != nil || n == 0 {
		return p, err
	}
	carried, err := g.source.Place(n)
	return p.with(&carried), err
}

// at is the place of a spot, and whether the question takes what a number notes
// there.
func (g *glass) at(code Code, s spot) (Place, bool, error) {
	p, err := g.source.Place(s.place)
	if err == nil && s.carried != 0 {
		var carried Place
		if carried, err = g.source.Place(s.carried); err == nil {
			p = p.with(&carried)
		}
	}
	if strings.HasPrefix(p.Agent, joint) {
		p.Agent = "" // nobody asks who
	}
	return p, err == nil && g.query.takes(code, &p), err
}
