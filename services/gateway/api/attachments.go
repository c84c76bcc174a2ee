package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gabriel-vasile/mimetype"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

const (
	// MaxAttachment bounds one upload in bytes; mail relays commonly take 25 MB.
	MaxAttachment = 25 << 20
	maxUploads    = 16 // at once
	uploadTime    = 5 * time.Minute
	sniffBytes    = 3072 // what mimetype looks at
	maxName       = 255
)

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// attachments are bodies of bytes, which pass through without being held in
// memory; they are therefore served beside huma and described to it by hand.
func (a *API) attachments() {
	a.mux.HandleFunc("POST "+Base+"/attachments", a.raw(access.Work, a.upload))
	a.mux.HandleFunc("GET "+Base+"/attachments/{hash}", a.raw(access.Work, a.download))
	signedIn := []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	bytes := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	name := &huma.Param{Name: "name", In: "query", Schema: &huma.Schema{Type: huma.TypeString}}
	schema := huma.SchemaFromType(a.huma.OpenAPI().Components.Schemas, attachmentType)
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "post-attachments", Method: http.MethodPost, Path: Base + "/attachments", Summary: "Upload a file for an answer",
		Security: signedIn, Parameters: []*huma.Param{name}, RequestBody: &huma.RequestBody{Required: true, Content: bytes},
		Responses: map[string]*huma.Response{"201": {Description: "Created", Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}},
	})
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "get-attachment", Method: http.MethodGet, Path: Base + "/attachments/{hash}", Summary: "Download a file",
		Security: signedIn, Parameters: []*huma.Param{name, {Name: "hash", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		Responses: map[string]*huma.Response{"200": {Description: "The bytes", Content: bytes}},
	})
}

// raw is enter for handlers that huma does not serve.
func (a *API) raw(action access.Action, handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, err := a.admit(r, action)
		if err == nil {
			err = handle(w, r)
		}
		if err == nil {
			return
		}
		err = a.problemOf("attachment", err)
		var headers huma.HeadersError
		if errors.As(err, &headers) {
			for name, values := range headers.GetHeaders() {
				w.Header()[name] = values
			}
		}
		var p *Problem
		if errors.As(err, &p) {
			writeProblem(w, p)
		}
	}
}

func (a *API) upload(w http.ResponseWriter, r *http.Request) error {
	select {
	case a.uploads <- struct{}{}:
		defer func() { <-a.uploads }()
	default:
		return after(refuse(http.StatusServiceUnavailable, "too many uploads at once"), 2)
	}
	if r.ContentLength > MaxAttachment {
		return refuse(http.StatusRequestEntityTooLarge, "a file has at most %d bytes", MaxAttachment)
	}
	// The server's own deadline is for small requests. A writer that has none is
	// a test's.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	head := make([]byte, sniffBytes)
	n, err := io.ReadFull(r.Body, head)
	switch {
	case n == 0:
		return refuse(http.StatusBadRequest, "the file is empty")
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return refuse(http.StatusBadRequest, "the file could not be read")
	}
	head = head[:n]
	body := http.MaxBytesReader(w, r.Body, MaxAttachment)
	ref, err := a.Blobs.Put(r.Context(), io.MultiReader(strings.NewReader(string(head)), body), MaxAttachment)
	var tooLarge *http.MaxBytesError
	if errors.Is(err, blob.ErrTooLarge) || errors.As(err, &tooLarge) {
		return refuse(http.StatusRequestEntityTooLarge, "a file has at most %d bytes", MaxAttachment)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	// A peer that is gone cannot be told.
	_ = json.NewEncoder(w).Encode(events.Attachment{
		ID: id.New("at"), Name: cleanName(r.URL.Query().Get("name")), Type: mimetype.Detect(head).String(), Size: ref.Size, Hash: ref.Hash,
	})
	return nil
}

// inline are the types that a browser may show by itself: it cannot be made to
// run a script by any of them. Everything else is only saved.
var inline = map[string]bool{
	"image/png": true, "image/jpeg": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true,
	"audio/mpeg": true, "audio/ogg": true, "audio/wav": true, "audio/mp4": true, "audio/x-m4a": true, "audio/aac": true, "audio/flac": true,
	"audio/amr": true, "video/mp4": true, "video/webm": true, "video/3gpp": true,
	"text/plain": true,
}

func (a *API) download(w http.ResponseWriter, r *http.Request) error {
	hash := r.PathValue("hash")
	if !hashForm.MatchString(hash) {
		return refuse(http.StatusNotFound, "there is no such file")
	}
	body, err := a.Blobs.Open(r.Context(), hash)
	if errors.Is(err, blob.ErrNotFound) {
		return refuse(http.StatusNotFound, "there is no such file")
	}
	if err != nil {
		return err
	}
	defer body.Close()
	head := make([]byte, sniffBytes)
	n, err := io.ReadFull(body, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return err
	}
	head = head[:n]
	found := mimetype.Detect(head)
	kind, _, _ := mime.ParseMediaType(found.String())
	disposition := "attachment"
	if inline[kind] {
		disposition = "inline"
	} else {
		found = mimetype.Lookup("application/octet-stream")
	}
	h := w.Header()
	h.Set("Content-Type", found.String())
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": cleanName(r.URL.Query().Get("name"))}))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "private, max-age=31536000, immutable") // the hash is the content
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(uploadTime))
	// The status is sent; what fails from here on the peer sees as a cut.
	if _, err := w.Write(head); err == nil {
		_, _ = io.Copy(w, body)
	}
	return nil
}

// cleanName keeps the last element of a file name and nothing that could end a
// header, hide an ending (right-to-left marks) or name another folder.
func cleanName(name string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return -1
		}
		return r
	}, name)
	if over := len(name) - maxName; over > 0 {
		for over < len(name) && !utf8.RuneStart(name[over]) {
			over++
		}
		name = name[over:] // the ending tells more than the beginning
	}
	if name == "" || name == "." || name == "/" || name == ".." {
		return "file"
	}
	return name
}

// uploaded makes sure that what an answer attaches was uploaded.
func (a *API) uploaded(ctx context.Context, list []events.Attachment) error {
	for i := range list {
		if !hashForm.MatchString(list[i].Hash) {
			return refuse(http.StatusUnprocessableEntity, "attachment %d has no hash of an upload", i)
		}
		body, err := a.Blobs.Open(ctx, list[i].Hash)
		if errors.Is(err, blob.ErrNotFound) {
			return refuse(http.StatusUnprocessableEntity, "attachment %d was not uploaded", i)
		}
		if err != nil {
			return err
		}
		body.Close()
		list[i].Name = cleanName(list[i].Name)
		if list[i].ID == "" {
			list[i].ID = id.New("at")
		}
	}
	return nil
}
