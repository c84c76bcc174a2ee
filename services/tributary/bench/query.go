package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/rs/zerolog"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/queries"
	"github.com/tributary-inbox/tributary/services/tributary/house"
)

// queryAnswers are the percentiles of Query.
type queryAnswers struct {
	List     Percentiles `json:"list"`
	Deep     Percentiles `json:"deep"`
	Counters Percentiles `json:"counters"`
}

// Query composes the program on a folder that nobody uses, asks the inbox over
// the bus inside this process, without REST, and writes percentiles to out.
func Query(ctx context.Context, data string, count int, out io.Writer) error {
	s := house.Settings{
		Data: data, Listen: "127.0.0.1:0", SMTPListen: "127.0.0.1:0", SMTPRelayTLS: "opportunistic", SMTPHostname: "localhost", MailDNS: "off",
		SMTPMaxBytes: 25 << 20, Replicas: 1, LogFormat: "json", LogLevel: "warn", KeepInbound: 14 * 24 * time.Hour,
		AdminEmail: adminEmail, AdminPassword: adminPassword,
	}
	h, err := house.Build(ctx, s, zerolog.Nop())
	if err != nil {
		return err
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- h.Run(running, io.Discard) }()
	select {
	case <-h.Ready():
	case err := <-ran:
		return errors.Join(errors.New("the program ended before it was ready"), err, h.Close())
	}
	found, err := askAll(ctx, h, count)
	cancel()
	if err := errors.Join(err, <-ran, h.Close()); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(found)
}

func askAll(ctx context.Context, h *house.House, count int) (*queryAnswers, error) {
	var out queryAnswers
	var err error
	q := queries.ListConversations{Limit: 50, Sort: "updated"}
	if out.List, _, err = askOften(ctx, h, queries.Conversations, q, count); err != nil {
		return nil, err
	}
	for range deepPages {
		_, next, err := askOften(ctx, h, queries.Conversations, q, 1)
		if err != nil {
			return nil, err
		}
		q.Cursor = next
	}
	if out.Deep, _, err = askOften(ctx, h, queries.Conversations, q, count); err != nil {
		return nil, err
	}
	out.Counters, _, err = askOften(ctx, h, queries.Counters, struct{}{}, count)
	return &out, err
}

// askOften repeats one question; it returns the cursor of the last page.
func askOften(ctx context.Context, h *house.House, name string, question any, count int) (Percentiles, string, error) {
	body, err := json.Marshal(question)
	if err != nil {
		return Percentiles{}, "", fmt.Errorf("encode %s: %w", name, err)
	}
	var took samples
	var last []byte
	for i := range count {
		began := time.Now()
		msg, err := h.Ground.NC.RequestWithContext(ctx, events.QueryPrefix+name, body)
		if err != nil {
			return Percentiles{}, "", fmt.Errorf("ask for %s: %w", name, err)
		}
		if i >= count/20 {
			took.add(time.Since(began))
		}
		last = msg.Data
	}
	var page queries.Answer[queries.Page[json.RawMessage]]
	if err := json.Unmarshal(last, &page); err != nil || page.OK == nil {
		return Percentiles{}, "", fmt.Errorf("ask for %s: no answer", name)
	}
	return took.sum(), page.OK.NextCursor, nil
}
