package board

import (
	"cmp"
	"slices"

	"github.com/tributary-inbox/tributary/contracts/queries"
)

// scope is one line of the board.
type scope struct {
	kind    queries.BoardKind
	id      string
	load    load
	waiters waiters
	ring    ring
	course  course
	duty    gauge
	today   today
	books   queries.Book
	gone    bool // taken away by settings; shown while something stands in it
}

func (s *scope) shown() bool { return !s.gone || s.load != load{} }

// load counts what stands in a line by how it stands.
type load struct {
	open, snoozed, waiting, offered, inWork, atRisk, breached, late, callbacks, due int
}

func (l *load) add(s stand, by int) {
	for _, c := range []struct {
		is bool
		n  *int
	}{
		{s.open, &l.open}, {s.snoozed, &l.snoozed}, {s.waiting, &l.waiting}, {s.offered, &l.offered}, {s.inWork, &l.inWork},
		{s.atRisk, &l.atRisk}, {s.breached, &l.breached}, {s.late, &l.late}, {s.callback, &l.callbacks}, {s.due, &l.due},
	} {
		if c.is {
			*c.n += by
		}
	}
}

// scopes are the lines of one kind, found by id and kept in its order.
type scopes struct {
	kind queries.BoardKind
	byID map[string]*scope
	list []*scope
}

func newScopes(kind queries.BoardKind) scopes {
	return scopes{kind: kind, byID: map[string]*scope{}}
}

// of is the line of an id, made when it is asked for the first time.
func (s *scopes) of(id string) *scope {
	if known, ok := s.byID[id]; ok {
		return known
	}
	made := &scope{kind: s.kind, id: id}
	s.byID[id] = made
	at, _ := slices.BinarySearchFunc(s.list, id, func(l *scope, id string) int { return cmp.Compare(l.id, id) })
	s.list = slices.Insert(s.list, at, made)
	return made
}

// remove has a line end when nothing stands in it any more.
func (s *scopes) remove(id string) {
	if known, ok := s.byID[id]; ok {
		known.gone = true
	}
}
