package house

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sort"
	"strings"
	"text/tabwriter"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/feed"
)

// Book is the balance of one inbox over the whole log.
type Book struct {
	Received, Stored, Duplicate, Rejected uint64
}

// Report is what a walk over the whole log found.
type Report struct {
	Books     map[events.InboxID]*Book
	Decisions uint64
	// Open counts the statements behind the last one that was decided. The program
	// decides them as soon as it runs: a backup under traffic has some, and so has a
	// log whose writer was killed.
	Open uint64
	// Faults says what does not hold; empty is good. It stops at 100.
	Faults []string
}

// outcome is what became of a statement, and in whose book it stands.
type outcome struct {
	what  string
	inbox events.InboxID
	here  bool // INBOUND had the statement when the walk came by
}

// verifier walks the log once and keeps what it needs to judge.
type verifier struct {
	report   Report
	outcomes map[uint64]outcome // by statement
	stored   map[string]uint64  // statement key -> decision that stored it
	messages map[events.MessageID]uint64
	versions map[events.ConversationID]int64
	last     uint64 // statement that was decided; they are decided in their order
}

// Verify walks over INBOUND and CONVERSATIONS up to their present ends and
// checks what must hold of every log: each statement has exactly one outcome,
// none was stored twice, no message came in twice, and versions of a
// conversation never go back or repeat a change. Statements are decided in their
// order, so one without an outcome is open when it stands behind the last that has
// one, and a fault anywhere before it.
func Verify(ctx context.Context, g *Ground) (*Report, error) {
	v := &verifier{
		report:   Report{Books: map[events.InboxID]*Book{}},
		outcomes: map[uint64]outcome{}, stored: map[string]uint64{}, messages: map[events.MessageID]uint64{}, versions: map[events.ConversationID]int64{},
	}
	inboundEnd := g.In.Head()
	if err := walk(ctx, g.Out, v.decision); err != nil {
		return nil, err
	}
	if err := walkTo(ctx, g.In, inboundEnd, func(e feed.Entry[*events.Inbound]) {
		switch o, decided := v.outcomes[e.Seq]; {
		case decided:
			o.here = true
			v.outcomes[e.Seq] = o
			v.book(receiverOf(e)).Received++
		case e.Seq > v.last:
			v.report.Open++
		default:
			v.fault("statement %d has no outcome", e.Seq)
		}
	}); err != nil {
		return nil, err
	}
	first, _, err := g.Inbound.Bounds(ctx) // after the walk: some may have aged under its feet
	if err != nil {
		return nil, err
	}
	v.aged(first)
	for id, b := range v.report.Books {
		if b.Received != b.Stored+b.Duplicate+b.Rejected {
			v.fault("inbox %s: received %d, but stored %d + duplicate %d + rejected %d", id, b.Received, b.Stored, b.Duplicate, b.Rejected)
		}
	}
	return &v.report, nil
}

func walk[T any](ctx context.Context, f *feed.Feed[T], each func(feed.Entry[T])) error {
	return walkTo(ctx, f, f.Head(), each)
}

// walkTo ends at end also where nothing stands there any more.
func walkTo[T any](ctx context.Context, f *feed.Feed[T], end uint64, each func(feed.Entry[T])) error {
	cursor := f.From(0)
	for {
		batch, err := cursor.Until(ctx, end)
		if err != nil {
			return fmt.Errorf("walk over the log: %w", err)
		}
		if len(batch) == 0 {
			return nil
		}
		for _, e := range batch {
			if e.Seq > end {
				return nil
			}
			each(e)
		}
	}
}

func (v *verifier) decision(e feed.Entry[*events.Decision]) {
	v.report.Decisions++
	if e.Err != nil {
		v.fault("decision %d cannot be read: %v", e.Seq, e.Err)
		return
	}
	d := e.Value
	for _, f := range d.Facts {
		v.fact(d, f.Body)
	}
	for _, c := range d.Conversations {
		if c.Version < v.versions[c.ID] {
			v.fault("decision %d takes conversation %s back from version %d to %d", d.Seq, c.ID, v.versions[c.ID], c.Version)
		}
		v.versions[c.ID] = c.Version
	}
}

func (v *verifier) fact(d *events.Decision, body events.Body) {
	switch f := body.(type) {
	case *events.InboundStored:
		v.outcome(d, "stored", f.Inbox)
		v.book(f.Inbox).Stored++
		if before, twice := v.stored[f.Key]; twice {
			v.fault("decisions %d and %d both store %s", before, d.Seq, f.Key)
		}
		v.stored[f.Key] = d.Seq
	case *events.InboundDuplicate:
		v.outcome(d, "duplicate", f.Inbox)
		v.book(f.Inbox).Duplicate++
	case *events.InboundRejected:
		v.outcome(d, "rejected", f.Inbox)
		v.book(f.Inbox).Rejected++
	case *events.MessageAdded:
		if before, twice := v.messages[f.Message.ID]; twice {
			v.fault("decisions %d and %d both add message %s", before, d.Seq, f.Message.ID)
		}
		v.messages[f.Message.ID] = d.Seq
	}
}

func (v *verifier) outcome(d *events.Decision, what string, inbox events.InboxID) {
	seq := d.Cause.InboundSeq
	if before, twice := v.outcomes[seq]; twice {
		v.fault("statement %d has two outcomes, %s and %s", seq, before.what, what)
	}
	v.outcomes[seq] = outcome{what: what, inbox: inbox}
	v.last = max(v.last, seq)
}

// receiverOf is the inbox that a statement came in through. Where the statement
// cannot say so, its subject does.
func receiverOf(e feed.Entry[*events.Inbound]) events.InboxID {
	if e.Err == nil && e.Value.Inbox != "" {
		return e.Value.Inbox
	}
	if parts := strings.Split(e.Subject, "."); len(parts) == 4 {
		return events.InboxID(parts[3])
	}
	return ""
}

// aged counts statements that have left INBOUND, each alone: their outcome is
// the only witness that they were received.
func (v *verifier) aged(first uint64) {
	for seq, o := range v.outcomes {
		if seq < first && !o.here {
			v.book(o.inbox).Received++
		}
	}
}

func (v *verifier) book(inbox events.InboxID) *Book {
	b, ok := v.report.Books[inbox]
	if !ok {
		b = &Book{}
		v.report.Books[inbox] = b
	}
	return b
}

func (v *verifier) fault(format string, args ...any) {
	if len(v.report.Faults) < 100 {
		v.report.Faults = append(v.report.Faults, fmt.Sprintf(format, args...))
	}
}

// Print writes the report for people, all of it or an error.
func (r *Report) Print(to io.Writer) error {
	ids := make([]string, 0, len(r.Books))
	for id := range r.Books {
		ids = append(ids, string(id))
	}
	sort.Strings(ids)
	var w bytes.Buffer
	table := tabwriter.NewWriter(&w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "inbox\treceived\tstored\tduplicate\trejected\t")
	for _, id := range ids {
		b := r.Books[events.InboxID(id)]
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t\n", id, b.Received, b.Stored, b.Duplicate, b.Rejected)
	}
	_ = table.Flush() // into memory
	fmt.Fprintf(&w, "%d decisions\n", r.Decisions)
	if r.Open > 0 {
		fmt.Fprintf(&w, "%d statements are open: they came after the last decision, and are decided when the program runs\n", r.Open)
	}
	for _, f := range r.Faults {
		fmt.Fprintln(&w, "FAULT", f)
	}
	if len(r.Faults) == 0 {
		fmt.Fprintln(&w, "the books balance")
	}
	_, err := to.Write(w.Bytes())
	return err
}
