package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gabriel-vasile/mimetype"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/blob"
	"github.com/tributary-inbox/tributary/pkg/channel/filelink"
	"github.com/tributary-inbox/tributary/pkg/id"
	"github.com/tributary-inbox/tributary/services/gateway/access"
	"github.com/tributary-inbox/tributary/services/gateway/files"
)

const (
	// MaxAttachment bounds one upload in bytes; mail relays commonly take 25 MB.
	MaxAttachment = 25 << 20
	maxUploads    = 16 // at once
	uploadTime    = 5 * time.Minute
)

var hashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// attachments are bodies of bytes, which pass through without being held in
// memory; they are therefore served beside huma and described to it by hand.
func (a *API) attachments() {
	a.mux.HandleFunc("POST "+Base+"/attachments", a.raw(access.Work, a.upload))
	a.mux.HandleFunc("GET "+Base+attachmentAt, a.raw(access.Work, a.download))
	register(a, operation{http.MethodPost, "/file-links/revoke", "Make every public address of a file void", access.Administer, http.StatusNoContent}, a.revokeLinks)
	signedIn := []map[string][]string{{"bearer": {}}, {"cookie": {}}}
	bytes := map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	name := &huma.Param{Name: "name", In: "query", Schema: &huma.Schema{Type: huma.TypeString}}
	path := func(name string) *huma.Param {
		return &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}
	}
	schema := huma.SchemaFromType(a.huma.OpenAPI().Components.Schemas, attachmentType)
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "post-attachments", Method: http.MethodPost, Path: Base + "/attachments", Summary: "Upload a file for an answer",
		Security: signedIn, Parameters: []*huma.Param{name}, RequestBody: &huma.RequestBody{Required: true, Content: bytes},
		Responses: map[string]*huma.Response{"201": {Description: "Created", Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}},
	})
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "get-attachment", Method: http.MethodGet, Path: Base + attachmentAt, Summary: "Download a file of a message",
		Description: "For who sees the conversation, or the one it was folded into. A range of bytes may be asked for.",
		Security:    signedIn, Parameters: []*huma.Param{path("id"), path("message"), path("attachment")},
		Responses: map[string]*huma.Response{"200": {Description: "The bytes", Content: bytes}, "206": {Description: "A range of them", Content: bytes}},
	})
}

const attachmentAt = "/conversations/{id}/messages/{message}/attachments/{attachment}"

// revokeLinks is for the day on which an address went where it should not have.
func (a *API) revokeLinks(ctx context.Context, _ *struct{}) (*nothing, error) {
	if a.FileKeys == nil {
		return nil, refuse(http.StatusNotFound, "this program makes no public addresses of files")
	}
	return nil, a.FileKeys.Revoke(ctx)
}

// raw is enter for handlers that huma does not serve.
func (a *API) raw(action access.Action, handle func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		session, err := a.admit(r, action)
		if err == nil {
			err = handle(w, r.WithContext(context.WithValue(r.Context(), sessionKey, session)))
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
	head := make([]byte, files.SniffBytes)
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
		ID: id.New("at"), Name: filelink.Name(r.URL.Query().Get("name")), Type: mimetype.Detect(head).String(), Size: ref.Size, Hash: ref.Hash,
	})
	return nil
}

// download serves a file of a message to who sees a conversation that shows the
// message. Whatever they may not know of is 404.
func (a *API) download(w http.ResponseWriter, r *http.Request) error {
	none := refuse(http.StatusNotFound, "there is no such file")
	m, err := a.Desk.Message(r.Context(), who(r.Context()).Viewer, events.ConversationID(r.PathValue("id")), events.MessageID(r.PathValue("message")))
	if err != nil {
		return err
	}
	at := slices.IndexFunc(m.Attachments, func(f events.Attachment) bool { return f.ID == r.PathValue("attachment") && f.Hash != "" })
	if at < 0 {
		return none
	}
	err = files.Serve(w, r, a.Blobs, files.File{Hash: m.Attachments[at].Hash, Name: m.Attachments[at].Name})
	if errors.Is(err, files.ErrGone) {
		return none
	}
	return err
}

// uploaded makes sure that what an answer attaches was uploaded, and that it says
// of itself what it is.
func (a *API) uploaded(ctx context.Context, list []events.Attachment) error {
	for i := range list {
		file := &list[i]
		if !hashForm.MatchString(file.Hash) {
			return refuse(http.StatusUnprocessableEntity, "attachment %d has no hash of an upload", i)
		}
		kind, size, err := a.look(ctx, file.Hash)
		if errors.Is(err, blob.ErrNotFound) {
			return refuse(http.StatusUnprocessableEntity, "attachment %d was not uploaded", i)
		}
		if err != nil {
			return err
		}
		// An id stands in addresses and need only differ within the message; the
		// rest is ours to say, so that nothing is sent that was not uploaded.
		*file = events.Attachment{
			ID: file.ID, Name: filelink.Name(file.Name), Type: kind, Size: size, Hash: file.Hash, ContentID: file.ContentID, Inline: file.Inline,
		}
		if file.ID == "" || len(file.ID) > 64 || slices.ContainsFunc(list[:i], func(other events.Attachment) bool { return other.ID == file.ID }) {
			file.ID = id.New("at")
		}
	}
	return nil
}

// look finds what stored bytes are.
func (a *API) look(ctx context.Context, hash string) (kind string, size int64, err error) {
	body, err := a.Blobs.Open(ctx, hash)
	if err != nil {
		return "", 0, err
	}
	defer func() { _ = body.Close() }() // only read
	head := make([]byte, files.SniffBytes)
	n, err := io.ReadFull(body, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", 0, fmt.Errorf("read upload: %w", err)
	}
	size, _ = blob.SizeOf(body)
	return mimetype.Detect(head[:n]).String(), size, nil
}
