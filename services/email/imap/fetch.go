package imap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/tributary-inbox/tributary/services/email/arrival"
)

const (
	chunk = 100 // mails whose size is asked for at once
	// maxPending is how many mails are listed at once; more are asked for after
	// them. A server writes four thousand million in 14 letters.
	maxPending = 100_000
	maxHeader  = 256 << 10
	// After so many broken fetches a mail is handed over as its header, and
	// after so many more without even that.
	brokenBody, brokenHeader = 8, 12
	// skew is how far the mailbox's clock may be behind ours when the inbox is
	// made.
	skew = 2 * time.Minute
)

// about is what is known of a mail before it is fetched.
type about struct {
	uid  goimap.UID
	size int64
	at   time.Time
}

func (w *Watcher) key() string { return w.account.Inbox + "\x00" + w.account.Settings.mailbox() }

// since is the limit for old mail; zero where there is none.
func (w *Watcher) since() time.Time {
	if w.account.Settings.Start == "beginning" || w.account.Since.IsZero() {
		return time.Time{}
	}
	return w.account.Since.Add(-skew)
}

// sync hands over everything new and returns when there is nothing more; came
// says that there was something.
func (w *Watcher) sync(ctx context.Context, s *session) (came bool, err error) {
	for {
		select {
		case <-s.news: // told of before we ask
		default:
		}
		mark, err := w.open(ctx, s)
		if err != nil {
			return came, err
		}
		uids, err := w.pending(ctx, s, mark)
		if err != nil {
			return came, step("asking for new mail", err)
		}
		if len(uids) == 0 {
			if mark.UID < mark.Base { // nothing of what stood there counts
				mark.UID = mark.Base
				return came, step("saving the mark", w.opt.Store.Save(w.key(), mark))
			}
			return came, nil
		}
		came = true
		for list := range slices.Chunk(uids, chunk) {
			if mark, err = w.take(ctx, s, list, mark); err != nil {
				return came, err
			}
		}
	}
}

// open selects the mailbox anew, which shows whether its UIDs still hold.
func (w *Watcher) open(ctx context.Context, s *session) (Mark, error) {
	defer s.within(ctx, askWithin)()
	mark, err := w.opt.Store.Load(w.key())
	if err != nil {
		return mark, step("loading the mark", err)
	}
	box, err := s.Select(w.account.Settings.mailbox(), &goimap.SelectOptions{ReadOnly: true}).Wait()
	if err != nil {
		return mark, step("opening the folder", err)
	}
	if mark.Validity == box.UIDValidity && box.UIDValidity != 0 {
		return mark, nil
	}
	if mark.Validity != 0 {
		w.opt.Log.Warn().Str("inbox", w.account.Inbox).Msg("mailbox gives out new uids: everything is asked for again")
	}
	clear(w.failed)
	mark = Mark{Validity: box.UIDValidity, Base: uint32(max(box.UIDNext, 1) - 1)}
	if box.UIDNext == 0 {
		last, err := s.UIDSearch(&goimap.SearchCriteria{UID: []goimap.UIDSet{{goimap.UIDRange{Start: 0, Stop: 0}}}}, nil).Wait()
		if err != nil {
			return mark, step("asking for the last mail", err)
		}
		if found, ok := last.All.(goimap.UIDSet); ok {
			for _, r := range found {
				mark.Base = max(mark.Base, uint32(r.Stop))
			}
		}
	}
	return mark, step("saving the mark", w.opt.Store.Save(w.key(), mark))
}

