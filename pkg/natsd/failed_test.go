package natsd

import (
	"testing"

	"github.com/rs/zerolog"
)

// The server says only in its log that a stream cannot be written any more.
func TestFailed(t *testing.T) {
	failed := make(chan struct{})
	log := &logAdapter{log: zerolog.Nop(), failed: failed}
	log.Errorf("JetStream failed to store a msg on stream '%s': %s", "A", "wrong sequence")
	select {
	case <-failed:
		t.Fatal("an error about one message counts as the end of its stream")
	default:
	}
	for range 2 { // one stream after the other may fail
		log.Errorf("Filestore [%s] Critical write error: %v", "A", "no space left on device")
	}
	select {
	case <-failed:
	default:
		t.Fatal("the end of a stream went by unseen")
	}
}
