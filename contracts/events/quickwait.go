package events

import "time"

var (
	waitFields   = fieldNames("queue", "since", "entered", "needs", "prefer", "passed", "overflowed")
	needFields   = fieldNames("skill", "level")
	passedFields = fieldNames("agent", "at", "outcome")
	offerFields  = fieldNames("id", "agent", "at", "until")
	clockFields  = fieldNames("kind", "policy", "started_at", "target_ms", "warn_at", "due_at", "paused_at", "left_ms", "warned", "breached")
)

func (r *quickReader) wait() *Wait {
	if r.null() {
		return nil
	}
	v := new(Wait)
	for place := -1; ; {
		switch r.field(waitFields, &place) {
		case "":
			return v
		case "queue":
			v.Queue = QueueID(r.text())
		case "since":
			v.Since = r.time()
		case "entered":
			v.Entered = r.time()
		case "needs":
			v.Needs = quickList(r, (*quickReader).need)
		case "prefer":
			v.Prefer = AgentID(r.text())
		case "passed":
			v.Passed = quickList(r, (*quickReader).passed)
		case "overflowed":
			v.Overflowed = quickList(r, func(r *quickReader) QueueID { return QueueID(r.text()) })
		}
	}
}

func (r *quickReader) need() (v Need) {
	for place := -1; ; {
		switch r.field(needFields, &place) {
		case "":
			return v
		case "skill":
			v.Skill = SkillID(r.text())
		case "level":
			v.Level = r.int()
		}
	}
}

func (r *quickReader) passed() (v Passed) {
	for place := -1; ; {
		switch r.field(passedFields, &place) {
		case "":
			return v
		case "agent":
			v.Agent = AgentID(r.text())
		case "at":
			v.At = r.time()
		case "outcome":
			v.Outcome = r.text()
		}
	}
}

func (r *quickReader) offer() *Offer {
	if r.null() {
		return nil
	}
	v := new(Offer)
	for place := -1; ; {
		switch r.field(offerFields, &place) {
		case "":
			return v
		case "id":
			v.ID = OfferID(r.text())
		case "agent":
			v.Agent = AgentID(r.text())
		case "at":
			v.At = r.time()
		case "until":
			v.Until = r.time()
		}
	}
}

func (r *quickReader) clock() (v Clock) {
	for place := -1; ; {
		switch r.field(clockFields, &place) {
		case "":
			return v
		case "kind":
			v.Kind = ClockKind(r.text())
		case "policy":
			v.Policy = PolicyID(r.text())
		case "started_at":
			v.StartedAt = r.time()
		case "target_ms":
			v.Target = int64(r.number())
		case "warn_at":
			v.WarnAt = r.timePointer()
		case "due_at":
			v.DueAt = r.timePointer()
		case "paused_at":
			v.PausedAt = r.timePointer()
		case "left_ms":
			v.Left = int64(r.number())
		case "warned":
			v.Warned = r.yes()
		case "breached":
			v.Breached = r.yes()
		}
	}
}

// waiting writes what a conversation waits for.
func (w *quickWriter) waiting(c *Conversation) {
	if c.Wait != nil {
		w.place(`,"wait":`, c.Wait)
	}
	if v := c.Offer; v != nil {
		w.field(`,"offer":{"id":`, string(v.ID))
		w.field(`,"agent":`, string(v.Agent))
		w.time(`,"at":`, v.At)
		w.time(`,"until":`, v.Until)
		w.b = append(w.b, '}')
	}
	if c.Unbegun != nil {
		w.place(`,"unbegun":`, c.Unbegun)
	}
	for i := range c.Clocks {
		w.begin(`,"clocks":`, i)
		w.clock(&c.Clocks[i])
	}
	w.finish(len(c.Clocks))
}

func (w *quickWriter) place(before string, v *Wait) {
	w.lit(before)
	w.field(`{"queue":`, string(v.Queue))
	w.time(`,"since":`, v.Since)
	w.time(`,"entered":`, v.Entered)
	for i := range v.Needs {
		w.begin(`,"needs":`, i)
		w.field(`{"skill":`, string(v.Needs[i].Skill))
		w.number(`,"level":`, int64(v.Needs[i].Level))
		w.b = append(w.b, '}')
	}
	w.finish(len(v.Needs))
	w.optional(`,"prefer":`, string(v.Prefer))
	for i := range v.Passed {
		w.begin(`,"passed":`, i)
		w.field(`{"agent":`, string(v.Passed[i].Agent))
		w.time(`,"at":`, v.Passed[i].At)
		w.field(`,"outcome":`, v.Passed[i].Outcome)
		w.b = append(w.b, '}')
	}
	w.finish(len(v.Passed))
	for i := range v.Overflowed {
		w.begin(`,"overflowed":`, i)
		w.text(string(v.Overflowed[i]))
	}
	w.finish(len(v.Overflowed))
	w.b = append(w.b, '}')
}

func (w *quickWriter) clock(v *Clock) {
	w.field(`{"kind":`, string(v.Kind))
	w.field(`,"policy":`, string(v.Policy))
	w.time(`,"started_at":`, v.StartedAt)
	w.number(`,"target_ms":`, v.Target)
	w.optionalTime(`,"warn_at":`, v.WarnAt)
	w.optionalTime(`,"due_at":`, v.DueAt)
	w.optionalTime(`,"paused_at":`, v.PausedAt)
	if v.Left != 0 {
		w.number(`,"left_ms":`, v.Left)
	}
	if v.Warned {
		w.lit(`,"warned":true`)
	}
	if v.Breached {
		w.lit(`,"breached":true`)
	}
	w.b = append(w.b, '}')
}

func (w *quickWriter) optionalTime(before string, t *time.Time) {
	if t != nil {
		w.time(before, *t)
	}
}

// begin stands before element i of a list that is left out when empty, finish
// after the last of n.
func (w *quickWriter) begin(before string, i int) {
	if i == 0 {
		w.lit(before)
	}
	w.separate(i)
}

func (w *quickWriter) finish(n int) {
	if n > 0 {
		w.b = append(w.b, ']')
	}
}
