package files

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"testing"
)

func jpegOf(t testing.TB, w, h int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// scanned is a picture whose scan stands in it so many times.
func scanned(t testing.TB, times int) []byte {
	t.Helper()
	data := jpegOf(t, 64, 64)
	at := bytes.Index(data, []byte{0xff, markerScan})
	scan := data[at : len(data)-2]
	return append(append(bytes.Clone(data[:at]), bytes.Repeat(scan, times)...), data[len(data)-2:]...)
}

// sized is the beginning of a PNG with that size and colours of so many bits.
func sized(t testing.TB, w, h uint32, bits, colours byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	data := out.Bytes()
	binary.BigEndian.PutUint32(data[16:], w)
	binary.BigEndian.PutUint32(data[20:], h)
	data[24], data[25] = bits, colours
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}

// A picture that would take hours or gigabytes is told from its bytes alone.
func TestBombsAreNotTakenApart(t *testing.T) {
	as := func(side uint16, progressive bool, data []byte) []byte {
		data = bytes.Clone(data)
		frame := bytes.Index(data, []byte{0xff, 0xc0})
		binary.BigEndian.PutUint16(data[frame+5:], side)
		binary.BigEndian.PutUint16(data[frame+7:], side)
		if progressive {
			data[frame+1] = markerProgressive
		}
		return data
	}
	thumb := scanned(t, maxScans)
	within := append(append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(thumb)+2))...), append(bytes.Clone(thumb), jpegOf(t, 8, 8)[2:]...)...)
	for name, c := range map[string]struct {
		data []byte
		good bool
	}{
		"one scan": {scanned(t, 1), true}, "as many scans as may be": {scanned(t, maxScans), true}, "more scans": {scanned(t, maxScans+1), false}, "very many scans": {scanned(t, 20_000), false},
		"scans of a thumbnail":             {within, true},
		"scans behind the end":             {append(scanned(t, 1), scanned(t, 2*maxScans)...), true},
		"a large picture":                  {as(6400, false, scanned(t, 1)), true},
		"a large picture, gone over often": {as(6400, false, scanned(t, 10)), false},
		"a progressive one":                {as(4000, true, scanned(t, 10)), true},
		"a progressive one of 40 million":  {as(6400, true, scanned(t, 1)), false},
		"40 million grey pixels":           {sized(t, 6400, 6400, 8, 0), true},
		"40 million of four bytes":         {sized(t, 6400, 6400, 8, 6), true},
		"40 million of eight bytes":        {sized(t, 6400, 6400, 16, 6), false},
		"too wide to multiply":             {sized(t, 1<<31-1, 1<<31-1, 8, 0), false},
		"another kind":                     {[]byte("GIF89a\x01\x00\x01\x00\x00\x00\x00"), false},
		"cut off":                          {[]byte("\xff\xd8\xff"), false},
		"a segment that ends nowhere":      {[]byte("\xff\xd8\xff\xda\xff\xff"), false},
	} {
		if _, ok := decoder(c.data); ok != c.good {
			t.Errorf("%s: %v, want %v", name, ok, c.good)
		}
	}
	if _, err := Shrink(scanned(t, maxScans+1)); !errors.Is(err, errNoPreview) {
		t.Errorf("a bomb: %v", err)
	}
	if _, err := Shrink(within); err != nil {
		t.Errorf("with a thumbnail: %v", err)
	}
}
