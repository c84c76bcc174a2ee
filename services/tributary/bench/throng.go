package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// spareFiles is what a process needs open beside its sockets.
const spareFiles = 600

// crowd is one event to very many sockets, and what an idle socket weighs.
func (s *suite) crowd(ctx context.Context) error {
	sockets := pick(s, 10_000, 2_000)
	if limit := fileLimit(); limit > 0 && sockets > limit-spareFiles {
		sockets = limit - spareFiles
		s.say("the limit of open files allows %d sockets", sockets)
	}
	if sockets < 100 {
		return errors.New("the limit of open files leaves no room for a crowd")
	}
	plan := Plan{Kind: "crowd", Agents: sockets, Count: pick(s, 40, 20), Senders: 1, Contacts: 1}
	for round := range s.o.Rounds {
		plan.Run = fmt.Sprintf("g%d", round)
		if err := s.gather(ctx, plan); err != nil {
			return err
		}
	}
	return nil
}

func (s *suite) gather(ctx context.Context, plan Plan) error {
	at := fmt.Sprintf("one event to %d sockets", plan.Agents)
	data := s.folder()
	p, err := s.startProduct(ctx, data)
	if err != nil {
		return err
	}
	program, err := s.throng(ctx, plan, p.child, p.aim)
	if err = errors.Join(err, p.stop(), os.RemoveAll(data)); err != nil {
		return err
	}
	srv, aim, err := s.startBare(ctx, s.folder())
	if err != nil {
		return err
	}
	bare, err := s.throng(ctx, plan, srv.child, aim)
	if err = errors.Join(err, srv.stop()); err != nil {
		return err
	}
	rate := s.report.figure(at+", deliveries", "frames/s")
	rate.add(program.Delivered).atLeast(0, 150_000)
	rate.addBare(bare.Delivered)
	memory := s.report.figure("memory per idle agent socket", "KiB")
	memory.add(program.each).atMost(0, 15)
	memory.addBare(bare.each)
	s.say("%s: %.0f/s, %.1f KiB each; bare %.0f/s, %.1f KiB", at, program.Delivered, program.each, bare.Delivered, bare.each)
	return nil
}

type thronged struct {
	*Result
	each float64 // KiB a socket
}

func (s *suite) throng(ctx context.Context, plan Plan, c *child, aim func(Plan) Plan) (*thronged, error) {
	pause(ctx, idleWait)
	before, _ := c.memory()
	out := &thronged{}
	var err error
	out.Result, err = s.load(ctx, aim(plan), func() error {
		c.quiet(ctx)
		after, _ := c.memory()
		out.each = (after - before) * 1024 / float64(plan.Agents)
		return ctx.Err()
	})
	return out, err
}
