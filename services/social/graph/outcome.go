package graph

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel/provider"
)

// Error is how the Graph API says no: "Handling Errors" of its reference. The
// provider's own sentence is left out on purpose, since it may quote numbers and
// text.
type Error struct {
	Code      int  `json:"code"`
	Subcode   int  `json:"error_subcode"`
	Transient bool `json:"is_transient"`
}

// Subcodes of refusals that are about one customer.
const (
	subcodeNoSuchPerson = 2018001
	subcodeBlocked      = 1545041
	subcodeUnavailable  = 2018108
)

// windowSubcodes are the ways to say, under code 10, that the time for an answer
// is over: on Messenger before and after 2018, and on Instagram.
var windowSubcodes = map[int]bool{2018278: true, 2018065: true, 2534022: true}

// meaning of one code. outcome is what becomes of the message; why is shown to
// people.
type meaning struct {
	outcome events.SendOutcome
	code    string
	suspend bool
	why     string
}

// meanings of codes, from Meta's error references for the Graph API, the
// Messenger Platform and the WhatsApp Cloud API.
var meanings = map[int]meaning{
	1:      {outcome: events.Retry, why: "the provider has a passing fault"},
	2:      {outcome: events.Retry, why: "the provider has a passing fault"},
	1200:   {outcome: events.Retry, why: "the provider has a passing fault"},
	131000: {outcome: events.Retry, why: "the provider has a passing fault"},
	131016: {outcome: events.Retry, why: "the provider has a passing fault"},
	133004: {outcome: events.Retry, why: "the provider has a passing fault"},

	4:      {outcome: events.Retry, why: "too many calls"},
	17:     {outcome: events.Retry, why: "too many calls"},
	32:     {outcome: events.Retry, why: "too many calls"},
	613:    {outcome: events.Retry, why: "too many calls"},
	80006:  {outcome: events.Retry, why: "too many calls"},
	80007:  {outcome: events.Retry, why: "too many calls"},
	130429: {outcome: events.Retry, why: "too many messages"},
	131048: {outcome: events.Retry, why: "held back because customers reported messages of this number"},
	131056: {outcome: events.Retry, why: "too many messages to this customer"},
	133016: {outcome: events.Retry, why: "too many calls"},

	102:    {outcome: events.Retry, suspend: true, why: "the access token does not hold"},
	190:    {outcome: events.Retry, suspend: true, why: "the access token does not hold"},
	463:    {outcome: events.Retry, suspend: true, why: "the access token has expired"},
	467:    {outcome: events.Retry, suspend: true, why: "the access token does not hold"},
	368:    {outcome: events.Retry, suspend: true, why: "the account is blocked for a policy"},
	131031: {outcome: events.Retry, suspend: true, why: "the account is locked"},
	131042: {outcome: events.Retry, suspend: true, why: "the account's payment is not in order"},
	131005: {outcome: events.Retry, suspend: true, why: "a permission is missing"},
	133010: {outcome: events.Retry, suspend: true, why: "the number is not registered"},

	551:    {outcome: events.Rejected, code: events.CodeBadAddress, why: "the customer cannot be reached"},
	131021: {outcome: events.Rejected, code: events.CodeBadAddress, why: "the customer's number is the inbox's own"},
	131026: {outcome: events.Rejected, code: events.CodeBadAddress, why: "the customer cannot be reached"},
	131030: {outcome: events.Rejected, code: events.CodeBadAddress, why: "the number is not on the test account's list"},
	131047: {outcome: events.Rejected, code: events.CodeWindowClosed, why: "the time for an answer is over"},
	131049: {outcome: events.Rejected, code: events.CodeQuota, why: "this customer gets no more marketing for now"},
	131050: {outcome: events.Rejected, code: events.CodeOptedOut, why: "the customer wants no marketing"},
	131051: {outcome: events.Rejected, code: events.CodeBadMedia, why: "this kind of message is not taken"},
	131052: {outcome: events.Rejected, code: events.CodeBadMedia, why: "the file cannot be had"},
	131053: {outcome: events.Rejected, code: events.CodeBadMedia, why: "the file is not taken"},
}

