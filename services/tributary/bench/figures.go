package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"time"
)

// latency is from a webhook's first byte to the frame at each agent's socket.
func (s *suite) latency(ctx context.Context) error {
	plan := Plan{
		Kind: "steady", Agents: 100, Senders: 32, Contacts: 500, Rate: 200,
		Warm: 2 * time.Second, Duration: pick(s, 10*time.Second, 4*time.Second),
	}
	fresh := func(p *product) {
		s.report.figure("start, empty folder, to ready", "ms").add(float64(p.took.Microseconds()) / 1000)
		if p.idle > 0 {
			s.report.figure("memory, idle first start", "MiB").add(p.idle).atMost(60, 60)
		}
	}
	return s.both(ctx, plan, fresh, func(program, bare *Result) {
		at := "webhook to agents' sockets, 200/s, 100 agents"
		p50, p99 := s.report.figure(at+", p50", "ms"), s.report.figure(at+", p99", "ms")
		p50.add(program.Screen.P50).atMost(0, 1)
		p99.add(program.Screen.P99).atMost(10, 4)
		p50.addBare(bare.Screen.P50)
		p99.addBare(bare.Screen.P99)
		ack := s.report.figure("acknowledgement, 200/s, p99", "ms")
		ack.add(program.Ack.P99).addBare(bare.Ack.P99)
	})
}

// hooks is how long a provider waits for its success answer, at a rate that
// several busy channels make together.
func (s *suite) hooks(ctx context.Context) error {
	plan := Plan{
		Kind: "steady", Agents: 1, Senders: 64, Contacts: 500, Rate: 500,
		Warm: 2 * time.Second, Duration: pick(s, 10*time.Second, 4*time.Second),
	}
	return s.both(ctx, plan, nil, func(program, bare *Result) {
		at := "webhook to success answer, 500/s"
		s.report.figure(at+", p50", "ms").add(program.Ack.P50).addBare(bare.Ack.P50)
		p99 := s.report.figure(at+", p99", "ms")
		p99.add(program.Ack.P99).atMost(5, 5)
		p99.addBare(bare.Ack.P99)
	})
}

// knownCustomers write in a flood. Most are met while it warms up, so what is
// measured is customers who write again; the figure "filling" is for those who
// write for the first time, each of whom is a contact, an address and a
// conversation more.
const knownCustomers = 2_048

// flood is what 64 senders who never rest get through to a screen.
func (s *suite) flood(ctx context.Context) error {
	plan := Plan{Kind: "flood", Agents: 1, Senders: 64, Contacts: knownCustomers, Warm: 2 * time.Second, Duration: pick(s, 12*time.Second, 6*time.Second)}
	return s.both(ctx, plan, nil, func(program, bare *Result) {
		at := "webhook to screen, 64 senders, 2 048 customers"
		rate := s.report.figure(at+", sustained", "msg/s")
		rate.add(program.Rate).atLeast(4000, 10_000)
		rate.addBare(bare.Rate)
		s.report.figure(at+", server's processor time", "µs/msg").add(program.Cost).addBare(bare.Cost)
		s.report.figure(at+", ack p99", "ms").add(program.Ack.P99).addBare(bare.Ack.P99)
		s.report.figure(at+", screen p99", "ms").add(program.Screen.P99).addBare(bare.Screen.P99)
		s.report.figure(at+", not yet shown half-way", "msg").add(float64(program.HalfBehind)).addBare(float64(bare.HalfBehind))
		s.report.figure(at+", not yet shown at the end", "msg").add(float64(program.Behind)).addBare(float64(bare.Behind))
	})
}

// deepPages is how far down the list the deep page stands.
const deepPages = 20

// size is what grows with the number of conversations.
func (s *suite) size(ctx context.Context) error {
	small, large := pick(s, 10_000, 2_000), pick(s, 100_000, 10_000)
	data := s.folder()
	p, err := s.startProduct(ctx, data)
	if err != nil {
		return err
	}
	if err := s.fill(ctx, p, "small", small); err != nil {
		return joined(err, p.stop())
	}
	if err := s.pageFigures(ctx, p, small); err != nil {
		return joined(err, p.stop())
	}
	if err := p.stop(); err != nil {
		return err
	}
	if err := s.queryFigures(ctx, data, small); err != nil {
		return err
	}
	if p, err = s.startProduct(ctx, data); err != nil {
		return err
	}
	if err := s.fill(ctx, p, "large", large-small); err != nil {
		return joined(err, p.stop())
	}
	if mib, ok := p.memory(); ok {
		s.report.figure(fmt.Sprintf("memory, after %d conversations came in", large), "MiB").add(mib)
	}
	err = errors.Join(s.pageFigures(ctx, p, large), p.stop())
	if err != nil {
		return err
	}
	if err := s.queryFigures(ctx, data, large); err != nil {
		return err
	}
	if err := s.starts(ctx, data, large); err != nil {
		return err
	}
	return errors.Join(s.rebuilds(ctx, data, large), os.RemoveAll(data))
}

