package callchannel

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/services/phone/asterisk"
	"github.com/tributary-inbox/tributary/services/phone/callcsv"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
	"github.com/tributary-inbox/tributary/services/phone/threecx"
)

// job works for one inbox until ctx ends.
type job func(ctx context.Context)

// jobs lists what an inbox needs beside a door.
func (s *Service) jobs(inbox config.Inbox) ([]job, error) {
	switch inbox.Channel {
	case asterisk.Kind:
		return s.asterisk(inbox)
	case threecx.Kind:
		return s.threecx(inbox)
	case callcsv.Kind:
		r, err := callcsv.NewReader(inbox)
		if err != nil || r.Folder == "" {
			return nil, err
		}
		return []job{(&folder{s: s, inbox: inbox, name: r.Folder}).run}, nil
	}
	return nil, nil
}

func (s *Service) asterisk(inbox config.Inbox) ([]job, error) {
	r, err := asterisk.NewReader(inbox)
	if err != nil {
		return nil, err
	}
	var out []job
	nudge := make(chan struct{}, 1)
	if r.File != "" {
		out = append(out, (&follower{s: s, inbox: inbox, name: r.File, nudge: nudge, quoted: true, read: legReader(r.Leg)}).run)
	}
	if r.CELFile != "" {
		ended := func(line []byte, _ time.Time) (found, error) {
			call, err := r.Ended(line)
			return found{ended: call}, err
		}
		out = append(out, (&follower{s: s, inbox: inbox, name: r.CELFile, quoted: true, read: ended}).run)
	}
	if r.AMI != "" {
		out = append(out, (&manager{s: s, inbox: inbox, reader: r, nudge: nudge}).run)
	}
	return out, nil
}

func (s *Service) threecx(inbox config.Inbox) ([]job, error) {
	r, err := threecx.NewReader(inbox)
	if err != nil {
		return nil, err
	}
	var out []job
	if r.File != "" {
		out = append(out, (&follower{s: s, inbox: inbox, name: r.File, quoted: true, read: legReader(r.Leg)}).run)
	}
	line := &records{s: s, inbox: inbox, reader: r}
	if r.Listen != "" {
		out = append(out, line.listen)
	}
	if r.Connect != "" {
		out = append(out, line.connect)
	}
	return out, nil
}

// found is what one record of a file says: a leg, or the end of a call, or
// neither.
type found struct {
	leg   *calls.Leg
	ended string
}

func legReader(read func([]byte, time.Time) (calls.Leg, error)) func([]byte, time.Time) (found, error) {
	return func(line []byte, after time.Time) (found, error) {
		l, err := read(line, after)
		return found{leg: &l}, err
	}
}

// one takes a leg that came over a socket; nobody can be asked for it again, so
// a store that fails is told of loudly.
func (s *Service) one(ctx context.Context, inbox config.Inbox, l calls.Leg) {
	if _, err := s.take(ctx, inbox, batch{legs: []calls.Leg{l}}); err != nil {
		s.trouble(ctx, inbox, "a leg that came over a socket could not be stored", err)
	}
}

// unreadable keeps a record that came over a socket.
func (s *Service) unreadable(ctx context.Context, inbox config.Inbox, raw []byte, mime string) {
	kept := exchange.Kept(inbox, raw, mime, "unreadable-record", s.deps.Now())
	if err := s.keep(ctx, inbox, kept); err != nil {
		s.trouble(ctx, inbox, "a record that could not be read could not be kept either", err)
	}
}

func encodeEvent(e asterisk.Event) []byte {
	data, _ := json.Marshal(e) // strings always encode
	return data
}
