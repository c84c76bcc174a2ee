package eventlog

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var (
	// ErrConflict means that an expectation did not hold: somebody else appended
	// to the subject first. Read on and decide again (see Retry). errors.As with
	// *ConflictError tells the subject.
	ErrConflict = errors.New("expected last sequence does not hold")
	// ErrUnavailable means that the append could not be stored, or that it is
	// not known whether it was (no answer, connection lost, sync failed). Try
	// again later, with an expectation or a MsgID where twice would be wrong.
	ErrUnavailable = errors.New("log cannot store now")
	// ErrTooLarge means that the message, its header or the atomic batch is
	// larger than the server takes; it will never be stored as it is.
	ErrTooLarge = errors.New("too large for the log")
	// ErrRejected means that the server refuses this append for good: a subject
	// that no or another stream holds, a malformed header, a sealed stream.
	ErrRejected = errors.New("log rejects the append")
	// ErrClosed means that the Log was closed.
	ErrClosed = errors.New("log is closed")
	// ErrNotFound means that no message has that sequence (never stored, or
	// deleted).
	ErrNotFound = errors.New("no such message")
)

// ConflictError is the ErrConflict of one append.
type ConflictError struct {
	// Subject is the one whose expectation failed. It is empty when several
	// subjects of an atomic append were at stake and all looked right again by
	// the time they were compared.
	Subject string
	// Expected is what the append asked for.
	Expected uint64
	// Last is the last sequence on Subject, where the server told it; else 0.
	Last uint64
}

// Error names the subject and the two sequences.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("%v: subject %q expected %d, last %d", ErrConflict, e.Subject, e.Expected, e.Last)
}

// Is makes errors.Is(err, ErrConflict) hold.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// The server's error codes that mean something here (nats-server,
// server/errors.json).
const (
	codeWrongLastSeq         = 10071
	codeWrongLastSeqConstant = 10164
	codeMessageTooLarge      = 10054
	codeHeaderTooLarge       = 10097
	codeBatchTooLarge        = 10199
)

// retryable are codes after which the same append may succeed later: no
// resources, storage full, no leader, store failed, too many requests, batch
// incomplete, batches in flight.
var retryable = map[int]bool{
	10002: true, 10008: true, 10009: true, 10023: true, 10028: true, 10047: true,
	10076: true, 10077: true, 10118: true, 10167: true, 10176: true, 10210: true, 10211: true,
}

// serverError is what an acknowledgement may carry instead of a sequence.
type serverError struct {
	Code        int    `json:"code"`
	ErrCode     int    `json:"err_code"`
	Description string `json:"description"`
}

func (e *serverError) conflict() bool {
	return e.ErrCode == codeWrongLastSeq || e.ErrCode == codeWrongLastSeqConstant
}

// classify turns e into one of this package's errors. Conflicts need the
// message and are made by the callers.
func (e *serverError) classify() error {
	kind := ErrRejected
	switch {
	case e.ErrCode == codeMessageTooLarge, e.ErrCode == codeHeaderTooLarge, e.ErrCode == codeBatchTooLarge:
		kind = ErrTooLarge
	case retryable[e.ErrCode], e.Code >= 500:
		kind = ErrUnavailable
	}
	return fmt.Errorf("%w: %s (%d)", kind, e.Description, e.ErrCode)
}

// conflictOf is the conflict of one message. The server puts the actual sequence
// at the end of its description.
func conflictOf(m *Message, se *serverError) *ConflictError {
	c := &ConflictError{Subject: m.Subject}
	if m.ExpectLast != nil {
		c.Expected = *m.ExpectLast
	}
	if _, num, ok := strings.Cut(se.Description, ": "); ok {
		c.Last, _ = strconv.ParseUint(num, 10, 64)
	}
	return c
}
