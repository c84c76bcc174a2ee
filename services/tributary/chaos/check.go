package chaos

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// check holds what the program has against what was acknowledged.
func (s *storm) check() {
	s.t.Helper()
	want := map[events.InboxID]uint64{}
	for _, text := range s.said {
		want[s.inboxOf(text)]++
	}
	rig.Eventually(s.t, func() error { return s.balanced(want) })
	all := s.admin.AllMessages()
	s.checkInbound(all)
	s.checkAnswers(all)
	for _, running := range []bool{true, false} {
		if !running {
			if err := s.child.Stop(rig.Patience); err != nil {
				s.t.Errorf("stop: %v", err)
			}
		}
		if out, err := s.child.Tool("verify"); err != nil || !strings.Contains(out, "the books balance") {
			s.t.Errorf("verify (program running: %v): %v\n%s", running, err, out)
		}
	}
}

func (s *storm) inboxOf(text string) events.InboxID {
	switch {
	case strings.HasPrefix(text, "mail/"):
		return s.mail.ID
	case strings.HasPrefix(text, "chat/"):
		return s.chat.ID
	}
	return s.hook.ID
}

// balanced wants each inbox to have stored what was acknowledged and nothing
// else; what was tried again may stand in the books as duplicate.
func (s *storm) balanced(want map[events.InboxID]uint64) error {
	got, err := s.admin.Try(http.MethodGet, "/books", nil)
	if err != nil || got.Status != http.StatusOK {
		return fmt.Errorf("books: %d %w", got.Status, err)
	}
	books := s.admin.Books()
	for inbox, n := range want {
		b := books[inbox]
		if b.Stored != n || b.Rejected != 0 || b.Received != b.Stored+b.Duplicate+b.Rejected {
			return fmt.Errorf("inbox %s: %d were acknowledged, the book says %+v", inbox, n, b)
		}
	}
	return nil
}

// checkInbound wants each acknowledged message once, and each sender's in the
// order in which they were said.
func (s *storm) checkInbound(all []events.Message) {
	s.t.Helper()
	count, last := map[string]int{}, map[string]string{}
	for _, m := range all {
		count[m.Text]++
		if m.Direction != events.In {
			continue
		}
		sender, _, _ := cutLast(m.Text)
		if m.Text <= last[sender] {
			s.t.Errorf("%s stands behind %s", m.Text, last[sender])
		}
		last[sender] = m.Text
	}
	for _, text := range s.said {
		if n := count[text]; n != 1 {
			s.t.Errorf("%s was acknowledged and is there %d times", text, n)
		}
		delete(count, text)
	}
	for text := range s.answered {
		if n := count[text]; n != 1 {
			s.t.Errorf("%s was acknowledged and is there %d times", text, n)
		}
		delete(count, text)
	}
	for text, n := range count {
		s.t.Errorf("%s is there %d times though nobody was told so", text, n)
	}
}

func cutLast(text string) (sender, number string, found bool) {
	i := strings.LastIndexByte(text, '/')
	if i < 0 {
		return text, "", false
	}
	return text[:i], text[i+1:], true
}

// checkAnswers wants every answer sent: at the shop at least once, always under
// the same id, and in the order of its conversation.
func (s *storm) checkAnswers(all []events.Message) {
	s.t.Helper()
	for _, m := range all {
		if m.Direction == events.Out {
			s.admin.AwaitStatus(m.ConversationID, m.ID, events.StatusSent)
		}
	}
	ids, newest := map[string]string{}, map[string]string{}
	for {
		select {
		case p := <-s.shop.Posts:
			if id, seen := ids[p.Data.Text]; seen {
				if id != p.ID {
					s.t.Errorf("%s reached the shop under two ids", p.Data.Text)
				}
				continue // a repeat that the shop ignores by its id
			}
			ids[p.Data.Text] = p.ID
			if p.Data.Text < newest[p.Data.Contact.ID] {
				s.t.Errorf("%s left after %s", p.Data.Text, newest[p.Data.Contact.ID])
			}
			newest[p.Data.Contact.ID] = p.Data.Text
			continue
		default:
		}
		break
	}
	for text, m := range s.answered {
		if ids[text] != string(m.ID) {
			s.t.Errorf("%s was acknowledged as %s and reached the shop as %q", text, m.ID, ids[text])
		}
	}
}
