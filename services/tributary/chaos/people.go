package chaos

import (
	"context"
	"errors"
	"fmt"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/services/tributary/e2e/rig"
)

// How many customers write through each door at the same time.
const (
	posters  = 6
	mailers  = 2
	visitors = 2
)

// post is a customer of the shop. Each says one thing after the other.
func (s *storm) post(ctx context.Context, who int) {
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("post/%d/%06d", who, n)
		said := rig.Said{ID: text, Contact: rig.SaidBy{ID: fmt.Sprintf("c-%d", who)}, Text: text}
		if !s.until(text, func() error { return s.child.TrySay(s.hook, said) }) {
			return
		}
		s.keep(text)
	}
}

// write is a mail server with a queue.
func (s *storm) write(ctx context.Context, who int) {
	from := fmt.Sprintf("writer%d@customer.test", who)
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("mail/%d/%06d", who, n)
		l := rig.Letter{From: from, To: "help@example.com", Subject: "storm", ID: fmt.Sprintf("%d.%d@customer.test", who, n), Text: text}
		raw := l.Bytes()
		if !s.until(text, func() error { return s.child.TryMail(from, l.To, raw) }) {
			return
		}
		s.keep(text)
	}
}

// visit is a visitor whose browser connects again and sends again what it has no
// ack for.
func (s *storm) visit(ctx context.Context, who int) {
	var v *rig.Visitor
	hello := rig.Signed(identitySecret, fmt.Sprintf("v-%d", who), "Visitor")
	defer func() {
		if v != nil {
			v.Cut()
		}
	}()
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("chat/%d/%06d", who, n)
		ok := s.until(text, func() (err error) {
			if v == nil {
				if v, err = s.child.TryVisit(s.t, s.chat, hello); err != nil {
					return err
				}
				hello.Visitor = v.Token
			}
			if err = v.TrySay(fmt.Sprintf("%d-%d", who, n), text); err != nil && !errors.Is(err, rig.ErrTold) {
				v.Cut()
				v = nil
			}
			return err
		})
		if !ok {
			return
		}
		s.keep(text)
	}
}

// answer is an agent who answers one shop customer after the other.
func (s *storm) answer(ctx context.Context) {
	for n := 0; ctx.Err() == nil; n++ {
		text := fmt.Sprintf("answer/%06d", n)
		var m events.Message
		ok := s.until(text, func() error {
			c, err := s.pick(n)
			if err == nil {
				m, err = s.admin.TryReply(c, "webhook", text, fmt.Sprintf("client-%d", n))
			}
			return err
		})
		if !ok {
			return
		}
		s.mu.Lock()
		s.answered[text] = m
		s.mu.Unlock()
	}
}

// pick finds the conversation of the n-th customer of the shop, always the same
// for the same n: the same answer must not go to another when it is tried again.
func (s *storm) pick(n int) (events.ConversationID, error) {
	list, err := s.admin.TryConversations()
	if err != nil {
		return "", err
	}
	for _, c := range list {
		messages, err := s.admin.TryFirst(c.ID)
		if err != nil {
			return "", err
		}
		if messages != nil && messages.InboxID == s.hook.ID && messages.From != nil && messages.From.Value == fmt.Sprintf("c-%d", n%posters) {
			return c.ID, nil
		}
	}
	return "", errors.New("the customer has not written yet")
}
