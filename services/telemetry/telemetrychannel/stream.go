package telemetrychannel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"golang.org/x/time/rate"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/telemetry/rules"
)

const (
	// maxEvent bounds one payload in bytes.
	maxEvent = 256 << 10
	// badRest is how long no bad payload is kept after one was.
	badRest = time.Minute
	// storeTimeout bounds one try to store, storeRest the pause between two.
	storeTimeout = 10 * time.Second
	storeRest    = time.Second
)

// stream is the events of one inbox, one after the other.
type stream struct {
	*Service
	inbox    config.Inbox
	settings Settings
	memory   *memory
	limiter  *rate.Limiter
	badSince time.Time
}

func (s *Service) stream(inbox config.Inbox, settings Settings, memory *memory) *stream {
	limit := rate.Limit(settings.PerSecond)
	return &stream{Service: s, inbox: inbox, settings: settings, memory: memory, limiter: rate.NewLimiter(limit, max(1, int(limit)))}
}

func (s *stream) count(result string) {
	s.counts.WithLabelValues(string(s.inbox.ID), result).Inc()
}

// resume stores what a crash left unsaid.
func (s *stream) resume(ctx context.Context) error {
	unsaid, err := s.memory.pending(s.inbox.ID)
	if err != nil {
		return err
	}
	for key, in := range unsaid {
		if err := s.say(ctx, []byte(key), in); err != nil {
			return err
		}
	}
	return nil
}

// take handles one payload. An error means that it is not done with and must
// come again: ctx has ended or the memory cannot be written.
func (s *stream) take(ctx context.Context, payload []byte) error {
	now := s.deps.Now().UTC()
	if len(payload) > maxEvent {
		return s.bad(ctx, payload, "too-large", now)
	}
	doc, err := rules.Decode(payload)
	if err != nil {
		return s.bad(ctx, payload, "not-json", now)
	}
	matches, err := s.settings.Match(doc)
	if err != nil {
		if err := s.bad(ctx, payload, "no-customer", now); err != nil {
			return err
		}
	} else if len(matches) == 0 {
		s.count("unmatched")
	}
	for _, m := range matches {
		if err := s.match(ctx, m, now); err != nil {
			return err
		}
	}
	return nil
}

func (s *stream) match(ctx context.Context, m rules.Match, now time.Time) error {
	in := s.statement(m, now)
	if m.Once == 0 {
		return s.say(ctx, nil, in)
	}
	key := memoryKey(s.inbox.ID, m.Rule, m.Point)
	for {
		earlier, claimed, err := s.memory.claim(key, in, now, now.Add(m.Once))
		switch {
		case err != nil:
			return err
		case claimed:
			return s.say(ctx, key, in)
		case earlier == nil:
			s.count("suppressed")
			return nil
		}
		if err := s.say(ctx, key, earlier); err != nil {
			return err
		}
	}
}

// statement makes the words. Its id is the event's, by rule; without one it is
// the moment in which the claim was made.
func (s *stream) statement(m rules.Match, now time.Time) *events.Inbound {
	in := &events.Inbound{
		Type: events.ContactWasStated, Channel: Kind, Inbox: s.inbox.ID, OccurredAt: now, ReceivedAt: now,
		Sender: events.Sender{Points: []events.Point{m.Point}, Name: m.Name, Attributes: m.Attributes},
	}
	if !m.At.IsZero() && m.At.Before(now.Add(time.Hour)) {
		in.OccurredAt = m.At
	}
	if in.ProviderID = m.Rule + ":" + m.ID; m.ID == "" {
		sum := sha256.Sum256([]byte(m.Point.Key()))
		in.ProviderID += hex.EncodeToString(sum[:8]) + "@" + strconv.FormatInt(now.UnixNano(), 10)
		in.Flags = append(in.Flags, "derived-id")
	}
	if m.Text != "" {
		in.Type = events.MessageReceived
		in.Message = &events.ReceivedMessage{Text: m.Text, Subject: m.Rule, Automatic: true}
	}
	return in
}

// say stores a statement at the inbox's rate, however long the log is away. A
// statement that the log never takes is counted and given up.
func (s *stream) say(ctx context.Context, key []byte, in *events.Inbound) error {
	if err := s.limiter.Wait(ctx); err != nil {
		return fmt.Errorf("wait for the rate: %w", err)
	}
	for {
		err := s.publish(ctx, in)
		switch {
		case err == nil:
			s.count("said")
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, channel.ErrUnavailable):
			s.count("refused")
			s.deps.Log.Error().Err(err).Str("inbox", string(s.inbox.ID)).Msg("telemetry statement cannot be stored")
		default:
			again := time.NewTimer(storeRest)
			select {
			case <-again.C:
				continue
			case <-ctx.Done():
				again.Stop()
				return ctx.Err()
			}
		}
		if key == nil {
			return nil
		}
		return s.memory.stored(key)
	}
}

func (s *stream) publish(ctx context.Context, in *events.Inbound) error {
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	err := s.deps.Publisher.Publish(ctx, in)
	if err != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: %w", channel.ErrUnavailable, err)
	}
	return err
}

// bad counts a payload that cannot be used, and keeps one of them from time to
// time where an operator sees it.
func (s *stream) bad(ctx context.Context, payload []byte, why string, now time.Time) error {
	s.count(why)
	if !s.badSince.IsZero() && now.Sub(s.badSince) < badRest {
		return nil
	}
	s.badSince = now
	sum := sha256.Sum256(payload)
	kept := payload[:min(len(payload), events.RawInlineLimit)]
	return s.say(ctx, nil, &events.Inbound{
		Type: events.Unknown, Channel: Kind, Inbox: s.inbox.ID, ProviderID: "bad-" + hex.EncodeToString(sum[:16]), OccurredAt: now, ReceivedAt: now,
		Raw: &events.Raw{Type: "application/octet-stream", Bytes: append([]byte(nil), kept...), Size: int64(len(payload))}, Flags: []string{"bad-payload", why},
	})
}
