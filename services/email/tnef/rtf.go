package tnef

import (
	"encoding/binary"
	"strconv"
	"strings"

	"github.com/tributary-inbox/tributary/services/email/charset"
)

// dictionary is what the window of the compression begins with ([MS-OXRTFCP]
// §2.1.3.1.1).
const dictionary = "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern \\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"

// unpack undoes the compression; what breaks off is given as far as it goes.
func unpack(b []byte) []byte {
	if len(b) < 16 {
		return nil
	}
	raw := min(int(binary.LittleEndian.Uint32(b[4:])), maxRTF)
	magic, in := binary.LittleEndian.Uint32(b[8:]), b[16:]
	switch magic {
	case 0x414c454d: // stored as it is
		return in[:min(len(in), raw)]
	case 0x75465a4c:
	default:
		return nil
	}
	var window [4096]byte
	at := copy(window[:], dictionary)
	var out []byte
	emit := func(c byte) {
		out = append(out, c)
		window[at] = c
		at = (at + 1) % len(window)
	}
	for len(in) > 0 && len(out) < raw {
		flags := in[0]
		in = in[1:]
		for bit := 0; bit < 8 && len(out) < raw; bit++ {
			if flags&(1<<bit) == 0 {
				if len(in) < 1 {
					return out
				}
				emit(in[0])
				in = in[1:]
				continue
			}
			if len(in) < 2 {
				return out
			}
			ref := int(in[0])<<8 | int(in[1])
			in = in[2:]
			from, n := ref>>4, ref&15+2
			if from == at { // a reference to where we stand ends it
				return out
			}
			for i := 0; i < n && len(out) < raw; i++ {
				emit(window[(from+i)%len(window)])
			}
		}
	}
	return out
}

// silent are groups whose words are no text.
var silent = map[string]bool{"fonttbl": true, "colortbl": true, "stylesheet": true, "info": true, "pict": true, "object": true, "generator": true, "xmlnstbl": true, "themedata": true}

// group is the state that braces save.
type group struct {
	skip   bool
	hidden bool // between \htmlrtf and \htmlrtf0
	uc     int  // how many characters stand in for one \u
}

// maxGroups bounds nesting; what is deeper counts to the group it stands in.
const maxGroups = 200

// rtfText takes the words out of RTF. Where HTML is wrapped in it, its tags stand
// in groups of their own and are left out.
func rtfText(rtf []byte, label string) string {
	p := &plain{label: label, now: group{uc: 1}}
	for i := 0; i < len(rtf); {
		switch c := rtf[i]; {
		case c == '{':
			p.open()
			i++
		case c == '}':
			p.close()
			i++
		case c == '\\':
			i = p.control(rtf, i+1)
		case c == '\r' || c == '\n':
			i++
		default:
			p.byte(c)
			i++
		}
	}
	p.flush()
	return p.out.String()
}

type plain struct {
	out   strings.Builder
	bytes []byte // in the document's charset, not decoded yet
	label string
	now   group
	stack []group
	deep  int // open groups beyond maxGroups
	owed  int // characters still to leave out after a \u
}

func (p *plain) open() {
	if len(p.stack) == maxGroups {
		p.deep++
		return
	}
	p.stack = append(p.stack, p.now)
}

func (p *plain) close() {
	if p.deep > 0 {
		p.deep--
		return
	}
	if n := len(p.stack); n > 0 {
		p.now, p.stack = p.stack[n-1], p.stack[:n-1]
	}
}

func (p *plain) byte(c byte) {
	switch {
	case p.owed > 0:
		p.owed--
	case !p.now.skip && !p.now.hidden:
		p.bytes = append(p.bytes, c)
	}
}

func (p *plain) flush() {
	if len(p.bytes) > 0 {
		p.out.WriteString(charset.Decode(p.bytes, p.label, charset.Anywhere).Text)
		p.bytes = p.bytes[:0]
	}
}

func (p *plain) put(s string) {
	if !p.now.skip {
		p.flush()
		p.out.WriteString(s)
	}
}

// control reads what follows a backslash and returns where it ends.
func (p *plain) control(rtf []byte, i int) int {
	if i >= len(rtf) {
		return i
	}
	switch c := rtf[i]; {
	case c == '\'':
		if i+2 < len(rtf) {
			if n, err := strconv.ParseUint(string(rtf[i+1:i+3]), 16, 8); err == nil {
				p.byte(byte(n))
			}
		}
		return min(i+3, len(rtf))
	case c == '*':
		p.now.skip = true
		return i + 1
	case c == '~':
		p.byte(' ')
		return i + 1
	case c == '\\' || c == '{' || c == '}':
		p.byte(c)
		return i + 1
	case c < 'a' || c > 'z':
		return i + 1
	}
	start := i
	for i < len(rtf) && i-start < 32 && rtf[i] >= 'a' && rtf[i] <= 'z' {
		i++
	}
	name, digits := string(rtf[start:i]), i
	for i < len(rtf) && i-digits < 12 && (rtf[i] >= '0' && rtf[i] <= '9' || i == digits && rtf[i] == '-') {
		i++
	}
	number, given := 0, i > digits
	if given {
		number, _ = strconv.Atoi(string(rtf[digits:i])) // bounded above; "-" alone is 0
	}
	if i < len(rtf) && rtf[i] == ' ' {
		i++
	}
	p.word(name, number, given)
	return i
}

func (p *plain) word(name string, number int, given bool) {
	switch name {
	case "par", "line", "row", "sect", "page":
		p.put("\n")
	case "tab", "cell":
		p.put("\t")
	case "ansicpg":
		if number > 0 {
			p.flush()
			p.label = codepage(uint32(number))
		}
	case "htmlrtf":
		p.now.hidden = !given || number != 0
	case "uc":
		p.now.uc = min(max(number, 0), 8)
	case "u":
		if p.now.hidden {
			return
		}
		if number < 0 {
			number += 1 << 16
		}
		p.put(string(rune(number)))
		p.owed = p.now.uc
	case "emdash":
		p.put("—")
	case "endash":
		p.put("–")
	case "lquote", "rquote":
		p.put("'")
	case "ldblquote", "rdblquote":
		p.put("\"")
	case "bullet":
		p.put("•")
	default:
		if silent[name] {
			p.now.skip = true
		}
	}
}
