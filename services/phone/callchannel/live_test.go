package callchannel_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/testkit"
	"github.com/tributary-inbox/tributary/services/phone/asterisk"
)

// exchangeAt is a fake manager interface: it takes one login and then lets the
// test say things to whoever is connected.
type exchangeAt struct {
	net.Listener
	t testing.TB

	mu     sync.Mutex // guards what follows
	live   net.Conn
	logins int
}

func listen(t testing.TB) *exchangeAt {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	e := &exchangeAt{Listener: l, t: t}
	var done sync.WaitGroup
	done.Go(e.serve)
	t.Cleanup(func() { _ = l.Close(); e.drop(); done.Wait() })
	return e
}

func (e *exchangeAt) serve() {
	for {
		conn, err := e.Accept()
		if err != nil {
			return
		}
		_, _ = fmt.Fprint(conn, "Asterisk Call Manager/9.0.0\r\n")
		login, err := asterisk.ReadEvent(bufio.NewReader(conn))
		if err != nil || login["Username"] != "tributary" || login["Secret"] != "s3cret" {
			_, _ = fmt.Fprint(conn, "Response: Error\r\nMessage: Authentication failed\r\n\r\n")
			_ = conn.Close()
			continue
		}
		_, _ = fmt.Fprint(conn, "Event: FullyBooted\r\n\r\nResponse: Success\r\nActionID: login\r\n\r\n")
		e.mu.Lock()
		e.live, e.logins = conn, e.logins+1
		e.mu.Unlock()
	}
}

func (e *exchangeAt) drop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.live != nil {
		_ = e.live.Close()
		e.live = nil
	}
}

func (e *exchangeAt) say(text string) {
	e.t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.live == nil {
		e.t.Fatal("nobody is connected")
	}
	if _, err := fmt.Fprint(e.live, strings.ReplaceAll(text, "\n", "\r\n")); err != nil {
		e.t.Error(err)
	}
}

func (e *exchangeAt) awaitLogin(n int) {
	e.t.Helper()
	testkit.Eventually(e.t, patience, func() error {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.logins < n || e.live == nil {
			return fmt.Errorf("%d logins, want %d", e.logins, n)
		}
		return nil
	})
}

func cdrEvent(id, from string) string {
	return "Event: Cdr\nPrivilege: cdr,all\nSource: " + from + "\nDestination: 101\nDestinationContext: from-trunk\nChannel: PJSIP/trunk-1\n" +
		"DestinationChannel: PJSIP/101-2\nLastApplication: Dial\nStartTime: 2026-03-04 12:00:00\nAnswerTime: 2026-03-04 12:00:04\nEndTime: 2026-03-04 12:00:10\n" +
		"Duration: 10\nBillableSeconds: 6\nDisposition: ANSWERED\nUniqueID: " + id + "\n\n"
}

func TestTheManagerInterface(t *testing.T) {
	pbx := listen(t)
	h := newHouse(t, config.Inbox{ID: "inami", Channel: "asterisk", Secrets: map[string]string{"ami_secret": "s3cret"},
		Settings: fmt.Appendf(nil, `{"zone":"UTC","settle":"5ms","ami":%q,"ami_user":"tributary","allow_private":true}`, pbx.Addr())})
	pbx.awaitLogin(1)
	pbx.say("Event: Newchannel\nUniqueid: 1\n\n" + cdrEvent("7.1", "01012345678"))
	h.until("7.1", outcome("answered", 1))
	pbx.drop()
	pbx.awaitLogin(2)
	pbx.say("Event: Cdr\nUniqueID: x\nStartTime: never\n\n" + cdrEvent("7.2", ""))
	in := h.until("7.2", outcome("answered", 1))
	if in.Sender.Points[0].Kind != "withheld" || in.Call.From != "" {
		t.Errorf("a hidden caller is %+v", in.Sender)
	}
	if !flagged(in, "withheld-number") {
		t.Errorf("flags are %v", in.Flags)
	}
	testkit.Eventually(t, patience, func() error {
		for _, in := range h.tap.all() {
			if in.Type == events.Unknown && strings.Contains(string(in.Raw.Bytes), "never") {
				return nil
			}
		}
		return fmt.Errorf("the record that cannot be read is not kept")
	})
}

