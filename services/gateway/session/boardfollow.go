package session

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/gateway/ask"
)

const (
	// followEvery is how often the inbox is told that somebody looks.
	followEvery = 5 * time.Second
	// An inbox that says nothing for silent is asked again; for silentBeside when
	// another one speaks.
	silent       = 25 * time.Second
	silentBeside = 3 * time.Second
	// changesWaiting bounds the changes that wait here; what does not fit is lost,
	// which the numbers show.
	changesWaiting = 256
)

// follow keeps the board of one spell until ctx ends. A failure is waited out: the
// screens keep what they show.
func (b *boards) follow(ctx context.Context, room *boardroom) {
	for pause := 100 * time.Millisecond; ctx.Err() == nil; pause = min(2*pause, 2*time.Second) {
		began := b.server.Clock.Now()
		if err := b.spell(ctx, room); ctx.Err() == nil {
			b.server.Log.Warn().Err(err).Msg("board not followed, trying again")
		}
		if b.server.Clock.Now().Sub(began) > silent {
			pause = 100 * time.Millisecond
		}
		again := b.server.Clock.NewTimer(pause)
		select {
		case <-again.C():
		case <-ctx.Done():
		}
		again.Stop()
	}
}

// errGap says that a change was lost on the way.
var errGap = errors.New("a change is missing")

// spell follows one source for as long as nothing is lost.
func (b *boards) spell(ctx context.Context, room *boardroom) error {
	nc, in := b.server.Desk.Ask.NC, make(chan *nats.Msg, changesWaiting)
	sub, err := nc.ChanSubscribe(events.BoardSubject, in)
	if err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	defer func() { _ = sub.Unsubscribe() }() // the connection may be gone
	if err := errors.Join(nc.Flush(), nc.Publish(events.BoardFollowSubject, nil)); err != nil {
		return fmt.Errorf("listen for changes: %w", err)
	}
	for {
		b.asked.Inc()
		full, err := ask.Query[queries.BoardAnswer](ctx, b.server.Desk.Ask, queries.Board, queries.AskBoard{})
		if err != nil {
			return err
		}
		b.begin(room, full)
		if err := b.listen(ctx, room, in); err != nil && !errors.Is(err, errGap) {
			return err
		}
	}
}

// listen applies changes until one is missing.
func (b *boards) listen(ctx context.Context, room *boardroom, in <-chan *nats.Msg) error {
	source, number := room.full.Source, room.full.Number // written by this goroutine alone
	heard := b.server.Clock.Now()
	tick := b.server.Clock.NewTimer(followEvery)
	defer tick.Stop()
	var change *queries.BoardChange // parts so far
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C():
			tick.Reset(followEvery)
			if b.server.Clock.Now().Sub(heard) > silent {
				return errGap
			}
			if err := b.server.Desk.Ask.NC.Publish(events.BoardFollowSubject, nil); err != nil {
				return fmt.Errorf("say that somebody looks: %w", err)
			}
		case msg := <-in:
			var part queries.BoardChange
			if err := json.Unmarshal(msg.Data, &part); err != nil {
				return errGap
			}
			if part.Source != source {
				if b.server.Clock.Now().Sub(heard) > silentBeside {
					return errGap
				}
				continue
			}
			heard = b.server.Clock.Now()
			if part.Number <= number {
				continue
			}
			if number++; part.Number != number {
				return errGap
			}
			if change = join(change, &part); !part.More {
				b.apply(room, change)
				change = nil
			}
		}
	}
}

func join(c, part *queries.BoardChange) *queries.BoardChange {
	if c == nil {
		return part
	}
	part.Total = cmp.Or(part.Total, c.Total)
	part.Queues, part.Teams = append(c.Queues, part.Queues...), append(c.Teams, part.Teams...)
	part.Channels, part.Inboxes = append(c.Channels, part.Channels...), append(c.Inboxes, part.Inboxes...)
	part.Asides = append(c.Asides, part.Asides...)
	part.Agents = append(c.Agents, part.Agents...)
	part.Minutes = cmp.Or(part.Minutes, c.Minutes)
	part.Removed, part.RemovedAgents = append(c.Removed, part.Removed...), append(c.RemovedAgents, part.RemovedAgents...)
	return part
}

