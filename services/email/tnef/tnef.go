// Package tnef opens what Outlook sends as winmail.dat (Transport Neutral
// Encapsulation Format): the files in it, and the text where the mail has none
// beside it.
//
// Parse is pure and takes any bytes. It gives what can be read and says whether
// that was all. What it returns holds at most the bytes of the input, and
// maxRTF bytes of unpacked text; nesting and files are bounded.
//
// Source: Microsoft's open specifications [MS-OXTNEF], [MS-OXRTFCP] and
// [MS-OXRTFEX].
package tnef

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

// Message is what was found. Text is UTF-8; HTML is in HTMLCharset, as its own
// header may say otherwise.
type Message struct {
	Subject     string
	Class       string // IPM.Note, IPM.Schedule.Meeting.Request…
	Text        string
	HTML        []byte
	HTMLCharset string
	Files       []File
}

// File is one attachment. Name is as the sender wrote it; Data shares the input.
type File struct {
	Name, Type, ContentID string
	Data                  []byte
}

// ErrFormat says that the bytes are no TNEF, or end or break off early; what was
// read before is returned beside it.
var ErrFormat = errors.New("broken tnef")

const (
	signature  = 0x223e9f78
	maxFiles   = 200
	maxDepth   = 3
	maxProps   = 20_000
	maxRTF     = 4 << 20
	levelFile  = 2
	headerSize = 6
)

// Attributes, the type in the upper half.
const (
	attSubject    = 0x00018004
	attClass      = 0x00078008
	attBody       = 0x0002800c
	attCodepage   = 0x00069007
	attProps      = 0x00069003
	attFileBegins = 0x00069002
	attFileTitle  = 0x00018010
	attFileData   = 0x0006800f
	attFileProps  = 0x00069005
)

// Parse reads a winmail.dat. The message is never nil.
func Parse(data []byte) (*Message, error) { return parse(data, 0) }

func parse(data []byte, depth int) (*Message, error) {
	r := &reader{msg: &Message{}, label: "windows-1252", depth: depth}
	if len(data) < headerSize || binary.LittleEndian.Uint32(data) != signature {
		return r.msg, fmt.Errorf("%w: no signature", ErrFormat)
	}
	err := r.attributes(data[headerSize:])
	r.finish()
	return r.msg, err
}

type reader struct {
	msg   *Message
	label string // charset of 8-bit strings
	depth int
	body  string // the plainest body, where no other is better
	rtf   []byte
	file  *File
}

func (r *reader) attributes(b []byte) error {
	for len(b) > 0 {
		// level, id, length; the checksum stands behind
		if len(b) < 9 {
			return fmt.Errorf("%w: it ends in an attribute", ErrFormat)
		}
		level, id, size := b[0], binary.LittleEndian.Uint32(b[1:]), uint64(binary.LittleEndian.Uint32(b[5:]))
		if size+2 > uint64(len(b)-9) {
			return fmt.Errorf("%w: it ends in an attribute", ErrFormat)
		}
		value := b[9 : 9+size]
		sum := uint16(0)
		for _, c := range value {
			sum += uint16(c)
		}
		if sum != binary.LittleEndian.Uint16(b[9+size:]) {
			return fmt.Errorf("%w: a checksum does not fit", ErrFormat)
		}
		b = b[11+size:]
		if level == levelFile {
			r.fileAttribute(id, value)
		} else {
			r.attribute(id, value)
		}
	}
	return nil
}

func (r *reader) attribute(id uint32, value []byte) {
	switch id {
	case attCodepage:
		if len(value) >= 4 {
			r.label = codepage(binary.LittleEndian.Uint32(value))
		}
	case attSubject:
		r.msg.Subject = r.string8(value)
	case attClass:
		r.msg.Class = r.string8(value)
	case attBody:
		r.body = r.string8(value)
	case attProps:
		properties(value, r.property)
	}
}

func (r *reader) property(id, kind uint16, value []byte) {
	switch id {
	case 0x0037:
		if s := r.text(kind, value); s != "" {
			r.msg.Subject = s
		}
	case 0x1000:
		if s := r.text(kind, value); s != "" {
			r.body = s
		}
	case 0x1013:
		r.msg.HTML, r.msg.HTMLCharset = value, r.label
	case 0x1009:
		r.rtf = value
	}
}

func (r *reader) fileAttribute(id uint32, value []byte) {
	if id == attFileBegins {
		r.closeFile()
		if len(r.msg.Files) < maxFiles {
			r.file = &File{}
		}
		return
	}
	if r.file == nil {
		return
	}
	switch id {
	case attFileTitle:
		if r.file.Name == "" {
			r.file.Name = r.string8(value)
		}
	case attFileData:
		r.file.Data = value
	case attFileProps:
		properties(value, r.fileProperty)
	}
}

func (r *reader) fileProperty(id, kind uint16, value []byte) {
	switch id {
	case 0x3707: // the long name
		if s := r.text(kind, value); s != "" {
			r.file.Name = s
		}
	case 0x370e:
		r.file.Type = r.text(kind, value)
	case 0x3712:
		r.file.ContentID = strings.Trim(r.text(kind, value), "<> ")
	case 0x3701:
		if kind == kindObject && len(value) > 16 {
			value = value[16:] // the id of its interface
		}
		if len(r.file.Data) == 0 {
			r.file.Data = value
		}
	}
}

// closeFile takes up the file that was read; a message in a message gives its
// own files and its text.
func (r *reader) closeFile() {
	f := r.file
	r.file = nil
	if f == nil || len(f.Data) == 0 && f.Name == "" {
		return
	}
	if len(f.Data) > headerSize && binary.LittleEndian.Uint32(f.Data) == signature && r.depth < maxDepth {
		if inner, err := parse(f.Data, r.depth+1); err == nil {
			if inner.Text != "" {
				name := inner.Subject
				if name == "" {
					name = "message"
				}
				inner.Files = append(inner.Files, File{Name: name + ".txt", Type: "text/plain", Data: []byte(inner.Text)})
			}
			for _, in := range inner.Files {
				if len(r.msg.Files) < maxFiles {
					r.msg.Files = append(r.msg.Files, in)
				}
			}
			return
		}
	}
	r.msg.Files = append(r.msg.Files, *f)
}

func (r *reader) finish() {
	r.closeFile()
	r.msg.Text = clean(r.body)
	if r.msg.Text == "" && len(r.msg.HTML) == 0 && len(r.rtf) > 0 {
		r.msg.Text = clean(rtfText(unpack(r.rtf), r.label))
	}
}

func clean(s string) string {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	return strings.TrimSpace(strings.ReplaceAll(s, "\x00", ""))
}

func (r *reader) string8(b []byte) string {
	return strings.TrimRight(charset.Decode(b, r.label, charset.Anywhere).Text, "\x00")
}

func (r *reader) text(kind uint16, b []byte) string {
	switch kind {
	case kindUnicode:
		return utf16le(b)
	case kindString8:
		return r.string8(b)
	}
	return ""
}

// codepage is the label of a Windows code page.
func codepage(n uint32) string {
	switch n {
	case 65001:
		return "utf-8"
	case 932:
		return "shift_jis"
	case 936:
		return "gbk"
	case 949:
		return "cp949"
	case 950:
		return "big5"
	}
	return "windows-" + strconv.FormatUint(uint64(n), 10)
}
