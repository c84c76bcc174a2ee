package imap

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	goimap "github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/tributary-inbox/tributary/pkg/testkit"
)

func (d *desk) eventually(t *testing.T, want string) {
	t.Helper()
	testkit.Eventually(t, time.Minute, func() error {
		if got := d.numbers(); got != want {
			return fmt.Errorf("taken %q, want %q", got, want)
		}
		return nil
	})
}

func (d *desk) told(t *testing.T, why string) {
	t.Helper()
	testkit.Eventually(t, time.Minute, func() error {
		if !d.heard(why) {
			return fmt.Errorf("%q was not told", why)
		}
		return nil
	})
}

func TestWhatComesInIsHandedOverAtOnceAndInOrder(t *testing.T) {
	s, d := newMailserver(t), &desk{}
	s.put(1, "")
	s.put(2, "")
	s.watching(d, newStore(t), func(_ *Account, o *Options) { o.Poll = time.Hour }) // only IDLE can tell
	d.eventually(t, "1 2")
	// The server forgets to tell, in IDLE, what came just before it: so where one is
	// not told of for a while another comes, and all are there by then.
	want, n := "1 2", 2
	for told := false; !told; {
		n++
		s.put(n, "")
		want += fmt.Sprint(" ", n)
		told = testkit.Await(2*time.Second, func() error {
			if got := d.numbers(); got != want {
				return fmt.Errorf("taken %q, want %q", got, want)
			}
			return nil
		}) == nil
		if n == 40 {
			t.Fatalf("nothing came by IDLE: taken %q", d.numbers())
		}
	}
	mail := d.got[0].Mail
	if string(mail.Raw) != letter(1) || mail.ID != "imap:1:1" || mail.At.IsZero() {
		t.Errorf("mail %+v", mail)
	}
	status, err := s.user.Status("INBOX", &goimap.StatusOptions{NumUnseen: true})
	if err != nil || int(*status.NumUnseen) != n {
		t.Errorf("%d mails are unseen (%v), want %d: reading must not mark them", *status.NumUnseen, err, n)
	}
}

func TestWithoutIdleTheMailboxIsAsked(t *testing.T) {
	s, d := newMailserver(t, func(s *mailserver) { s.opt.Caps = goimap.CapSet{goimap.CapIMAP4rev1: {}} }), &desk{}
	s.watching(d, newStore(t), func(_ *Account, o *Options) { o.Poll = 10 * time.Millisecond })
	s.put(1, "")
	d.eventually(t, "1")
	s.put(2, "")
	d.eventually(t, "1 2")
}

func TestAnOutageLosesNothingAndRepeatsNothing(t *testing.T) {
	s, d, store := newMailserver(t), &desk{}, newStore(t)
	stop := s.watching(d, store)
	s.put(1, "")
	d.eventually(t, "1")
	s.down() // the server is away, and mail comes in
	d.told(t, "the connection to the mailbox failed")
	s.put(2, "")
	s.put(3, "")
	s.up()
	d.eventually(t, "1 2 3")
	stop() // now we are away
	s.put(4, "")
	d2 := &desk{}
	s.watching(d2, store)
	d2.eventually(t, "4")
	s.put(5, "")
	d2.eventually(t, "4 5")
}

func TestTheMarkMovesOnlyAfterTheMailWasTaken(t *testing.T) {
	s, d, store := newMailserver(t), &desk{}, newStore(t)
	d.refuse(errors.New("cannot store"))
	s.put(1, "")
	s.put(2, "")
	stop := s.watching(d, store)
	d.told(t, "storing a mail failed")
	stop()
	if m, err := store.Load("in1\x00INBOX"); err != nil || m.UID != 0 {
		t.Fatalf("mark %+v (%v), want none before anything was taken", m, err)
	}
	d.refuse(nil)
	s.watching(d, store)
	d.eventually(t, "1 2")
	if m, err := store.Load("in1\x00INBOX"); err != nil || m.UID > 2 {
		t.Fatalf("mark %+v (%v)", m, err)
	}
}

func TestNewUIDsAskForEverythingAgain(t *testing.T) {
	s, d, store := newMailserver(t), &desk{}, newStore(t)
	for n := 1; n <= 3; n++ {
		s.put(n, "")
	}
	stop := s.watching(d, store)
	d.eventually(t, "1 2 3")
	stop()
	if err := errors.Join(s.user.Delete("INBOX"), s.user.Create("INBOX", nil)); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-48 * time.Hour)
	s.append(letter(8), old) // before the inbox was made: does not count
	s.put(2, "")             // the same mails in another order
	s.put(4, "")
	d2 := &desk{}
	s.watching(d2, store, func(a *Account, _ *Options) { a.Since = time.Now().Add(-time.Hour) })
	d2.eventually(t, "2 4")
	if mail := d2.got[0].Mail; mail.ID != "imap:2:2" {
		t.Errorf("id %s", mail.ID)
	}
}

func TestNewUIDsAreSeenOnAConnectionThatLives(t *testing.T) {
	s, d := newMailserver(t), &desk{}
	s.put(1, "")
	s.watching(d, newStore(t), func(_ *Account, o *Options) { o.Poll = 20 * time.Millisecond })
	d.eventually(t, "1")
	if err := errors.Join(s.user.Delete("INBOX"), s.user.Create("INBOX", nil)); err != nil {
		t.Fatal(err)
	}
	s.put(2, "")
	d.eventually(t, "1 2")
}

