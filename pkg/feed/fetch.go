package feed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
)

// Headers with which a direct get describes a message (NATS ADR-31).
const (
	headerStream  = "Nats-Stream"
	headerSubject = "Nats-Subject"
	headerSeq     = "Nats-Sequence"
	headerTime    = "Nats-Time-Stamp"
	headerPending = "Nats-Num-Pending"
	headerPrev    = "Nats-Last-Sequence"
)

// fetchTimeout is how long the server may be silent in the middle of an answer.
const fetchTimeout = 5 * time.Second

var errBroken = errors.New("answer of a batched direct get has a hole")

// fetcher reads old parts of a stream with batched direct gets. One subscription
// serves all reads.
type fetcher struct {
	log    *eventlog.Log
	nc     *nats.Conn
	prefix string
	sub    *nats.Subscription

	mu    sync.Mutex // guards what follows
	next  uint64
	reads map[uint64]*read
}

// read is one direct get under way.
type read struct {
	from uint64
	msgs []*nats.Msg
	end  *nats.Msg
	beat time.Time
	done chan struct{} // closed when end is set
}

func newFetcher(log *eventlog.Log) (*fetcher, error) {
	f := &fetcher{log: log, nc: log.Conn(), prefix: log.Conn().NewInbox() + ".", reads: map[uint64]*read{}}
	sub, err := f.nc.Subscribe(f.prefix+"*", f.receive)
	if err != nil {
		return nil, fmt.Errorf("subscribe to reads: %w", err)
	}
	// Each read is bounded by what it asks for.
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, fmt.Errorf("lift the limit of the read subscription: %w", err)
	}
	f.sub = sub
	return f, nil
}

func (f *fetcher) close() {
	// An error means that the connection, and the subscription with it, is gone.
	_ = f.sub.Unsubscribe()
}

