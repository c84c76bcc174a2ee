package callcsv

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/calls"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// ErrHeader says that a file is not one that the settings describe: nothing of
// it was read.
var ErrHeader = errors.New("the file's header is not the one in the settings")

// Read gives each row of a file to each: its line, counted from 1, and a leg, or
// why it is none. Raw is the row as it stands in the file and is valid during the
// call only. An error of each ends the reading and is returned; so is ErrHeader,
// and what in says.
func (r *Reader) Read(in io.Reader, each func(line int, raw []byte, leg calls.Leg, rejected error) error) error {
	scan := bufio.NewScanner(r.decoded(in))
	scan.Buffer(make([]byte, 0, exchange.MaxRecord), 4*exchange.MaxRecord)
	scan.Split(exchange.Lines)
	var header []string
	for line := 1; scan.Scan(); line += max(1, bytes.Count(scan.Bytes(), []byte("\n"))) {
		raw := bytes.TrimRight(scan.Bytes(), "\r\n")
		if len(bytes.TrimSpace(raw)) == 0 {
			continue
		}
		fields, err := r.split(raw)
		if header == nil {
			if err != nil {
				return fmt.Errorf("%w: %w", ErrHeader, err)
			}
			if header, err = r.header(fields); err != nil {
				return err
			}
			continue
		}
		var leg calls.Leg
		if err == nil {
			leg, err = r.readRow(header, fields)
		}
		if err := each(line, raw, leg, err); err != nil {
			return err
		}
	}
	if errors.Is(scan.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("%w: a line without end", ErrHeader)
	}
	if err := scan.Err(); err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	if header == nil {
		return fmt.Errorf("%w: the file is empty", ErrHeader)
	}
	return nil
}

// decoded drops a byte order mark and turns UTF-16 into UTF-8.
func (r *Reader) decoded(in io.Reader) io.Reader {
	peek := bufio.NewReaderSize(in, 4096)
	mark, _ := peek.Peek(3) // a short file has a short mark
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		_, _ = peek.Discard(3)
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return transform.NewReader(peek, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder())
	}
	return peek
}

// split decodes field by field: a file whose first Korean name comes after a
// megabyte of digits is read rightly all the same. Delimiters, quotes and line
// breaks are never part of a character in CP949.
func (r *Reader) split(raw []byte) ([]string, error) {
	fields, err := exchange.Split(raw, r.comma)
	if err != nil {
		return nil, err
	}
	for i, f := range fields {
		if r.Encoding == "cp949" || (r.Encoding != "utf-8" && !utf8.ValidString(f)) {
			if f, err = korean.EUCKR.NewDecoder().String(f); err != nil {
				return nil, errors.New("neither UTF-8 nor CP949")
			}
		}
		f = strings.ReplaceAll(strings.ToValidUTF8(f, ""), "\x00", "")
		if len(f) > maxField {
			return nil, fmt.Errorf("a field is over %d bytes", maxField)
		}
		fields[i] = f
	}
	return fields, nil
}

const maxField = 16 << 10

// header folds the names, and refuses one that lacks a column of the settings.
func (r *Reader) header(fields []string) ([]string, error) {
	seen := map[string]bool{}
	out := make([]string, len(fields))
	for i, f := range fields {
		out[i] = fold(f)
		seen[out[i]] = true
	}
	var named map[string]string
	data, _ := json.Marshal(r.Columns) // strings always encode
	_ = json.Unmarshal(data, &named)
	for field, name := range named {
		if !seen[fold(name)] {
			return nil, fmt.Errorf("%w: no column for %s", ErrHeader, field)
		}
	}
	for _, name := range r.Dedupe {
		if !seen[fold(name)] {
			return nil, fmt.Errorf("%w: a column of dedupe is missing", ErrHeader)
		}
	}
	return out, nil
}

func (r *Reader) readRow(header, fields []string) (calls.Leg, error) {
	if len(fields) != len(header) {
		return calls.Leg{}, fmt.Errorf("%d fields, the header has %d", len(fields), len(header))
	}
	in := make(row, len(fields))
	for i, name := range header {
		if _, twice := in[name]; !twice {
			in[name] = fields[i]
		}
	}
	return r.leg(in)
}

// Report says what became of a file.
type Report struct {
	Rows     int        `json:"rows"`
	Accepted int        `json:"accepted"`
	New      int        `json:"new"` // accepted and not known before
	Rejected int        `json:"rejected"`
	Errors   []RowError `json:"errors,omitempty"`
}

// RowError is a row that was not taken; its content is not repeated.
type RowError struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// maxErrors bounds the rows a report lists.
const maxErrors = 1000

// Reject counts a row that was not taken.
func (r *Report) Reject(line int, why error) {
	r.Rows++
	r.Rejected++
	if len(r.Errors) < maxErrors {
		r.Errors = append(r.Errors, RowError{Line: line, Reason: why.Error()})
	}
}

// Adapter is the kind callcsv. It has no state.
type Adapter struct{}

// New makes the adapter.
func New() *Adapter { return &Adapter{} }

// Kind is "callcsv".
func (*Adapter) Kind() string { return Kind }

// SecretNames are none: the path of the hook is the secret.
func (*Adapter) SecretNames(config.Inbox) []string { return nil }

// Check reads the settings and fills in defaults.
func (*Adapter) Check(inbox *config.Inbox) error {
	r, err := NewReader(*inbox)
	if err != nil {
		return err
	}
	return exchange.Encode(inbox, r.Settings)
}

// ReceiveLegs reads a file that is posted as the request's body. It is answered
// with a [Report] (without New, which only the store knows); rejected rows are
// kept raw as well. A file with another header is refused whole.
func (*Adapter) ReceiveLegs(inbox config.Inbox, req *channel.Request) ([]calls.Leg, []*events.Inbound, channel.Reply, error) {
	r, err := NewReader(inbox)
	if err != nil {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusServiceUnavailable, "bad-settings", "the settings of this inbox cannot be used")
	}
	if req.Method != http.MethodPost && req.Method != http.MethodPut {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusMethodNotAllowed, "method", "post a file to this address")
	}
	var legs []calls.Leg
	var kept []*events.Inbound
	var report Report
	err = r.Read(bytes.NewReader(req.Body), func(line int, raw []byte, leg calls.Leg, rejected error) error {
		if rejected != nil {
			report.Reject(line, rejected)
			kept = append(kept, exchange.Kept(inbox, bytes.Clone(raw), "text/csv", "unreadable-row", req.At))
			return nil
		}
		report.Rows++
		report.Accepted++
		legs = append(legs, leg)
		return nil
	})
	if err != nil {
		return nil, nil, channel.Reply{}, channel.Refuse(http.StatusUnprocessableEntity, "bad-header", "%s", err)
	}
	body, _ := json.Marshal(report) // numbers and short strings always encode
	return legs, kept, channel.Reply{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body}, nil
}

// Receive states each row as a call of its own; see [exchange.Alone].
func (a *Adapter) Receive(inbox config.Inbox, req *channel.Request) ([]*events.Inbound, channel.Reply, error) {
	legs, kept, reply, err := a.ReceiveLegs(inbox, req)
	if err != nil {
		return nil, reply, err
	}
	return append(exchange.Alone(inbox, legs, req.At), kept...), reply, nil
}
