package arrival

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
)

// maxParts bounds a form; providers send one part for a header field at most.
const maxParts = 4000

// Form is a posted form with every value as the bytes that came.
type Form struct {
	Values map[string][]byte // the first of each name
	Files  []FormFile        // in order
}

// FormFile is a part with a file name. Field is its name in the form.
type FormFile struct {
	Field, Name, Type string
	Data              []byte
}

// ErrNoForm says that a body is not a form, or not a whole one.
var ErrNoForm = errors.New("the body is no form")

// ReadForm reads multipart/form-data or application/x-www-form-urlencoded. All
// it returns shares no memory with body. Nothing touches the disk.
func ReadForm(contentType string, body []byte) (*Form, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil, fmt.Errorf("%w: its type cannot be read", ErrNoForm)
	}
	switch {
	case kind == "multipart/form-data" && params["boundary"] != "":
		return readParts(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
	case kind == "application/x-www-form-urlencoded":
		return readQuery(string(body))
	}
	return nil, fmt.Errorf("%w: its type is another", ErrNoForm)
}

func readQuery(body string) (*Form, error) {
	values, err := url.ParseQuery(body)
	if err != nil || len(values) > maxParts {
		return nil, fmt.Errorf("%w: it cannot be decoded", ErrNoForm)
	}
	f := &Form{Values: make(map[string][]byte, len(values))}
	for name, list := range values {
		f.Values[name] = []byte(list[0])
	}
	return f, nil
}

func readParts(r *multipart.Reader) (*Form, error) {
	f := &Form{Values: map[string][]byte{}}
	for n := 0; ; n++ {
		part, err := r.NextRawPart()
		if err == io.EOF && n > 0 {
			return f, nil
		}
		if err != nil || n == maxParts {
			return nil, fmt.Errorf("%w: its parts cannot be told apart", ErrNoForm)
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, fmt.Errorf("%w: it ends too early", ErrNoForm)
		}
		name := part.FormName()
		_, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
		if _, isFile := params["filename"]; isFile {
			f.Files = append(f.Files, FormFile{Field: name, Name: params["filename"], Type: part.Header.Get("Content-Type"), Data: data})
		} else if _, twice := f.Values[name]; !twice {
			f.Values[name] = data
		}
	}
}

// Text is a value as it came, empty where there is none.
func (f *Form) Text(name string) string { return string(f.Values[name]) }
