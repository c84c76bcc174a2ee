// Package purchase is what the doors of shops share: the addresses of a buyer,
// amounts, times, bounds, and what is kept of a request that could not be
// understood.
//
// It knows no shop, keeps nothing and touches nothing: the same input gives the
// same output.
package purchase

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"strconv"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// The most that is kept of one order; what is beyond is left out and the
// statement flagged "cut".
const (
	MaxLines    = 200
	MaxTracking = 50
	MaxRefunds  = 100
	MaxText     = 512
)

// Flags of statements made here.
const (
	FlagCut        = "cut"
	FlagDerivedID  = "derived-id"
	FlagNoCustomer = "no-customer"
)

// Begin is a statement with what every statement of a request has. An empty id
// is derived from the body, so that the same bytes are the same statement, and
// flagged.
func Begin(inbox config.Inbox, req *channel.Request, typ events.InboundType, id string, raw []byte) *events.Inbound {
	in := &events.Inbound{
		Type: typ, Channel: inbox.Channel, Inbox: inbox.ID, ProviderID: Text(id), OccurredAt: req.At, ReceivedAt: req.At,
		Raw: &events.Raw{Type: "application/json", Bytes: raw, Size: int64(len(raw))},
	}
	if in.ProviderID == "" {
		sum := sha256.Sum256(raw)
		in.ProviderID = "body-" + hex.EncodeToString(sum[:16])
		in.Flags = append(in.Flags, FlagDerivedID)
	}
	return in
}

// Buyer is what a shop says of a customer. Verified is nil where the shop does
// not say whether the e-mail address is theirs.
type Buyer struct {
	ID, Name, Email, Phone string
	Verified               *bool
}

// Points are the buyer's addresses, the shop's own id first. The id means
// something within the scope only and has the trust given; e-mail and phone are
// stated, or only claimed where the shop says that nobody verified the address.
// Region is the ISO country of numbers written without one, or empty.
func (b Buyer) Points(scope string, trust events.Trust, region string) []events.Point {
	var out []events.Point
	if id := Text(b.ID); id != "" {
		out = append(out, events.Point{Kind: "external", Value: id, Scope: scope, Trust: trust})
	}
	if mail := Email(b.Email); mail != "" {
		believed := events.Stated
		if b.Verified != nil && !*b.Verified {
			believed = events.Claimed
		}
		out = append(out, events.Point{Kind: "email", Value: mail, Trust: believed})
	}
	if phone := Phone(b.Phone, region); phone != "" {
		out = append(out, events.Point{Kind: "phone", Value: phone, Trust: events.Stated})
	}
	return out
}

// Email is an address in lower case, or empty where it is none.
func Email(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	local, host, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 254 || !strings.Contains(host, ".") || strings.ContainsAny(s, " \t\r\n<>\",;:\\()[]\x00") || strings.Contains(host, "@") || s != Text(s) {
		return ""
	}
	return s
}

// Phone is a number in E.164, or empty where it is none that can be called. A
// number without a country is read in the region.
func Phone(s, region string) string {
	if len(s) > 40 || (region == "" && !strings.HasPrefix(strings.TrimSpace(s), "+")) {
		return ""
	}
	n, err := phonenumbers.Parse(s, region)
	if err != nil || !phonenumbers.IsValidNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// Region reports whether s is a country that numbers can be read in.
func Region(s string) bool { return phonenumbers.GetSupportedRegions()[s] }

// Text is one clean line of at most MaxText bytes.
func Text(s string) string {
	s = s[:min(len(s), 4*MaxText)]
	s = strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "")))
	if len(s) > MaxText {
		s = strings.TrimSpace(strings.ToValidUTF8(s[:MaxText], ""))
	}
	return s
}

// Link is a web address that a screen may offer, or empty.
func Link(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 2048 || !(strings.HasPrefix(s, "https://") || strings.HasPrefix(s, "http://")) || strings.ContainsAny(s, " \t\r\n\"<>\x00\\") {
		return ""
	}
	return strings.ToValidUTF8(s, "")
}

// Amount is a decimal as the shop writes it, or empty where it is none.
func Amount(s string) string {
	if s = strings.TrimSpace(s); s == "" || len(s) > 40 || strings.ContainsAny(s, "eE/xXpPnNiI_") {
		return ""
	}
	if _, ok := new(big.Rat).SetString(s); !ok {
		return ""
	}
	return s
}

// Sum adds decimals exactly, with as many places as the one that has most. It is
// empty where there is nothing to add.
func Sum(amounts []string) string {
	total, places, any := new(big.Rat), 0, false
	for _, a := range amounts {
		if a = Amount(a); a == "" {
			continue
		}
		n, _ := new(big.Rat).SetString(a) // Amount has read it
		total.Add(total, n)
		any = true
		if _, fraction, ok := strings.Cut(a, "."); ok {
			places = max(places, len(fraction))
		}
	}
	if !any {
		return ""
	}
	return total.FloatString(places)
}

// Quantity reads a whole number of articles between nought and a million.
func Quantity(s string) int {
	n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil || !(n >= 0 && n <= 1_000_000) {
		return 0
	}
	return int(n)
}
