package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"time"
)

func TestIndexOfAFrame(t *testing.T) {
	marker := []byte(`"provider_id":"` + idPrefix)
	for frame, want := range map[string]int{
		`{"type":"event","id":"1","cursor":"a","place":"7.1","fact":"message.added","conversation":{},"message":{"provider_id":"b-42-r1"}}`:       42,
		`{"type":"event","id":"1","cursor":"a","place":"7.0","fact":"conversation.opened","conversation":{},"message":{"provider_id":"b-42-r1"}}`: -1,
		`{"type":"event","id":"1","fact":"message.added","message":{"provider_id":"b-x"}}`:                                                        -1,
		`{"type":"presence"}`: -1,
	} {
		got, ok := readIndex([]byte(frame), marker)
		if !ok {
			got = -1
		}
		if got != want {
			t.Errorf("index %d of %s, want %d", got, frame, want)
		}
	}
}

// A screen that comes back is sent a decision again from its beginning; what it
// had of it must not count twice.
func TestScreenDropsWhatItHad(t *testing.T) {
	a := &agent{}
	for _, step := range []struct {
		frame string
		news  bool
	}{
		{`{"type":"event","id":"1","cursor":"c6","place":"7.0"}`, true}, {`{"type":"event","id":"1","cursor":"c7","place":"7.1"}`, true},
		{`{"type":"event","id":"1","cursor":"c6","place":"7.0"}`, false}, {`{"type":"event","id":"1","cursor":"c7","place":"7.1"}`, false},
		{`{"type":"event","id":"1","cursor":"c8","place":"10.0"}`, true}, {`{"type":"presence"}`, true},
	} {
		if got := a.move([]byte(step.frame)); got != step.news {
			t.Errorf("%s is news: %v, want %v", step.frame, got, step.news)
		}
	}
	if string(a.cursor) != "c8" {
		t.Errorf("cursor %s, want the newest", a.cursor)
	}
}

func TestSums(t *testing.T) {
	var s samples
	for i := range 1000 {
		s.add(time.Duration(1000-i) * time.Millisecond)
	}
	if p := s.sum(); p.N != 1000 || p.P50 != 500 || p.P99 != 990 || p.Max != 1000 {
		t.Errorf("percentiles %+v", p)
	}
	r := newReport(true)
	r.figure("speed", "msg/s").add(3).add(1).add(2).atLeast(2, 5)
	r.figure("slow", "ms").add(9).atMost(4, 1)
	r.finish()
	var out bytes.Buffer
	if err := r.print(&out); err != nil {
		t.Fatal(err)
	}
	if f := r.Figures[0]; f.Spread != (Spread{1, 2, 3}) || !*f.Holds || *r.Figures[1].Holds {
		t.Errorf("figures %+v %+v", *r.Figures[0], *r.Figures[1])
	}
	if text := out.String(); !strings.Contains(text, "MISSED") || !strings.Contains(text, "holds") {
		t.Errorf("the table does not say what holds:\n%s", text)
	}
}

// The generator against the bare pipeline, both in this process: everything
// that was acknowledged is seen once by every agent. To see this fail, have
// bare.pass leave out every hundredth entry.
func TestGeneratorOnTheBarePipeline(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	lines, out := io.Pipe()
	served := make(chan error, 1)
	go func() { served <- Bare(ctx, t.TempDir(), out) }()
	var at struct{ HTTP string }
	if err := json.NewDecoder(lines).Decode(&at); err != nil {
		t.Fatal(err)
	}
	plan := Plan{Address: at.HTTP, Hook: "/hook", Live: "ws://" + at.HTTP + "/live", Marker: `"id":"` + idPrefix, Agents: 3, Senders: 4, Contacts: 20}
	for kind, change := range map[string]func(*Plan){
		"flood":  func(p *Plan) { p.Count = 400 },
		"steady": func(p *Plan) { p.Rate, p.Duration = 400, time.Second/2 },
		"crowd":  func(p *Plan) { p.Count, p.Agents = 10, 40 },
	} {
		p := plan
		p.Kind, p.Run = kind, kind
		change(&p)
		res := generate(t, p)
		if res.Sent == 0 || res.Acked != res.Sent || res.Seen != res.Sent || res.Lost+res.Doubled+res.Refused > 0 || res.Screen.N == 0 {
			t.Errorf("%s: %+v", kind, *res)
		}
	}
	cancel()
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// generate talks to the generator as the suite does.
func generate(t *testing.T, p Plan) *Result {
	t.Helper()
	orders, order := io.Pipe()
	reports, report := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := Load(t.Context(), orders, report)
		report.CloseWithError(err)
		ended <- err
	}()
	enc, dec, res := json.NewEncoder(order), json.NewDecoder(reports), &Result{}
	steps := []any{p}
	if p.Kind == "crowd" {
		steps = append(steps, struct{}{})
	}
	for _, step := range steps {
		if err := enc.Encode(step); err != nil {
			t.Fatal(err)
		}
		if err := dec.Decode(res); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return res
}
