package bench

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// Plan tells the load generator what to do. Kind chooses; which other fields
// matter depends on it.
type Plan struct {
	Kind    string `json:"kind"` // steady, flood, queues, pages, crowd
	Address string `json:"address"`
	Token   string `json:"token,omitempty"`
	Hook    string `json:"hook,omitempty"` // path of the hook
	Live    string `json:"live,omitempty"` // URL of the socket
	Marker  string `json:"marker,omitempty"`
	Run     string `json:"run,omitempty"` // sets the ids of one run apart

	Agents   int           `json:"agents,omitempty"`
	Senders  int           `json:"senders,omitempty"`
	Contacts int           `json:"contacts,omitempty"`
	Rate     int           `json:"rate,omitempty"`  // messages a second, for steady and queues
	Count    int           `json:"count,omitempty"` // messages or requests; 0 means until Duration
	Warm     time.Duration `json:"warm,omitempty"`  // not measured, at the beginning
	Duration time.Duration `json:"duration,omitempty"`
	Path     string        `json:"path,omitempty"` // for pages
}

// Result is what the generator saw.
type Result struct {
	Sent    int `json:"sent"`
	Acked   int `json:"acked"`
	Refused int `json:"refused"`
	Seen    int `json:"seen"`
	Lost    int `json:"lost"`
	Doubled int `json:"doubled"`
	// Resumed is how often a screen was too slow, was told so, and came back with
	// its cursor; Jumped how often it had missed so much that it got a snapshot
	// instead of what it missed.
	Resumed int         `json:"resumed"`
	Jumped  int         `json:"jumped"`
	Ack     Percentiles `json:"ack"`
	Screen  Percentiles `json:"screen"`
	// Rate is messages seen a second, up to the last one seen; Delivered is
	// frames a second over all sockets.
	Rate      float64 `json:"rate"`
	Delivered float64 `json:"delivered"`
	// Behind is how many acknowledged messages the screen had not shown when the
	// last was acknowledged, HalfBehind the same half-way through; Drain is how
	// long the rest took, in milliseconds.
	Behind     int     `json:"behind"`
	HalfBehind int     `json:"half_behind"`
	Drain      float64 `json:"drain_ms"`
	// Cost is the server's processor time for each message, in microseconds; the
	// suite fills it in, as the generator does not know the server's process.
	Cost  float64 `json:"cost_us,omitempty"`
	Bytes int     `json:"bytes,omitempty"` // of the last answer, for pages
	// Assigned is from the acknowledgement of a message to the frame that says who
	// was given its conversation, Most the most that anybody had at a time; for
	// queues.
	Assigned Percentiles `json:"assigned,omitzero"`
	Most     int         `json:"most,omitempty"`
}

// Load reads one Plan from in, carries it out and writes the Result to out. With
// kind crowd it writes a line when all sockets are open, and goes on when it is
// told so by a line. Work is bounded by the plan and by ctx.
func Load(ctx context.Context, in io.Reader, out io.Writer) error {
	dec, enc := json.NewDecoder(in), json.NewEncoder(out)
	var p Plan
	if err := dec.Decode(&p); err != nil {
		return fmt.Errorf("read plan: %w", err)
	}
	var res *Result
	var err error
	switch p.Kind {
	case "steady":
		res, err = steady(ctx, p)
	case "flood":
		res, err = flood(ctx, p)
	case "queues":
		res, err = dealt(ctx, p)
	case "pages":
		res, err = pages(ctx, p)
	case "crowd":
		res, err = crowd(ctx, p, func() error {
			if err := enc.Encode(&Result{}); err != nil {
				return err
			}
			var gone struct{}
			return dec.Decode(&gone)
		})
	default:
		err = fmt.Errorf("unknown kind of load %q", p.Kind)
	}
	if err != nil {
		return err
	}
	return enc.Encode(res)
}
