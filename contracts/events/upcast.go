package events

import (
	"encoding/json"
	"fmt"
)

// step raises the data of one fact from one version to the next.
type step func(data json.RawMessage) (json.RawMessage, error)

// upcasters holds, by type and by the version it starts from, the step to the
// next version. It is empty while every type is at version 1; the test of this
// package registers a type of its own to prove that the chain works.
var upcasters = map[string]map[int]step{}

func upcast(factType string, from, to int, data json.RawMessage) (json.RawMessage, error) {
	for v := from; v < to; v++ {
		next, ok := upcasters[factType][v]
		if !ok {
			return nil, fmt.Errorf("no way up from version %d", v)
		}
		raised, err := next(data)
		if err != nil {
			return nil, fmt.Errorf("raise from version %d: %w", v, err)
		}
		data = raised
	}
	return data, nil
}