// fill brings conversations in through the hook and waits until nothing is left
// to do behind it.
func (s *suite) fill(ctx context.Context, p *product, run string, count int) error {
	began := time.Now()
	res, err := s.load(ctx, p.aim(Plan{Kind: "flood", Run: run, Senders: 64, Count: count, Contacts: count}), nil)
	if err != nil {
		return err
	}
	if res.Acked != count {
		return fmt.Errorf("only %d of %d conversations were taken", res.Acked, count)
	}
	s.report.figure("filling, every message a new conversation", "msg/s").add(res.Rate)
	p.quiet(ctx)
	s.say("filled %d conversations at %.0f/s, quiet after %v", count, res.Rate, time.Since(began).Round(time.Second))
	return ctx.Err()
}

func (s *suite) pageFigures(ctx context.Context, p *product, conversations int) error {
	cursor := ""
	for range deepPages {
		var page struct {
			NextCursor string `json:"next_cursor"`
		}
		if err := p.rest(ctx, "GET", "/conversations?limit=50&cursor="+url.QueryEscape(cursor), nil, &page); err != nil {
			return err
		}
		cursor = page.NextCursor
	}
	list := "/api/v1/conversations?limit=50"
	for range s.o.Rounds {
		for _, q := range []struct {
			name, path string
			floor, aim float64
		}{
			{"list page, 50 rows, REST", list, 2, 1}, {"list page, open only, REST", list + "&status=open", 2, 1},
			{"list page, 20 pages down, REST", list + "&cursor=" + url.QueryEscape(cursor), 2, 1}, {"counters, REST", "/api/v1/counters", 0, 1},
		} {
			res, err := s.load(ctx, p.aim(Plan{Kind: "pages", Path: q.path, Count: pick(s, 2000, 500)}), nil)
			if err != nil {
				return err
			}
			at := fmt.Sprintf("%s, %d conversations", q.name, conversations)
			s.report.figure(at+", p50", "ms").add(res.Ack.P50)
			s.report.figure(at+", p99", "ms").add(res.Ack.P99).atMost(q.floor, q.aim)
		}
	}
	s.say("pages at %d conversations measured", conversations)
	return nil
}

func (s *suite) queryFigures(ctx context.Context, data string, conversations int) error {
	for range s.o.Rounds {
		c, err := launch(ctx, nil, "bench", "query", data, strconv.Itoa(pick(s, 2000, 500)))
		if err != nil {
			return err
		}
		var found queryAnswers
		err = json.NewDecoder(c.out).Decode(&found)
		if err := joined(err, c.wait()); err != nil {
			return err
		}
		for _, q := range []struct {
			name string
			took Percentiles
		}{{"list page, 50 rows", found.List}, {"list page, 20 pages down", found.Deep}, {"counters", found.Counters}} {
			at := fmt.Sprintf("%s, query, %d conversations", q.name, conversations)
			s.report.figure(at+", p50", "ms").add(q.took.P50)
			s.report.figure(at+", p99", "ms").add(q.took.P99).atMost(2, 1)
		}
	}
	return nil
}

func (s *suite) starts(ctx context.Context, data string, conversations int) error {
	for range s.o.Rounds {
		p, err := s.startProduct(ctx, data)
		if err != nil {
			return err
		}
		s.report.figure(fmt.Sprintf("start, %d conversations, views present, to ready", conversations), "ms").add(float64(p.took.Microseconds())/1000).atMost(0, 1000)
		if p.idle > 0 {
			s.report.figure(fmt.Sprintf("memory, idle after a start with %d conversations", conversations), "MiB").add(p.idle).atMost(0, 350)
		}
		if err := p.stop(); err != nil {
			return err
		}
	}
	return nil
}

var decisionsRead = regexp.MustCompile(`(\d+) decisions read into every view in (\S+)`)

// rebuilds throws the views away and has them built again. A decision of the
// generator's that opens a conversation holds several facts; both are told.
func (s *suite) rebuilds(ctx context.Context, data string, conversations int) error {
	for range min(s.o.Rounds, 3) {
		c, err := launch(ctx, nil, "rebuild", "--data", data, "--log-level", "warn")
		if err != nil {
			return err
		}
		text, err := c.out.ReadString('\n')
		if err := joined(c.wait(), err); err != nil {
			return err
		}
		found := decisionsRead.FindStringSubmatch(text)
		if found == nil {
			return fmt.Errorf("rebuild said nothing that can be read")
		}
		decisions, _ := strconv.ParseFloat(found[1], 64)
		took, err := time.ParseDuration(found[2])
		if err != nil {
			return fmt.Errorf("read the time of the rebuild: %w", err)
		}
		s.report.figure(fmt.Sprintf("rebuild of all views, %d conversations", conversations), "decisions/s").add(decisions / took.Seconds())
	}
	return nil
}
