package bus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/tributary-inbox/tributary/pkg/clock"
)

// Permanent wraps an error that no further attempt will mend: the message goes
// to the dead letters at once. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanent{err}
}

type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// IsPermanent reports whether err has been through Permanent.
func IsPermanent(err error) bool {
	var p permanent
	return errors.As(err, &p)
}

// PoisonConfig says when a message is given up and where it is kept.
type PoisonConfig struct {
	// Worker names who gave up; it is part of the dead letter. Required.
	Worker string
	// To stores the dead letter. Required.
	To Appender
	// Subject is where dead letters are published. Required.
	Subject string
	// MaxAttempts is after how many attempts a message is given up; 10.
	// Negative never gives up but for permanent errors.
	MaxAttempts int
	// MaxBody is the largest body copied into a dead letter, in bytes; 1 MiB.
	// A larger one stays in its stream only, and Redrive fetches it there.
	MaxBody int
	// Clock stamps attempts; nil is the system's.
	Clock clock.Clock
}

// Attempt is one failure of a message.
type Attempt struct {
	// Number counts from 1, as Delivery.Attempt.
	Number int       `json:"n"`
	At     time.Time `json:"at"`
	// Error is cut to 512 bytes. It is stored and never logged.
	Error string `json:"error"`
}

// Poison gives up messages. Use NewPoison, and put Middleware close to the
// handler. One Poison may serve many handlers of a worker.
type Poison struct {
	cfg PoisonConfig

	mu      sync.Mutex // guards all below
	history map[string][]Attempt
	age     []string // keys of history, oldest first
}

const (
	maxHistories = 4096 // messages failing at the same time whose story is kept
	maxAttempts  = 32   // of one story: the newest
	maxError     = 512
)

// NewPoison refuses a configuration that cannot work.
func NewPoison(cfg PoisonConfig) (*Poison, error) {
	if cfg.Worker == "" || cfg.To == nil || cfg.Subject == "" {
		return nil, errors.New("poison: worker, appender and subject are required")
	}
	if cfg.MaxAttempts == 0 {
		cfg.MaxAttempts = 10
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = 1 << 20
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	return &Poison{cfg: cfg, history: map[string][]Attempt{}}, nil
}

// Middleware is a message.HandlerMiddleware. A handler's error is passed on,
// so that the message is refused and comes again, until the attempts are used
// up or the error is permanent. Then the dead letter is stored, durable by its
// Appender, and only after that nil is returned, which acknowledges the
// message. When it cannot be stored the error is passed on too: nothing is
// ever dropped. The error of a cancelled context is not counted. A panic is an
// error like others.
func (p *Poison) Middleware(h message.HandlerFunc) message.HandlerFunc {
	return func(msg *message.Message) ([]*message.Message, error) {
		d, _ := DeliveryOf(msg.Context())
		key := fmt.Sprint(d.Stream, "/", d.Seq, "/", msg.UUID)
		out, err := guard(h, msg)
		if err == nil {
			p.forget(key)
			return out, nil
		}
		if msg.Context().Err() != nil && !IsPermanent(err) {
			return nil, err
		}
		story := p.remember(key, d.Attempt, err)
		number := story[len(story)-1].Number
		if !IsPermanent(err) && (p.cfg.MaxAttempts < 0 || number < p.cfg.MaxAttempts) {
			return nil, err
		}
		if stored := p.bury(msg, d, err, story); stored != nil {
			return nil, errors.Join(err, fmt.Errorf("store dead letter: %w", stored))
		}
		p.forget(key)
		return nil, nil
	}
}

// guard hides the value of a panic, which may hold what a customer wrote.
func guard(h message.HandlerFunc, msg *message.Message) (out []*message.Message, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("handler panicked: %T", r)
			if e, ok := r.(interface{ RuntimeError() }); ok {
				err = fmt.Errorf("handler panicked: %v", e)
			}
		}
	}()
	return h(msg)
}

func (p *Poison) remember(key string, number int, err error) []Attempt {
	p.mu.Lock()
	defer p.mu.Unlock()
	story, known := p.history[key]
	if !known {
		if len(p.age) >= maxHistories {
			delete(p.history, p.age[0])
			p.age = p.age[1:]
		}
		p.age = append(p.age, key)
	}
	if number == 0 && known { // not from our Subscriber: count here
		number = story[len(story)-1].Number
	}
	if known {
		number = max(number, story[len(story)-1].Number+1)
	}
	text := err.Error()
	if len(text) > maxError {
		text = strings.ToValidUTF8(text[:maxError], "") + "…"
	}
	story = append(story, Attempt{Number: max(number, 1), At: p.cfg.Clock.Now(), Error: text})
	if len(story) > maxAttempts {
		story = story[1:]
	}
	p.history[key] = story
	return story
}

func (p *Poison) forget(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.history[key]; !known {
		return
	}
	delete(p.history, key)
	for i, k := range p.age {
		if k == key {
			p.age = append(p.age[:i], p.age[i+1:]...)
			return
		}
	}
}

func (p *Poison) bury(msg *message.Message, d Delivery, cause error, story []Attempt) error {
	header, err := encode(msg)
	if err != nil {
		return err
	}
	r := record{
		Worker: p.cfg.Worker, Stream: d.Stream, Seq: d.Seq, Subject: d.Subject, Permanent: IsPermanent(cause),
		Reason: story[len(story)-1].Error, Attempts: story, Size: len(msg.Payload),
		BodyOmitted: len(msg.Payload) > p.cfg.MaxBody && d.Seq > 0,
	}
	body := []byte(msg.Payload)
	if r.BodyOmitted {
		body = nil
	}
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	header[headerDead] = []string{string(text)}
	id := fmt.Sprintf("dead:%s:%s:%d:%s", p.cfg.Worker, d.Stream, d.Seq, msg.UUID)
	// The letter must be stored even when the worker is being stopped.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(msg.Context()), 30*time.Second)
	defer cancel()
	return p.cfg.To.Append(ctx, p.cfg.Subject, header, body, id)(ctx)
}
