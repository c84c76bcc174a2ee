package bench

import "testing"

// What is given twice counts as doubled, what is never given as lost, and what
// another run sent not at all. To see it fail, have tell leave out seen.
func TestDealerCountsAssignments(t *testing.T) {
	b := newBoard(Plan{}, 3)
	d := &dealer{board: b, index: map[string]int{}, given: map[string]string{}, holds: map[string]int{}, assigned: make([]int64, 3), give: make(chan string, 3)}
	of := func(id, assignee string) (h head) {
		h.Conversation.ID, h.Conversation.Assignee = id, assignee
		return h
	}
	for n, c := range []string{"a", "b", "c"} {
		b.sent[n].Store(1)
		b.acked[n].Store(2)
		d.tell(of(c, ""), n, true, false, 3)
	}
	d.tell(of("a", "anna"), 0, false, true, 4)
	d.tell(of("b", "anna"), 0, false, true, 5)
	d.tell(of("b", "bela"), 0, false, true, 6)
	d.tell(of("a", "anna"), 0, false, false, 7)
	d.tell(of("stranger", "anna"), 0, false, true, 8)
	if r := d.result(&watchers{}); r.Seen != 2 || r.Lost != 1 || r.Doubled != 1 {
		t.Errorf("counted %+v", *r)
	}
	if d.most != 2 || d.holds["anna"] != 1 || len(d.give) != 2 || d.assigned[1] != 5 {
		t.Errorf("at most %d, held %v, %d to resolve, given at %v", d.most, d.holds, len(d.give), d.assigned)
	}
}