// get brings messages from seq on, in order and without a hole: as many as fit
// maxCount and about maxBytes, and none where there are none.
func (f *fetcher) get(ctx context.Context, seq uint64, maxCount, maxBytes int) ([]Raw, error) {
	ask, err := json.Marshal(struct {
		Seq      uint64 `json:"seq"`
		Batch    int    `json:"batch"`
		MaxBytes int    `json:"max_bytes"`
	}{seq, maxCount, maxBytes})
	if err != nil {
		return nil, err
	}
	r := &read{from: seq, beat: time.Now(), done: make(chan struct{})}
	f.mu.Lock()
	f.next++
	token := f.next
	f.reads[token] = r
	f.mu.Unlock()
	defer f.drop(token)
	reply := f.prefix + strconv.FormatUint(token, 36)
	if err := f.nc.PublishRequest("$JS.API.DIRECT.GET."+f.log.Stream(), reply, ask); err != nil {
		return nil, fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	return f.wait(ctx, r)
}

func (f *fetcher) drop(token uint64) {
	f.mu.Lock()
	delete(f.reads, token)
	f.mu.Unlock()
}

func (f *fetcher) receive(m *nats.Msg) {
	token, err := strconv.ParseUint(strings.TrimPrefix(m.Subject, f.prefix), 36, 64)
	if err != nil {
		return // not an answer to anything asked from here
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r := f.reads[token]
	if r == nil {
		return
	}
	r.beat = time.Now()
	if m.Header.Get("Status") == "" {
		r.msgs = append(r.msgs, m)
		return
	}
	r.end = m
	delete(f.reads, token)
	close(r.done)
}

// wait returns the messages of a read.
func (f *fetcher) wait(ctx context.Context, r *read) ([]Raw, error) {
	tick := time.NewTicker(fetchTimeout / 4)
	defer tick.Stop()
	for {
		select {
		case <-r.done:
			return r.result()
		case <-ctx.Done():
			return nil, ctx.Err()
		case now := <-tick.C:
			f.mu.Lock()
			silent := now.Sub(r.beat) > fetchTimeout
			f.mu.Unlock()
			if silent {
				return nil, fmt.Errorf("%w: read from %d not answered", eventlog.ErrUnavailable, r.from)
			}
		}
	}
}

// result checks that each message names the one before it, because a connection
// lost and found in the middle of an answer leaves a hole.
func (r *read) result() ([]Raw, error) {
	switch status := r.end.Header.Get("Status"); status {
	case "204", "404":
	default:
		return nil, fmt.Errorf("%w: read from %d: status %s %s",
			eventlog.ErrUnavailable, r.from, status, r.end.Header.Get("Description"))
	}
	out := make([]Raw, 0, len(r.msgs))
	prev := uint64(0)
	for _, m := range r.msgs {
		raw, before, err := rawOfDirect(m)
		if err != nil {
			return nil, err
		}
		if before != prev || raw.Seq < r.from || raw.Seq <= prev {
			return nil, errBroken
		}
		prev = raw.Seq
		out = append(out, raw)
	}
	if tail := r.end.Header.Get(headerPrev); tail != "" && tail != strconv.FormatUint(prev, 10) {
		return nil, errBroken
	}
	return out, nil
}

// rawOfDirect takes the description out of the headers, and says which message
// came before in the same answer (0 for the first).
func rawOfDirect(m *nats.Msg) (raw Raw, before uint64, err error) {
	h := m.Header
	raw.Subject, raw.Data = h.Get(headerSubject), m.Data
	if raw.Seq, err = strconv.ParseUint(h.Get(headerSeq), 10, 64); err != nil {
		return Raw{}, 0, fmt.Errorf("sequence of a read message: %w", err)
	}
	if before, err = strconv.ParseUint(h.Get(headerPrev), 10, 64); err != nil {
		return Raw{}, 0, fmt.Errorf("predecessor of message %d: %w", raw.Seq, err)
	}
	if raw.Time, err = time.Parse(time.RFC3339Nano, h.Get(headerTime)); err != nil {
		return Raw{}, 0, fmt.Errorf("time of message %d: %w", raw.Seq, err)
	}
	for _, k := range []string{headerStream, headerSubject, headerSeq, headerTime, headerPending, headerPrev} {
		delete(h, k)
	}
	raw.Header = orNil(h)
	return raw, before, nil
}

// nextFromLeader asks the stream's leader for the first message from seq on. A
// direct get may be answered by a replica that lags, so its "nothing there"
// proves nothing; the leader's does.
func (f *fetcher) nextFromLeader(ctx context.Context, seq uint64) (raw Raw, found bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	ask := fmt.Appendf(nil, `{"seq":%d,"next_by_subj":">"}`, seq)
	m, err := f.nc.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+f.log.Stream(), ask)
	if err != nil {
		return Raw{}, false, fmt.Errorf("%w: %w", eventlog.ErrUnavailable, err)
	}
	var a struct {
		Error *struct {
			Code        int    `json:"code"`
			Description string `json:"description"`
		} `json:"error"`
		Message struct {
			Subject string    `json:"subject"`
			Seq     uint64    `json:"seq"`
			Header  []byte    `json:"hdrs"`
			Data    []byte    `json:"data"`
			Time    time.Time `json:"time"`
		} `json:"message"`
	}
	if err := json.Unmarshal(m.Data, &a); err != nil {
		return Raw{}, false, fmt.Errorf("read message %d: %w", seq, err)
	}
	switch {
	case a.Error != nil && a.Error.Code == 404:
		return Raw{}, false, nil
	case a.Error != nil:
		return Raw{}, false, fmt.Errorf("%w: read message %d: %s", eventlog.ErrUnavailable, seq, a.Error.Description)
	}
	raw = Raw{Seq: a.Message.Seq, Subject: a.Message.Subject, Data: a.Message.Data, Time: a.Message.Time}
	if len(a.Message.Header) > 0 {
		if raw.Header, err = nats.DecodeHeadersMsg(a.Message.Header); err != nil {
			return Raw{}, false, fmt.Errorf("headers of message %d: %w", raw.Seq, err)
		}
	}
	return raw, true, nil
}
