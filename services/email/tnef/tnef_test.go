package tnef

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func attribute(level byte, id uint32, value []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte{level}, id)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(value)))
	out = append(out, value...)
	sum := uint16(0)
	for _, c := range value {
		sum += uint16(c)
	}
	return binary.LittleEndian.AppendUint16(out, sum)
}

func property(kind, id uint16, value []byte) []byte {
	out := binary.LittleEndian.AppendUint16(nil, kind)
	out = binary.LittleEndian.AppendUint16(out, id)
	out = binary.LittleEndian.AppendUint32(out, 1)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(value)))
	out = append(out, value...)
	return append(out, make([]byte, (4-len(value)%4)%4)...)
}

func list(props ...[]byte) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(props)))
	return append(out, bytes.Join(props, nil)...)
}

func file(attributes ...[]byte) []byte {
	return append([]byte{0x78, 0x9f, 0x3e, 0x22, 1, 0}, bytes.Join(attributes, nil)...)
}

// The compressed sample is written by hand: literals, then a reference to the
// dictionary's "\par ".
func stored(rtf string) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(rtf)+12))
	out = binary.LittleEndian.AppendUint32(out, uint32(len(rtf)))
	out = binary.LittleEndian.AppendUint32(out, 0x414c454d)
	return append(binary.LittleEndian.AppendUint32(out, 0), rtf...)
}

func sample() []byte {
	return file(
		attribute(1, attCodepage, []byte{0xb5, 3, 0, 0}), // 949
		attribute(1, attSubject, []byte("\xb0\xa1\x00")),
		attribute(1, attProps, list(property(kindBinary, 0x1009, stored(`{\rtf1\ansicpg949{\fonttbl{\f0 Arial;}}Dear \'b0\'a1,\par\par \u45208?!{\*\htmltag <p>}}`)))),
		attribute(2, attFileBegins, make([]byte, 14)),
		attribute(2, attFileTitle, []byte("SHORT~1.TXT\x00")),
		attribute(2, attFileData, []byte("content")),
		attribute(2, attFileProps, list(property(kindUnicode, 0x3707, []byte("l\x00o\x00n\x00g\x00.\x00t\x00x\x00t\x00\x00\x00")), property(kindString8, 0x370e, []byte("text/plain\x00")))),
	)
}

func TestTextAndFilesComeOut(t *testing.T) {
	m, err := Parse(sample())
	if err != nil {
		t.Fatal(err)
	}
	if m.Subject != "가" || m.Text != "Dear 가,\n\n나!" {
		t.Errorf("%q %q", m.Subject, m.Text)
	}
	if len(m.Files) != 1 || m.Files[0].Name != "long.txt" || string(m.Files[0].Data) != "content" || !strings.HasPrefix(m.Files[0].Type, "text/plain") {
		t.Errorf("%+v", m.Files)
	}
}

func TestAMessageInAMessageGivesItsFiles(t *testing.T) {
	inner := append(make([]byte, 16), sample()...)
	m, err := Parse(file(attribute(2, attFileBegins, make([]byte, 14)), attribute(2, attFileProps, list(property(kindObject, 0x3701, inner)))))
	if err != nil || len(m.Files) != 2 || m.Files[0].Name != "long.txt" || m.Files[1].Name != "가.txt" {
		t.Errorf("%+v %v", m.Files, err)
	}
}

func TestCompressedRTF(t *testing.T) {
	// The example of [MS-OXRTFCP] §3.1: "{\rtf1\ansi\ansicpg1252\pard hello world}" and CRLF.
	packed := []byte{0x2d, 0, 0, 0, 0x2b, 0, 0, 0, 0x4c, 0x5a, 0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00, 0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a, 0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77, 0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0}
	if got := string(unpack(packed)); got != "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n" {
		t.Errorf("%q", got)
	}
}

func TestWhatIsBrokenIsSaidAndGivenAsFarAsItGoes(t *testing.T) {
	whole := sample()
	for n := range whole {
		if _, err := Parse(whole[:n]); err == nil && n != 6 && !endsAtAttribute(whole, n) {
			t.Errorf("cut at %d: no error", n)
		}
	}
	bad := bytes.Clone(whole)
	bad[20] ^= 1
	if _, err := Parse(bad); !errors.Is(err, ErrFormat) {
		t.Errorf("a flipped bit: %v", err)
	}
}

func endsAtAttribute(b []byte, n int) bool {
	at := 6
	for at < n {
		at += 11 + int(binary.LittleEndian.Uint32(b[at+5:]))
	}
	return at == n
}

func TestCorpus(t *testing.T) {
	root := os.Getenv("TRIBUTARY_CORPUS")
	if root == "" {
		t.Log("TRIBUTARY_CORPUS is not set: only the project's own samples were read")
		return
	}
	files, err := filepath.Glob(filepath.Join(root, "Teamwork__tnef", "testdata", "*.tnef"))
	if err != nil || len(files) < 8 {
		t.Fatal(len(files), err)
	}
	least := map[string]int{"attachments.tnef": 2, "one-file.tnef": 1, "two-files.tnef": 2, "data-before-name.tnef": 1, "long-filename.tnef": 1}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		m, err := Parse(data)
		if err != nil || len(m.Files) < least[name] || name == "rtf.tnef" && m.Text == "" {
			t.Errorf("%s: %d files, %d bytes of text, %v", name, len(m.Files), len(m.Text), err)
		}
		for _, f := range m.Files {
			if f.Name == "" || len(f.Data) == 0 && name != "data-before-name.tnef" { // two of its files are empty indeed
				t.Errorf("%s: file %q of %d bytes", name, f.Name, len(f.Data))
			}
		}
		t.Logf("%s: %d files, %d bytes of text, %d of html", name, len(m.Files), len(m.Text), len(m.HTML))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample())
	f.Add([]byte{0x78, 0x9f, 0x3e, 0x22, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		m, _ := Parse(data)
		if len(m.Files) > maxFiles || len(m.Text) > 8*maxRTF {
			t.Fatal("not bounded")
		}
		_ = rtfText(data, "windows-1252")
		_ = unpack(data)
	})
}
