package conversation

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tributary-inbox/tributary/contracts/commands"
	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
)

// owns makes a contact who is known by one address, and writes from it.
func (b *book) owns(name string) (events.ContactID, events.Point) {
	return b.meets(name), email(name)
}

func (b *book) writesFrom(p events.Point, join events.ConversationID, change ...func(*Arrival)) events.ConversationID {
	id, _ := b.writes(b.holder(p), join, append([]func(*Arrival){func(a *Arrival) { a.Message.From = &p }}, change...)...)
	return id
}

// holder is who holds an address now.
func (b *book) holder(p events.Point) events.ContactID {
	for id, c := range b.contacts {
		if _, held := c.Holds(p.Key()); held {
			return id
		}
	}
	return ""
}

// answersOver has an agent answer over the road to an address.
func (b *book) answersOver(t interface{ Fatal(...any) }, c events.ConversationID, to events.Point) events.MessageID {
	s, _ := FollowConversation(b, c)
	d := b.draft(b.holder(to))
	id := events.MessageID(fmt.Sprint("out", b.n))
	road, ok := s.LastRoad(func(r Road) bool { return r.To.Key() == to.Key() })
	if !ok {
		road = Road{Inbox: "mail", Channel: "email", To: to}
	}
	if problem := d.Answer(s, id, road, commands.ReplyBody{Text: "an answer"}); problem != nil {
		t.Fatal(problem)
	}
	b.keep(d)
	return id
}

// filled gives every field of a conversation a value of its own, and those that hold
// or do not the one that is asked for.
func filled(t *testing.T, seed string, holds bool) *State {
	t.Helper()
	s, n := new(State), 0
	var fill func(v reflect.Value)
	fill = func(v reflect.Value) {
		n++
		switch v.Interface().(type) {
		case time.Time:
			v.Set(reflect.ValueOf(time.Date(2026, 1, 1, 0, n, len(seed), 0, time.UTC)))
			return
		case bool:
			v.SetBool(holds)
			return
		}
		switch v.Kind() {
		case reflect.String:
			v.SetString(fmt.Sprint(seed, n))
		case reflect.Int, reflect.Int64:
			v.SetInt(int64(n))
		case reflect.Float64:
			v.SetFloat(float64(n))
		case reflect.Pointer:
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem())
		case reflect.Slice:
			v.Set(reflect.MakeSlice(v.Type(), 1, 1))
			fill(v.Index(0))
		case reflect.Map:
			v.Set(reflect.MakeMap(v.Type()))
		case reflect.Struct:
			for i := range v.NumField() {
				fill(v.Field(i))
			}
		default:
			t.Fatalf("a field of kind %s is new here: say how it comes back", v.Kind())
		}
	}
	fill(reflect.ValueOf(s).Elem())
	return s
}

// fields are those of a conversation, those of its row among them.
func fields(s *State) map[string]any {
	out := map[string]any{}
	walk := func(v reflect.Value) {
		for i := range v.NumField() {
			if f := v.Type().Field(i); !f.Anonymous {
				out[f.Name] = v.Field(i).Interface()
			}
		}
	}
	walk(reflect.ValueOf(s).Elem())
	walk(reflect.ValueOf(&s.Conversation).Elem())
	return out
}

