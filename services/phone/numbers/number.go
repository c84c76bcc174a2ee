package numbers

import (
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"

	"github.com/tributary-inbox/tributary/contracts/events"
)

// Kind is what sort of number it is.
type Kind string

// Subscriber is an ordinary line or mobile. Nationwide is a Korean 15xx, 16xx or
// 18xx; Temporary a Korean 050x; Local everything without a meaning outside one
// exchange.
const (
	Subscriber Kind = "subscriber"
	Nationwide Kind = "nationwide"
	Internet   Kind = "internet"
	Freephone  Kind = "freephone"
	Temporary  Kind = "temporary"
	Local      Kind = "local"
	Withheld   Kind = "withheld"
)

// FlagTemporary marks a statement whose customer called from a number that is
// lent; FlagWithheld one whose caller hid theirs.
const (
	FlagTemporary = "temporary-number"
	FlagWithheld  = "withheld-number"
)

// Number is a number that was read. Value is E.164; for Local, and for a
// Temporary that no plan knows, it is what was written, for Withheld empty.
type Number struct {
	Value string
	Kind  Kind
}

// maxNumber bounds what is kept of something that is no number, in bytes.
const maxNumber = 64

// hidden are the words that stand in the place of a number; written as on a
// keypad after a plus they are what some networks send instead of the word.
var hidden = map[string]bool{
	"": true, "anonymous": true, "unknown": true, "restricted": true, "private": true, "withheld": true,
	"unavailable": true, "blocked": true, "none": true, "null": true, "<unknown>": true, "-": true, "asserted": true,
	"발신번호표시제한": true, "발신번호 표시제한": true, "발신번호표시 제한": true, "발신번호없음": true, "비공개": true, "표시제한": true,
	"+266696687": true, "+8656696": true, "+7378742833": true, "+86282452253": true, "+2562533": true,
}

// Parse reads a number written in region (ISO 3166, upper case: where the
// exchange stands; empty takes only numbers with a country code). It takes a SIP
// or tel URI too. What Parse returned it returns again for its own Value.
func Parse(written, region string) Number {
	s := bare(written)
	if hidden[strings.ToLower(s)] {
		return Number{Kind: Withheld}
	}
	// 00 and the country code is how much of the world dials abroad. It is tried
	// last: 001 and 002 are carriers of the Korean plan.
	tries := []string{s}
	if rest, ok := strings.CutPrefix(s, "00"); ok {
		tries = append(tries, "+"+rest)
	}
	for _, try := range tries {
		if !dialable(try) {
			break
		}
		n, err := phonenumbers.Parse(try, region)
		if err == nil && phonenumbers.IsValidNumber(n) {
			return Number{Value: phonenumbers.Format(n, phonenumbers.E164), Kind: kindOf(n)}
		}
	}
	n := Number{Value: kept(s), Kind: Local}
	if region == "KR" && lent(n.Value) {
		n.Kind = Temporary
	}
	return n
}

// lent says that something is a safe number though no plan has its length: new
// ranges are opened before the library knows them, and taking one for an address
// is the mistake that counts.
func lent(s string) bool {
	digits := strings.NewReplacer("-", "", " ", "").Replace(s)
	digits = strings.TrimPrefix(digits, "+82")
	return dialable(s) && len(digits) >= 10 && strings.HasPrefix("0"+strings.TrimPrefix(digits, "0"), "050")
}

// bare takes a number out of a URI and drops what it was padded with.
func bare(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > 4*maxNumber {
		s = s[:4*maxNumber]
	}
	for _, scheme := range []string{"sip:", "sips:", "tel:"} {
		if len(s) > len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
			s = s[len(scheme):]
		}
	}
	s, _, _ = strings.Cut(s, "@")
	s, _, _ = strings.Cut(s, ";")
	return strings.TrimSpace(s)
}

// dialable leaves out words: the library reads letters as those of a keypad.
func dialable(s string) bool {
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -.()/", r):
		default:
			return false
		}
	}
	return digits > 0 && digits <= 17
}

// kept is what stays of something that is no number: one line, bounded, valid.
func kept(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	for len(s) > maxNumber {
		cut := maxNumber
		for cut > 0 && s[cut]&0xc0 == 0x80 {
			cut--
		}
		s = s[:cut]
	}
	return strings.TrimSpace(s)
}

const korea = 82

func kindOf(n *phonenumbers.PhoneNumber) Kind {
	national := phonenumbers.GetNationalSignificantNumber(n)
	if n.GetCountryCode() == korea {
		switch {
		case strings.HasPrefix(national, "50"):
			return Temporary
		case len(national) == 8 && (strings.HasPrefix(national, "15") || strings.HasPrefix(national, "16") || strings.HasPrefix(national, "18")):
			return Nationwide
		}
	}
	switch phonenumbers.GetNumberType(n) {
	case phonenumbers.TOLL_FREE:
		return Freephone
	case phonenumbers.VOIP:
		return Internet
	}
	return Subscriber
}

// Point is the number as an address in an inbox; call is the id of the call it
// stood in. Only kinds that name somebody give a point that others can share: a
// withheld caller and a temporary number are points of that call alone, claimed,
// so that they never lead to an existing contact.
func (n Number) Point(inbox events.InboxID, call string) events.Point {
	switch n.Kind {
	case Withheld:
		return events.Point{Kind: "withheld", Value: call, Scope: string(inbox), Trust: events.Claimed}
	case Temporary:
		return events.Point{Kind: "phone", Value: n.Value, Scope: string(inbox) + "/" + call, Trust: events.Claimed}
	case Local:
		if n.Value == "" {
			return Number{Kind: Withheld}.Point(inbox, call)
		}
		return events.Point{Kind: "extension", Value: n.Value, Scope: string(inbox), Trust: events.Stated}
	}
	return events.Point{Kind: "phone", Value: n.Value, Trust: events.Stated}
}

// Flags are the words a statement about this number carries; often none.
func (n Number) Flags() []string {
	switch n.Kind {
	case Temporary:
		return []string{FlagTemporary}
	case Withheld:
		return []string{FlagWithheld}
	}
	return nil
}