// begin shows the whole board on every screen.
func (b *boards) begin(room *boardroom, full *queries.BoardAnswer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	first := room.full == nil
	room.full = full
	if first {
		close(room.known)
	}
	if b.room != room {
		return
	}
	for _, a := range b.audiences {
		a.show(full)
		for sc := range a.screens {
			sc.stale = true
		}
		b.refresh(a, full)
	}
}

// refresh sends the whole to the screens of an audience that need it and can take it.
func (b *boards) refresh(a *audience, full *queries.BoardAnswer) {
	for sc := range a.screens {
		if !sc.stale || sc.busy() {
			continue
		}
		whole, err := b.whole(a, full)
		if err != nil {
			b.server.Log.Error().Err(err).Msg("board not shown")
			return
		}
		sc.stale = false
		sc.send(whole)
	}
}

func (b *boards) whole(a *audience, full *queries.BoardAnswer) (boardFrame, error) {
	if a.whole.rest != nil {
		return a.whole, nil
	}
	b.divided.Inc()
	v := a.viewer.Board(full)
	var err error
	a.whole, err = newFrame(live.TypeBoard, live.Board{
		At: v.At, AsOf: v.AsOf, Total: v.Total, Queues: v.Queues, Teams: v.Teams, Channels: v.Channels, Inboxes: v.Inboxes,
		Agents: v.Agents, Alarms: v.Alarms, Zone: v.Zone, Minutes: v.Minutes,
	})
	return a.whole, err
}

// show notes what an audience was shown.
func (a *audience) show(full *queries.BoardAnswer) {
	a.whole, a.agents = boardFrame{}, map[events.AgentID]bool{}
	for _, agent := range a.viewer.Agents(full.Agents) {
		a.agents[agent.ID] = true
	}
	total := a.viewer.Total(full)
	a.total, _ = json.Marshal(total) // a line can always be written
	a.channels = nil
	a.moved(full)
}

