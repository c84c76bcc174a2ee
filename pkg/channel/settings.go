package channel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tributary-inbox/tributary/contracts/config"
)

// ReadSettings decodes an inbox's settings into a struct. A name that the struct
// does not have is an error that says it, so that a misspelt setting is no
// silence. No settings at all leave the struct as it is.
func ReadSettings(inbox config.Inbox, into any) error {
	if len(bytes.TrimSpace(inbox.Settings)) == 0 {
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(inbox.Settings))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("settings: more than one value")
	}
	return nil
}

// WriteSettings puts settings, with the defaults that Check filled in, back into
// the inbox.
func WriteSettings(inbox *config.Inbox, from any) error {
	data, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	inbox.Settings = data
	return nil
}
