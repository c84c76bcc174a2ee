package asterisk

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/services/phone/calls"
)

// ErrLogin says that the exchange does not take user and secret.
var ErrLogin = errors.New("the exchange refuses this user or secret")

// Event is one block of the manager interface. A key that comes twice keeps its
// first value.
type Event map[string]string

// Bounds of one block, and how long a live connection may be silent. Pings go
// out three times as often.
const (
	maxLine   = 8 << 10
	maxFields = 256
	silence   = 90 * time.Second
)

// Listen logs in over conn and hands every event on, in order, until ctx ends or
// the connection does; it closes conn. LoggedIn is called once, before the first
// event. The error is ErrLogin, ctx's, or what the network said; it holds no
// secret.
func Listen(ctx context.Context, conn net.Conn, user, secret string, loggedIn func(), each func(Event)) error {
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	defer func() { _ = conn.Close() }()
	err := listen(ctx, conn, user, secret, loggedIn, each)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func listen(ctx context.Context, conn net.Conn, user, secret string, loggedIn func(), each func(Event)) error {
	in := bufio.NewReaderSize(conn, maxLine)
	if err := conn.SetDeadline(time.Now().Add(silence / 3)); err != nil {
		return fmt.Errorf("manager interface: %w", err)
	}
	banner, err := readLine(in)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(banner, "Asterisk Call Manager") {
		return errors.New("manager interface: what answers is no Asterisk")
	}
	// Only records: a busy exchange says thousands of other things.
	if _, err := fmt.Fprintf(conn, "Action: Login\r\nUsername: %s\r\nSecret: %s\r\nEvents: cdr\r\nActionID: login\r\n\r\n", user, secret); err != nil {
		return fmt.Errorf("manager interface: %w", err)
	}
	if err := login(in); err != nil {
		return err
	}
	loggedIn()
	pings, stopped := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); ping(pings, conn) }()
	defer func() { stopped(); <-done }()
	for {
		if err := conn.SetReadDeadline(time.Now().Add(silence)); err != nil {
			return fmt.Errorf("manager interface: %w", err)
		}
		e, err := ReadEvent(in)
		if err != nil {
			return err
		}
		if e["Event"] != "" {
			each(e)
		}
	}
}

// login waits for the answer to the login; events may come before it.
func login(in *bufio.Reader) error {
	for range 64 {
		e, err := ReadEvent(in)
		if err != nil {
			return err
		}
		switch e["Response"] {
		case "Success":
			return nil
		case "":
		default:
			return ErrLogin
		}
	}
	return errors.New("manager interface: no answer to the login")
}

func ping(ctx context.Context, conn net.Conn) {
	tick := time.NewTicker(silence / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_ = conn.SetWriteDeadline(time.Now().Add(silence / 3))
			if _, err := io.WriteString(conn, "Action: Ping\r\nActionID: ping\r\n\r\n"); err != nil {
				return // the reader sees it too
			}
		}
	}
}

// ReadEvent reads one block of Key: Value lines that an empty line ends.
func ReadEvent(in *bufio.Reader) (Event, error) {
	e := Event{}
	for lines := 0; ; lines++ {
		line, err := readLine(in)
		if err != nil {
			return nil, err
		}
		if line == "" {
			if len(e) == 0 && lines < maxFields {
				continue
			}
			return e, nil
		}
		if lines >= maxFields {
			return nil, errors.New("manager interface: a block without end")
		}
		key, value, ok := strings.Cut(line, ":")
		if _, twice := e[key]; ok && !twice {
			e[key] = strings.TrimSpace(value)
		}
	}
}

// readLine reads up to a line break; a longer line than maxLine is an error.
func readLine(in *bufio.Reader) (string, error) {
	line, err := in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", errors.New("manager interface: a line without end")
	case err != nil:
		return "", fmt.Errorf("manager interface: %w", err)
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

var amiNames = map[string]string{
	"AccountCode": "accountcode", "Source": "src", "Destination": "dst", "DestinationContext": "dcontext", "CallerID": "clid",
	"Channel": "channel", "DestinationChannel": "dstchannel", "LastApplication": "lastapp", "LastData": "lastdata",
	"StartTime": "start", "AnswerTime": "answer", "EndTime": "end", "Duration": "duration", "BillableSeconds": "billsec",
	"Disposition": "disposition", "AMAFlags": "amaflags", "UniqueID": "uniqueid", "UserField": "userfield",
	// What cdr_manager.conf is told to map, in the spellings in use.
	"LinkedID": "linkedid", "Linkedid": "linkedid", "linkedid": "linkedid", "Sequence": "sequence", "sequence": "sequence",
}

// Event reads a Cdr event. Ok is false for any other event, and for one that
// says too little to have the same id as its line in the file, where the inbox
// has one: the caller then reads the file. Now tells the two hours apart that
// clocks show twice.
func (r *Reader) Event(e Event, now time.Time) (leg calls.Leg, ok bool, err error) {
	if e["Event"] != "Cdr" {
		return leg, false, nil
	}
	rec := record{}
	for theirs, ours := range amiNames {
		if v := e[theirs]; v != "" {
			rec[ours] = v
		}
	}
	if r.File != "" && (rec["linkedid"] == "" || rec["sequence"] == "") {
		return leg, false, nil
	}
	leg, err = r.leg(rec, now.Add(-15*time.Minute))
	return leg, err == nil, err
}