// pending lists UIDs above the mark, lowest first, at most maxPending. "n:*" always names the last
// mail, also when it is below n (RFC 3501 §6.4.8).
func (w *Watcher) pending(ctx context.Context, s *session, mark Mark) ([]goimap.UID, error) {
	defer s.within(ctx, askWithin)()
	var out []goimap.UID
	search := func(from, to uint32, since time.Time) error {
		data, err := s.UIDSearch(&goimap.SearchCriteria{UID: []goimap.UIDSet{{goimap.UIDRange{Start: goimap.UID(from), Stop: goimap.UID(to)}}}, Since: since}, nil).Wait()
		if err != nil {
			return err
		}
		found, ok := data.All.(goimap.UIDSet)
		if !ok {
			return nil
		}
		for _, r := range found {
			low, high := max(uint32(r.Start), from), uint32(r.Stop)
			if to != 0 {
				high = min(high, to)
			}
			for uid := uint64(low); uid <= uint64(high) && len(out) < maxPending; uid++ {
				out = append(out, goimap.UID(uid))
			}
		}
		return nil
	}
	if mark.UID < mark.Base {
		day := w.since()
		if !day.IsZero() {
			day = day.Add(-24 * time.Hour) // SINCE knows days only, in the server's zone
		}
		if err := search(mark.UID+1, mark.Base, day); err != nil {
			return nil, err
		}
	}
	// Where that was cut, what lies above waits: the mark must not pass the rest.
	if from := max(mark.UID, mark.Base); from < math.MaxUint32 && len(out) < maxPending {
		if err := search(from+1, 0, time.Time{}); err != nil {
			return nil, err
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// take hands over the mails of a chunk, in order, and moves the mark with each.
func (w *Watcher) take(ctx context.Context, s *session, uids []goimap.UID, mark Mark) (Mark, error) {
	known, err := w.describe(ctx, s, uids)
	if err != nil {
		return mark, step("asking for the size of mails", err)
	}
	for _, uid := range uids {
		m, there := known[uid]
		old := uint32(uid) <= mark.Base && !w.since().IsZero() && m.at.Before(w.since())
		if there && !old { // else it was deleted meanwhile, or does not count
			if err := w.hand(ctx, s, m, mark); err != nil {
				return mark, err
			}
		}
		mark.UID = uint32(uid)
		if err := w.opt.Store.Save(w.key(), mark); err != nil {
			return mark, step("saving the mark", err)
		}
		delete(w.failed, uid)
	}
	return mark, nil
}

func (w *Watcher) describe(ctx context.Context, s *session, uids []goimap.UID) (map[goimap.UID]about, error) {
	defer s.within(ctx, askWithin)()
	cmd := s.Fetch(goimap.UIDSetNum(uids...), &goimap.FetchOptions{UID: true, RFC822Size: true, InternalDate: true})
	out := make(map[goimap.UID]about, len(uids))
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		var m about
		for item := msg.Next(); item != nil; item = msg.Next() {
			switch item := item.(type) {
			case imapclient.FetchItemDataUID:
				m.uid = item.UID
			case imapclient.FetchItemDataRFC822Size:
				m.size = item.Size
			case imapclient.FetchItemDataInternalDate:
				m.at = item.Time.UTC()
			default: // nobody asked for it
				if err := take(literalOf(item), io.Discard); err != nil {
					return nil, err
				}
			}
		}
		out[m.uid] = m
	}
	return out, cmd.Close()
}

// hand fetches one mail and has it delivered.
func (w *Watcher) hand(ctx context.Context, s *session, m about, mark Mark) error {
	id := fmt.Sprintf("imap:%d:%d", mark.Validity, m.uid)
	broken := w.failed[m.uid]
	if m.size <= w.opt.MaxBytes && broken < brokenBody {
		raw, err := w.fetch(ctx, s, m.uid, goimap.PartSpecifierNone, w.opt.MaxBytes)
		switch {
		case errors.Is(err, ErrTooLarge): // the server told another size
		case err != nil:
			w.failed[m.uid]++
			return step("fetching a mail", err)
		default:
			err = w.opt.Deliver(ctx, arrival.Arrival{Mail: &arrival.Mail{Raw: raw, Via: "imap", ID: id, At: m.at}})
			if !errors.Is(err, ErrTooLarge) {
				return step("storing a mail", err)
			}
		}
	}
	kept := &arrival.Kept{ID: id, Why: "oversized", Type: "text/rfc822-headers", At: m.at}
	if broken >= brokenBody {
		kept.Why = "unfetchable"
	}
	if broken < brokenHeader {
		header, err := w.fetch(ctx, s, m.uid, goimap.PartSpecifierHeader, maxHeader)
		if err != nil && !errors.Is(err, ErrTooLarge) {
			w.failed[m.uid]++
			return step("fetching a header", err)
		}
		kept.Raw = header
	}
	if len(kept.Raw) == 0 {
		kept.Raw, kept.Type = []byte(id), "text/plain"
	}
	return step("storing a header", w.opt.Deliver(ctx, arrival.Arrival{Kept: kept}))
}

// fetch reads one part of one mail. Beside ErrTooLarge it returns what fits.
func (w *Watcher) fetch(ctx context.Context, s *session, uid goimap.UID, what goimap.PartSpecifier, limit int64) ([]byte, error) {
	defer s.within(ctx, fetchWithin)()
	cmd := s.Fetch(goimap.UIDSetNum(uid), &goimap.FetchOptions{UID: true, BodySection: []*goimap.FetchItemBodySection{{Specifier: what, Peek: true}}})
	raw, found, err := read(cmd, limit)
	if errors.Is(err, errCut) {
		// The library's own reader goes on where the literal broke off, so
		// nothing of this command may be touched again.
		return nil, err
	}
	if closed := cmd.Close(); err == nil {
		err = closed
	}
	switch {
	case err != nil:
		return raw, err
	case !found:
		return nil, errors.New("the server gave nothing")
	}
	return raw, nil
}

// errCut says that a connection ended in the middle of a mail.
var errCut = errors.New("the connection was cut in the middle of a mail")

// read takes the first literal; what else the server tells is passed over.
func read(cmd *imapclient.FetchCommand, limit int64) (raw []byte, found bool, tooLarge error) {
	for msg := cmd.Next(); msg != nil; msg = cmd.Next() {
		for item := msg.Next(); item != nil; item = msg.Next() {
			literal, cut := literalOf(item), &upTo{limit: limit}
			if _, ok := item.(imapclient.FetchItemDataBodySection); !ok || literal == nil || found {
				if err := take(literal, io.Discard); err != nil {
					return nil, false, err
				}
				continue
			}
			if err := take(literal, cut); err != nil {
				return nil, false, err
			}
			if raw, found = cut.kept.Bytes(), true; cut.seen > limit {
				tooLarge = ErrTooLarge
			}
		}
	}
	return raw, found, tooLarge
}

// literalOf is what an item has of bytes on the wire; nil where it has none.
func literalOf(item imapclient.FetchItemData) goimap.LiteralReader {
	switch item := item.(type) {
	case imapclient.FetchItemDataBodySection:
		return item.Literal
	case imapclient.FetchItemDataBinarySection:
		return item.Literal
	}
	return nil
}

// take reads a literal to its end. A connection that ends looks like the end of
// the mail: only the announced size tells. After any end but the true one nothing
// may be read again, because the library's own reader has gone on.
func take(literal goimap.LiteralReader, to io.Writer) error {
	if literal == nil {
		return nil
	}
	if n, err := io.Copy(to, literal); err != nil || n != literal.Size() {
		return errCut
	}
	return nil
}

// upTo keeps the first bytes of what is written and counts the rest.
type upTo struct {
	kept        bytes.Buffer
	limit, seen int64
}

// Write takes everything.
func (u *upTo) Write(p []byte) (int, error) {
	if room := u.limit - u.seen; room > 0 {
		u.kept.Write(p[:min(room, int64(len(p)))])
	}
	u.seen += int64(len(p))
	return len(p), nil
}
