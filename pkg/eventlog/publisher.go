package eventlog

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	headerExpectLast = "Nats-Expected-Last-Subject-Sequence"
	headerMsgID      = "Nats-Msg-Id"
)

// answer is called once for each send, on the goroutine that reads answers, in
// the order in which answers arrive. Exactly one of the three is set.
type answer func(a ack, se *serverError, err error)

// publisher sends messages and matches the server's answers to them. One
// subscription serves all, because a subscription for each append would cost
// more than the append.
type publisher struct {
	nc      *nats.Conn
	stream  string
	prefix  string
	sub     *nats.Subscription
	timeout time.Duration
	stop    chan struct{}
	swept   chan struct{}

	mu      sync.Mutex // guards what follows, and the order of sends
	next    uint64
	waiting map[uint64]waiter
	closed  bool
}

type waiter struct {
	answer answer
	until  time.Time
}

func newPublisher(nc *nats.Conn, stream string, timeout time.Duration) (*publisher, error) {
	p := &publisher{
		nc: nc, stream: stream, prefix: nc.NewInbox() + ".", timeout: timeout,
		stop: make(chan struct{}), swept: make(chan struct{}), waiting: map[uint64]waiter{},
	}
	sub, err := nc.Subscribe(p.prefix+"*", p.receive)
	if err != nil {
		return nil, fmt.Errorf("subscribe to acknowledgements: %w", err)
	}
	// Answers are as many as appends in flight, which the Log bounds.
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return nil, fmt.Errorf("lift the limit of the acknowledgement subscription: %w", err)
	}
	p.sub = sub
	go p.sweep()
	return p, nil
}

// send puts msg on the wire. The order of calls is the order in the stream.
// done is called later, or at once when the message cannot even be sent.
func (p *publisher) send(msg *nats.Msg, done answer) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		done(ack{}, nil, ErrClosed)
		return
	}
	p.next++
	token := p.next
	msg.Reply = p.prefix + strconv.FormatUint(token, 36)
	p.waiting[token] = waiter{done, time.Now().Add(p.timeout)}
	err := p.nc.PublishMsg(msg)
	if err != nil {
		delete(p.waiting, token)
	}
	p.mu.Unlock()
	if err != nil {
		done(ack{}, nil, sendError(err))
	}
}

// sendGroup puts the messages of one atomic batch on the wire; only the last is
// answered. Others may come between them: the server tells batches apart by id.
func (p *publisher) sendGroup(msgs []*nats.Msg, done answer) {
	last := len(msgs) - 1
	p.mu.Lock()
	for _, m := range msgs[:last] {
		if err := p.nc.PublishMsg(m); err != nil {
			p.mu.Unlock()
			done(ack{}, nil, sendError(err))
			return
		}
	}
	p.mu.Unlock()
	p.send(msgs[last], done)
}

func sendError(err error) error {
	if errors.Is(err, nats.ErrMaxPayload) {
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	if errors.Is(err, nats.ErrBadSubject) || errors.Is(err, nats.ErrInvalidMsg) {
		return fmt.Errorf("%w: %w", ErrRejected, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func (p *publisher) receive(m *nats.Msg) {
	token, err := strconv.ParseUint(strings.TrimPrefix(m.Subject, p.prefix), 36, 64)
	if err != nil {
		return // not an answer to anything sent from here
	}
	p.mu.Lock()
	w, ok := p.waiting[token]
	delete(p.waiting, token)
	p.mu.Unlock()
	if ok {
		w.answer(readAck(m, p.stream))
	}
}

// sweep fails what was never answered. The server stays silent when its own
// write fails, and answers are lost with a connection.
func (p *publisher) sweep() {
	defer close(p.swept)
	tick := time.NewTicker(max(p.timeout/8, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			p.expire(func(w waiter) bool { return now.After(w.until) },
				fmt.Errorf("%w: no acknowledgement within %v", ErrUnavailable, p.timeout))
		case <-p.stop:
			return
		}
	}
}

func (p *publisher) expire(old func(waiter) bool, err error) {
	var late []answer
	p.mu.Lock()
	for token, w := range p.waiting {
		if old(w) {
			late = append(late, w.answer)
			delete(p.waiting, token)
		}
	}
	p.mu.Unlock()
	for _, done := range late {
		done(ack{}, nil, err)
	}
}

// close fails what is still waiting; its outcome is not known.
func (p *publisher) close() {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	p.closed = true
	p.mu.Unlock()
	close(p.stop)
	<-p.swept
	// An error here means that the connection is gone, and the subscription with it.
	_ = p.sub.Unsubscribe()
	p.expire(func(waiter) bool { return true }, fmt.Errorf("%w: %w", ErrUnavailable, ErrClosed))
}

// wire makes the message that the server reads. The headers are copied only
// when something has to be added to them.
func wire(m *Message, extra ...string) *nats.Msg {
	out := &nats.Msg{Subject: m.Subject, Header: m.Header, Data: m.Data}
	if m.ExpectLast == nil && m.MsgID == "" && len(extra) == 0 {
		return out
	}
	h := make(nats.Header, len(m.Header)+len(extra)/2+2)
	for k, v := range m.Header {
		h[k] = v
	}
	if m.ExpectLast != nil {
		h[headerExpectLast] = []string{strconv.FormatUint(*m.ExpectLast, 10)}
	}
	if m.MsgID != "" {
		h[headerMsgID] = []string{m.MsgID}
	}
	for i := 0; i+1 < len(extra); i += 2 {
		h[extra[i]] = []string{extra[i+1]}
	}
	out.Header = h
	return out
}

// await turns an answer into a result that one goroutine waits for.
func await(ctx context.Context, send func(answer)) (ack, *serverError, error) {
	type result struct {
		a   ack
		se  *serverError
		err error
	}
	ch := make(chan result, 1)
	send(func(a ack, se *serverError, err error) { ch <- result{a, se, err} })
	select {
	case r := <-ch:
		return r.a, r.se, r.err
	case <-ctx.Done():
		return ack{}, nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
}