func TestOldMailIsLeftUnlessAskedFor(t *testing.T) {
	made := time.Now().Add(-time.Hour)
	for name, c := range map[string]struct{ start, want string }{
		"now": {"now", "3 4"}, "beginning": {"beginning", "1 2 3 4"},
	} {
		t.Run(name, func(t *testing.T) {
			s, d, store := newMailserver(t), &desk{}, newStore(t)
			s.append(letter(1), made.Add(-30*24*time.Hour))
			s.append(letter(2), made.Add(-time.Hour)) // on the same day, so SINCE alone would take it
			s.append(letter(3), made.Add(time.Minute))
			s.watching(d, store, func(a *Account, _ *Options) { a.Since, a.Settings.Start = made, c.start })
			d.eventually(t, strings.TrimSuffix(c.want, " 4"))
			// Moved here by a person later: its date is old, and it is new here.
			s.append(letter(4), made.Add(-100*24*time.Hour))
			d.eventually(t, c.want)
		})
	}
}

// cutting closes a connection after so many bytes were sent to the client.
type cutting struct {
	net.Conn
	left *atomic.Int64
}

func (c cutting) Write(p []byte) (int, error) {
	if c.left.Add(int64(-len(p))) < 0 {
		_, _ = c.Conn.Write(p[:len(p)/2])
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return c.Conn.Write(p)
}

func TestAConnectionCutInTheMiddleOfAMailLosesNothing(t *testing.T) {
	var budget, cuts atomic.Int64
	s, d := newMailserver(t, func(s *mailserver) {
		s.wrap = func(c net.Conn) net.Conn {
			left := new(atomic.Int64)
			left.Store(budget.Add(40_000)) // each connection gets a little further
			cuts.Add(1)
			return cutting{c, left}
		}
	}), &desk{}
	for n := 1; n <= 4; n++ {
		s.put(n, strings.Repeat("word ", 20_000))
	}
	s.watching(d, newStore(t))
	d.eventually(t, "1 2 3 4")
	if cuts.Load() < 3 {
		t.Errorf("%d connections: nothing was cut", cuts.Load())
	}
	for _, a := range d.got {
		if want := letter(1)[:5]; len(a.Mail.Raw) != len(letter(1))+100_000 || !strings.HasPrefix(string(a.Mail.Raw), want) {
			t.Errorf("a mail of %d bytes", len(a.Mail.Raw))
		}
	}
}

func TestAMailThatIsTooLargeIsKeptByItsHeader(t *testing.T) {
	s, d := newMailserver(t), &desk{}
	s.put(1, "")
	s.put(2, strings.Repeat("x", 10_000))
	s.put(3, "")
	s.watching(d, newStore(t), func(_ *Account, o *Options) { o.MaxBytes = 5_000 })
	d.eventually(t, "1 -2 3")
	if k := d.got[1].Kept; k.Why != "oversized" || k.ID != "imap:1:2" || strings.Contains(string(k.Raw), "xxxx") {
		t.Errorf("kept %+v", k)
	}
}

func TestAMailThatTheLogNeverTakesIsKeptByItsHeader(t *testing.T) {
	s, d := newMailserver(t), &desk{}
	d.refuse(ErrTooLarge)
	s.put(1, "")
	s.watching(d, newStore(t))
	d.eventually(t, "-1")
}

// poisoned cannot give out the body of one mail.
type poisoned struct {
	imapserver.Session
	uid  goimap.UID
	head bool // nor its header
}

func (p poisoned) Fetch(w *imapserver.FetchWriter, set goimap.NumSet, options *goimap.FetchOptions) error {
	uids, ok := set.(goimap.UIDSet)
	if ok && len(options.BodySection) > 0 && uids.Contains(p.uid) && (p.head || options.BodySection[0].Specifier == goimap.PartSpecifierNone) {
		return &goimap.Error{Type: goimap.StatusResponseTypeNo, Text: "cannot read this one"}
	}
	return p.Session.Fetch(w, set, options)
}

func TestAMailThatCannotBeFetchedHoldsUpNoOther(t *testing.T) {
	for name, head := range map[string]bool{"body": false, "header too": true} {
		t.Run(name, func(t *testing.T) {
			s, d := newMailserver(t, func(s *mailserver) {
				s.opt.NewSession = func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
					return poisoned{s.mem.NewSession(), 2, head}, nil, nil
				}
			}), &desk{}
			for n := 1; n <= 3; n++ {
				s.put(n, "")
			}
			s.watching(d, newStore(t))
			want := "1 -2 3"
			if head {
				want = "1 - 3"
			}
			d.eventually(t, want)
			if k := d.got[1].Kept; k.Why != "unfetchable" || k.ID != "imap:1:2" || len(k.Raw) == 0 {
				t.Errorf("kept %+v", k)
			}
		})
	}
}

func TestWrongCredentialsAreTold(t *testing.T) {
	s, d := newMailserver(t), &desk{}
	s.put(1, "")
	s.watching(d, newStore(t), func(a *Account, _ *Options) { a.Secrets.Password = "wrong" })
	d.told(t, errSignIn.Error())
	if d.numbers() != "" {
		t.Error("mail came without a password")
	}
}

func TestAServerInsideTheOwnNetworkIsNotReached(t *testing.T) {
	s, d := newMailserver(t), &desk{}
	s.watching(d, newStore(t), func(a *Account, _ *Options) { a.Settings.AllowPrivate, a.Settings.TLS = false, "starttls" })
	d.told(t, "the mailbox's server is not at a public address")
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.logins != 0 {
		t.Error("a connection was made")
	}
}
