package callcsv

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/phone/exchange"
)

// Kind is the channel's name.
const Kind = "callcsv"

// Settings are those of one source of files.
type Settings struct {
	exchange.Common
	// Folder is a folder below the folder of phone files; each *.csv in it is
	// read when it has stopped growing. Empty: files are uploaded only.
	Folder string `json:"folder,omitempty"`
	// Delimiter is one character; a comma when empty, tab for a tab.
	Delimiter string `json:"delimiter,omitempty"`
	// Encoding is auto (when empty), utf-8 or cp949.
	Encoding string `json:"encoding,omitempty"`
	// Columns says in which column of the header each field stands.
	Columns Columns `json:"columns"`
	// DateLayout is how times are written: with YYYY MM DD HH hh mm ss A, or as
	// Go writes layouts, or unix, unixms or rfc3339. YYYY-MM-DD HH:mm:ss when
	// empty. Morning and afternoon may be 오전 and 오후.
	DateLayout string `json:"date_layout,omitempty"`
	// In, Out and Internal are the words of the direction column; without that
	// column, or for any other word, the numbers decide.
	In       []string `json:"in,omitempty"`
	Out      []string `json:"out,omitempty"`
	Internal []string `json:"internal,omitempty"`
	// Outcomes maps words of the outcome column to answered, missed, abandoned,
	// voicemail, busy, failed or rejected, beside those that are known anyway.
	Outcomes map[string]string `json:"outcomes,omitempty"`
	// Dedupe lists the header names whose values together tell rows apart; the
	// id column when empty, and without one start, from and to.
	Dedupe []string `json:"dedupe,omitempty"`
}

// Columns are header names; an empty one is a field that the files do not have.
// Start is needed, or Date and Time; so are From or To.
type Columns struct {
	ID         string `json:"id,omitempty"`
	Call       string `json:"call,omitempty"` // the same for all rows of one call
	From       string `json:"from,omitempty"`
	To         string `json:"to,omitempty"`
	Start      string `json:"start,omitempty"`
	Date       string `json:"date,omitempty"`
	Time       string `json:"time,omitempty"`
	Answer     string `json:"answer,omitempty"`
	End        string `json:"end,omitempty"`
	Duration   string `json:"duration,omitempty"` // of the whole call
	Ring       string `json:"ring,omitempty"`
	Talk       string `json:"talk,omitempty"`
	Direction  string `json:"direction,omitempty"`
	Outcome    string `json:"outcome,omitempty"`
	Agent      string `json:"agent,omitempty"`
	Queue      string `json:"queue,omitempty"`
	Name       string `json:"name,omitempty"`
	Recording  string `json:"recording,omitempty"`
	Transcript string `json:"transcript,omitempty"`
}

// Reader reads files of one inbox. It may be shared.
type Reader struct {
	Settings
	House *exchange.House

	comma     rune
	layout    string
	direction map[string]direction
	outcomes  map[string]string
}

// NewReader reads an inbox's settings.
func NewReader(inbox config.Inbox) (*Reader, error) {
	var s Settings
	if err := channel.ReadSettings(inbox, &s); err != nil {
		return nil, err
	}
	return s.open()
}

func (s *Settings) open() (*Reader, error) {
	layout, local, err := layoutOf(s.DateLayout)
	if err != nil {
		return nil, err
	}
	house, err := s.Common.Open(local)
	if err != nil {
		return nil, err
	}
	r := &Reader{Settings: *s, House: house, layout: layout, outcomes: map[string]string{}}
	if r.comma, err = comma(s.Delimiter); err != nil {
		return nil, err
	}
	switch s.Encoding {
	case "", "auto", "utf-8", "cp949":
	default:
		return nil, errors.New("encoding: auto, utf-8 or cp949")
	}
	if err := exchange.CheckPath(s.Folder); err != nil {
		return nil, err
	}
	c := s.Columns
	if c.Start == "" && (c.Date == "" || c.Time == "") {
		return nil, errors.New("columns: name start, or date and time")
	}
	if c.From == "" && c.To == "" {
		return nil, errors.New("columns: name from or to")
	}
	r.direction = directions(s)
	return r, r.learn(s.Outcomes)
}

func comma(s string) (rune, error) {
	switch s {
	case "":
		return ',', nil
	case "tab":
		return '\t', nil
	}
	c, n := utf8.DecodeRuneInString(s)
	if n != len(s) || n != 1 || strings.ContainsRune("\"\r\n", c) {
		return 0, errors.New("delimiter: one ASCII character, or tab")
	}
	return c, nil
}

// Layouts of times that are no local time.
const (
	unixSeconds = "unix"
	unixMillis  = "unixms"
)

// tokens are replaced from the longest on.
var tokens = strings.NewReplacer("YYYY", "2006", "YY", "06", "MM", "01", "M", "1", "DD", "02", "D", "2",
	"HH", "15", "H", "15", "hh", "03", "h", "3", "mm", "04", "ss", "05", "SSS", "000", "A", "PM", "a", "PM", "ZZ", "-0700", "Z", "Z07:00")

func layoutOf(s string) (layout string, local bool, err error) {
	switch strings.ToLower(s) {
	case "":
		return exchange.Layout, true, nil
	case unixSeconds, unixMillis:
		return strings.ToLower(s), false, nil
	case "rfc3339":
		return time.RFC3339, false, nil
	}
	layout = s
	if !strings.Contains(s, "2006") {
		layout = tokens.Replace(s)
	}
	sample := time.Date(2031, 11, 28, 19, 47, 0, 0, time.UTC)
	again, err := time.Parse(layout, sample.Format(layout))
	if err != nil || !again.Equal(sample) || len(s) > 64 {
		return "", false, fmt.Errorf("date_layout: must say year, month, day, hour and minute, such as YYYY-MM-DD HH:mm:ss")
	}
	return layout, !strings.Contains(layout, "07"), nil
}

func (r *Reader) learn(theirs map[string]string) error {
	for outcome, words := range knownOutcomes {
		for _, w := range words {
			r.outcomes[w] = outcome
		}
	}
	for word, outcome := range theirs {
		if _, known := knownOutcomes[outcome]; !known {
			return fmt.Errorf("outcomes: %q is none of answered, missed, abandoned, voicemail, busy, failed, rejected", outcome)
		}
		r.outcomes[fold(word)] = outcome
	}
	return nil
}