// Every field of both conversations is after a merge and its reversal what it was
// before. What is not stands here with its reason; a field that is new has to come
// back, or to be put here.
func TestAReversalGivesBackEveryField(t *testing.T) {
	moves := map[string]string{"Version": "grows with every decision", "UpdatedAt": "the time of the newest decision"}
	anew := map[string]string{
		"Status": "what comes back is open, to be looked at", "SnoozedUntil": "it was ended by the merge",
		"Wait": "its place ended, and it gets a new one where its queue gives out work", "Offer": "withdrawn with the place", "Chosen": "ends with the place",
	}
	for i := range 8 {
		giving, hold := i&1 > 0, map[events.ConversationID]bool{"mine": i&2 > 0, "theirs": i&4 > 0}
		b := newBook()
		kim, hers := b.owns("kim")
		lee, his := b.owns("lee")
		if giving {
			b.queues["front"] = config.Queue{ID: "front", Mode: config.QueuePush}
		}
		put := func(id events.ConversationID, c events.ContactID, p events.Point) map[string]any {
			s := filled(t, string(c), hold[id])
			s.ID, s.Contact, s.Status, s.Thread, s.MergedInto, s.Sides = id, events.ContactRef{ID: c, Name: b.contacts[c].Name}, events.Open, "", "", nil
			s.Roads[0].To, s.SnoozedUntil, s.Queue, s.Callback, s.Segments = p, nil, "front", nil, nil
			if s.Wait.Queue = "front"; giving {
				s.Assignee = ""
			} else {
				s.Wait, s.Offer = nil, nil
			}
			b.conversations[id] = s
			b.contacts[c].Live = []events.ConversationID{id}
			return fields(s.clone())
		}
		before := map[events.ConversationID]map[string]any{"mine": put("mine", kim, hers), "theirs": put("theirs", lee, his)}
		for name, v := range before["mine"] {
			switch name {
			case "Thread", "MergedInto", "Sides", "SnoozedUntil", "Callback", "Segments", "Assignee", "Wait", "Offer":
			default:
				if reflect.ValueOf(v).IsZero() && v != false {
					t.Fatalf("%s was not set, so nothing is seen of it", name)
				}
			}
		}
		merge(t, b, kim, lee)
		if b.conversations["mine"].Unread == before["mine"]["Unread"] {
			t.Fatal("nothing was joined")
		}
		reverse(t, b, kim, lee)
		for id, was := range before {
			for name, v := range fields(b.conversations[id]) {
				if moves[name] != "" || id == "theirs" && anew[name] != "" {
					continue
				}
				if x, y := text(t, was[name]), text(t, v); x != y {
					t.Errorf("%s of %s was %s and is %s (gives out work: %v)", name, id, x, y, giving)
				}
			}
		}
		if s := b.conversations["theirs"]; giving && (s.Wait == nil || !s.Wait.Since.Equal(*before["theirs"]["WaitingSince"].(*time.Time))) {
			t.Errorf("theirs waits in %+v", s.Wait)
		}
	}
}

func text(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// What is said while two are one is dealt out by whose address it was: afterwards
// each conversation is what it would be had they never been merged.
func TestWhatIsSaidDuringAMergeGoesWithItsAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one, apart := newBook(), newBook()
		names := []string{"kim", "lee"}
		var who []events.ContactID
		var points []events.Point
		var talks []events.ConversationID
		for _, name := range names {
			id, p := one.owns(name)
			apart.owns(name)
			who, points = append(who, id), append(points, p)
		}
		for _, p := range points {
			c := one.writesFrom(p, "")
			apart.writesFrom(p, "")
			talks = append(talks, c)
		}
		merge(t, one, who[0], who[1])
		for i := range rapid.IntRange(0, 12).Draw(t, "steps") {
			at := rapid.IntRange(0, 1).Draw(t, "whose")
			p, own := points[at], talks[at]
			apart.now, apart.n = one.now, one.n
			switch rapid.IntRange(0, 3).Draw(t, "what") {
			case 0, 1:
				behind := time.Duration(rapid.IntRange(0, 7200).Draw(t, "behind")) * time.Second
				chat := rapid.Bool().Draw(t, "chat")
				change := func(a *Arrival) {
					a.Message.OccurredAt = a.Message.OccurredAt.Add(-behind)
					a.Message.Subject = fmt.Sprint("subject ", i)
					if chat {
						a.Message.Channel, a.Message.InboxID = "webchat", "chat"
					}
				}
				one.writesFrom(p, talks[0], change)
				apart.writesFrom(p, own, change)
			case 2:
				id := one.answersOver(t, talks[0], p)
				apart.answersOver(t, own, p)
				leavesAs(t, one, id)
				leavesAs(t, apart, id)
			case 3:
				one.does(t, talks[0], func(d *Draft, s *State) *commands.Problem { return d.MarkRead(s) })
				for _, c := range talks {
					apart.does(t, c, func(d *Draft, s *State) *commands.Problem { return d.MarkRead(s) })
				}
			}
		}
		reverse(t, one, who[0], who[1])
		for i, c := range talks {
			got, want := one.conversations[c].talk(), apart.conversations[c].talk()
			// An agent who answers one has read both, as they are one on the screen.
			got.Unread, want.Unread = 0, 0
			// What the sorting of equal times shows differs where nothing else is said.
			if shown(t, got) != shown(t, want) {
				t.Fatalf("%s is\n%s\nand alone would be\n%s", names[i], shown(t, got), shown(t, want))
			}
			if len(one.conversations[c].Sides) != 0 {
				t.Fatalf("%s still has sides: %+v", c, one.conversations[c].Sides)
			}
		}
		settled(t, one)
		if one.replayed(t).state(t) != one.state(t) {
			t.Fatal("the log tells another story")
		}
	})
}

