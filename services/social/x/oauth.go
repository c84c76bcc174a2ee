package x

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
)

// authorization is the header of a request without a form, by RFC 5849. The
// address's query takes part in the signature, a JSON body does not.
func authorization(inbox config.Inbox, method, address string, at time.Time) string {
	var nonce [16]byte
	_, _ = rand.Read(nonce[:]) // never fails
	params := map[string]string{
		"oauth_consumer_key": inbox.Secrets[secretKey], "oauth_token": inbox.Secrets[secretToken], "oauth_nonce": hex.EncodeToString(nonce[:]),
		"oauth_signature_method": "HMAC-SHA1", "oauth_timestamp": strconv.FormatInt(at.Unix(), 10), "oauth_version": "1.0",
	}
	params["oauth_signature"] = sign(method, address, params, inbox.Secrets[secretConsumer], inbox.Secrets[secretTokenSecret])
	var pairs []string
	for name, value := range params {
		pairs = append(pairs, name+`="`+escape(value)+`"`)
	}
	slices.Sort(pairs)
	return "OAuth " + strings.Join(pairs, ", ")
}

// sign signs the parameters and those of the address's query (RFC 5849, 3.4).
// HMAC-SHA1 is what X takes; it is the protocol's choice, not ours.
func sign(method, address string, params map[string]string, consumerSecret, tokenSecret string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "" // refused by X; the call itself fails before that
	}
	var pairs []string
	for name, value := range params {
		pairs = append(pairs, escape(name)+"="+escape(value))
	}
	for name, values := range u.Query() {
		for _, value := range values {
			pairs = append(pairs, escape(name)+"="+escape(value))
		}
	}
	slices.Sort(pairs)
	base := method + "&" + escape(u.Scheme+"://"+u.Host+u.EscapedPath()) + "&" + escape(strings.Join(pairs, "&"))
	mac := hmac.New(sha1.New, []byte(escape(consumerSecret)+"&"+escape(tokenSecret)))
	mac.Write([]byte(base))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// escape is the encoding of RFC 3986, which leaves only its unreserved
// characters; net/url writes a space as a plus.
func escape(s string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}
