package tnef

import (
	"encoding/binary"
	"unicode/utf16"
)

// Types of MAPI properties whose values have a length.
const (
	kindObject  = 0x000d
	kindString8 = 0x001e
	kindUnicode = 0x001f
	kindBinary  = 0x0102
	manyValues  = 0x1000
)

// properties reads a list of MAPI properties and tells the first value of each
// with a length; it stops where the list breaks off.
func properties(b []byte, tell func(id, kind uint16, value []byte)) {
	c := &cursor{b: b}
	for range min(c.u32(), maxProps) {
		kind, id := c.u16(), c.u16()
		if id >= 0x8000 { // named: a GUID, and a number or a name
			c.skip(16)
			if c.u32() == 1 {
				c.padded(c.u32())
			} else {
				c.skip(4)
			}
		}
		base, many := kind&^manyValues, kind&manyValues != 0
		switch base {
		case kindObject, kindString8, kindUnicode, kindBinary:
			n := c.u32()
			for i := uint32(0); i < n && !c.broken; i++ {
				if value := c.padded(c.u32()); i == 0 && !c.broken {
					tell(id, base, value)
				}
			}
		default:
			size := fixed(base)
			n := uint32(1)
			if many {
				n = c.u32()
			}
			for i := uint32(0); i < n && !c.broken; i++ {
				c.skip(size)
			}
		}
		if c.broken {
			return
		}
	}
}

// fixed is how many bytes a value without a length takes, padded to four.
func fixed(kind uint16) uint32 {
	switch kind {
	case 0x0005, 0x0006, 0x0007, 0x0014, 0x0040:
		return 8
	case 0x0048:
		return 16
	}
	return 4
}

// cursor reads little-endian numbers; once it has broken it gives noughts.
type cursor struct {
	b      []byte
	broken bool
}

func (c *cursor) take(n uint32) []byte {
	if c.broken || uint64(n) > uint64(len(c.b)) {
		c.broken = true
		return nil
	}
	out := c.b[:n]
	c.b = c.b[n:]
	return out
}

func (c *cursor) skip(n uint32) { c.take(n) }

func (c *cursor) u16() uint16 {
	if b := c.take(2); b != nil {
		return binary.LittleEndian.Uint16(b)
	}
	return 0
}

func (c *cursor) u32() uint32 {
	if b := c.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

// padded takes a value and what fills it up to four bytes; the last of a list
// may lack the filling.
func (c *cursor) padded(n uint32) []byte {
	out := c.take(n)
	if fill := (4 - n%4) % 4; out != nil && uint64(fill) <= uint64(len(c.b)) {
		c.b = c.b[fill:]
	}
	return out
}

func utf16le(b []byte) string {
	units := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		u := binary.LittleEndian.Uint16(b[i:])
		if u == 0 {
			break
		}
		units = append(units, u)
	}
	return string(utf16.Decode(units))
}