// With a file, an event without linked id and sequence states nothing itself: one
// leg must not have two ids.
func TestAnEventMakesTheFileBeRead(t *testing.T) {
	pbx := listen(t)
	h := newHouse(t, asteriskInbox(fmt.Sprintf(`,"ami":%q,"ami_user":"tributary","allow_private":true`, pbx.Addr())))
	pbx.awaitLogin(1)
	h.append("Master.csv", cdr("7.1", 1, 0, true))
	pbx.say(cdrEvent("7.1", "01012345678"))
	h.append("Master.csv", cdr("7.2", 2, 1, true))
	h.until("7.1", outcome("answered", 1))
	h.until("7.2", outcome("answered", 1))
	if _, n := h.tap.calls(); n != 2 {
		t.Errorf("%d statements of 2 calls", n)
	}
}

const record = "Call %s,%s_1,00:00:33,2026/03/04 12:00:00,2026/03/04 12:00:05,2026/03/04 12:00:38,TerminatedBySrc,01012345678,Ext.101,10000,101,,,101,101,,,,,Chain: 01012345678;101,ExternalLine,Extension,Extension,Lee,Kim,Kim,\r\n"

func TestTheExchangeConnectsToUs(t *testing.T) {
	address := testkit.Address(t)
	h := newHouse(t, config.Inbox{ID: "in3cx", Channel: "threecx",
		Settings: fmt.Appendf(nil, `{"zone":"UTC","settle":"5ms","listen":%q,"allow_from":["127.0.0.0/8"]}`, address)})
	var conn net.Conn
	testkit.Eventually(t, patience, func() (err error) { conn, err = net.Dial("tcp", address); return err })
	t.Cleanup(func() { _ = conn.Close() })
	half := fmt.Sprintf(record, "h1", "c1")
	_, _ = fmt.Fprint(conn, half[:40])
	_, _ = fmt.Fprint(conn, half[40:], "garbage\r\n", fmt.Sprintf(record, "h2", "c2"))
	in := h.until("c1_1", outcome("answered", 1))
	if in.Call.TalkS != 33 || in.Call.RingS != 5 || in.Call.Agent != "101" || in.Sender.Name != "Lee" {
		t.Errorf("call is %+v of %+v", in.Call, in.Sender)
	}
	h.until("c2_1", outcome("answered", 1))
}

func TestStrangersAreNotListenedTo(t *testing.T) {
	address := testkit.Address(t)
	h := newHouse(t, config.Inbox{ID: "in3cx", Channel: "threecx",
		Settings: fmt.Appendf(nil, `{"zone":"UTC","settle":"5ms","listen":%q,"allow_from":["192.0.2.1/32"]}`, address)})
	var conn net.Conn
	testkit.Eventually(t, patience, func() (err error) { conn, err = net.Dial("tcp", address); return err })
	defer func() { _ = conn.Close() }()
	_, _ = fmt.Fprintf(conn, record, "h1", "c1")
	// The end of the connection is the answer, as an end or as a reset.
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes came back", n)
	}
	if _, n := h.tap.calls(); n != 0 {
		t.Error("a stranger's record became a call")
	}
}

func TestWeConnectToTheExchange(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		for n := 1; ; n++ {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = fmt.Fprintf(conn, record, "h", fmt.Sprint("c", n))
			_ = conn.Close() // and we come again
		}
	})
	t.Cleanup(func() { _ = l.Close(); done.Wait() })
	h := newHouse(t, config.Inbox{ID: "in3cx", Channel: "threecx",
		Settings: fmt.Appendf(nil, `{"zone":"UTC","settle":"5ms","connect":%q,"allow_private":true}`, l.Addr())})
	h.until("c1_1", outcome("answered", 1))
	h.until("c2_1", outcome("answered", 1))
}

func TestPrivateAddressesNeedLeave(t *testing.T) {
	pbx := listen(t)
	h := newHouse(t, config.Inbox{ID: "inami", Channel: "asterisk", Secrets: map[string]string{"ami_secret": "s3cret"},
		Settings: fmt.Appendf(nil, `{"zone":"UTC","ami":%q,"ami_user":"tributary"}`, pbx.Addr())})
	h.append("wait.csv", "")
	h.inboxes.put(h.checked(config.Inbox{ID: "inami2", Channel: "asterisk", Secrets: map[string]string{"ami_secret": "s3cret"},
		Settings: fmt.Appendf(nil, `{"zone":"UTC","ami":%q,"ami_user":"tributary","allow_private":true}`, pbx.Addr())}))
	pbx.awaitLogin(1)
	pbx.mu.Lock()
	defer pbx.mu.Unlock()
	if pbx.logins != 1 {
		t.Errorf("%d logins: an inbox without leave reached our own network", pbx.logins)
	}
}
