package files

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
)

// What a stranger's picture may cost. A decoder cannot be stopped, so what it will
// need is found out before it begins.
const (
	// maxPixels bounds a picture's area, maxDecoded the bytes that it takes while
	// it is taken apart.
	maxPixels  = 40 << 20
	maxDecoded = 192 << 20
	// maxScans bounds how often a JPEG goes over the whole picture, maxPassed the
	// pixels that it passes. Programs write about ten scans; thousands fit into a
	// small file and keep a processor busy for hours.
	maxScans  = 64
	maxPassed = 192 << 20
)

// decoder is how a picture is taken apart, not ok where it is none that is known
// here or none that is cheap enough.
func decoder(data []byte) (decode func(io.Reader) (image.Image, error), ok bool) {
	var size image.Config
	var err error
	factor, scans := 1, 1
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		var progressive bool
		if scans, progressive = scansOf(data); scans > maxScans {
			return nil, false
		}
		if progressive {
			factor = 5 // four bytes of coefficients for each byte of the picture
		}
		size, err = jpeg.DecodeConfig(bytes.NewReader(data))
		decode = jpeg.Decode
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		size, err = png.DecodeConfig(bytes.NewReader(data))
		decode = png.Decode
	default:
		return nil, false
	}
	if err != nil || size.Width <= 0 || size.Height <= 0 || size.Width > maxPixels/size.Height {
		return nil, false
	}
	pixels := size.Width * size.Height
	return decode, pixels*depth(size.ColorModel)*factor <= maxDecoded && pixels*scans <= maxPassed
}

// depth is how many bytes a pixel takes at most.
func depth(m color.Model) int {
	switch m {
	case color.GrayModel:
		return 1
	case color.Gray16Model:
		return 2
	case color.YCbCrModel:
		return 3
	case color.RGBA64Model, color.NRGBA64Model:
		return 8
	case color.RGBAModel, color.NRGBAModel, color.CMYKModel:
		return 4
	}
	if _, ok := m.(color.Palette); ok {
		return 1
	}
	return 8
}

// Markers of a JPEG: ITU-T T.81, table B.1.
const (
	markerProgressive = 0xc2
	markerRestart     = 0xd0 // to 0xd7
	markerEnd         = 0xd9
	markerScan        = 0xda
)

// scansOf counts the scans of a JPEG and says whether it is a progressive one. It
// goes from marker to marker as decoders do, so what stands within a segment, such
// as a small picture, or behind the end does not count.
func scansOf(data []byte) (scans int, progressive bool) {
	for at := 2; ; {
		// What is no marker is passed over: the data of a scan, and stray bytes.
		skip := bytes.IndexByte(data[at:], 0xff)
		if skip < 0 {
			return scans, progressive
		}
		at += skip
		for at < len(data) && data[at] == 0xff {
			at++
		}
		if at >= len(data) {
			return scans, progressive
		}
		marker := data[at]
		at++
		switch {
		case marker == 0, marker >= markerRestart && marker < markerRestart+8:
			continue
		case marker == markerEnd:
			return scans, progressive
		case marker == markerScan:
			scans++
		case marker == markerProgressive:
			progressive = true
		}
		if at+2 > len(data) {
			return scans, progressive
		}
		at += int(binary.BigEndian.Uint16(data[at:]))
		if at > len(data) {
			return scans, progressive
		}
	}
}