func shown(t interface{ Fatal(...any) }, v any) string {
	data, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func leavesAs(t interface{ Fatal(...any) }, b *book, id events.MessageID) {
	d := b.draft(b.messages[id].Contact)
	if _, problem := d.BeginSend(commands.BeginSendBody{Message: id}); problem != nil {
		t.Fatal(problem)
	}
	b.keep(d)
	d = b.draft(b.messages[id].Contact)
	if problem := d.EndSend(commands.EndSendBody{Message: id, Result: events.SendResult{Outcome: events.Sent, ProviderIDs: []string{"<" + string(id) + ">"}}}); problem != nil {
		t.Fatal(problem)
	}
	b.keep(d)
}

// settled says that every message and every road stands with whoever holds its
// address.
func settled(t interface{ Fatalf(string, ...any) }, b *book) {
	for id, ref := range b.messages {
		s, ok := FollowConversation(b, ref.Conversation)
		if !ok || ref.To == "" {
			continue
		}
		owner, _ := FollowContact(b, s.Contact.ID)
		if _, held := owner.Holds(ref.To); !held {
			t.Fatalf("%s went to %q and stands with %s, who holds %v", id, ref.To, owner.ID, owner.Points)
		}
	}
	for id, s := range b.conversations {
		owner, _ := FollowContact(b, s.Contact.ID)
		for _, r := range s.Roads {
			if _, held := owner.Holds(r.To.Key()); s.MergedInto == "" && !held {
				t.Fatalf("%s of %s leads to %s", id, owner.ID, r.To.Value)
			}
		}
	}
}

// Whoever is merged into whom, and taken out again in whatever order, with words in
// between: a conversation leads to its own customer and to nobody else.
func TestNoRoadLeadsToAnotherCustomer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBook()
		var points []events.Point
		var all []events.ContactID
		for _, name := range []string{"kim", "lee", "bo", "cho"} {
			id, p := b.owns(name)
			all, points = append(all, id), append(points, p)
		}
		stands := func(what string) *Contact {
			c, _ := FollowContact(b, rapid.SampledFrom(all).Draw(t, what))
			return c
		}
		from := map[events.MessageID]events.Point{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			p := rapid.SampledFrom(points).Draw(t, "address")
			c := b.contacts[b.holder(p)]
			var join events.ConversationID
			if n := len(c.Live); n > 0 {
				join = c.Live[n-1]
			}
			switch rapid.IntRange(0, 6).Draw(t, "what") {
			case 0, 1, 2:
				b.writesFrom(p, join)
				from[events.MessageID(fmt.Sprint("ms", b.n))] = p
			case 3:
				if join != "" {
					from[b.answersOver(t, join, p)] = p
				}
			case 4:
				if join != "" {
					b.does(t, join, resolve)
				}
			case 5:
				if into, other := stands("into"), stands("from"); into != other {
					merge(t, b, into.ID, other.ID)
				}
			case 6:
				if into := stands("of"); len(into.Merged) > 0 {
					reverse(t, b, into.ID, rapid.SampledFrom(into.Merged).Draw(t, "regretted").From)
				}
			}
			settled(t, b)
			for id, p := range from {
				s, _ := FollowConversation(b, b.messages[id].Conversation)
				if owner, _ := FollowContact(b, s.Contact.ID); owner.ID != b.holder(p) {
					t.Fatalf("%s was said over %s and stands with %s", id, p.Value, owner.ID)
				}
			}
		}
		for { // undo all
			at := slices.IndexFunc(all, func(id events.ContactID) bool { c := b.contacts[id]; return c.MergedInto == "" && len(c.Merged) > 0 })
			if at < 0 {
				break
			}
			reverse(t, b, all[at], b.contacts[all[at]].Merged[0].From)
			settled(t, b)
		}
		for id, s := range b.conversations {
			if len(s.Sides) > 0 {
				t.Fatalf("%s has sides though nobody is merged: %+v", id, s.Sides)
			}
		}
		if b.replayed(t).state(t) != b.state(t) {
			t.Fatal("the log tells another story")
		}
	})
}
