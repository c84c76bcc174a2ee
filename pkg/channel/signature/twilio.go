package signature

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tributary-inbox/tributary/pkg/channel"
)

// TwilioHeader carries the signature of a request.
const TwilioHeader = "X-Twilio-Signature"

// Twilio checks a request and returns its form fields. Address is the URL that
// Twilio was told to call, without a query; the query is the request's own. It
// cannot be taken from the request, which knows neither the scheme nor the name
// that stood before a proxy.
//
// A JSON body is not among what is signed: the address then holds its hash in
// bodySHA256, and no fields are returned. Source: Twilio, "Security: validating
// requests", and the validator of its Python library.
func Twilio(token, address string, req *channel.Request) (url.Values, error) {
	got := req.Header.Get(TwilioHeader)
	if got == "" {
		return nil, ErrMissing
	}
	sum, err := base64.StdEncoding.DecodeString(got)
	if err != nil || len(sum) != sha1.Size || token == "" {
		return nil, ErrWrong
	}
	full := address
	if req.URL.RawQuery != "" {
		full += "?" + req.URL.RawQuery
	}
	fields := url.Values{}
	if digest := req.URL.Query().Get("bodySHA256"); digest != "" && !isForm(req.Header) {
		want, err := hex.DecodeString(digest)
		have := sha256.Sum256(req.Body)
		if err != nil || !hmac.Equal(want, have[:]) {
			return nil, ErrWrong
		}
	} else if fields, err = url.ParseQuery(string(req.Body)); err != nil || req.Method == http.MethodGet && len(req.Body) > 0 {
		return nil, ErrWrong
	}
	for _, try := range ports(full) {
		if hmac.Equal(sum, twilioSum(token, try, fields)) {
			return fields, nil
		}
	}
	return nil, ErrWrong
}

// SignTwilio is the header's value for a form posted to a URL with its query.
func SignTwilio(token, full string, fields url.Values) string {
	return base64.StdEncoding.EncodeToString(twilioSum(token, full, fields))
}

// twilioSum covers each name once for every distinct value, both in order.
func twilioSum(token, full string, fields url.Values) []byte {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(full))
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		values := slices.Clone(fields[name])
		slices.Sort(values)
		for _, value := range slices.Compact(values) {
			mac.Write([]byte(name + value))
		}
	}
	return mac.Sum(nil)
}

// ports are the spellings of an address with and without the port that its
// scheme implies: Twilio signs one or the other.
func ports(full string) []string {
	out := []string{full}
	scheme, rest, ok := strings.Cut(full, "://")
	if !ok {
		return out
	}
	end := strings.IndexAny(rest, "/?")
	if end < 0 {
		end = len(rest)
	}
	host, path := rest[:end], rest[end:]
	implied := ":443"
	if scheme == "http" {
		implied = ":80"
	}
	if bare, had := strings.CutSuffix(host, implied); had {
		return append(out, scheme+"://"+bare+path)
	}
	if !strings.Contains(host[strings.LastIndex(host, "]")+1:], ":") {
		out = append(out, scheme+"://"+host+implied+path)
	}
	return out
}

func isForm(h http.Header) bool {
	kind, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	return err == nil && kind == "application/x-www-form-urlencoded"
}
