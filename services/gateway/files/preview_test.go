package files_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/tributary-inbox/tributary/services/gateway/files"
)

func FuzzShrink(f *testing.F) {
	var a, b bytes.Buffer
	m := image.NewGray(image.Rect(0, 0, 8, 3))
	if jpeg.Encode(&a, m, nil) != nil || png.Encode(&b, m) != nil {
		f.Fatal("a picture cannot be written")
	}
	f.Add(a.Bytes())
	f.Add(b.Bytes())
	f.Add([]byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if c, _, err := image.DecodeConfig(bytes.NewReader(data)); err == nil && c.Width*c.Height > 1<<20 {
			return // right, and too slow to try often
		}
		out, err := files.Shrink(data)
		if err != nil {
			return
		}
		c, err := jpeg.DecodeConfig(bytes.NewReader(out))
		if err != nil || c.Width > 1024 || c.Height > 1024 || c.Width < 1 || c.Height < 1 || len(out) > 1_000_000 {
			t.Fatalf("%d bytes, %+v, %v", len(out), c, err)
		}
	})
}
