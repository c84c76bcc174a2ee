package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Options say what to measure. The zero value measures everything at full
// length, which takes about ten minutes.
type Options struct {
	// Short measures fewer and shorter rounds and smaller sizes.
	Short bool
	// Only names parts: latency, hooks, flood, queues, size, crowd. Empty means all.
	Only []string
	// JSON is a file for the report; empty writes none.
	JSON string
	// Dir is where the folders of the servers are made and removed; the system's
	// own place for temporary files when empty. It must be on a real disk for
	// synced writes to mean something.
	Dir string
	// Rounds is how often each figure is taken; 5, or 2 when short.
	Rounds int
	// Profile is an existing folder for a processor profile of the program under
	// each load that is bounded by time; empty takes none.
	Profile string
}

var parts = []string{"latency", "hooks", "flood", "queues", "size", "crowd"}

// suite is one run.
type suite struct {
	o      Options
	dir    string
	report *Report
	log    io.Writer
	n      int // folders made
}

// Run measures and prints a table to out and progress to progress. It fails when
// something acknowledged was lost or shown twice; a floor that is missed is
// shown in the table.
func Run(ctx context.Context, o Options, out, progress io.Writer) error {
	for _, part := range o.Only {
		if !slices.Contains(parts, part) {
			return fmt.Errorf("nothing to measure is called %q; there are %s", part, strings.Join(parts, ", "))
		}
	}
	if o.Rounds <= 0 {
		o.Rounds = 5
		if o.Short {
			o.Rounds = 2
		}
	}
	dir, err := os.MkdirTemp(o.Dir, "tributary-bench-")
	if err != nil {
		return fmt.Errorf("make a folder: %w", err)
	}
	s := &suite{o: o, dir: dir, report: newReport(o.Short), log: progress}
	err = errors.Join(s.measure(ctx), os.RemoveAll(dir))
	s.report.finish()
	if err := errors.Join(err, s.report.print(out)); err != nil {
		return err
	}
	if o.JSON != "" {
		if err := s.report.write(o.JSON); err != nil {
			return err
		}
	}
	if len(s.report.Problems) > 0 {
		return errors.New("something that was acknowledged did not arrive exactly once")
	}
	return nil
}

func (s *suite) measure(ctx context.Context) error {
	for _, part := range []struct {
		name string
		run  func(context.Context) error
	}{{"latency", s.latency}, {"hooks", s.hooks}, {"flood", s.flood}, {"queues", s.queues}, {"size", s.size}, {"crowd", s.crowd}} {
		if len(s.o.Only) > 0 && !slices.Contains(s.o.Only, part.name) {
			continue
		}
		if err := part.run(ctx); err != nil {
			return fmt.Errorf("measure %s: %w", part.name, err)
		}
	}
	return nil
}

// folder makes a name for a fresh folder.
func (s *suite) folder() string {
	s.n++
	return filepath.Join(s.dir, fmt.Sprintf("%d", s.n))
}

func (s *suite) say(format string, args ...any) { fmt.Fprintf(s.log, format+"\n", args...) }

// pick is the full value, or the short one.
func pick[T any](s *suite, full, short T) T {
	if s.o.Short {
		return short
	}
	return full
}

// both runs a plan against the program and the bare pipeline, each fresh, who
// goes first changing from round to round.
func (s *suite) both(ctx context.Context, plan Plan, started func(*product), use func(program, bare *Result)) error {
	for round := range s.o.Rounds {
		plan.Run = fmt.Sprintf("r%d", round)
		var program, bare *Result
		run := []func() error{
			func() (err error) { program, err = s.onProduct(ctx, plan, started); return },
			func() (err error) { bare, err = s.onBare(ctx, plan); return },
		}
		if round%2 == 1 {
			slices.Reverse(run)
		}
		for _, f := range run {
			if err := f(); err != nil {
				return err
			}
		}
		s.check(plan, program)
		use(program, bare)
		s.say("%s round %d: rate %.0f/s, screen p50 %.2f p99 %.2f ms, ack p50 %.2f p99 %.2f ms; bare: rate %.0f/s, screen p50 %.2f p99 %.2f ms",
			plan.Kind, round+1, program.Rate, program.Screen.P50, program.Screen.P99, program.Ack.P50, program.Ack.P99, bare.Rate, bare.Screen.P50, bare.Screen.P99)
	}
	return nil
}

func (s *suite) onProduct(ctx context.Context, plan Plan, started func(*product)) (*Result, error) {
	data := s.folder()
	p, err := s.startProduct(ctx, data)
	if err != nil {
		return nil, err
	}
	if started != nil {
		started(p)
	}
	before := p.busy()
	profiled := make(chan error, 1)
	if s.o.Profile != "" && plan.Duration > 0 {
		go func() { profiled <- s.profile(ctx, p, plan) }()
	} else {
		profiled <- nil
	}
	res, err := s.load(ctx, p.aim(plan), nil)
	if err == nil {
		res.Cost = perMessage(p.busy()-before, res)
	}
	return res, errors.Join(err, <-profiled, p.stop(), os.RemoveAll(data))
}

func (s *suite) onBare(ctx context.Context, plan Plan) (*Result, error) {
	data := s.folder()
	srv, aim, err := s.startBare(ctx, data)
	if err != nil {
		return nil, err
	}
	before := srv.busy()
	res, err := s.load(ctx, aim(plan), nil)
	if err == nil {
		res.Cost = perMessage(srv.busy()-before, res)
	}
	return res, errors.Join(err, srv.stop(), os.RemoveAll(data))
}

// perMessage is processor time in microseconds.
func perMessage(ticks int, r *Result) float64 {
	return float64(ticks) * 10_000 / float64(max(r.Acked, 1))
}

func (s *suite) check(plan Plan, r *Result) {
	if r.Resumed > 0 {
		s.say("%s %s: the screen was too slow and resumed %d times (%d snapshots)", plan.Kind, plan.Run, r.Resumed, r.Jumped)
	}
	if r.Lost > 0 && r.Jumped > 0 {
		s.say("%s %s: %d messages were in a gap so long that the screen got a snapshot instead", plan.Kind, plan.Run, r.Lost)
		r.Lost = 0
	}
	if r.Lost > 0 || r.Doubled > 0 || r.Refused > 0 {
		s.report.problem("%s %s: %d lost, %d doubled, %d refused of %d", plan.Kind, plan.Run, r.Lost, r.Doubled, r.Refused, r.Sent)
	}
}

// idleWait is how long a server is left alone before its idle memory is read.
const idleWait = 2 * time.Second
