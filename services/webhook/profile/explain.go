package profile

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/tributary-inbox/tributary/contracts/config"
	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/pkg/channel"
)

// Sample is a request that somebody pastes to see what would become of it.
// Method and Path count only for signatures made over them.
type Sample struct {
	Headers map[string]string `json:"headers,omitempty"`
	Body    string            `json:"body"`
	Method  string            `json:"method,omitempty"`
	Path    string            `json:"path,omitempty"`
	Remote  string            `json:"remote,omitempty"`
}

// Explanation is what would become of a sample. Nothing is stored.
type Explanation struct {
	// Status and Code are what the sender would be answered for the body.
	Status int    `json:"status"`
	Code   string `json:"code,omitempty"`
	Detail string `json:"detail,omitempty"`
	// Signature is "valid", "not asked for", or why it does not hold. It is told
	// apart from the body, because a pasted sample often carries none.
	Signature  string          `json:"signature"`
	Statements []Understanding `json:"statements"`
}

// Understanding is one statement of a sample, field by field. Ignored are the
// places in the sample that nothing reads, at most 200.
type Understanding struct {
	Type       events.InboundType `json:"type"`
	ProviderID string             `json:"provider_id"`
	Fields     []FieldNote        `json:"fields"`
	Ignored    []string           `json:"ignored"`
}

// FieldNote says where a field came from and what is stored for it.
type FieldNote struct {
	Field  string `json:"field"`
	From   string `json:"from,omitempty"`
	Given  string `json:"given,omitempty"`
	Stored string `json:"stored,omitempty"`
	Note   string `json:"note,omitempty"`
}

// Explain reads a sample as the inbox would. The error is about the settings of
// the inbox; what is wrong with the sample stands in the Explanation.
func Explain(inbox config.Inbox, sample Sample, now time.Time) (*Explanation, error) {
	s, err := Load(inbox)
	if err != nil {
		return nil, err
	}
	req := sample.request(now)
	out := &Explanation{Status: s.SuccessStatus, Signature: s.explainSignature(req), Statements: []Understanding{}}
	var traces []*trace
	statements, err := s.read(inbox, req, &traces)
	if err != nil {
		out.Status, out.Code, out.Detail = http.StatusBadRequest, "bad-request", err.Error()
		var refusal *channel.Refusal
		if errors.As(err, &refusal) {
			out.Status, out.Code, out.Detail = refusal.Status, refusal.Reason, refusal.Detail
		}
		return out, nil
	}
	for i, in := range statements {
		out.Statements = append(out.Statements, Understanding{
			Type: in.Type, ProviderID: in.ProviderID, Fields: traces[i].notes, Ignored: traces[i].ignored(),
		})
	}
	return out, nil
}

func (sample Sample) request(now time.Time) *channel.Request {
	h := http.Header{}
	for name, value := range sample.Headers {
		h.Set(name, value)
	}
	method := sample.Method
	if method == "" {
		method = http.MethodPost
	}
	u, err := url.ParseRequestURI(sample.Path)
	if err != nil {
		u = &url.URL{Path: "/"}
	}
	return &channel.Request{Method: method, URL: u, Header: h, Body: []byte(sample.Body), Remote: sample.Remote, At: now}
}

func (s *Settings) explainSignature(req *channel.Request) string {
	if s.Auth == "none" && len(s.allowed) == 0 {
		return "not asked for"
	}
	err := s.Verify(req)
	var refusal *channel.Refusal
	switch {
	case err == nil:
		return "valid"
	case errors.As(err, &refusal):
		return refusal.Detail
	}
	return err.Error()
}

// trace collects what happens to each field. A nil trace collects nothing, so
// the busy path pays for none of it.
type trace struct {
	doc    any
	prefix string
	notes  []FieldNote
	used   map[string]bool
}

const maxShown = 200

// under moves the pointers that follow below a name.
func (t *trace) under(name string) {
	if t != nil {
		t.prefix += "/" + name
	}
}

func (t *trace) at(field string) *FieldNote {
	for i := range t.notes {
		if t.notes[i].Field == field {
			return &t.notes[i]
		}
	}
	t.notes = append(t.notes, FieldNote{Field: field})
	return &t.notes[len(t.notes)-1]
}

func (t *trace) given(field, from, value string) {
	if t == nil {
		return
	}
	if strings.HasPrefix(from, "/") {
		from = t.prefix + from
		if t.used == nil {
			t.used = map[string]bool{}
		}
		t.used[from] = true
	}
	n := t.at(field)
	n.From, n.Given, n.Stored = from, cut(value, maxShown), cut(value, maxShown)
}

func (t *trace) stored(field, value string) {
	if t != nil && value != "" {
		t.at(field).Stored = cut(value, maxShown)
	}
}

func (t *trace) note(field, text string) {
	if t == nil {
		return
	}
	n := t.at(field)
	if n.Note != "" {
		text = n.Note + "; " + text
	}
	n.Note = text
}

// statement adds what only the finished statement knows.
func (t *trace) statement(in *events.Inbound) {
	if t == nil {
		return
	}
	t.stored("id", in.ProviderID)
	n := t.at("occurred_at")
	n.Stored = in.OccurredAt.UTC().Format(time.RFC3339Nano)
	if n.Given == "" && n.Note == "" {
		n.Note = "the time of receipt"
	}
	t.stored("direction", string(in.Direction))
	for _, flag := range in.Flags {
		t.note("flags", flag)
	}
}

// ignored lists the leaves of the sample that were not read.
func (t *trace) ignored() []string {
	out := []string{}
	var walk func(p Pointer, v any)
	walk = func(p Pointer, v any) {
		if len(out) >= maxShown || t.used[p.String()] {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for _, name := range sortedNames(v) {
				walk(Pointer{append(append([]string(nil), p.steps...), name)}, v[name])
			}
		case []any:
			for i, e := range v {
				walk(Pointer{append(append([]string(nil), p.steps...), strconv.Itoa(i))}, e)
			}
		default:
			out = append(out, p.String())
		}
	}
	walk(Pointer{}, t.doc)
	return out
}

func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// pointerOf spells "contact." + "id" and "attachments[0]." + "url" as pointers.
func pointerOf(path, name string) string {
	path = strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(path)
	return "/" + path + Pointer{[]string{name}}.String()[1:]
}

// String spells an explanation for a terminal or a test.
func (e *Explanation) String() string {
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(data)
}
