package signature

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"net/url"
	"slices"
	"strings"
)

// The methods with which Vonage's older SMS interface signs, as an account names
// them. MD5Hash is a hash with the secret at its end, the others are MACs.
const (
	MD5Hash = "md5hash"
	MD5     = "md5"
	SHA1    = "sha1"
	SHA256  = "sha256"
	SHA512  = "sha512"
)

// SMSMethods are all of them.
func SMSMethods() []string { return []string{MD5Hash, MD5, SHA1, SHA256, SHA512} }

// VonageSMS checks the parameter sig over all others, under one method: the
// request does not say which, so the account's setting does. Source: Vonage,
// "Signing messages".
func VonageSMS(secret, method string, params url.Values) error {
	got := params.Get("sig")
	if got == "" {
		return ErrMissing
	}
	sum, err := hex.DecodeString(got)
	want := smsSum(secret, method, params)
	if err != nil || secret == "" || want == nil || len(params["sig"]) != 1 || !hmac.Equal(sum, want) {
		return ErrWrong
	}
	return nil
}

// SignVonageSMS is the value of sig for the other parameters.
func SignVonageSMS(secret, method string, params url.Values) string {
	return hex.EncodeToString(smsSum(secret, method, params))
}

// smsSum is nil for a method that is none. A name that stands twice counts with
// each value, so that nothing in a request is outside the signature.
func smsSum(secret, method string, params url.Values) []byte {
	names := make([]string, 0, len(params))
	for name := range params {
		if name != "sig" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	clean := strings.NewReplacer("&", "_", "=", "_")
	var text strings.Builder
	for _, name := range names {
		for _, value := range params[name] {
			text.WriteString("&" + name + "=" + clean.Replace(value))
		}
	}
	var under func() hash.Hash
	switch method {
	case MD5Hash:
		sum := md5.Sum([]byte(text.String() + secret))
		return sum[:]
	case MD5:
		under = md5.New
	case SHA1:
		under = sha1.New
	case SHA256:
		under = sha256.New
	case SHA512:
		under = sha512.New
	default:
		return nil
	}
	mac := hmac.New(under, []byte(secret))
	mac.Write([]byte(text.String()))
	return mac.Sum(nil)
}
