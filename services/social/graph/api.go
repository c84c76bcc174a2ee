package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// API is the Graph API as one inbox reaches it; see [Access.Open].
type API struct {
	client             *provider.Client
	base, token, proof string
	private            bool
}

func (a API) address(path string, query url.Values) string {
	if a.proof != "" {
		if query == nil {
			query = url.Values{}
		}
		query.Set("appsecret_proof", a.proof)
	}
	address := a.base + "/" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

func (a API) header(kind string) http.Header {
	h := http.Header{"Authorization": {"Bearer " + a.token}}
	if kind != "" {
		h.Set("Content-Type", kind)
	}
	return h
}

// Send posts a message as JSON and reads the answer into taken. The result is nil
// when the provider took it; an answer of success that cannot be read is unclear.
func (a API) Send(ctx context.Context, path string, body, taken any) (*events.SendResult, Error) {
	call, err := provider.JSON(a.address(path, nil), body)
	if err != nil {
		return &events.SendResult{Outcome: events.Rejected, Detail: "the message cannot be written as JSON"}, Error{}
	}
	call.Header, call.Private = a.header("application/json"), a.private
	answer, err := a.client.Do(ctx, call)
	if err != nil {
		return failed(err), Error{}
	}
	if refusal, no := ReadError(answer); no || !answer.OK() {
		result := Outcome(answer, time.Now())
		return &result, refusal
	}
	if json.Unmarshal(answer.Body, taken) != nil {
		return &events.SendResult{Outcome: events.Unclear, Detail: "the provider's answer cannot be read; it may have the message"}, Error{}
	}
	return nil, Error{}
}

func failed(err error) *events.SendResult {
	var failure *provider.Failure
	if errors.As(err, &failure) {
		result := failure.Result()
		return &result
	}
	return &events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
}

// File is bytes to upload.
type File struct {
	Field string // the name of the form's part
	Name  string
	Type  string
	Bytes []byte
}

// Upload posts a form with a file and reads the answer into taken. Nothing
// reaches a customer by it, so an attempt without an answer is a Retry.
func (a API) Upload(ctx context.Context, path string, fields map[string]string, file File, taken any) *events.SendResult {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		_ = form.WriteField(name, value) // a buffer takes everything
	}
	name := strings.Map(func(r rune) rune {
		if r < ' ' || r == '"' || r == '\\' || r == '/' {
			return '_'
		}
		return r
	}, file.Name)
	part, _ := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, file.Field, name)},
		"Content-Type":        {plainType(file.Type)},
	})
	_, _ = part.Write(file.Bytes)
	_ = form.Close()
	answer, err := a.client.Do(ctx, provider.Call{
		URL: a.address(path, nil), Header: a.header(form.FormDataContentType()), Body: body.Bytes(), Private: a.private, SafeToRepeat: true,
	})
	if err != nil {
		return failed(err)
	}
	if _, no := ReadError(answer); no || !answer.OK() {
		result := Outcome(answer, time.Now())
		if result.Outcome == events.Unclear {
			result.Outcome = events.Retry
		}
		if result.Outcome == events.Rejected && result.Code == "" {
			result.Code = events.CodeBadMedia
		}
		return &result
	}
	if json.Unmarshal(answer.Body, taken) != nil {
		return &events.SendResult{Outcome: events.Retry, Detail: "the provider's answer to an upload cannot be read"}
	}
	return nil
}

// plainType keeps a file's type from adding headers of its own.
func plainType(text string) string {
	if name, _, err := mime.ParseMediaType(text); err == nil && strings.Contains(name, "/") {
		return name
	}
	return "application/octet-stream"
}

// Get reads an object. The error's text is for the operator and holds no secret.
func (a API) Get(ctx context.Context, path string, query url.Values, into any) error {
	return a.ask(ctx, provider.Call{Method: http.MethodGet, URL: a.address(path, query), Header: a.header(""), Private: a.private, SafeToRepeat: true}, into)
}

// Set posts settings of an object, which changes nothing when done again.
func (a API) Set(ctx context.Context, path string, body any) error {
	call, err := provider.JSON(a.address(path, nil), body)
	if err != nil {
		return err
	}
	call.Header, call.Private, call.SafeToRepeat = a.header("application/json"), a.private, true
	var done struct {
		Success *bool `json:"success"`
	}
	if err := a.ask(ctx, call, &done); err != nil {
		return err
	}
	if done.Success != nil && !*done.Success {
		return errors.New("the provider did not do it")
	}
	return nil
}

// As is the same API with another token, such as that of the app itself, and
// without a proof.
func (a API) As(token string) API {
	a.token, a.proof = token, ""
	return a
}

func (a API) ask(ctx context.Context, call provider.Call, into any) error {
	answer, err := a.client.Do(ctx, call)
	if err != nil {
		return err
	}
	if e, no := ReadError(answer); no {
		result, _ := e.Meaning()
		return &Refused{Err: e, why: result.Detail}
	}
	if !answer.OK() {
		return &Refused{Status: answer.Status, why: provider.Refused(answer, true, time.Now()).Detail}
	}
	if json.Unmarshal(answer.Body, into) != nil {
		return errors.New("the provider's answer cannot be read")
	}
	return nil
}

// Refused is an answer that says no to a question. Status is set where it holds
// no error of the Graph API.
type Refused struct {
	Err    Error
	Status int
	why    string
}

// Error says why, without the provider's own words.
func (r *Refused) Error() string { return "the provider says: " + r.why }

// ReadAll reads a blob whole, at most limit bytes.
func ReadAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	if int64(len(data)) > limit {
		return nil, errTooLarge
	}
	return data, nil
}

var errTooLarge = errors.New("the file is larger than the channel takes")
