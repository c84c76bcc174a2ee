package files

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
)

const (
	// previewSide is the longer side of a preview in pixels, maxPreview its most
	// bytes. Source: LINE Messaging API reference, image message.
	previewSide = 1024
	maxPreview  = 1_000_000
	// maxPicture bounds the bytes of what is taken apart to make a preview.
	maxPicture = 25 << 20
	// previewWait is how long one waits for its turn to be made.
	previewWait = 3 * time.Second
)

var errNoPreview = errors.New("no preview can be made of this file")

func (d *Door) preview(w http.ResponseWriter, r *http.Request, c filelink.Claim) string {
	var made []byte
	var err error
	if strings.HasPrefix(c.Type, "video/") {
		made = still()
	} else {
		turn := time.NewTimer(previewWait)
		defer turn.Stop()
		select {
		case d.previews <- struct{}{}:
			defer func() { <-d.previews }()
		case <-turn.C:
			return d.refuse(w, http.StatusServiceUnavailable, "busy", "too many previews at once")
		case <-r.Context().Done():
			return "left"
		}
		made, err = d.shrink(r, c)
	}
	switch {
	case errors.Is(err, ErrGone):
		return d.refuse(w, http.StatusGone, "removed", "this file was taken back")
	case errors.Is(err, errNoPreview):
		return d.refuse(w, http.StatusNotFound, "no-preview", "there is no preview of this file")
	case err != nil:
		return d.failed(w, c, err)
	}
	w.Header().Set("Content-Type", "image/jpeg")
	w.Header().Set("Content-Length", strconv.Itoa(len(made)))
	w.Header().Set("Content-Disposition", "inline")
	if r.Method != http.MethodHead {
		_, _ = w.Write(made) // what fails from here on the peer sees as a cut
	}
	return "served"
}

func (d *Door) shrink(r *http.Request, c filelink.Claim) ([]byte, error) {
	file, err := open(r.Context(), d.deps.Blobs, c.Hash)
	if err != nil {
		return nil, err
	}
	defer file.close()
	if file.size > maxPicture {
		return nil, errNoPreview
	}
	data, err := io.ReadAll(file)
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	return Shrink(data)
}

// Shrink makes a JPEG picture of at most 1024 pixels a side out of a JPEG or PNG.
// What is none, or would cost too much memory or time to take apart, is an error.
func Shrink(data []byte) ([]byte, error) {
	decode, ok := decoder(data)
	if !ok {
		return nil, errNoPreview
	}
	full, err := decode(bytes.NewReader(data))
	if err != nil {
		return nil, errNoPreview
	}
	return encode(scale(full, previewSide))
}

// encode writes a JPEG of at most maxPreview bytes, as good as fits.
func encode(m image.Image) ([]byte, error) {
	for _, quality := range []int{80, 60, 30} {
		var out bytes.Buffer
		if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: quality}); err != nil {
			return nil, fmt.Errorf("write picture: %w", err)
		}
		if out.Len() <= maxPreview {
			return out.Bytes(), nil
		}
	}
	return nil, errNoPreview
}

// samples is how many places a side of a new pixel's area are looked at.
const samples = 3

// scale makes a picture whose longer side is at most side, each pixel the mean of
// a few of those it stands for, on white where they let light through.
func scale(from image.Image, side int) image.Image {
	b := from.Bounds()
	w, h := b.Dx(), b.Dy()
	if longest := max(w, h); longest > side {
		w, h = max(1, w*side/longest), max(1, h*side/longest)
	}
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			var red, green, blue, n uint32
			for i := range samples * samples {
				px := b.Min.X + ((x*samples+i%samples)*b.Dx())/(w*samples)
				py := b.Min.Y + ((y*samples+i/samples)*b.Dy())/(h*samples)
				r, g, bl, alpha := from.At(px, py).RGBA()
				white := 0xffff - alpha
				red, green, blue, n = red+(r+white)>>8, green+(g+white)>>8, blue+(bl+white)>>8, n+1
			}
			to.SetRGBA(x, y, color.RGBA{uint8(red / n), uint8(green / n), uint8(blue / n), 0xff})
		}
	}
	return to
}

// still is a dark picture with a triangle, which stands for any film.
var still = sync.OnceValue(func() []byte {
	const w, h = 640, 360
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.RGBA{0x22, 0x26, 0x2c, 0xff}
			if dx, dy := x-(w/2-40), max(y-h/2, h/2-y); dx >= 0 && dx <= 100 && dy*10 <= (100-dx)*6 {
				c = color.RGBA{0xf2, 0xf2, 0xf2, 0xff}
			}
			m.SetRGBA(x, y, c)
		}
	}
	out, err := encode(m)
	if err != nil {
		panic(err) // a picture in memory always encodes
	}
	return out
})
