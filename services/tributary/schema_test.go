package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/oasdiff/yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/tributary-inbox/tributary/contracts/events"
	"github.com/tributary-inbox/tributary/contracts/live"
	"github.com/tributary-inbox/tributary/contracts/queries"
)

// schemas are the documents in contracts, made strict: a field that they do not
// name is a fault here, though readers let it pass.
type schemas struct {
	compiler *jsonschema.Compiler
	doc      map[string]any // asyncapi.yaml
	compiled map[string]*jsonschema.Schema
	byType   map[string][]string // type of a frame -> messages of the sockets
}

const asyncDoc = "file:///contracts/asyncapi.json"

func asyncAPI(t *testing.T) *schemas {
	t.Helper()
	s := &schemas{compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}, byType: map[string][]string{}}
	s.compiler.DefaultDraft(jsonschema.Draft2020)
	s.compiler.AssertFormat()
	text, err := os.ReadFile(filepath.Join(contracts, "asyncapi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		t.Fatal(err)
	}
	s.doc = s.add(t, asyncDoc, text).(map[string]any)
	files, err := filepath.Glob(filepath.Join(contracts, "schema", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no schemas: %v", err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		s.add(t, "file:///contracts/schema/"+filepath.Base(path), text)
	}
	for _, channel := range []string{"live", "chat"} {
		for name := range at(t, s.doc, "channels", channel, "messages") {
			payload := at(t, s.doc, "components", "messages", name, "payload")
			for _, kind := range s.kinds(t, payload) {
				s.byType[kind] = append(s.byType[kind], name)
			}
		}
	}
	return s
}

func (s *schemas) add(t *testing.T, url string, text []byte) any {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	shut(doc)
	if err := s.compiler.AddResource(url, doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// shut lets no object have fields that its schema does not name.
func shut(doc any) {
	switch doc := doc.(type) {
	case map[string]any:
		_, named := doc["properties"].(map[string]any)
		_, combined := doc["allOf"]
		if doc["type"] == "object" && named && !combined && doc["additionalProperties"] == nil {
			doc["additionalProperties"] = false
		}
		for _, v := range doc {
			shut(v)
		}
	case []any:
		for _, v := range doc {
			shut(v)
		}
	}
}

// kinds are the values of "type" that a payload admits.
func (s *schemas) kinds(t *testing.T, payload map[string]any) []string {
	t.Helper()
	if ref, ok := payload["$ref"].(string); ok {
		return s.kinds(t, at(t, s.doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...))
	}
	if all, ok := payload["allOf"].([]any); ok {
		return s.kinds(t, all[len(all)-1].(map[string]any))
	}
	var out []string
	kind := at(t, payload, "properties", "type")
	if one, ok := kind["const"].(string); ok {
		return []string{one}
	}
	for _, v := range kind["enum"].([]any) {
		out = append(out, v.(string))
	}
	return out
}

func at(t *testing.T, doc map[string]any, path ...string) map[string]any {
	t.Helper()
	for _, key := range path {
		next, ok := doc[key].(map[string]any)
		if !ok {
			t.Fatalf("nothing at %s of %v", key, path)
		}
		doc = next
	}
	return doc
}

func (s *schemas) schema(t *testing.T, url string) *jsonschema.Schema {
	t.Helper()
	if s.compiled[url] == nil {
		compiled, err := s.compiler.Compile(url)
		if err != nil {
			t.Fatal(err)
		}
		s.compiled[url] = compiled
	}
	return s.compiled[url]
}

func (s *schemas) check(t *testing.T, url string, data []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return err
	}
	return s.schema(t, url).Validate(v)
}

// message holds bytes against a message of the document.
func (s *schemas) message(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := s.check(t, asyncDoc+"#/components/messages/"+name+"/payload", data); err != nil {
		t.Errorf("%s: %v\n%s", name, err, data)
	}
}

// whichOf names the messages of the sockets that a frame is; it must be one.
func (s *schemas) whichOf(t *testing.T, kind string, data []byte) []string {
	t.Helper()
	var is []string
	var faults []error
	for _, name := range s.byType[kind] {
		if err := s.check(t, asyncDoc+"#/components/messages/"+name+"/payload", data); err != nil {
			faults = append(faults, err)
		} else {
			is = append(is, name)
		}
	}
	if len(is) == 0 {
		t.Fatalf("no message of the document is this frame: %v\n%s", faults, data)
	}
	return is
}

// logs holds what the walk left in the log against the schemas.
func (p *program) logs(t *testing.T) {
	s := asyncAPI(t)
	ctx := context.Background()
	seen := map[string]int{}
	for name, stream := range map[string]string{"Decision": events.ConversationStream, "Inbound": events.InboundStream} {
		sub, err := p.house.Ground.NC.SubscribeSync("contract." + name)
		if err != nil {
			t.Fatal(err)
		}
		for seq := uint64(1); ; seq++ {
			data := directGet(ctx, t, p, stream, seq)
			if data == nil {
				break
			}
			s.message(t, name, data)
			seen[name]++
		}
		if err := sub.Unsubscribe(); err != nil {
			t.Fatal(err)
		}
	}
	if seen["Decision"] < 10 || seen["Inbound"] < 2 {
		t.Errorf("only %v were looked at", seen)
	}
}

func directGet(ctx context.Context, t *testing.T, p *program, stream string, seq uint64) []byte {
	t.Helper()
	body, err := json.Marshal(map[string]uint64{"seq": seq})
	if err != nil {
		t.Fatal(err)
	}
	msg, err := p.house.Ground.NC.RequestWithContext(ctx, "$JS.API.STREAM.MSG.GET."+stream, body)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Message *struct{ Data []byte }
	}
	if err := json.Unmarshal(msg.Data, &got); err != nil {
		t.Fatal(err)
	}
	if got.Message == nil {
		return nil
	}
	return got.Message.Data
}

// The samples that are frozen stay valid by the schemas that are published.
func TestSamplesAreOfTheSchemas(t *testing.T) {
	s := asyncAPI(t)
	files, err := filepath.Glob(filepath.Join(contracts, "events/testdata/golden/*.json"))
	if err != nil || len(files) < 30 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		def := "Fact"
		switch name, _, _ := strings.Cut(filepath.Base(path), "."); name {
		case "decision":
			def = "Decision"
		case "statement":
			def = "Inbound"
		case "send_request":
			def = "SendRequest"
		case "send_result":
			def = "SendResult"
		}
		if err := s.check(t, "file:///contracts/schema/events.json#/$defs/"+def, data); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
	if s.check(t, "file:///contracts/schema/events.json#/$defs/Fact", []byte(`{"type":"conversation.read","v":1,"data":{"conversation":7}}`)) == nil {
		t.Error("a conversation's id may be a number: the schemas check nothing")
	}
}

// Every subject, stream, query and close code of the Go contracts is in
// asyncapi.yaml, and every reference in it leads somewhere.
func TestAsyncAPINamesEverything(t *testing.T) {
	s := asyncAPI(t)
	var addresses, streams []string
	for name := range at(t, s.doc, "channels") {
		c := at(t, s.doc, "channels", name)
		addresses = append(addresses, c["address"].(string))
		if stream, ok := c["x-stream"].(map[string]any); ok {
			streams = append(streams, stream["name"].(string))
		}
	}
	in := &events.Inbound{Channel: "c", Inbox: "i"}
	subjects := []string{
		events.InboundSubject(in), events.ConversationSubject(0), events.OutboundSubject("c"), events.DeadSubject("w"), events.CommandSubject,
		events.AutomationPresentSubject, events.DryRunSubject, events.RulesSubject, events.WhatIfSubject,
		events.SendSubject("c"), events.PresenceSubject, events.TypingSubject("cv"), events.BoardSubject, events.BoardFollowSubject, "/live", "/chat/x",
	}
	for _, q := range []string{queries.Conversations, queries.Conversation, queries.Messages, queries.Message, queries.Contact, queries.Contacts,
		queries.Timeline, queries.Counters, queries.Books, queries.Board, queries.StateHash} {
		subjects = append(subjects, events.QueryPrefix+q)
	}
	parameter := regexp.MustCompile(`\\\{[a-z]+\\\}`)
	for _, subject := range subjects {
		if !slices.ContainsFunc(addresses, func(a string) bool {
			return regexp.MustCompile("^" + parameter.ReplaceAllString(regexp.QuoteMeta(a), "[^./]+") + "$").MatchString(subject)
		}) {
			t.Errorf("no channel has the address %s", subject)
		}
	}
	for _, stream := range events.Streams(0) {
		if !slices.Contains(streams, stream.Name) {
			t.Errorf("no channel is of the stream %s", stream.Name)
		}
	}
	codes := at(t, s.doc, "channels", "live", "x-close-codes")
	for code, name := range map[string]int{"1001": live.CloseGoingAway, "1009": live.CloseTooLarge, "4400": live.CloseBadFrame, "4401": live.CloseSignIn,
		"4403": live.CloseForbidden, "4408": live.CloseSlow, "4429": live.CloseTooMany, "4503": live.CloseUnavailable} {
		if codes[code] == nil {
			t.Errorf("close code %d is not explained", name)
		}
	}
	for name := range at(t, s.doc, "components", "messages") {
		s.schema(t, asyncDoc+"#/components/messages/"+name+"/payload")
	}
	references(t, s.doc, s.doc)
}

// references follows every reference within the document.
func references(t *testing.T, doc map[string]any, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && strings.HasPrefix(ref, "#/") {
			at(t, doc, strings.Split(ref[2:], "/")...)
		}
		for _, child := range v {
			references(t, doc, child)
		}
	default:
		if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
			for i := range list.Len() {
				references(t, doc, list.Index(i).Interface())
			}
		}
	}
}
