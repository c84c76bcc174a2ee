package api

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/services/gateway/access"
)

const (
	// MaxImport bounds an imported file in bytes.
	MaxImport  = 64 << 20
	importTime = 10 * time.Minute
)

// imports is served beside huma because a file passes through without being
// held in memory.
func (a *API) imports() {
	a.mux.HandleFunc("POST "+Base+"/inboxes/{id}/import", a.raw(access.Administer, a.importFile))
	text := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString}}
	form := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject, Properties: map[string]*huma.Schema{"file": {Type: huma.TypeString, Format: "binary"}}}}
	report := &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}
	a.huma.OpenAPI().AddOperation(&huma.Operation{
		OperationID: "post-inboxes-id-import", Method: http.MethodPost, Path: Base + "/inboxes/{id}/import", Summary: "Read a file of calls or the like into an inbox",
		Security:    []map[string][]string{{"bearer": {}}, {"cookie": {}}},
		Parameters:  []*huma.Param{{Name: "id", In: "path", Required: true, Schema: &huma.Schema{Type: huma.TypeString}}},
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": text, "multipart/form-data": form}},
		Responses:   map[string]*huma.Response{"200": {Description: "What became of the lines", Content: map[string]*huma.MediaType{"application/json": report}}},
	})
}

func (a *API) importFile(w http.ResponseWriter, r *http.Request) error {
	inbox, _, err := a.inbox(r.PathValue("id"))
	if err != nil {
		return err
	}
	if a.Import == nil {
		return refuse(http.StatusConflict, "no channel here reads files")
	}
	select {
	case a.uploads <- struct{}{}:
		defer func() { <-a.uploads }()
	default:
		return after(refuse(http.StatusServiceUnavailable, "too many uploads at once"), 2)
	}
	if r.ContentLength > MaxImport+64<<10 {
		return refuse(http.StatusRequestEntityTooLarge, "a file has at most %d bytes", MaxImport)
	}
	// The server's own deadlines are for small requests. A writer that has none
	// is a test's.
	door := http.NewResponseController(w)
	_ = door.SetReadDeadline(time.Now().Add(importTime))
	_ = door.SetWriteDeadline(time.Now().Add(importTime))
	body := http.MaxBytesReader(w, r.Body, MaxImport)
	file, err := fileOf(r, body)
	if err != nil {
		return err
	}
	report, err := a.Import(r.Context(), inbox, file)
	if err != nil {
		return importProblem(err)
	}
	w.Header().Set("Content-Type", "application/json")
	// A peer that is gone cannot be told.
	_ = json.NewEncoder(w).Encode(report)
	return nil
}

// fileOf is the body itself, or the first file of a form.
func fileOf(r *http.Request, body io.Reader) (io.Reader, error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return body, nil
	}
	parts := multipart.NewReader(body, params["boundary"])
	for {
		part, err := parts.NextPart()
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "the form holds no file")
		}
		if part.FileName() != "" {
			return part, nil
		}
	}
}

func importProblem(err error) error {
	var tooLarge *http.MaxBytesError
	var refusal *channel.Refusal
	switch {
	case errors.As(err, &tooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "a file has at most %d bytes", MaxImport)
	case errors.As(err, &refusal):
		return refuse(refusal.Status, "%s", refusal.Detail)
	case errors.Is(err, channel.ErrUnavailable):
		return after(refuse(http.StatusServiceUnavailable, "cannot store now; what was read before may be sent again"), 2)
	}
	return refuse(http.StatusUnprocessableEntity, "%s", err.Error())
}