// Meaning is what the error says of a message: of one that was refused at once,
// and of one whose failure is reported later. known is false for a code that is
// not in the table; the result is a rejection then.
func (e Error) Meaning() (result events.SendResult, known bool) {
	m, known := meanings[e.Code]
	switch {
	case e.Code == 10 && windowSubcodes[e.Subcode]:
		m, known = meanings[131047], true
	case e.Subcode == subcodeNoSuchPerson:
		m, known = meaning{outcome: events.Rejected, code: events.CodeBadAddress, why: "there is no such customer"}, true
	case e.Subcode == subcodeBlocked, e.Subcode == subcodeUnavailable:
		m, known = meanings[551], true
	case (e.Code == 10 || e.Code >= 200 && e.Code <= 299) && e.Subcode == 0:
		m, known = meaning{outcome: events.Retry, suspend: true, why: "a permission is missing"}, true
	case e.Code >= 132000 && e.Code <= 132999:
		m, known = meaning{outcome: events.Rejected, code: events.CodeBadTemplate, why: "the template cannot be used like this"}, true
	case !known && e.Transient:
		m, known = meanings[2], true
	case !known:
		m = meaning{outcome: events.Rejected, why: "the provider refused it"}
	}
	return events.SendResult{Outcome: m.outcome, Code: m.code, Suspend: m.suspend, Detail: e.name() + ": " + m.why}, known
}

// WindowClosed reports whether the error says that the time for an answer is
// over.
func (e Error) WindowClosed() bool {
	return e.Code == 131047 || e.Code == 10 && windowSubcodes[e.Subcode]
}

func (e Error) name() string {
	if e.Subcode != 0 {
		return fmt.Sprintf("error %d/%d", e.Code, e.Subcode)
	}
	return fmt.Sprintf("error %d", e.Code)
}

// ReadError finds the error in an answer; ok is false where there is none.
func ReadError(a provider.Answer) (e Error, ok bool) {
	var body struct {
		Error *Error `json:"error"`
	}
	if json.Unmarshal(a.Body, &body) != nil || body.Error == nil {
		return Error{}, false
	}
	return *body.Error, true
}

// Outcome is what an answer that is no success means for a message. The codes
// count before the status; a failure of the provider without a code of its own is
// unclear, because there is no key by which it would know the message again.
func Outcome(a provider.Answer, now time.Time) events.SendResult {
	e, ok := ReadError(a)
	if !ok {
		return provider.Refused(a, false, now)
	}
	result, known := e.Meaning()
	if !known && (a.Status >= 500 || a.Status == http.StatusTooManyRequests || a.Status == http.StatusUnauthorized) {
		return provider.Refused(a, false, now)
	}
	if result.Outcome == events.Retry && !result.Suspend {
		result.RetryAfter = pause(a.Header, now)
	}
	return result
}

// maxPause bounds what a provider may ask us to wait.
const maxPause = 24 * time.Hour

// pause reads Retry-After, or how long the account's quota says it is used up:
// "Rate Limits" of the Graph API, business use case limits.
func pause(h http.Header, now time.Time) time.Duration {
	if after := provider.RetryAfter(h, now); after > 0 {
		return after
	}
	var usage map[string][]struct {
		Minutes int `json:"estimated_time_to_regain_access"`
	}
	if json.Unmarshal([]byte(h.Get("X-Business-Use-Case-Usage")), &usage) != nil {
		return 0
	}
	longest := 0
	for _, list := range usage {
		for _, u := range list {
			longest = max(longest, u.Minutes)
		}
	}
	return min(time.Duration(min(longest, 24*60))*time.Minute, maxPause)
}
