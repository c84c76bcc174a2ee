package x

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
	"github.com/tributary-inbox/tributary/services/social/upload"
)

// pictures are the types that X takes in one piece for a direct message. Films
// and moving pictures go in many, with a wait until they are worked over; they are
// not sent. Source: X API v2, "Media upload", MediaUploadRequestOneShot.
var pictures = map[string]bool{"image/jpeg": true, "image/png": true, "image/webp": true}

// upload brings a picture to X for one direct message. Nothing reaches the
// customer by it, so whatever its end was it may be made again.
func (a *Adapter) upload(ctx context.Context, s Settings, inbox config.Inbox, f events.Attachment) (id string, failed *events.SendResult, err error) {
	err = a.files.With(ctx, f, channel.LimitsOf(Kind).FileBytes, func(data []byte) error {
		call, err := picture(s.URL+"/2/media/upload", f, data)
		if err != nil {
			return err
		}
		got, err := a.do(ctx, s, inbox, call)
		id, failed = uploaded(got, err, time.Now())
		return nil
	})
	if errors.Is(err, upload.ErrNever) {
		result := upload.Rejected(err)
		return "", &result, nil
	}
	return id, failed, err
}

func picture(address string, f events.Attachment, data []byte) (provider.Call, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	err := form.WriteField("media_category", "dm_image")
	if err == nil {
		part, failed := form.CreatePart(textproto.MIMEHeader{
			// Nobody is shown this name, and some have characters no header takes.
			"Content-Disposition": {`form-data; name="media"; filename="picture"`}, "Content-Type": {f.Type},
		})
		if err = failed; err == nil {
			_, err = part.Write(data)
		}
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return provider.Call{}, fmt.Errorf("write form: %w", err)
	}
	return provider.Call{URL: address, Header: http.Header{"Content-Type": {form.FormDataContentType()}}, Body: body.Bytes(), SafeToRepeat: true}, nil
}

func uploaded(got provider.Answer, err error, now time.Time) (string, *events.SendResult) {
	var failure *provider.Failure
	switch {
	case errors.As(err, &failure):
		result := failure.Result()
		return "", &result
	case err != nil:
		return "", &events.SendResult{Outcome: events.Rejected, Detail: err.Error()}
	}
	var s said
	readable := json.Unmarshal(got.Body, &s) == nil
	switch {
	case got.OK() && readable && digits(s.Data.ID):
		return s.Data.ID, nil
	case got.OK():
		return "", &events.SendResult{Outcome: events.Retry, Detail: "X's answer to the picture cannot be read"}
	}
	result := refused(got, s, true, now)
	if result.Outcome == events.Rejected {
		result.Code = events.CodeBadMedia
	}
	return "", &result
}
