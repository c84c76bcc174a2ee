package feed_test

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/tributary-inbox/tributary/pkg/eventlog"
	"github.com/tributary-inbox/tributary/pkg/testkit"
)

// addressOf is where a server that is stopped and started again can listen: nobody
// else is given the port meanwhile.
func addressOf(t *testing.T) (host string, port int) {
	t.Helper()
	host, word, err := net.SplitHostPort(testkit.Address(t))
	if err != nil {
		t.Fatal(err)
	}
	if port, err = strconv.Atoi(word); err != nil {
		t.Fatal(err)
	}
	return host, port
}

// appendSoon appends one number as soon as the connection is back. The
// expectation keeps an append whose answer was lost from being stored twice.
func appendSoon(t *testing.T, l *eventlog.Log, n int) {
	t.Helper()
	testkit.Eventually(t, time.Minute, func() error {
		_, err := l.Append(t.Context(), eventlog.Message{
			Subject: "test.a", Data: fmt.Append(nil, n), ExpectLast: eventlog.Expect(uint64(n)),
		})
		if errors.Is(err, eventlog.ErrConflict) {
			return nil
		}
		return err
	})
}

func dropConsumers(t *testing.T, l *eventlog.Log) {
	t.Helper()
	st, err := l.JetStream().Stream(t.Context(), l.Stream())
	if err != nil {
		t.Fatal(err)
	}
	dropped := 0
	names := st.ConsumerNames(t.Context())
	for name := range names.Name() {
		if err := st.DeleteConsumer(t.Context(), name); err != nil {
			t.Fatal(err)
		}
		dropped++
	}
	if err := names.Err(); err != nil || dropped == 0 {
		t.Fatalf("dropped %d consumers, %v", dropped, err)
	}
}
