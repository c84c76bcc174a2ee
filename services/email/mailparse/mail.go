package mailparse

import (
	"time"

	"github.com/tributary-inbox/tributary/services/email/bounce"
)

// Address is one mailbox of a header. Address is empty when the header has
// only a name; it is neither folded nor checked beyond having no spaces.
type Address struct {
	Name    string
	Address string
}

// Mail is a parsed mail. Strings are valid UTF-8 without NUL; lines end in LF.
type Mail struct {
	MessageID  string   // without angle brackets; empty when missing
	InReplyTo  []string // ids in header order, at most MaxReferences
	References []string // oldest first; the newest MaxReferences are kept

	From, Sender, ReplyTo, To, Cc []Address
	Subject                       string
	Date                          time.Time // UTC; zero unless HasDate
	HasDate                       bool

	Text string // the whole body as text, quotations included
	HTML string // sanitised; empty when the mail has no HTML part

	Reply     string // what the author wrote; see package reply
	Signature string
	Quoted    string // what was quoted, with the lines that introduce it

	Attachments []Attachment
	Automatic   Automatic
	Bounce      *bounce.Report // nil unless the mail reports on a delivery
	Flags       []Flag         // defects, sorted, each once

	DeliveredTo    []string // Delivered-To, X-Original-To and Envelope-To, bare addresses
	ReturnPath     string   // as written, with brackets; "<>" for bounces
	NullSender     bool     // Return-Path, or the envelope, has the empty sender
	ListID         string
	ThreadIndex    string // Outlook's, base64 as written
	Loop           []string
	RemoteImages   int          // pictures whose address was neutralised in HTML
	Trace          []TraceField // Received and Authentication-Results, newest first
	Language       string
	RawHash        [32]byte // SHA-256 of the input
	CanonicalHash  [32]byte // SHA-256 of what the author sent: see canonicalHash
	AddressesFrom  int      // addresses over all From headers
	FromContradict bool     // the display name of From shows another address
}

// Attachment is one file of a mail. Data may share memory with the input.
type Attachment struct {
	Name        string // cleaned of paths and control characters; may be empty
	Type        string // as declared, lower case, without parameters
	Sniffed     string // from the first bytes; trust this one for display
	ContentID   string // without brackets
	Inline      bool   // shown inside the text rather than beside it
	Calendar    string // METHOD of a text/calendar part, upper case
	Description string
	Data        []byte
}

// TraceField is a field that a mail server put on top of a mail on its way.
// Everything below the first server that is not trusted may be forged.
type TraceField struct {
	Name  string // lower case
	Value string // unfolded
}

// Automatic tells machine mail from a person's.
type Automatic struct {
	Is     bool
	Bulk   bool   // sent to many: lists, newsletters
	Reason string // the header that told, for the log and the screen
	Quiet  bool   // the sender asks for no automatic answer
}

// Flag names a defect or a peculiarity of a mail.
type Flag string

// The flags. They are part of what the inbox stores: never rename one.
const (
	FlagNoMessageID      Flag = "no-message-id"
	FlagNoFrom           Flag = "no-from"
	FlagManyFrom         Flag = "many-from"          // more than one From address or header
	FlagNameShowsAddress Flag = "name-shows-address" // the display name holds another address
	FlagNoDate           Flag = "no-date"
	FlagDateOdd          Flag = "date-odd" // not a date, or years off
	FlagCharsetGuessed   Flag = "charset-guessed"
	FlagCharsetDamaged   Flag = "charset-damaged" // some bytes could not be decoded
	FlagBadHeader        Flag = "bad-header"
	FlagHeaderTruncated  Flag = "header-truncated"
	FlagNoBoundary       Flag = "no-boundary"  // multipart without one
	FlagUnterminated     Flag = "unterminated" // no closing boundary
	FlagNoParts          Flag = "no-parts"     // a boundary that never appears
	FlagBadTransfer      Flag = "bad-transfer" // unknown or broken transfer encoding
	FlagTooDeep          Flag = "nested-too-deep"
	FlagTooManyParts     Flag = "too-many-parts"
	FlagTextTruncated    Flag = "text-truncated"
	FlagEncrypted        Flag = "encrypted"    // S/MIME or PGP: not read
	FlagOpaqueSigned     Flag = "smime-signed" // the content hides inside CMS
	FlagTNEF             Flag = "tnef"
	FlagNUL              Flag = "nul-bytes"
	FlagEmpty            Flag = "empty"
)

// MaxReferences bounds In-Reply-To and References.
const MaxReferences = 100

// Limits bound the work on one mail. The zero value means Default.
type Limits struct {
	Depth       int // nested multiparts
	Parts       int // leaves
	HeaderBytes int // of one part
	Fields      int // header fields of one part
	TextBytes   int // of decoded text that is laid out; the rest stays in raw
}

// Default is what Parse uses for the zero Limits.
var Default = Limits{Depth: 20, Parts: 1000, HeaderBytes: 512 << 10, Fields: 2000, TextBytes: 2 << 20}

func (l Limits) orDefault() Limits {
	if l == (Limits{}) {
		return Default
	}
	return l
}