// moved are the channels that are not as the audience was told last, and those that
// are gone. Whose board has every channel whole is told what the board's own change
// says; see part.
func (a *audience) moved(full *queries.BoardAnswer) (lines []queries.BoardLine, gone []queries.BoardScope) {
	if a.viewer.Administrator() {
		return nil, nil
	}
	before := a.channels
	a.channels = map[string][]byte{}
	for _, l := range a.viewer.Channels(full) {
		data, _ := json.Marshal(l) // a line can always be written
		a.channels[l.ID] = data
		if !bytes.Equal(data, before[l.ID]) {
			lines = append(lines, l)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(before)) {
		if a.channels[id] == nil {
			gone = append(gone, queries.BoardScope{Kind: queries.BoardChannel, ID: id})
		}
	}
	return lines, gone
}

// apply changes the board and tells every screen what of it concerns them.
func (b *boards) apply(room *boardroom, c *queries.BoardChange) {
	b.mu.Lock()
	defer b.mu.Unlock()
	update(room.full, c)
	if b.room != room {
		return
	}
	for _, a := range b.audiences {
		a.whole = boardFrame{}
		frame, err := b.part(a, room.full, c)
		if err != nil {
			b.server.Log.Error().Err(err).Msg("board not shown")
			continue
		}
		for sc := range a.screens {
			switch {
			case sc.stale:
			case sc.busy():
				sc.stale = true
			default:
				sc.send(frame)
			}
		}
		b.refresh(a, room.full)
	}
}

// part is what of a change an audience is told.
func (b *boards) part(a *audience, full *queries.BoardAnswer, c *queries.BoardChange) (boardFrame, error) {
	b.divided.Inc()
	v := a.viewer
	out := live.BoardChange{
		At: c.At, AsOf: c.AsOf, Queues: v.Lines(queries.BoardQueue, c.Queues), Teams: v.Lines(queries.BoardTeam, c.Teams),
		Inboxes: v.Lines(queries.BoardInbox, c.Inboxes), Alarms: v.Alarms(c.Alarms), Minutes: v.Minutes(c.Minutes),
	}
	total := v.Total(full)
	data, err := json.Marshal(total)
	if err != nil {
		return boardFrame{}, fmt.Errorf("encode the total: %w", err)
	}
	if !bytes.Equal(data, a.total) {
		a.total, out.Total = data, &total
	}
	if out.Channels, out.Removed = a.moved(full); v.Administrator() {
		out.Channels = c.Channels
	}
	for _, gone := range c.Removed {
		if gone.Kind != queries.BoardAside && v.SeesLine(gone) && (v.Administrator() || gone.Kind != queries.BoardChannel) {
			out.Removed = append(out.Removed, gone)
		}
	}
	for i := range c.Agents {
		agent := &c.Agents[i]
		switch {
		case v.SeesAgent(agent):
			a.agents[agent.ID] = true
			out.Agents = append(out.Agents, *agent)
		case a.agents[agent.ID]: // they left the team
			delete(a.agents, agent.ID)
			out.RemovedAgents = append(out.RemovedAgents, agent.ID)
		}
	}
	for _, gone := range c.RemovedAgents {
		if a.agents[gone] {
			delete(a.agents, gone)
			out.RemovedAgents = append(out.RemovedAgents, gone)
		}
	}
	return newFrame(live.TypeBoardChange, out)
}

// update makes the board what it is after a change.
func update(full *queries.BoardAnswer, c *queries.BoardChange) {
	full.At, full.AsOf, full.Number, full.Alarms = c.At, c.AsOf, c.Number, c.Alarms
	if c.Total != nil {
		full.Total = *c.Total
	}
	if c.Minutes != nil {
		full.Minutes = full.Minutes.Join(c.Minutes)
	}
	line := func(l queries.BoardLine) string { return l.ID }
	for _, l := range []struct {
		kind  queries.BoardKind
		lines *[]queries.BoardLine
		with  []queries.BoardLine
	}{
		{queries.BoardQueue, &full.Queues, c.Queues}, {queries.BoardTeam, &full.Teams, c.Teams},
		{queries.BoardChannel, &full.Channels, c.Channels}, {queries.BoardInbox, &full.Inboxes, c.Inboxes},
		{queries.BoardAside, &full.Asides, c.Asides},
	} {
		replace(l.lines, l.with, line)
		for _, gone := range c.Removed {
			if gone.Kind != l.kind {
				continue
			}
			remove(l.lines, gone.ID, line)
			if full.Minutes != nil {
				full.Minutes.Lines = slices.DeleteFunc(full.Minutes.Lines, func(c queries.BoardCourse) bool { return c.Scope() == gone })
			}
		}
	}
	agent := func(a queries.BoardAgent) string { return string(a.ID) }
	replace(&full.Agents, c.Agents, agent)
	for _, gone := range c.RemovedAgents {
		remove(&full.Agents, string(gone), agent)
	}
}

// find is where an id stands, or would, in a list that is sorted by id.
func find[T any](list []T, id string, of func(T) string) (int, bool) {
	return slices.BinarySearchFunc(list, id, func(e T, id string) int { return cmp.Compare(of(e), id) })
}

func replace[T any](list *[]T, with []T, of func(T) string) {
	for _, e := range with {
		if at, there := find(*list, of(e), of); there {
			(*list)[at] = e
		} else {
			*list = slices.Insert(*list, at, e)
		}
	}
}

func remove[T any](list *[]T, id string, of func(T) string) {
	if at, there := find(*list, id, of); there {
		*list = slices.Delete(*list, at, at+1)
	}
}
