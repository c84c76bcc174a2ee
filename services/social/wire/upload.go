package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// ErrNoBytes says that an attachment's bytes are not in the store, or are more
// than the provider takes.
var ErrNoBytes = errors.New("the file's bytes cannot be sent")

// Bytes reads an attachment from the store, limit bytes at most. ErrNoBytes is
// for good; any other error may pass.
func Bytes(ctx context.Context, blobs blob.Store, file events.Attachment, limit int64) ([]byte, error) {
	if blobs == nil || file.Hash == "" || file.Size > limit {
		return nil, ErrNoBytes
	}
	r, err := blobs.Open(ctx, file.Hash)
	switch {
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrBadHash):
		return nil, ErrNoBytes
	case err != nil:
		return nil, fmt.Errorf("open file: %w", err)
	}
	defer func() { _ = r.Close() }()
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, ErrNoBytes
	}
	return data, nil
}

// NotRead is the result for a file that Bytes did not return.
func NotRead(err error) events.SendResult {
	if errors.Is(err, ErrNoBytes) {
		return NoFiles(err.Error())
	}
	return events.SendResult{Outcome: events.Retry, Detail: "the file could not be read"}
}

// Upload is a POST of one file as multipart/form-data. Nothing reaches a customer
// by it, so it may be made again.
func Upload(address, field string, file events.Attachment, data []byte) (provider.Call, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '\\' || r == '/' {
			return '_'
		}
		return r
	}, file.Name)
	if name == "" {
		name = "file"
	}
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, field, name)}, "Content-Type": {file.Type},
	})
	if err != nil {
		return provider.Call{}, fmt.Errorf("encode file: %w", err)
	}
	if _, err := part.Write(data); err != nil {
		return provider.Call{}, fmt.Errorf("encode file: %w", err)
	}
	if err := form.Close(); err != nil {
		return provider.Call{}, fmt.Errorf("encode file: %w", err)
	}
	return provider.Call{URL: address, Header: http.Header{"Content-Type": {form.FormDataContentType()}}, Body: body.Bytes(), SafeToRepeat: true}, nil
}
